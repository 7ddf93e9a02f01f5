"""A model of a few weights, where a test has to know what the probability will be."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Linear:
    """Logistic over the features that have a weight."""

    weights: Mapping[str, float]
    bias: float

    def probability(self, values: Mapping[str, float]) -> float:
        return 1 / (1 + math.exp(-self.bias - sum(weight * values[name] for name, weight in self.weights.items())))
