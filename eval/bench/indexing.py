"""Embedding of passages against sentence-transformers, in turns (B4), and how near the vectors are (B13)."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from time import perf_counter

from rag.embed import Embedder

BATCH = 8  # passages in each turn: a second or so


def indexing(embedder: Embedder, reference: Embedder, passages: Sequence[str], rounds: int) -> dict[str, float]:
    """Medians over all turns of both; `passages` are texts as they are embedded."""
    ours, theirs, cosines = [], [], []
    reference.encode(passages[:1])
    for _ in range(rounds):
        for first in range(0, len(passages), BATCH):
            texts = passages[first : first + BATCH]
            started = perf_counter()
            vectors = embedder.encode(texts)
            between = perf_counter()
            expected = reference.encode(texts)
            ours.append((between - started) / len(texts))
            theirs.append((perf_counter() - between) / len(texts))
            cosines += (vectors * expected).sum(axis=1).tolist()
    return {
        "passages_per_s": round(1 / median(ours), 1),
        "B4 passages/s / sentence-transformers": round(median(b / a for a, b in zip(ours, theirs, strict=True)), 3),
        "B13 mean cosine": round(sum(cosines) / len(cosines), 4),
        "B13 least cosine": round(min(cosines), 4),
    }
