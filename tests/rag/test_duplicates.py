"""Near copies are found, other texts are not, and similarity is estimated as it is defined."""

from __future__ import annotations

import random

import numpy as np
import pytest

from rag.duplicates import RUN, SIGNATURE, near_duplicates, sketch
from rag.lexical import words

WORDS = [f"word{n}" for n in range(2000)]


def text(seed: int, length: int = 400) -> list[str]:
    return random.Random(seed).choices(WORDS, k=length)


def runs(text: str) -> set[tuple[str, ...]]:
    folded = words(text)
    return {tuple(folded[i : i + RUN]) for i in range(len(folded) - RUN + 1)}


@pytest.mark.parametrize("changed", [0, 5, 20, 60])
def test_the_share_of_equal_minima_is_the_share_of_equal_runs(changed: int) -> None:
    first, second = text(1), text(1)
    for place in random.Random(changed).sample(range(400), changed):
        second[place] = "other"
    one, two = " ".join(first), " ".join(second)
    exact = len(runs(one) & runs(two)) / len(runs(one) | runs(two))
    # Three standard errors of a share estimated from SIGNATURE minima.
    assert (sketch(one) == sketch(two)).mean() == pytest.approx(exact, abs=3 * 0.5 / SIGNATURE**0.5)


def test_each_near_pair_is_named_once() -> None:
    texts = [text(1), text(2), [*text(1), "more"], text(3), text(2)]
    sketches = np.array([sketch(" ".join(t)) for t in texts])
    assert [(a, b) for a, b, _ in near_duplicates(sketches, range(5))] == [(2, 0), (4, 1)]
    assert [(a, b) for a, b, _ in near_duplicates(sketches, [0])] == [(0, 2)]
    assert list(near_duplicates(sketches, [3])) == []


def test_case_accents_and_marks_make_no_difference() -> None:
    assert (sketch("Zdeněk Hřib, Mayor of Prague, spoke.") == sketch("zdenek hrib mayor of prague SPOKE")).all()


def test_any_text_has_a_sketch() -> None:
    assert sketch("").shape == sketch("one").shape == (SIGNATURE,)
