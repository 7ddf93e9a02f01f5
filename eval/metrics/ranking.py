"""How well a ranked list holds what is relevant: recall@k, reciprocal rank, nDCG.

A list is given as numbers, one per rank, best first, 0 where a rank brings nothing relevant; a list
shorter than the depth brings nothing beyond its end. Relevant items that never come count as missed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

DEPTH = 10  # the customary cut-off of MRR and nDCG: one page of results


def recall_at(found: Sequence[int], relevant: int, k: int) -> float:
    """Share of the `relevant` items that the first `k` ranks bring; 0..1, higher is better.

    `found[i]`: how many relevant items rank i + 1 brings that no earlier rank brought.
    Source: Manning, Raghavan, Schütze, Introduction to Information Retrieval (2008), §8.3.
    """
    return sum(found[:k]) / relevant


def reciprocal_rank(found: Sequence[int], depth: int = DEPTH) -> float:
    """1 / rank of the first relevant result within `depth`, else 0; its mean over questions is MRR.

    Source: Voorhees, The TREC-8 Question Answering Track Report (1999).
    """
    rank = first_rank(found[:depth])
    return 0.0 if rank is None else 1.0 / rank


def first_rank(found: Sequence[int]) -> int | None:
    """The first rank (1 = best) that brings anything relevant; None where none does."""
    return next((rank for rank, number in enumerate(found, start=1) if number > 0), None)


def ndcg(gains: Sequence[float], relevant: Sequence[float], depth: int = DEPTH) -> float:
    """Discounted cumulative gain over that of the best possible order; 0..1, higher is better.

    `gains`: gain of each result in rank order; `relevant`: gains of all relevant items, in any order.
    DCG = Σ gain / log2(rank + 1): gains are linear, as in trec_eval, so a grade of 2 weighs twice a 1.
    Source: Järvelin, Kekäläinen, Cumulated gain-based evaluation of IR techniques (TOIS 2002).
    """
    ideal = _dcg(sorted(relevant, reverse=True)[:depth])
    return 0.0 if ideal == 0.0 else _dcg(gains[:depth]) / ideal


def _dcg(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))
