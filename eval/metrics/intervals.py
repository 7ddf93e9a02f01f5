"""How sure a number is: percentile bootstrap, resampling whole groups of questions.

Questions about the same fact stand or fall together; resampling them one by one would make the interval
look narrower than it is.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000  # an end of the interval then moves by about 2 % of its width from seed to seed (normal theory)
LEVEL = 0.95

# Resamples worked on at a time: one hundred of ten thousand questions are 8 MB.
CHUNK = 100

Numbers = NDArray[np.float64]
# (resamples, n) how often each item counts → (resamples,) values, NaN where there is none.
Statistic = Callable[[Numbers], Numbers]


def bootstrap(
    statistic: Statistic, groups: Sequence[Hashable], *, resamples: int = RESAMPLES, seed: int = 0
) -> tuple[float, float] | None:
    """The 95 % percentile interval of `statistic` over resampled groups; `groups[i]` is the group of item i.

    Resamples without a value are left out; None where no resample has one. Where all items are alike the
    interval is a point: the bootstrap cannot know what it has never seen.
    Source: Efron, Tibshirani, An Introduction to the Bootstrap (1993), §13.3; cluster resampling:
    Davison, Hinkley, Bootstrap Methods and their Application (1997), §3.8.
    """
    number = {group: row for row, group in enumerate(dict.fromkeys(groups))}
    if not number:
        return None
    rows = np.array([number[group] for group in groups])  # (n,)
    random = np.random.default_rng(seed)
    values = np.concatenate(
        [
            statistic(_draw(random, len(number), min(CHUNK, resamples - done))[:, rows])
            for done in range(0, resamples, CHUNK)
        ]
    )
    values = values[~np.isnan(values)]
    if not values.size:
        return None
    low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _draw(random: np.random.Generator, groups: int, resamples: int) -> Numbers:
    """(resamples, groups): how often each group is drawn, `groups` draws with replacement per resample."""
    drawn = random.integers(groups, size=(resamples, groups)) + groups * np.arange(resamples)[:, None]
    return np.bincount(drawn.ravel(), minlength=resamples * groups).reshape(resamples, groups).astype(np.float64)


def value_of(statistic: Statistic, n: int) -> float | None:
    """The statistic where each of `n` items counts once; None where it has no value."""
    value = float(statistic(np.ones((1, n)))[0])
    return None if np.isnan(value) else value


def mean_of(values: Sequence[float]) -> Statistic:
    """The mean of `values`; no value where no item was drawn."""
    return ratio_of(values, [1.0] * len(values))


def ratio_of(numerators: Sequence[float], denominators: Sequence[float]) -> Statistic:
    """Σ numerators / Σ denominators; no value where the denominators sum to 0."""
    above, below = np.asarray(numerators, dtype=float), np.asarray(denominators, dtype=float)

    def statistic(weights: Numbers) -> Numbers:
        return divide(weights @ above, weights @ below)

    return statistic


def divide(above: Numbers, below: Numbers) -> Numbers:
    """`above / below`, NaN where `below` is 0."""
    return np.divide(above, below, out=np.full_like(below, np.nan), where=below != 0)
