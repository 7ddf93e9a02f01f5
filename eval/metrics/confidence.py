"""What a stated probability is worth: AUROC, risk–coverage, calibration.

Ties are shared evenly everywhere, so that no number depends on the order of the questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eval.metrics.intervals import Numbers, Statistic, divide, value_of

BINS = 10  # of equal width, as in Guo et al. (2017) with room for some two hundred questions


def auroc(scores: Sequence[float], positive: Sequence[bool]) -> float | None:
    """Probability that a positive has a higher score than a negative, ties counting half; 0..1, 0.5 = chance.

    None where a class is missing.
    Source: Hanley, McNeil, The meaning and use of the area under a ROC curve (Radiology 1982).
    """
    return value_of(auroc_of(scores, positive), len(scores))


def auroc_of(scores: Sequence[float], positive: Sequence[bool]) -> Statistic:
    """`auroc` as a statistic for the bootstrap."""
    order = np.argsort(np.asarray(scores, dtype=float))
    _, starts = np.unique(np.asarray(scores, dtype=float)[order], return_index=True)  # of each distinct score
    is_positive = np.asarray(positive, dtype=float)[order]

    def statistic(weights: Numbers) -> Numbers:
        if not starts.size:
            return np.full(len(weights), np.nan)
        weights = weights[:, order]
        above = np.add.reduceat(weights * is_positive, starts, axis=1)  # weight of positives per distinct score
        below = np.add.reduceat(weights * (1 - is_positive), starts, axis=1)
        won = (above * (np.cumsum(below, axis=1) - below / 2)).sum(axis=1)
        return divide(won, above.sum(axis=1) * below.sum(axis=1))

    return statistic


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """The error rate among the `coverage` share of questions with the highest confidence."""

    coverage: float
    risk: float


def risk_coverage(confidence: Sequence[float], wrong: Sequence[bool]) -> list[RiskPoint]:
    """Risk at every coverage 1/n, 2/n, … 1; lower is better. Questions of equal confidence share their errors.

    Source: El-Yaniv, Wiener, On the Foundations of Noise-free Selective Classification (JMLR 2010).
    """
    scores, row, sizes = np.unique(
        -np.asarray(confidence, dtype=float), return_inverse=True, return_counts=True
    )  # ascending in −confidence: most confident first
    if not scores.size:
        return []
    errors = np.bincount(row, weights=np.asarray(wrong, dtype=float)) / sizes
    total = np.cumsum(np.repeat(errors, sizes))
    number = np.arange(1, total.size + 1)
    return [
        RiskPoint(coverage=float(k / total.size), risk=float(r)) for k, r in zip(number, total / number, strict=True)
    ]


def risk_area(curve: Sequence[RiskPoint]) -> float | None:
    """Area under the risk–coverage curve: the mean risk over all coverages; 0..1, lower is better.

    Source: Geifman, Uziel, El-Yaniv, Bias-Reduced Uncertainty Estimation (2019), AURC.
    """
    return sum(point.risk for point in curve) / len(curve) if curve else None


@dataclass(frozen=True, slots=True)
class Bin:
    """The answers whose probability lies in [low, high): how many, their mean probability, share right."""

    low: float
    high: float
    n: int
    probability: float
    right: float


def calibration_bins(probability: Sequence[float], right: Sequence[bool], bins: int = BINS) -> list[Bin]:
    """The bins of equal width that hold any answer; probability 1 belongs to the last one."""
    stated, hit = np.asarray(probability, dtype=float), np.asarray(right, dtype=float)
    row = np.minimum((stated * bins).astype(int), bins - 1)
    return [
        Bin(b / bins, (b + 1) / bins, int(held.sum()), float(stated[held].mean()), float(hit[held].mean()))
        for b in range(bins)
        if (held := row == b).any()
    ]


def calibration_error(bins: Sequence[Bin]) -> float | None:
    """Expected calibration error: mean |probability − share right| over bins, weighted by size; 0..1, lower is better.

    Source: Guo et al., On Calibration of Modern Neural Networks (2017), §2.
    """
    total = sum(b.n for b in bins)
    return sum(b.n * abs(b.probability - b.right) for b in bins) / total if total else None
