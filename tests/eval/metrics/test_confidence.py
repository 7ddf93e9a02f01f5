"""AUROC, risk–coverage and calibration: worked examples, scikit-learn, laws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from eval.metrics.confidence import (
    Bin,
    auroc,
    auroc_of,
    calibration_bins,
    calibration_error,
    risk_area,
    risk_coverage,
)

# Few distinct scores, so that ties are common.
scored = st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0]), st.booleans()), min_size=2, max_size=30)
both_classes = scored.filter(lambda items: len({label for _, label in items}) == 2)


def test_auroc_worked_example() -> None:
    # positives .9 .4, negatives .5 .4: of 4 pairs, .9 wins two, .4 loses one and ties one: 2.5 / 4
    assert auroc([0.9, 0.4, 0.5, 0.4], [True, True, False, False]) == pytest.approx(2.5 / 4)


def test_auroc_needs_both_classes() -> None:
    assert auroc([0.1, 0.9], [True, True]) is None
    assert auroc([], []) is None


@given(both_classes)
def test_auroc_equals_scikit_learn(items: list[tuple[float, bool]]) -> None:
    scores, labels = zip(*items, strict=True)
    assert auroc(scores, labels) == pytest.approx(roc_auc_score(labels, scores))


@given(both_classes)
def test_weighted_auroc_equals_repeating_the_items(items: list[tuple[float, bool]]) -> None:
    weights = [1 + row % 3 for row in range(len(items))]
    scores, labels = zip(*items, strict=True)
    expected = roc_auc_score(np.repeat(labels, weights), np.repeat(scores, weights))
    assert auroc_of(scores, labels)(np.array([weights, weights], dtype=float)) == pytest.approx([expected, expected])


@given(both_classes)
def test_auroc_of_reversed_scores_is_its_complement(items: list[tuple[float, bool]]) -> None:
    scores, labels = zip(*items, strict=True)
    forward, backward = auroc(scores, labels), auroc([-score for score in scores], labels)
    assert forward is not None
    assert backward == pytest.approx(1 - forward)


def test_risk_coverage_worked_example() -> None:
    # most confident first: right, wrong, right, wrong
    curve = risk_coverage([0.9, 0.8, 0.7, 0.6], [False, True, False, True])
    assert [p.coverage for p in curve] == [0.25, 0.5, 0.75, 1.0]
    assert [p.risk for p in curve] == pytest.approx([0, 1 / 2, 1 / 3, 1 / 2])
    assert risk_area(curve) == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)


def test_equal_confidence_shares_the_errors() -> None:
    curve = risk_coverage([0.5, 0.5], [True, False])
    assert [p.risk for p in curve] == pytest.approx([0.5, 0.5])


def test_risk_coverage_of_nothing() -> None:
    assert risk_coverage([], []) == []
    assert risk_area([]) is None


@given(scored)
def test_risk_coverage_does_not_depend_on_the_order(items: list[tuple[float, bool]]) -> None:
    shuffled = sorted(items, key=lambda item: (item[1], item[0]))
    risks = [[p.risk for p in risk_coverage(*zip(*order, strict=True))] for order in (items, shuffled)]
    assert risks[0] == pytest.approx(risks[1])
    assert risks[0][-1] == pytest.approx(sum(wrong for _, wrong in items) / len(items))


def test_calibration_worked_example() -> None:
    # bin .6–.7: two answers of .65, one right (off by .15); bin .9–1: one of 1.0, right (off by 0)
    bins = calibration_bins([0.65, 0.65, 1.0], [True, False, True])
    assert bins == [Bin(0.6, 0.7, 2, 0.65, 0.5), Bin(0.9, 1.0, 1, 1.0, 1.0)]
    assert calibration_error(bins) == pytest.approx(2 / 3 * 0.15)


def test_calibration_of_nothing() -> None:
    assert calibration_error(calibration_bins([], [])) is None


@given(scored)
def test_calibration_bins_hold_every_answer_once(items: list[tuple[float, bool]]) -> None:
    bins = calibration_bins(*zip(*items, strict=True))
    assert sum(b.n for b in bins) == len(items)
    assert all(b.low - 1e-9 <= b.probability <= b.high + 1e-9 for b in bins)
    error = calibration_error(bins)
    assert error is not None
    assert 0.0 <= error <= 1.0
