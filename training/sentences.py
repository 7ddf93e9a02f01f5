"""Sentences as a language model writes them from a passage, each true or false in one thing: `sentences.jsonl`.

They were written for this project, and read again, from paragraphs of the public sets; those are named by set, article
and place, not repeated. By document: those of the articles in `training.sources.HELD_OUT` and of ClapNQ are for fitting
(dev) and for one look (test), all others for training. Non-scope: sentences made by rule (`eval/claims.py`).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rag.types import Span
from training.sources import CLAPNQ, Paragraph, clapnq_of, read_source, split_of

WRITTEN = Path(__file__).parent / "sentences.jsonl"


@dataclass(frozen=True, slots=True)
class Sentence:
    """`quote`: where the paragraph says so, or says otherwise; `changed`: what makes it false."""

    text: str
    true: bool
    changed: str | None  # number | name | relation | negation | other
    paragraph: Paragraph
    quote: Span

    @property
    def title(self) -> str:
        return self.paragraph.title or (self.paragraph.article if self.paragraph.source == CLAPNQ else "")


def written(data: Path, clapnq: Path | None, split: str, path: Path = WRITTEN) -> Iterator[Sentence]:
    """The sentences of train, dev or test; without `clapnq` those about its passages are left out.

    Raises: KeyError for a paragraph that the sets do not hold.
    """
    paragraphs: dict[tuple[str, str, int | str], tuple[Paragraph, str]] = {}
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for name in dict.fromkeys(line["set"] for line in lines):
        if name != CLAPNQ:
            seen: Counter[str] = Counter()
            for paragraph in read_source(data, name):
                paragraphs[name, paragraph.article, seen[paragraph.article]] = (paragraph, split_of(paragraph))
                seen[paragraph.article] += 1
    if clapnq:
        for half in ("dev", "test"):
            for paragraph in clapnq_of(clapnq, half):
                paragraphs[CLAPNQ, paragraph.article, paragraph.questions[0].id] = (paragraph, half)
    for line in lines:
        if line["set"] == CLAPNQ and not clapnq:
            continue
        paragraph, own = paragraphs[line["set"], line["article"], line["paragraph"]]
        if own == split:
            yield Sentence(line["text"], line["true"], line.get("changed"), paragraph, Span(line["start"], line["end"]))
