"""`python -m training.sources --data FOLDER --split dev --out FILE`: the held-out articles as one SQuAD-shaped file;
with `--clapnq FOLDER` instead, half of the real web questions of ClapNQ, which nothing is trained on.

Reads the question sets and splits them by document, before anything else looks at them.

Non-scope: cutting passages, tokens (`training/prepare.py`).
Source of the form: SQuAD 2.0 (Rajpurkar et al. 2018).
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SQUAD = "squad_37_articles"
WIKI = "shifts_new_wiki"
REDDIT = "shifts_reddit"
AMAZON = "shifts_amazon_reviews"
QAMR = "qamr"
CLAPNQ = "clapnq"
SOURCES = (SQUAD, WIKI, REDDIT, AMAZON, QAMR)

# Their titles name a subject; the other sets have one title for everything, which says nothing.
TITLED = (SQUAD, WIKI)
# Articles that are never trained on, by name, so that no run with another seed can train on what is measured. These
# five are what both stages of the reader that ships held out.
HELD_OUT = {
    "dev": ("Islamism", "Newcastle_upon_Tyne", "Nikola_Tesla"),
    "test": ("Force", "Victoria_(Australia)"),
}
TRAIN = "train"


@dataclass(frozen=True, slots=True)
class Answer:
    """A quote of the paragraph and where it begins, in code points."""

    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Asked:
    """One question; no answers: the paragraph does not say."""

    id: str
    text: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Paragraph:
    source: str
    article: str  # title as in the file
    text: str
    questions: tuple[Asked, ...]

    @property
    def title(self) -> str:
        """What the reader is shown; empty where the set has none."""
        return self.article.replace("_", " ") if self.source in TITLED else ""


def read_source(data: Path, source: str) -> list[Paragraph]:
    """All paragraphs of one file, in its order.

    Raises: ValueError when an answer is not where the file says it is.
    """
    content = json.loads((data / f"{source}.json").read_text(encoding="utf-8"))["data"]
    paragraphs = []
    for article in content:
        for paragraph in article["paragraphs"]:
            text = paragraph["context"]
            asked = []
            for qa in paragraph["qas"]:
                found = () if qa.get("is_impossible") else qa["answers"]
                answers = tuple(Answer(a["text"], a["answer_start"]) for a in found)
                for answer in answers:
                    if text[answer.start : answer.start + len(answer.text)] != answer.text:
                        raise ValueError(f"{source}.json: the answer of {qa['id']} is not at its place.")
                asked.append(Asked(str(qa["id"]), qa["question"].strip(), answers))
            paragraphs.append(Paragraph(source, article["title"], text, tuple(asked)))
    return paragraphs


def split_of(paragraph: Paragraph) -> str:
    """train, dev or test; articles of the other sets that tell of the same are held out, too."""
    return next((split for split, articles in HELD_OUT.items() if paragraph.article in articles), TRAIN)


def paragraphs_of(data: Path, split: str) -> Iterator[Paragraph]:
    """The paragraphs of "train", "dev" or "test"."""
    for source in SOURCES:
        yield from (paragraph for paragraph in read_source(data, source) if split_of(paragraph) == split)


def clapnq_of(folder: Path, split: str) -> Iterator[Paragraph]:
    """The questions whose id falls to "dev" or "test", each with its passage; the sentences that were selected for an
    answer count as answers.

    Raises: as `open` and `json`.
    """
    for name in ("clapnq_answerable.jsonl", "clapnq_unanswerable.jsonl"):
        for line in (folder / name).read_text(encoding="utf-8").splitlines():
            record = json.loads(line)
            if ("dev", "test")[hashlib.sha256(record["id"].encode()).digest()[-1] % 2] != split:
                continue
            (passage,) = record["passages"]
            selected = {said for output in record["output"] for said in output["selected_sentences"]}
            answers = tuple(Answer(s, passage["text"].index(s)) for s in sorted(selected) if s in passage["text"])
            yield Paragraph(CLAPNQ, passage["title"], passage["text"], (Asked(record["id"], record["input"], answers),))


def squad_shaped(paragraphs: Sequence[Paragraph]) -> dict[str, Any]:
    """The form of SQuAD 2.0, one article entry per paragraph."""
    return {
        "data": [
            {
                "title": p.article,
                "paragraphs": [
                    {
                        "context": p.text,
                        "qas": [
                            {
                                "id": asked.id,
                                "question": asked.text,
                                "is_impossible": not asked.answers,
                                "answers": [{"text": a.text, "answer_start": a.start} for a in asked.answers],
                            }
                            for asked in p.questions
                        ],
                    }
                ],
            }
            for p in paragraphs
        ]
    }


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m training.sources", description=(__doc__ or "").split("\n")[0])
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", type=Path, help="folder of the sets that the reader is trained on")
    source.add_argument("--clapnq", type=Path, help="folder of clapnq_answerable.jsonl and clapnq_unanswerable.jsonl")
    parser.add_argument("--split", choices=tuple(HELD_OUT), default="dev", help="the test is looked at once")
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args(arguments)
    made = clapnq_of(chosen.clapnq, chosen.split) if chosen.clapnq else paragraphs_of(chosen.data, chosen.split)
    held_out = list(made)
    chosen.out.write_text(json.dumps(squad_shaped(held_out), ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
