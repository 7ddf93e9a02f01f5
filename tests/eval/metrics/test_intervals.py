"""The bootstrap: reproducible, resampling groups, close to theory."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.metrics.intervals import Numbers, bootstrap, mean_of, ratio_of, value_of

values = st.lists(st.floats(-5, 5), min_size=1, max_size=20)


def test_the_interval_of_a_share_is_close_to_theory() -> None:
    # 50 of 100: the normal approximation gives 0.5 ± 1.96 · sqrt(.25 / 100)
    low, high = bootstrap(mean_of([1.0, 0.0] * 50), range(100)) or (math.nan, math.nan)
    assert low == pytest.approx(0.5 - 1.96 * 0.05, abs=0.02)
    assert high == pytest.approx(0.5 + 1.96 * 0.05, abs=0.02)


def test_the_same_seed_gives_the_same_interval() -> None:
    statistic = mean_of([0.0, 1.0, 1.0, 0.5])
    assert bootstrap(statistic, range(4), seed=7) == bootstrap(statistic, range(4), seed=7)


def test_groups_are_drawn_whole() -> None:
    # two groups of which one is all right and one all wrong: a resample has mean 0, 1/2 or 1
    seen: set[float] = set()

    def statistic(weights: Numbers) -> Numbers:
        values = mean_of([1.0, 1.0, 0.0, 0.0])(weights)
        seen.update(values.tolist())
        return values

    bootstrap(statistic, ["a", "a", "b", "b"])
    assert seen == {0.0, 0.5, 1.0}


def test_grouping_widens_the_interval_of_questions_that_fall_together() -> None:
    outcome = [float(group % 2) for group in range(20) for _ in range(5)]
    alone = bootstrap(mean_of(outcome), range(100)) or (0.0, 0.0)
    together = bootstrap(mean_of(outcome), [row // 5 for row in range(100)]) or (0.0, 0.0)
    assert together[1] - together[0] > 1.5 * (alone[1] - alone[0])


def test_resamples_without_a_value_are_left_out() -> None:
    # the ratio exists only where the second item is drawn
    assert bootstrap(ratio_of([0.0, 1.0], [0.0, 2.0]), ["a", "b"]) == (0.5, 0.5)


def test_nothing_has_no_interval() -> None:
    assert bootstrap(mean_of([]), []) is None
    assert bootstrap(ratio_of([1.0], [0.0]), ["a"]) is None
    assert value_of(mean_of([]), 0) is None


def test_ratio_of_sums() -> None:
    statistic = ratio_of([1.0, 2.0], [2.0, 2.0])
    assert value_of(statistic, 2) == pytest.approx(3 / 4)
    assert statistic(np.array([[1.0, 3.0], [1.0, 0.0]])) == pytest.approx([7 / 8, 1 / 2])


@given(values)
def test_the_interval_lies_within_the_values(items: list[float]) -> None:
    low, high = bootstrap(mean_of(items), range(len(items)), resamples=50) or (math.nan, math.nan)
    assert min(items) - 1e-9 <= low <= high <= max(items) + 1e-9
