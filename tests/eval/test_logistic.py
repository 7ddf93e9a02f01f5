"""Weights as they are stored, against scikit-learn's own probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from eval.logistic import LOOSENESS, fitted, held_out
from rag.linear import Linear

NAMES = ("a", "b", "c")


def test_the_probability_is_that_of_scikit_learn() -> None:
    chance = np.random.default_rng(3)
    values = chance.normal(loc=(0, 5, -2), scale=(1, 3, 0.1), size=(300, 3))
    right = values[:, 0] + 0.2 * values[:, 1] + chance.normal(size=300) > 1
    weights = chance.uniform(0.2, 2, 300)
    ours = fitted(values, right, weights, NAMES)
    reference = make_pipeline(StandardScaler(), LogisticRegression(C=LOOSENESS))
    reference.fit(values, right, logisticregression__sample_weight=weights)
    stated = [ours.probability(dict(zip(NAMES, row, strict=True))) for row in values]
    assert stated == pytest.approx(reference.predict_proba(values)[:, 1], abs=2e-3)


def test_a_group_is_judged_without_itself() -> None:
    values = np.array([[0.0], [1.0], [0.1], [1.1], [9.0], [9.1]])
    labels = np.array([False, True, False, True, False, False])  # the last group contradicts the others
    found = held_out(values, labels, np.ones(6), ["x", "x", "y", "y", "z", "z"], 3)
    assert found.shape == (6,)
    assert found[4] > 0.8, "without its own rows, large values look right"


def test_large_odds_do_not_overflow() -> None:
    assert Linear({}, -5000.0).probability({}) == pytest.approx(0, abs=1e-12)
    assert Linear({"a": 1.0}, 0.0).probability({"a": 5000.0}) == pytest.approx(1, abs=1e-12)
