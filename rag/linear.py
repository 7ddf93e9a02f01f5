"""A probability from weights: what `eval/logistic.py` fits.

Non-scope: the features (`rag/abstain.py`, `rag/support.py`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

# Beyond these log-odds nothing changes; math.exp must not overflow.
_LIMIT = 30.0


@dataclass(frozen=True, slots=True)
class Linear:
    """A logistic model over features by name."""

    weights: Mapping[str, float]
    bias: float

    def probability(self, values: Mapping[str, float]) -> float:
        """0..1. Raises: KeyError for a feature that is missing."""
        logit = self.bias + sum(weight * values[name] for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-max(-_LIMIT, min(_LIMIT, logit))))
