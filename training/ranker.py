"""The product's ranking over the passages of one set: what hard negatives are found with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rag.bm25 import LexicalIndex
from rag.dense import DenseIndex
from rag.embed import Embedder
from rag.fuse import DENSE_WEIGHT, convex
from rag.lexical import tokenize

DEPTH = 30  # how deep is looked


class Ranker:
    """`embedder` None: ranks by words alone."""

    def __init__(self, texts: Sequence[str], titles: Sequence[str], embedder: Embedder | None) -> None:
        with_title = [f"{title}\n{text}" for title, text in zip(titles, texts, strict=True)]
        self._lexical = LexicalIndex.build(with_title)
        self._embedder = embedder
        self._dense = DenseIndex.build(embedder.encode(with_title)) if embedder else None
        self._vectors: dict[str, NDArray[np.float32]] = {}

    def embed_questions(self, questions: Sequence[str]) -> None:
        if self._embedder:
            self._vectors |= dict(zip(questions, self._embedder.encode(questions), strict=True))

    def rank(self, question: str, rows: Sequence[int] | None) -> list[int]:
        """The best rows, best first; `rows` restricts them."""
        lexical = self._lexical.search(tokenize(question), DEPTH, rows)
        dense = self._dense.search(self._vectors[question], DEPTH, rows) if self._dense else []
        return [row for row, _ in convex(dense, lexical, DENSE_WEIGHT if dense else 0.0)][:DEPTH]
