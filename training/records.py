"""What is trained on, as it is collected and as it is stored: passages, titles, questions in their forms, and records
that say which question goes with which passages and which wordpieces answer it.

Non-scope: which records are made (`training/prepare.py`), how they are shown (`training/batches.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from rag.reader import MAX_ANSWER, MAX_PASSAGE, MAX_QUESTION, pieces, subject
from training.sources import SOURCES

Ints = NDArray[np.int32]
# Where a record comes from: a set as it is; questions changed, over a passage without their answer, claims, questions
# with an answer, or asking for another kind of thing.
KINDS = (*SOURCES, "changed", "lacking", "claims", "answered", "otherwise")
CHANGED, LACKING, CLAIMS, ANSWERED, OTHERWISE = range(len(SOURCES), len(KINDS))


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
class Cut:
    """One passage."""

    text: str
    title: str
    title_row: int
    offsets: list[tuple[int, int]]  # of its wordpieces, in `text`


class Records:
    """Collects everything, then writes one `.npz`."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self.passages: list[Cut] = []
        self._passages, self._titles, self._questions = _Rows(), _Rows(), _Rows()
        self._names: list[str] = []  # of the titles
        self._sources: list[int] = []  # per record
        self._variants, self._links, self._spans = _Rows(), _Rows(), _Rows()  # per record

    def add_title(self, title: str) -> int:
        self._names.append(title)
        return self._titles.add(subject(self._tokenizer, title))

    def add_passage(self, text: str, title_row: int) -> int:
        ids, offsets = pieces(self._tokenizer, text, MAX_PASSAGE)
        self.passages.append(Cut(text, self._names[title_row], title_row, offsets))
        return self._passages.add(ids)

    def add(
        self,
        source: int,
        texts: Sequence[str],
        gold: Sequence[int],
        negatives: Sequence[int],
        spans: Sequence[tuple[int, int, int]],
    ) -> None:
        """`texts`: the question and its other forms; `spans`: passage, first and last wordpiece of an answer."""
        self._sources.append(source)
        self._variants.add(self._questions.add(self._ids(text)) for text in dict.fromkeys(texts))
        self._links.add([*gold, *(-1 - row for row in negatives)])
        self._spans.add(number for span in sorted(set(spans)) for number in span)

    def _ids(self, question: str) -> list[int]:
        return pieces(self._tokenizer, question, MAX_QUESTION)[0]

    def write(self, path: Path) -> dict[str, int]:
        """Writes the arrays; returns how many records each source has."""
        arrays = {
            **self._passages.arrays("passages"), **self._titles.arrays("titles"), **self._questions.arrays("questions"),
            **self._variants.arrays("variants"), **self._links.arrays("links"), **self._spans.arrays("spans"),
            "passage_title": np.array([cut.title_row for cut in self.passages], np.int32),
            "sources": np.array(self._sources, np.int32),
        }  # fmt: skip
        np.savez(path, **arrays)  # type: ignore[arg-type]
        counts = {KINDS[source]: self._sources.count(source) for source in sorted(set(self._sources))}
        return {"passages": len(self.passages)} | counts


def token_span(offsets: Sequence[tuple[int, int]], start: int, length: int) -> tuple[int, int] | None:
    """(first, last) wordpiece of the quote, inclusive; None where it is not wholly inside or is too long."""
    if not offsets or start < 0 or start + length > offsets[-1][1]:
        return None
    inside = [i for i, (first, last) in enumerate(offsets) if last > start and first < start + length]
    return (inside[0], inside[-1]) if inside and len(inside) <= MAX_ANSWER else None
