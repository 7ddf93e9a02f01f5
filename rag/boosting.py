"""A probability from small decision trees that were fitted one after the other (Friedman 2001, gradient boosting).

What a feature is worth may depend on another one: marks of the reader in a sentence without the question's words say
little. Non-scope: fitting (`eval/boosted.py`), the features.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

# A leaf, or (feature, threshold, tree where its value is at most that, tree where it is more).
Tree = float | tuple[str, float, "Tree", "Tree"]
# Beyond these log-odds nothing changes; math.exp must not overflow.
_LIMIT = 30.0


class Model(Protocol):
    """What gives a probability."""

    def probability(self, values: Mapping[str, float]) -> float:
        """0..1, of the values of the features by name."""


@dataclass(frozen=True, slots=True)
class Boosted:
    """The log-odds are `bias` and what every tree adds."""

    bias: float
    trees: tuple[Tree, ...]

    def probability(self, values: Mapping[str, float]) -> float:
        """0..1. Raises: KeyError for a feature that is missing."""
        logit = self.bias + sum(_leaf(tree, values) for tree in self.trees)
        return 1 / (1 + math.exp(-max(-_LIMIT, min(_LIMIT, logit))))

    def features(self) -> set[str]:
        """The names that the trees ask for."""
        return set().union(*map(_asked, self.trees))

    def to_json(self) -> dict[str, Any]:
        return {"bias": self.bias, "trees": self.trees}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Boosted:
        return cls(stored["bias"], tuple(map(_tree, stored["trees"])))


def _leaf(tree: Tree, values: Mapping[str, float]) -> float:
    while isinstance(tree, tuple):
        feature, threshold, below, above = tree
        tree = below if values[feature] <= threshold else above
    return tree


def _asked(tree: Tree) -> set[str]:
    return {tree[0]} | _asked(tree[2]) | _asked(tree[3]) if isinstance(tree, tuple) else set()


def _tree(stored: Any) -> Tree:
    if isinstance(stored, list):
        feature, threshold, below, above = stored
        return feature, threshold, _tree(below), _tree(above)
    return float(stored)
