"""Search by words: BM25 (Robertson et al. 1994, in Lucene's form) over stemmed, folded tokens.

Scores come from bm25s; this module owns the tokens: diacritics folded, English stems, numbers joined
(`2, 200` = 2200), Chinese, Japanese and Korean as single characters and pairs.
"""

from __future__ import annotations

import json
import re
import threading
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from io import BytesIO
from zipfile import BadZipFile

import bm25s
import numpy as np
import Stemmer
from numpy.typing import NDArray

from rag.errors import IndexCorrupt

# Part of what decides whether an index fits; raise it when the tokens or the weights change.
LEXICAL_VERSION = 1

# Robertson & Zaragoza 2009 §3.5 give 1.2 < k1 < 2 and 0.5 < b < 0.8 as good; Lucene's defaults.
K1 = 1.2
B = 0.75

# Grammar and the words of asking: they say what kind of answer is wanted, not what about.
_GRAMMAR = (
    "a about after all also am an and any are as at be been being but by can could did do does doing for from had "
    "has have having he her hers him his how i if in into is it its itself just many me more most much my no nor "
    "of off on once only or other our out over own please s same she should so some such t tell than that the "
    "their them then there these they this those through to too under until up upon us very was we were what when "
    "where which while who whom whose why will with would you your"
)
STOP_WORDS = frozenset(_GRAMMAR.split())

CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af"
_CJK_RUN = re.compile(f"[{CJK}]+")
_WORD = re.compile(f"[{CJK}]+|[^\\W_{CJK}]+")
_GROUPED_NUMBER = re.compile(r"(?<![\d,.])\d{1,3}(?:,[ \u00a0]?\d{3})+(?![\d,])")
_ACCENT = re.compile("[\u0300-\u036f]")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")

_stemmers = threading.local()  # a Snowball stemmer keeps state while it works


def has_cjk(text: str) -> bool:
    return _CJK_RUN.search(text) is not None


def fold(text: str) -> str:
    """Lower case without diacritics; full-width forms become plain ones. Lengths may change."""
    if text.isascii():
        return text.lower()
    # Latin accents only: the marks of kana and the parts of Hangul make other letters.
    return unicodedata.normalize("NFC", _ACCENT.sub("", unicodedata.normalize("NFKD", text))).casefold()


def words(text: str) -> list[str]:
    """Folded words in order, stop words kept, grouped numbers joined; a run of Chinese is one word."""
    return _WORD.findall(_GROUPED_NUMBER.sub(lambda m: re.sub(r"\D", "", m[0]), fold(text)))


def tokenize(text: str) -> list[str]:
    """Search tokens in order, stop words left out."""
    tokens: list[str] = []
    for word in words(text):
        if _CJK_RUN.fullmatch(word):
            tokens += word
            tokens += (word[i : i + 2] for i in range(len(word) - 1))
        elif word not in STOP_WORDS:
            tokens.append(_stem(word))
    return tokens


@lru_cache(maxsize=65_536)
def _stem(word: str) -> str:
    if ordinal := _ORDINAL.fullmatch(word):
        return ordinal[1]
    if not hasattr(_stemmers, "english"):
        _stemmers.english = Stemmer.Stemmer("english")
    return str(_stemmers.english.stemWord(word))


def by_frequency(texts: Sequence[str]) -> list[str]:
    """Every distinct folded word, the most frequent first, equally frequent ones by name."""
    counts = Counter(word for text in texts for word in words(text))
    return sorted(counts, key=lambda word: (-counts[word], word))


class LexicalIndex:
    """BM25 over rows 0..n-1. Thread-safe for searching."""

    def __init__(self, index: bm25s.BM25, rows: int, spellings: Sequence[str]) -> None:
        self._index = index
        self._rows = rows
        self.spellings = spellings  # as `by_frequency` gives them
        self._vocabulary: dict[str, int] = index.vocab_dict

    @classmethod
    def build(cls, texts: Sequence[str]) -> LexicalIndex:
        index = bm25s.BM25(method="lucene", k1=K1, b=B)
        # A token for a text without any keeps the rows aligned; "" is never a query token.
        index.index([tokenize(text) or [""] for text in texts], show_progress=False)
        return cls(index, len(texts), by_frequency(texts))

    @classmethod
    def read(cls, content: bytes) -> LexicalIndex:
        """Raises: IndexCorrupt when the bytes are not what `write` makes."""
        try:
            with np.load(BytesIO(content), allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in ("data", "indices", "indptr", "tokens", "spellings", "rows")}
            tokens, spellings = (json.loads(arrays[name].tobytes()) for name in ("tokens", "spellings"))
        except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile) as error:
            raise IndexCorrupt("The word file of the index cannot be read; run `rag ingest --force`.") from error
        rows = int(arrays["rows"])
        index = bm25s.BM25(method="lucene", k1=K1, b=B)
        index.scores = {name: arrays[name] for name in ("data", "indices", "indptr")} | {"num_docs": rows}
        index.vocab_dict = {token: number for number, token in enumerate(tokens)}
        index.nonoccurrence_array = None  # of other BM25 variants only
        return cls(index, rows, spellings)

    def write(self, write: Callable[[bytes], int]) -> None:
        ordered = sorted(self._vocabulary, key=self._vocabulary.__getitem__)
        scores = self._index.scores
        content = BytesIO()
        np.savez(
            content,
            data=scores["data"],
            indices=scores["indices"],
            indptr=scores["indptr"],
            tokens=_as_bytes(ordered),
            spellings=_as_bytes(self.spellings),
            rows=np.int64(self._rows),
        )
        write(content.getvalue())

    def __len__(self) -> int:
        return self._rows

    def __contains__(self, token: str) -> bool:
        """Whether any row holds this search token."""
        return token in self._vocabulary

    def search(self, tokens: Sequence[str], k: int, rows: Sequence[int] | None = None) -> list[tuple[int, float]]:
        """The k best (row, BM25 > 0), best first, equal ones by row. `rows` restricts the search; None = all."""
        known = [self._vocabulary[token] for token in tokens if token in self._vocabulary]
        if not known:
            return []
        scores = self._index.get_scores_from_ids(known)
        candidates = np.flatnonzero(scores > 0) if rows is None else np.asarray([r for r in rows if scores[r] > 0], int)
        if len(candidates) > k:
            kth = np.partition(scores[candidates], -k)[-k]
            candidates = candidates[scores[candidates] >= kth]  # ties at the edge are settled by row below
        order = np.lexsort((candidates, -scores[candidates]))[:k]
        return [(int(row), float(scores[row])) for row in candidates[order]]

    def inverse_document_frequency(self, token: str, least_rows: int = 0) -> float:
        """ln(1 + (n - df + 0.5) / (df + 0.5)), > 0, with n at least `least_rows`; df = 0 for an unknown token."""
        number = self._vocabulary.get(token)
        pointer = self._index.scores["indptr"]
        frequency = 0 if number is None else int(pointer[number + 1] - pointer[number])
        return float(np.log1p((max(self._rows, least_rows) - frequency + 0.5) / (frequency + 0.5)))


def _as_bytes(words: Sequence[str]) -> NDArray[np.uint8]:
    return np.frombuffer(json.dumps(words, ensure_ascii=False).encode(), np.uint8)
