"""How many sentences are shown, and which marked words stand for the answer."""

from __future__ import annotations

import pytest

from rag.compose import (
    ITEM_AS_GOOD,
    LEAST_LOG_ODDS,
    MAX_ITEMS,
    MAX_SENTENCES,
    choose,
    short_answers,
    wants_list,
)
from rag.read import Reading, ScoredSentence
from rag.types import Passage, Span

PASSAGE = Passage("d:0-20", "d", Span(0, 20), "12345678901234567890", "", (), 0)


def scored(*scores: float, log_odds: float = 1.0, marked: bool = True) -> Reading:
    sentences = tuple(
        ScoredSentence(PASSAGE, Span(i, i + 1), s, 0.5, 0.5, 0.5, Span(i, i + 1) if marked else None, log_odds, False)
        for i, s in enumerate(scores)
    )
    return Reading(sentences, 1, 1.0, False, False, 1.0, 0.0)


@pytest.mark.parametrize(("scores", "shown"), [((1.0, 0.9, 0.86, 0.85), 3), ((1.0, 0.84), 1), ((1.0,), 1), ((), 0)])
def test_only_nearly_as_good_sentences_are_shown(scores: tuple[float, ...], shown: int) -> None:
    assert len(choose(scored(*scores), "Who spoke?")) == shown <= MAX_SENTENCES


def test_a_list_is_collected_from_further_down() -> None:
    many = [1.0] + [ITEM_AS_GOOD + 0.01] * 12
    assert len(choose(scored(*many), "Which cities took part?")) == MAX_ITEMS
    assert len(choose(scored(*many, log_odds=-0.1), "Which cities took part?")) == 1, "only what the reader marks"
    assert len(choose(scored(*many, marked=False), "Which cities took part?")) == 1
    assert len(choose(scored(1.0, ITEM_AS_GOOD - 0.01), "Which cities took part?")) == 1


def test_the_short_answer_is_the_best_one_or_all_of_a_list() -> None:
    chosen = choose(scored(1.0, 0.95), "Who spoke?")
    assert short_answers(chosen, "Who spoke?") == chosen[:1]
    assert short_answers(chosen, "Which cities spoke?") == chosen
    unsure = choose(scored(1.0, 0.95, log_odds=LEAST_LOG_ODDS - 0.1), "Who spoke?")
    assert short_answers(unsure, "Which cities spoke?") == []
    assert short_answers(choose(scored(1.0, marked=False), "Who spoke?"), "Who spoke?") == []


@pytest.mark.parametrize(
    ("question", "several"),
    [
        ("Which cities took part?", True),
        ("What countries were represented?", True),
        ("List the speakers", True),
        ("Name all mayors", True),
        ("Who were the speakers?", True),
        ("Tell me every city", True),
        ("Which city took part?", False),
        ("What was lent?", False),
        ("What does it cost?", False),
        ("Who spoke?", False),
    ],
)
def test_what_asks_for_several_things(question: str, several: bool) -> None:
    assert wants_list(question) is several
