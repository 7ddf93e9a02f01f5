"""Refused questions, those about the same thing together: which document is missing.

Non-scope: where the questions come from (`rag/store.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag.embed import Embedder, Vectors
from rag.lexical import has_cjk

# Over the dev questions of the evaluation (all about one article) 34 % of the pairs about the same fact are as near
# as this, and 1 % of the others: a group is sooner split than mixed, and a person reads the list anyway.
LEAST_COSINE = 0.6


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions about the same thing, the most frequent first."""

    asked: int  # times, over all of them
    questions: tuple[str, ...]


def gaps(questions: Sequence[str], embedder: Embedder) -> list[Gap]:
    """Groups, the most asked first. Each question joins the group whose first question is nearest, if near enough.

    A question that the embedder cannot read is only ever together with itself.
    """
    counted = Counter(questions).most_common()
    leaders: list[Vectors] = []
    groups: list[list[tuple[str, int]]] = []
    for question, times in counted:
        vector = _vector(question, embedder)
        cosines = np.array([leader @ vector for leader in leaders])
        if leaders and cosines.max() >= LEAST_COSINE:
            groups[int(cosines.argmax())].append((question, times))
        else:
            leaders.append(vector)
            groups.append([(question, times)])
    made = [Gap(sum(times for _, times in group), tuple(question for question, _ in group)) for group in groups]
    return sorted(made, key=lambda gap: -gap.asked)


def _vector(question: str, embedder: Embedder) -> Vectors:
    """(dimension,); zero, which is near nothing, where it cannot be read."""
    if embedder.english_only and has_cjk(question):
        return np.zeros(embedder.dimension, np.float32)
    return embedder.encode_question(question)
