"""Finds passages: by meaning and by words, fused over passage rows.

Non-scope: writing the index, judging or quoting what was found.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from rag.embed import Embedder
from rag.fuse import DENSE_WEIGHT, DENSE_WEIGHT_CJK, convex
from rag.lexical import has_cjk, tokenize
from rag.snapshot import Snapshot
from rag.spelling import Speller
from rag.types import Evidence, Hit, Passage

# Candidates per ranking before fusion: the depth at which the fusion weights were measured.
CANDIDATES = 100


@dataclass(frozen=True, slots=True)
class Query:
    """A question ready for searching."""

    text: str
    vector: NDArray[np.float32]  # (dimension,), unit length
    tokens: tuple[str, ...]  # search tokens, stop words left out, repeats kept


@dataclass(frozen=True)
class Retriever:
    """Searches one snapshot. Thread-safe."""

    snapshot: Snapshot
    embedder: Embedder
    dense_weight: float = DENSE_WEIGHT  # 1 = meaning alone, 0 = words alone
    dense_weight_cjk: float = DENSE_WEIGHT_CJK  # the same for a question in Chinese, Japanese or Korean
    _speller: Speller = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # One wordpiece = the encoder met it often enough in its training to be a word of the language.
        speller = Speller(self.snapshot.lexical.spellings, lambda word: self.embedder.count_tokens(word) == 1)
        object.__setattr__(self, "_speller", speller)

    def mend(self, text: str) -> str:
        """`text` with misspelt words as the documents write them."""
        return self._speller.mend(text)

    def query(self, text: str) -> Query:
        return Query(text, self.embedder.encode_question(text), tuple(tokenize(text)))

    def search(self, text: str, top_k: int, documents: frozenset[str] | None = None) -> Evidence:
        """The `top_k` best passages, best first; `documents` restricts the search to their ids."""
        return self.find(self.query(text), top_k, documents)

    def find(self, query: Query, top_k: int, documents: frozenset[str] | None = None) -> Evidence:
        """`search` for a query that is ready."""
        rows = None if documents is None else sorted(r for d in documents for r in self.snapshot.rows_of(d))
        depth = max(CANDIDATES, top_k)
        weight = self.dense_weight_cjk if has_cjk(query.text) else self.dense_weight
        dense = self.snapshot.dense.search(query.vector, depth, rows) if weight > 0 else []
        lexical = self.snapshot.lexical.search(query.tokens, depth, rows) if weight < 1 else []
        fused = convex(dense, lexical, weight)[:top_k]
        cosines, bm25 = dict(dense), dict(lexical)
        dense_ranks = {row: rank for rank, (row, _) in enumerate(dense, 1)}
        lexical_ranks = {row: rank for rank, (row, _) in enumerate(lexical, 1)}
        passages = tuple(self.snapshot.passage(row) for row, _ in fused)
        hits = tuple(
            Hit(
                passage.id,
                score,
                cosines.get(row),
                bm25.get(row),
                dense_ranks.get(row),
                lexical_ranks.get(row),
            )
            for passage, (row, score) in zip(passages, fused, strict=True)
        )
        return Evidence(passages, hits)


def merged(found: Sequence[Evidence], top_k: int) -> Evidence:
    """At most `top_k` passages of several searches: the best of each in turn, none twice."""
    if len(found) == 1:
        return found[0]
    pairs = [zip(evidence.passages, evidence.hits, strict=True) for evidence in found]
    distinct: dict[str, tuple[Passage, Hit]] = {}
    for turn in zip_longest(*pairs):
        for passage, hit in filter(None, turn):
            distinct.setdefault(passage.id, (passage, hit))
    kept = list(distinct.values())[:top_k]
    return Evidence(tuple(passage for passage, _ in kept), tuple(hit for _, hit in kept))
