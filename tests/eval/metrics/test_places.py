"""What counts as found and as the same evidence, on spans that a reader can draw."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.metrics.places import (
    Place,
    citation_precision,
    citation_recall,
    documents_found,
    found_per_rank,
    passage_gains,
    same_evidence,
)
from eval.metrics.ranking import ndcg
from rag.types import Span


def at(start: int, end: int, document: str = "a") -> Place:
    return Place(document, Span(start, end))


places = st.builds(
    lambda document, start, length: at(start, start + length, document),
    st.sampled_from("ab"),
    st.integers(0, 50),
    st.integers(1, 30),
)
some_places = st.lists(places, min_size=1, max_size=6)


def test_a_gold_span_is_found_by_the_passage_that_holds_it() -> None:
    assert found_per_rank([at(0, 50), at(50, 99)], [at(60, 80)]) == [0, 1]


def test_a_gold_span_is_found_once() -> None:
    assert found_per_rank([at(0, 50), at(0, 50)], [at(10, 20)]) == [1, 0]


def test_the_same_offsets_in_another_document_are_not_gold() -> None:
    assert found_per_rank([at(0, 50, "b")], [at(10, 20)]) == [0]


def test_a_gold_span_that_a_boundary_cuts_is_found_with_its_half() -> None:
    assert found_per_rank([at(0, 14), at(14, 40)], [at(10, 20)]) == [0, 1]
    assert found_per_rank([at(0, 15), at(15, 40)], [at(10, 20)]) == [1, 0]


def test_a_gold_span_in_three_passages_is_found_when_half_has_come() -> None:
    assert found_per_rank([at(0, 20), at(40, 60), at(20, 40)], [at(0, 60)]) == [0, 1, 0]


def test_one_passage_may_find_two_gold_spans() -> None:
    assert found_per_rank([at(0, 50)], [at(0, 10), at(20, 30)]) == [2]


def test_documents_are_ranked_by_their_best_passage() -> None:
    passages = [at(0, 5, "x"), at(5, 9, "x"), at(0, 5, "gold"), at(0, 5, "y")]
    assert documents_found(passages, [at(0, 99, "gold")]) == [0, 1, 0]


def test_gains_are_full_where_one_passage_finds_everything() -> None:
    assert ndcg(*passage_gains([2, 0], gold=2)) == 1.0


def test_gains_count_gold_that_never_came_as_missing_passages() -> None:
    assert passage_gains([0, 1], gold=2) == ([0.0, 1.0], [1.0, 1.0])


@pytest.mark.parametrize(
    ("citation", "same"),
    [
        (at(0, 100), True),  # the whole sentence around the quote
        (at(12, 18), True),  # a part of the quote
        (at(15, 40), True),  # 5 of the shorter 10
        (at(16, 40), False),  # 4 of the shorter 10
        (at(20, 40), False),  # touches only
        (at(10, 20, "b"), False),
    ],
)
def test_same_evidence(citation: Place, same: bool) -> None:
    assert same_evidence(citation, at(10, 20)) is same


def test_citation_precision_and_recall_worked_example() -> None:
    gold = [at(0, 10), at(20, 30)]
    cited = [at(0, 10), at(50, 60), at(70, 80)]
    assert citation_precision(cited, gold) == pytest.approx(1 / 3)
    assert citation_recall(cited, gold) == pytest.approx(1 / 2)


def test_no_citation_is_no_perfect_answer() -> None:
    assert citation_precision([], [at(0, 10)]) == 0.0
    assert citation_recall([], [at(0, 10)]) == 0.0


@given(places, places)
def test_same_evidence_is_symmetric_and_reflexive(a: Place, b: Place) -> None:
    assert same_evidence(a, b) == same_evidence(b, a)
    assert same_evidence(a, a)


@given(some_places, some_places)
def test_found_never_exceeds_gold(passages: list[Place], gold: list[Place]) -> None:
    found = found_per_rank(passages, gold)
    assert len(found) == len(passages)
    assert sum(found) <= len(gold)
    assert 0.0 <= ndcg(*passage_gains(found, len(gold))) <= 1.0


@given(some_places)
def test_gold_itself_finds_and_cites_everything(gold: list[Place]) -> None:
    assert sum(found_per_rank(gold, gold)) == len(gold)
    assert citation_precision(gold, gold) == citation_recall(gold, gold) == 1.0
