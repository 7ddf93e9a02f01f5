"""How much of what a question names a text holds."""

from __future__ import annotations

import pytest

from rag.answer import Answerer
from rag.bm25 import LexicalIndex
from rag.wording import wording_of

INDEX = LexicalIndex.build(["An Israelite of Taipei met 264 guests.", "Taipei is a city.", "Taipei again."])


def test_weights_sum_to_one_and_coverage_adds_them_up(hashed_article: Answerer) -> None:
    tokens = ["taipei", "264", "taipei", "unicorn"]
    wording = wording_of("Taipei 264 Taipei unicorn", tokens, hashed_article.snapshot.lexical)
    weights = wording.weights
    assert sum(weights.values()) == pytest.approx(1)
    assert weights["unicorn"] > weights["264"] > weights["taipei"]
    assert wording.coverage({"264", "unicorn"}) == pytest.approx(weights["264"] + weights["unicorn"])
    assert wording.coverage(set(weights)) == 1
    assert wording_of("", [], hashed_article.snapshot.lexical).coverage({"264"}) == 0


@pytest.mark.parametrize(
    ("question", "known", "unknown"),
    [
        ("Which guests met in Taipei?", {"taipei"}, False),
        ("Which guests met in Lisbon?", set(), True),
        ("Were there 265 guests?", set(), True),
        ("Did 264 guests come?", {"264"}, False),
        ("WHICH GUESTS MET IN LISBON?", set(), False),  # capitals say nothing here
        ("Lisbon guests", set(), False),  # nor at the beginning
    ],
)
def test_names_and_numbers_of_the_question(question: str, known: set[str], unknown: bool) -> None:
    wording = wording_of(question, [], INDEX)
    assert (wording.known_names, wording.name_unknown) == (frozenset(known), unknown)
