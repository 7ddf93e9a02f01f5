"""Trees as they are stored, against scikit-learn's own."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from eval.boosted import boosted, classifier
from rag.boosting import Boosted

NAMES = ("a", "b", "c")


def test_the_probability_is_that_of_scikit_learn() -> None:
    chance = np.random.default_rng(3)
    values = chance.normal(size=(300, 3))
    right = values[:, 0] * values[:, 1] + 0.3 * chance.normal(size=300) > 0
    weights = chance.uniform(0.2, 2, 300)
    fitted = classifier(40).fit(values, right, sample_weight=weights)
    stored = Boosted.from_json(json.loads(json.dumps(boosted(fitted, NAMES).to_json())))
    assert stored.features() == set(NAMES)
    ours = [stored.probability(dict(zip(NAMES, row, strict=True))) for row in values]
    assert ours == pytest.approx(fitted.predict_proba(values)[:, 1], abs=1e-3)


def test_a_value_at_the_threshold_goes_below() -> None:
    model = Boosted(0.0, (("a", 1.0, -2.0, ("b", 0.0, 0.5, 2.0)),))
    assert model.probability({"a": 1.0, "b": 9.0}) == pytest.approx(1 / (1 + math.exp(2)))
    assert model.probability({"a": 1.1, "b": 0.0}) == pytest.approx(1 / (1 + math.exp(-0.5)))
    assert model.probability({"a": 1.1, "b": 0.1}) == pytest.approx(1 / (1 + math.exp(-2)))


def test_no_trees_leave_the_bias_and_large_odds_do_not_overflow() -> None:
    assert Boosted(0.0, ()).probability({}) == 0.5
    assert Boosted(-5000.0, ()).probability({}) == pytest.approx(0, abs=1e-12)
