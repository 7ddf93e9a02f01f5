"""A follow-up is joined with the question before it only when it leans on it."""

from __future__ import annotations

import pytest

from rag.memory import standalone
from rag.types import Turn

HISTORY = [Turn("user", "Who spoke for Daegu?"), Turn("assistant", "Mayor Kwon.")]


@pytest.mark.parametrize(
    "question", ["And on Prague?", "What did he say?", "How many?", "Why?", "What is its capital?"]
)
def test_leaning_questions_are_joined(question: str) -> None:
    assert standalone(question, HISTORY) == f"Who spoke for Daegu? {question}"


@pytest.mark.parametrize(
    ("question", "understood"),
    [
        ("And for Prague?", "Who spoke for Prague?"),
        ("What about for Medellín or Tel Aviv ?", "Who spoke for Medellín or Tel Aviv?"),
        ("And in Prague?", "Who spoke for Daegu? And in Prague?"),  # nothing was asked in a place
    ],
)
def test_another_name_takes_the_place_of_the_last(question: str, understood: str) -> None:
    assert standalone(question, HISTORY) == understood


@pytest.mark.parametrize("question", ["How many participants registered?", "Who is the mayor of Prague?"])
def test_others_stand_alone(question: str) -> None:
    assert standalone(question, HISTORY) == question


def test_without_history_nothing_is_joined() -> None:
    assert standalone("Why?", []) == "Why?"
    assert standalone("Why?", [Turn("assistant", "Hello.")]) == "Why?"
