"""Ranking measures against hand-derived values, scikit-learn and their laws."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from eval.metrics.ranking import first_rank, ndcg, recall_at, reciprocal_rank

found_lists = st.lists(st.integers(0, 2), max_size=15)
grade_lists = st.lists(st.integers(0, 3), min_size=2, max_size=15)


def test_recall_counts_what_the_first_k_ranks_bring() -> None:
    # ranks 2 and 5 bring one relevant item each, a third never comes
    found = [0, 1, 0, 0, 1]
    assert [recall_at(found, 3, k) for k in (1, 2, 4, 5, 10)] == pytest.approx([0, 1 / 3, 1 / 3, 2 / 3, 2 / 3])


def test_reciprocal_rank_is_one_over_the_first_relevant_rank() -> None:
    assert reciprocal_rank([0, 0, 1, 1]) == pytest.approx(1 / 3)


def test_reciprocal_rank_beyond_the_depth_is_zero() -> None:
    assert reciprocal_rank([0] * 10 + [1]) == 0.0


def test_first_rank_is_none_where_nothing_is_found() -> None:
    assert first_rank([]) is None
    assert first_rank([0, 0]) is None
    assert first_rank([0, 2]) == 2


def test_ndcg_binary_worked_example() -> None:
    # gain at ranks 1 and 3 of 2 relevant: DCG = 1/log2(2) + 1/log2(4) = 1.5; ideal = 1 + 1/log2(3)
    assert ndcg([1, 0, 1], [1, 1]) == pytest.approx(1.5 / (1 + 1 / math.log2(3)))


def test_ndcg_graded_worked_example() -> None:
    # grades 1, 3 in that order: (1 + 3/log2(3)) / (3 + 1/log2(3))
    assert ndcg([1, 3], [3, 1]) == pytest.approx((1 + 3 / math.log2(3)) / (3 + 1 / math.log2(3)))


def test_ndcg_counts_relevant_items_that_never_come() -> None:
    assert ndcg([1], [1, 1]) == pytest.approx(1 / (1 + 1 / math.log2(3)))


def test_ndcg_without_anything_relevant_is_zero() -> None:
    assert ndcg([0, 0], []) == 0.0


@given(grade_lists)
def test_ndcg_equals_scikit_learn(grades: list[int]) -> None:
    ranks_as_scores = np.arange(len(grades), 0, -1)
    assert ndcg(grades, grades) == pytest.approx(ndcg_score([grades], [ranks_as_scores], k=10))


@given(grade_lists)
def test_ndcg_of_the_best_order_is_one_and_no_order_beats_it(grades: list[int]) -> None:
    best = sorted(grades, reverse=True)
    assert 0.0 <= ndcg(grades, grades) <= ndcg(best, grades) + 1e-12
    assert ndcg(best, grades) == pytest.approx(1.0 if any(grades) else 0.0)


@given(found_lists, st.integers(1, 14))
def test_recall_never_falls_with_k(found: list[int], k: int) -> None:
    relevant = sum(found) + 1
    assert 0 <= recall_at(found, relevant, k) <= recall_at(found, relevant, k + 1) < 1
