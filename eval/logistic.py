"""Fits the weights of `rag/linear.py`: logistic regression over standardised features (Platt 1999).

Linear on purpose: boosted trees do better on documents that they were fitted on and worse on others (AUROC of the
confidence from one document to another 0.72 against 0.77 and 0.81 against 0.85).
Non-scope: which rows, which features, where the threshold lies (`eval/calibrate.py`, `eval/support.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from rag.linear import Linear

Floats = NDArray[np.float64]
# Inverse strength of the regularisation where a caller chooses no other.
LOOSENESS = 0.1


def _pipeline(looseness: float) -> Any:
    return make_pipeline(StandardScaler(), LogisticRegression(C=looseness, max_iter=10_000))


def fitted(
    values: Floats,
    labels: NDArray[np.bool_],
    weights: Floats,
    names: Sequence[str],
    looseness: float = LOOSENESS,
) -> Linear:
    """`values`: (rows, len(names)); `weights`: what each row counts."""
    model = _pipeline(looseness).fit(values, labels, logisticregression__sample_weight=weights)
    scaler, logistic = model.steps[0][1], model.steps[1][1]
    slopes = logistic.coef_[0] / scaler.scale_
    bias = float(logistic.intercept_[0] - slopes @ scaler.mean_)
    return Linear({name: round(float(w), 4) for name, w in zip(names, slopes, strict=True)}, round(bias, 4))


def held_out(
    values: Floats,
    labels: NDArray[np.bool_],
    weights: Floats,
    groups: Sequence[str],
    folds: int,
    looseness: float = LOOSENESS,
) -> Floats:
    """(rows,): the probability of each by a model that was fitted without its group."""
    probabilities: Floats = cross_val_predict(
        _pipeline(looseness), values, labels, groups=groups, cv=GroupKFold(folds), method="predict_proba",
        params={"logisticregression__sample_weight": weights},
    )[:, 1]  # fmt: skip
    return probabilities
