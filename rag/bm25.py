"""Search by words: BM25 (Robertson et al. 1994, in Lucene's form) over search tokens.

A segment keeps counts, not scores: what makes a word rare is decided over all segments when a question is asked, so an
index that grew in steps ranks like one that was made at once. Non-scope: the tokens (`rag/lexical.py`).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from safetensors import SafetensorError

from rag.dense import Rows, split
from rag.errors import IndexCorrupt
from rag.lexical import tokenize, words

# Robertson & Zaragoza 2009 §3.5 give 1.2 < k1 < 2 and 0.5 < b < 0.8 as good; Lucene's defaults.
K1 = 1.2
B = 0.75
# More repeats of a token in one passage than this change no score: frequency saturates long before.
_MOST = np.iinfo(np.uint16).max


@dataclass(frozen=True, eq=False)
class LexicalSegment:
    """Postings of rows 0..n-1: where each token stands and how often, and all words as they are written."""

    tokens: Mapping[str, int]  # token → its number, 0..len-1 in order
    ends: NDArray[np.int64]  # (tokens,): postings of token i are those from ends[i - 1] to ends[i]
    rows: NDArray[np.int32]  # (postings,), rising within a token
    frequencies: NDArray[np.uint16]  # (postings,)
    lengths: NDArray[np.int32]  # (rows,): tokens of each row
    spellings: Mapping[str, int]  # folded word → how often

    @classmethod
    def build(cls, texts: Sequence[str]) -> LexicalSegment:
        tokens: dict[str, int] = {}
        numbers: list[int] = []
        rows: list[int] = []
        frequencies: list[int] = []
        lengths = np.zeros(len(texts), np.int32)
        spellings: Counter[str] = Counter()
        for row, text in enumerate(texts):
            counted = Counter(tokenize(text))
            spellings.update(words(text))
            lengths[row] = counted.total()
            numbers += (tokens.setdefault(token, len(tokens)) for token in counted)
            frequencies += (min(n, _MOST) for n in counted.values())
            rows += [row] * len(counted)
        return cls._ordered(tokens, numbers, rows, frequencies, lengths, spellings)

    @classmethod
    def merge(cls, parts: Sequence[tuple[LexicalSegment, Rows]], removed: Sequence[str] = ()) -> LexicalSegment:
        """The given rows of several segments, in that order, as one segment; `removed`: texts of the other rows."""
        tokens: dict[str, int] = {}
        spellings: Counter[str] = Counter()
        numbers, rows, frequencies, lengths = [], [], [], []
        start = 0
        for part, kept in parts:
            place = np.full(len(part), -1, np.int64)
            place[kept] = np.arange(start, start + len(kept))
            own = np.array([tokens.setdefault(token, len(tokens)) for token in part.tokens], np.int64)
            moved = place[part.rows]
            stays = moved >= 0
            numbers.append(np.repeat(own, np.diff(part.ends, prepend=0))[stays])
            rows.append(moved[stays])
            frequencies.append(part.frequencies[stays])
            lengths.append(part.lengths[kept])
            spellings.update(part.spellings)
            start += len(kept)
        spellings.subtract(word for text in removed for word in words(text))
        of, moved, counts = np.concatenate(numbers), np.concatenate(rows), np.concatenate(frequencies)
        return cls._ordered(tokens, of, moved, counts, np.concatenate(lengths), spellings)

    @classmethod
    def _ordered(
        cls,
        tokens: Mapping[str, int],
        numbers: Sequence[int] | NDArray[np.int64],
        rows: Sequence[int] | NDArray[np.int64],
        frequencies: Sequence[int] | NDArray[np.uint16],
        lengths: NDArray[np.int32],
        spellings: Mapping[str, int],
    ) -> LexicalSegment:
        """Postings, given in the order of rows, put into the order of tokens."""
        of = np.asarray(numbers, np.int64)
        order = np.argsort(of, kind="stable")
        ends = np.cumsum(np.bincount(of, minlength=len(tokens)))
        return cls(
            tokens,
            ends,
            np.asarray(rows, np.int32)[order],
            np.asarray(frequencies, np.uint16)[order],
            lengths,
            {word: n for word, n in spellings.items() if n > 0},
        )

    @classmethod
    def read(cls, content: bytes) -> LexicalSegment:
        """Raises: IndexCorrupt when the bytes are not what `write` makes."""
        try:
            stored = safetensors.numpy.load(content)
            tokens, spellings = (json.loads(stored[name].tobytes()) for name in ("tokens", "spellings"))
            ends, rows, frequencies, lengths = (stored[name] for name in ("ends", "rows", "frequencies", "lengths"))
        except (SafetensorError, ValueError, KeyError) as error:
            raise IndexCorrupt("The word file of the index cannot be read; run `rag ingest --force`.") from error
        numbers = {token: number for number, token in enumerate(tokens)}
        return cls(numbers, ends, rows, frequencies, lengths, spellings)

    def write(self, write: Callable[[bytes], int]) -> None:
        arrays = {
            "ends": self.ends,
            "rows": self.rows,
            "frequencies": self.frequencies,
            "lengths": self.lengths,
            "tokens": _as_bytes(list(self.tokens)),
            "spellings": _as_bytes(self.spellings),
        }
        write(safetensors.numpy.save({name: np.ascontiguousarray(array) for name, array in arrays.items()}))

    def __len__(self) -> int:
        return len(self.lengths)

    def postings(self, token: str) -> tuple[NDArray[np.int32], NDArray[np.uint16]]:
        """Rows that hold the token, and how often each does."""
        number = self.tokens.get(token)
        if number is None:
            return self.rows[:0], self.frequencies[:0]
        place = slice(int(self.ends[number - 1]) if number else 0, int(self.ends[number]))
        return self.rows[place], self.frequencies[place]


class LexicalIndex:
    """Several segments searched as one: row = rows of the segments before + row of its own. Thread-safe."""

    def __init__(self, segments: Sequence[LexicalSegment], deleted: Sequence[Rows] = ()) -> None:
        """`deleted[i]`: rows of segment i that count nowhere and that no search gives."""
        self._segments = segments
        self._starts = [0, *accumulate(len(segment) for segment in segments)]
        self._alive: list[NDArray[np.bool_] | None] = [None] * len(segments)
        for number, gone in enumerate(deleted):
            if len(gone):
                alive = np.ones(len(segments[number]), bool)
                alive[gone] = False
                self._alive[number] = alive
        lengths = [
            s.lengths if alive is None else s.lengths[alive] for s, alive in zip(segments, self._alive, strict=True)
        ]
        self._rows = sum(len(part) for part in lengths)
        self._mean_length = sum(int(part.sum()) for part in lengths) / max(self._rows, 1)

    @classmethod
    def build(cls, texts: Sequence[str]) -> LexicalIndex:
        return cls([LexicalSegment.build(texts)])

    def __len__(self) -> int:
        """Rows, the deleted ones included."""
        return self._starts[-1]

    def __contains__(self, token: str) -> bool:
        """Whether any row holds this search token."""
        return self._frequency(token) > 0

    @cached_property
    def spellings(self) -> list[str]:
        """Every distinct folded word, the most frequent first, equally frequent ones by name."""
        counts: Counter[str] = Counter()
        for segment in self._segments:
            counts.update(segment.spellings)
        return sorted(counts, key=lambda word: (-counts[word], word))

    def search(self, tokens: Sequence[str], k: int, rows: Sequence[int] | None = None) -> list[tuple[int, float]]:
        """The k best (row, BM25 > 0), best first, equal ones by row. `rows` restricts the search; None = all."""
        weights = {t: n * self.inverse_document_frequency(t) for t, n in Counter(tokens).items() if t in self}
        if not weights:
            return []
        chosen = None if rows is None else split(rows, self._starts)
        found: list[tuple[int, float]] = []
        for number, segment in enumerate(self._segments):
            scores = self._scores(segment, weights)
            alive = self._alive[number]
            if alive is not None:
                scores[~alive] = 0
            candidates = np.flatnonzero(scores > 0) if chosen is None else chosen[number][scores[chosen[number]] > 0]
            if len(candidates) > k:
                kth = np.partition(scores[candidates], -k)[-k]
                candidates = candidates[scores[candidates] >= kth]  # ties at the edge are settled by row below
            found += [(self._starts[number] + int(row), float(scores[row])) for row in candidates]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:k]

    def inverse_document_frequency(self, token: str, least_rows: int = 0) -> float:
        """ln(1 + (n - df + 0.5) / (df + 0.5)), > 0, with n at least `least_rows`; df = 0 for an unknown token."""
        frequency = self._frequency(token)
        return float(np.log1p((max(self._rows, least_rows) - frequency + 0.5) / (frequency + 0.5)))

    def _frequency(self, token: str) -> int:
        """How many rows hold the token."""
        count = 0
        for segment, alive in zip(self._segments, self._alive, strict=True):
            rows, _ = segment.postings(token)
            count += len(rows) if alive is None else int(alive[rows].sum())
        return count

    def _scores(self, segment: LexicalSegment, weights: Mapping[str, float]) -> NDArray[np.float64]:
        """(rows of the segment,)"""
        scores = np.zeros(len(segment))
        for token, weight in weights.items():
            rows, frequencies = segment.postings(token)
            saturation = K1 * (1 - B + B * segment.lengths[rows] / self._mean_length)
            scores[rows] += weight * frequencies / (frequencies + saturation)
        return scores


def _as_bytes(value: Sequence[str] | Mapping[str, int]) -> NDArray[np.uint8]:
    return np.frombuffer(json.dumps(value, ensure_ascii=False).encode(), np.uint8)
