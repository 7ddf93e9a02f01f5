"""Questions and passages to token arrays, once: passages as the product cuts them, with hard negatives from
the product's own ranking (BM25 and meaning, `rag/fuse.py`) over the same article.

Non-scope: choosing what is shown when (`training/batches.py`).
"""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from rag.bm25 import LexicalIndex
from rag.chunk import ChunkParameters, passage_bounds
from rag.dense import DenseIndex
from rag.embed import Embedder
from rag.fuse import DENSE_WEIGHT, convex
from rag.lexical import tokenize
from rag.reader import MAX_ANSWER, MAX_PASSAGE, MAX_QUESTION, MAX_TITLE, pieces
from rag.sentences import sentence_spans
from rag.types import Span
from training.questions import forms, names_and_numbers, unanswerable
from training.sources import HELD_OUT, SOURCES, TITLED, TRAIN, Asked, Paragraph, paragraphs_of

Ints = NDArray[np.int32]
Others = dict[str, list[str]]  # see `training.questions.names_and_numbers`

# Negatives kept for each question, and how deep they are looked for.
NEGATIVES, DEPTH = 6, 30
# Share of the answerable questions of articles that are also shown changed into unanswerable ones.
CHANGED_SHARE = 0.4
CHANGED = len(SOURCES)  # source number of those

_ALPHANUMERIC = re.compile(r"[^\W_]+")


def passages_of(text: str, count_tokens: Callable[[str], int]) -> list[Span]:
    """The passages `rag.ingest.cut` makes of a document without sections."""
    spans = sentence_spans(text)
    bounds = passage_bounds(text, spans, (), count_tokens, ChunkParameters())
    return [Span(spans[first].start, spans[last - 1].end) for first, last in bounds]


@dataclass
class _Rows:
    """Integer rows of different lengths."""

    flat: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=lambda: [0])

    def add(self, row: Iterable[int]) -> int:
        self.flat += row
        self.ends.append(len(self.flat))
        return len(self.ends) - 2

    def arrays(self, name: str) -> dict[str, Ints]:
        return {name: np.array(self.flat, np.int32), f"{name}_ends": np.array(self.ends, np.int32)}


@dataclass(frozen=True, slots=True)
class _Cut:
    """One passage while it is being prepared."""

    text: str
    offsets: list[tuple[int, int]]  # of its wordpieces, in `text`


class Preparer:
    """Collects everything, then writes one `.npz`."""

    def __init__(self, tokenizer: Tokenizer, embedder: Embedder | None, seed: int) -> None:
        """`embedder` None: negatives by words alone."""
        self._tokenizer = tokenizer
        self._embedder = embedder
        self._chance = random.Random(seed)
        self._passages, self._titles, self._questions = _Rows(), _Rows(), _Rows()
        self._passage_title: list[int] = []
        self._cuts: list[_Cut] = []
        self._sources: list[int] = []  # per record
        self._variants, self._links, self._spans = _Rows(), _Rows(), _Rows()  # per record

    def ids(self, text: str, limit: int) -> list[int]:
        return pieces(self._tokenizer, text, limit)[0]

    def count_tokens(self, text: str) -> int:
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def add_source(self, source: str, paragraphs: Sequence[Paragraph]) -> None:
        """Cuts, ranks and records one set. Titled sets look for negatives within their article."""
        first, number = len(self._cuts), SOURCES.index(source)
        groups: dict[str, list[int]] = defaultdict(list)
        where: list[tuple[Paragraph, list[tuple[int, Span]]]] = []
        titles: dict[str, int] = {}
        for paragraph in paragraphs:
            if paragraph.title not in titles:
                titles[paragraph.title] = self._titles.add(self.ids(paragraph.title, MAX_TITLE))
            own = []
            for span in passages_of(paragraph.text, self.count_tokens):
                own.append((len(self._cuts), span))
                groups[paragraph.article].append(len(self._cuts) - first)
                self._add_passage(span.of(paragraph.text), titles[paragraph.title])
            where.append((paragraph, own))
        if len(self._cuts) == first:
            return
        texts = [cut.text for cut in self._cuts[first:]]
        titled = [paragraph.title for paragraph, own in where for _ in own]
        ranker = _Ranker(texts, titled, self._embedder if source in TITLED else None)
        ranker.embed_questions([asked.text for p, _ in where for asked in p.questions])
        others = {
            article: names_and_numbers([texts[row] for row in rows]) if source in TITLED else {}
            for article, rows in groups.items()
        }
        for paragraph, own in where:
            rows = groups[paragraph.article] if source in TITLED else None
            for asked in paragraph.questions:
                ranked = [row + first for row in ranker.rank(asked.text, rows)]
                self._add_question(number, asked, own, ranked, others[paragraph.article])

    def _add_passage(self, text: str, title: int) -> None:
        ids, offsets = pieces(self._tokenizer, text, MAX_PASSAGE)
        self._passages.add(ids)
        self._passage_title.append(title)
        self._cuts.append(_Cut(text, offsets))

    def _add_question(
        self, source: int, asked: Asked, own: Sequence[tuple[int, Span]], ranked: Sequence[int], others: Others
    ) -> None:
        """`own`: number and place of the passages of its paragraph; `ranked`: all passages, best first."""
        spans = [
            (passage, *place)
            for passage, span in own
            for answer in asked.answers
            if (place := token_span(self._cuts[passage].offsets, answer.start - span.start, len(answer.text)))
        ]
        if asked.answers and not spans:
            return  # across two passages, cut off, or longer than a short answer
        inside = {passage for passage, _ in own}
        if asked.answers:
            gold = list(dict.fromkeys(passage for passage, *_ in spans))
            said = [_plain(a.text) for a in asked.answers]
            negatives = [r for r in ranked if r not in gold and not any(a in _plain(self._cuts[r].text) for a in said)]
        else:  # those of its own paragraph that come nearest
            gold = [r for r in ranked if r in inside][:2] or [p for p, _ in own][:1]
            negatives = [r for r in ranked if r not in inside]
        self._record(source, asked.text, gold, negatives[:NEGATIVES], spans)
        if asked.answers and others and self._chance.random() < CHANGED_SHARE:
            passage = " ".join(self._cuts[p].text for p in gold)
            changed = unanswerable(asked.text, passage, others, self._chance)
            if changed:
                self._record(CHANGED, changed, gold[:1], [], [])

    def _record(
        self,
        source: int,
        question: str,
        gold: Sequence[int],
        negatives: Sequence[int],
        spans: Sequence[tuple[int, int, int]],
    ) -> None:
        """`spans`: passage, first and last wordpiece."""
        texts = [question, *forms(question, self._chance)]
        self._sources.append(source)
        self._variants.add(self._questions.add(self.ids(text, MAX_QUESTION)) for text in texts)
        self._links.add([*gold, *(-1 - row for row in negatives)])
        self._spans.add(number for span in sorted(set(spans)) for number in span)

    def write(self, path: Path) -> dict[str, int]:
        """Writes the arrays; returns how many records each source has."""
        arrays = {
            **self._passages.arrays("passages"), **self._titles.arrays("titles"), **self._questions.arrays("questions"),
            **self._variants.arrays("variants"), **self._links.arrays("links"), **self._spans.arrays("spans"),
            "passage_title": np.array(self._passage_title, np.int32),
            "sources": np.array(self._sources, np.int32),
        }  # fmt: skip
        np.savez(path, **arrays)  # type: ignore[arg-type]
        names = [*SOURCES, "changed"]
        return {"passages": len(self._cuts)} | {names[s]: self._sources.count(s) for s in sorted(set(self._sources))}


def token_span(offsets: Sequence[tuple[int, int]], start: int, length: int) -> tuple[int, int] | None:
    """(first, last) wordpiece of the quote, inclusive; None where it is not wholly inside or is too long."""
    if not offsets or start < 0 or start + length > offsets[-1][1]:
        return None
    inside = [i for i, (first, last) in enumerate(offsets) if last > start and first < start + length]
    return (inside[0], inside[-1]) if inside and len(inside) <= MAX_ANSWER else None


def _plain(text: str) -> str:
    """Lower-case words between single spaces, for looking one text up in another."""
    return " " + " ".join(_ALPHANUMERIC.findall(text.lower())) + " "


class _Ranker:
    """The product's ranking over the passages of one set."""

    def __init__(self, texts: Sequence[str], titles: Sequence[str], embedder: Embedder | None) -> None:
        with_title = [f"{title}\n{text}" for title, text in zip(titles, texts, strict=True)]
        self._lexical = LexicalIndex.build(with_title)
        self._embedder = embedder
        self._dense = DenseIndex.build(embedder.encode(with_title)) if embedder else None
        self._vectors: dict[str, NDArray[np.float32]] = {}

    def embed_questions(self, questions: Sequence[str]) -> None:
        if self._embedder:
            self._vectors = dict(zip(questions, self._embedder.encode(questions), strict=True))

    def rank(self, question: str, rows: Sequence[int] | None) -> list[int]:
        """The best rows, best first; `rows` restricts them."""
        lexical = self._lexical.search(tokenize(question), DEPTH, rows)
        dense = self._dense.search(self._vectors[question], DEPTH, rows) if self._dense else []
        return [row for row, _ in convex(dense, lexical, DENSE_WEIGHT if dense else 0.0)][:DEPTH]


def prepare(data: Path, path: Path, tokenizer: Tokenizer, embedder: Embedder | None, seed: int, subset: float) -> Path:
    """Writes the arrays to `path`, and beside it splits.json and examples.json (counts).

    `subset`: share of the paragraphs that is used, 0..1.
    """
    folder = path.parent
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "splits.json").write_text(json.dumps(HELD_OUT, indent=1, ensure_ascii=False) + "\n")
    by_source: dict[str, list[Paragraph]] = {source: [] for source in SOURCES}
    chance = random.Random(seed)
    for paragraph in paragraphs_of(data, TRAIN):
        if chance.random() < subset:
            by_source[paragraph.source].append(paragraph)
    preparer = Preparer(tokenizer, embedder, seed)
    for source, paragraphs in by_source.items():
        preparer.add_source(source, paragraphs)
    unfinished = path.with_suffix(".part.npz")
    counts = preparer.write(unfinished)
    (folder / "examples.json").write_text(json.dumps(counts) + "\n")
    unfinished.rename(path)
    return path
