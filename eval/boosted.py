"""Fits the trees of `rag/boosting.py` with scikit-learn.

Non-scope: which rows, which features, where the threshold lies (`eval/calibrate.py`, `eval/support.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import GradientBoostingClassifier

from rag.boosting import Boosted, Tree

Floats = NDArray[np.float64]


def classifier(trees: int) -> GradientBoostingClassifier:
    """Small steps, shallow trees, each over a part of the rows and of the features: about a thousand rows are few.

    Among depths of 2 to 4 and shares of the features from 0.3 to 1 the folds differed by less than from another seed.
    """
    return GradientBoostingClassifier(
        n_estimators=trees, max_depth=3, learning_rate=0.05, subsample=0.7, max_features=0.3, min_samples_leaf=5,
        random_state=0,
    )  # fmt: skip


def boosted(fitted: GradientBoostingClassifier, names: Sequence[str]) -> Boosted:
    """The same model without scikit-learn. `names`: of the columns that it was fitted on.

    Numbers are rounded to 5 digits, which moves a probability by less than 0.001.
    """
    prior = fitted.init_.class_prior_[1]
    trees = tuple(_tree(estimator.tree_, 0, names, fitted.learning_rate) for estimator in fitted.estimators_[:, 0])
    return Boosted(_rounded(np.log(prior / (1 - prior))), trees)


def _tree(tree: Any, node: int, names: Sequence[str], rate: float) -> Tree:
    below, above = tree.children_left[node], tree.children_right[node]
    if below < 0:
        return _rounded(rate * tree.value[node, 0, 0])
    threshold = float(f"{tree.threshold[node]:.8g}")
    return names[tree.feature[node]], threshold, _tree(tree, below, names, rate), _tree(tree, above, names, rate)


def _rounded(value: float) -> float:
    return round(float(value), 5)
