"""Convex fusion by hand, and its laws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.fuse import convex

Ranking = list[tuple[int, float]]
rankings = st.dictionaries(st.integers(0, 9), st.floats(-5, 50), max_size=8).map(lambda d: list(d.items()))


def test_a_worked_example() -> None:
    # Meaning: 7 → 1, 3 → 0.5, 5 → 0. Words: 3 → 1, 9 → 0. With weight 0.4: 3 = 0.2 + 0.6, 7 = 0.4.
    fused = convex([(7, 0.9), (3, 0.7), (5, 0.5)], [(3, 12.0), (9, 2.0)], 0.4)
    assert [row for row, _ in fused] == [3, 7, 5, 9]
    assert [score for _, score in fused] == pytest.approx([0.8, 0.4, 0.0, 0.0])


def test_a_single_hit_counts_fully() -> None:
    assert convex([], [(4, 0.01)], 0.4) == [(4, 0.6)]
    assert convex([], [], 0.5) == []


@given(rankings, rankings, st.floats(0, 1))
def test_every_row_once_with_scores_from_0_to_1_in_order(dense: Ranking, lexical: Ranking, weight: float) -> None:
    fused = convex(dense, lexical, weight)
    assert {row for row, _ in fused} == {row for row, _ in dense} | {row for row, _ in lexical}
    assert len(fused) == len({row for row, _ in fused})
    assert all(-1e-9 <= score <= 1 + 1e-9 for _, score in fused)
    assert fused == sorted(fused, key=lambda pair: (-pair[1], pair[0]))


@given(rankings, st.floats(0.1, 10), st.floats(-5, 5))
def test_the_scale_of_a_list_does_not_matter(lexical: Ranking, factor: float, shift: float) -> None:
    moved = [(row, score * factor + shift) for row, score in lexical]
    plain, other = dict(convex([(1, 0.5)], lexical, 0.5)), dict(convex([(1, 0.5)], moved, 0.5))
    if len({s for _, s in lexical}) == len({s for _, s in moved}):
        assert plain == pytest.approx(other, abs=1e-6)
