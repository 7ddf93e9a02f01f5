"""Joins two rankings by convex combination of per-query min-max scores (Bruch, Gai & Ingber 2023).

Measured better than reciprocal rank fusion on every English set tried.
"""

from __future__ import annotations

from collections.abc import Sequence

# Weight of meaning against words, 0..1. English: the middle of the flat top of the sweep
# (eval/tuning.json: 0.4 and 0.5 differ by one question in 400). Chinese, Japanese and
# Korean: the default encoder cannot read them, while character pairs find 94 % of the passages.
DENSE_WEIGHT = 0.45
DENSE_WEIGHT_CJK = 0.05


def convex(
    dense: Sequence[tuple[int, float]], lexical: Sequence[tuple[int, float]], dense_weight: float
) -> list[tuple[int, float]]:
    """(row, score 0..1), best first, equal ones by row; a row that one list lacks scores 0 there."""
    meaning = _min_max(dense)
    words = _min_max(lexical)
    fused = [
        (row, dense_weight * meaning.get(row, 0.0) + (1 - dense_weight) * words.get(row, 0.0))
        for row in meaning.keys() | words.keys()
    ]
    return sorted(fused, key=lambda pair: (-pair[1], pair[0]))


def _min_max(ranked: Sequence[tuple[int, float]]) -> dict[int, float]:
    """Scores mapped to 0..1; a list of equal scores maps to 1."""
    if not ranked:
        return {}
    scores = [score for _, score in ranked]
    low, high = min(scores), max(scores)
    if high == low:
        return {row: 1.0 for row, _ in ranked}
    return {row: (score - low) / (high - low) for row, score in ranked}
