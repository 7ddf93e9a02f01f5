"""A follow-up is changed only when it leans on the question before it, and then says what it was taken for."""

from __future__ import annotations

import pytest

from rag.memory import standalone
from rag.types import Turn

KWON = "Mayor Kwon Young-jin of Daegu explained the New Deal, in which the municipality invested in recovery."
LU = "Commissioner Lu Hsin-ke of Department of Information Technology expressed his gratitude."


def after(previous: str, said: str = "Nothing of note.") -> list[Turn]:
    return [Turn("user", "Where was it?"), Turn("assistant", "There."), Turn("user", previous), Turn("assistant", said)]


@pytest.mark.parametrize(
    ("previous", "question", "understood"),
    [
        ("Who spoke for Daegu?", "And for Prague?", "Who spoke for Prague?"),
        ("Who spoke for Daegu?", "What about for Medellín or Tel Aviv ?", "Who spoke for Medellín or Tel Aviv?"),
        ("Who spoke for Daegu?", "What about Prague?", "Who spoke for Prague?"),
        ("Who spoke for the Netherlands Office?", "And the one from the British Office?", None),
        ("Which link has Session I in English?", "and the one for Session II", None),
        ("What did Taipei sign with Budapest?", "And with Daegu?", "What did Taipei sign with Daegu?"),
    ],
)
def test_another_name_takes_the_place_of_the_last(previous: str, question: str, understood: str | None) -> None:
    expected = (
        understood
        or {
            "And the one from the British Office?": "Who spoke for the British Office?",
            "and the one for Session II": "Which link has Session II in English?",
        }[question]
    )
    assert standalone(question, after(previous)) == expected


@pytest.mark.parametrize(
    ("previous", "said", "question", "understood"),
    [
        ("Who spoke for Daegu?", KWON, "What did he say?", "What did Kwon Young-jin say?"),
        ("Who thanked the Office?", LU, "Which department is he from?", "Which department is Lu Hsin-ke from?"),
        ("What did Mayor Ko say?", KWON, "What is his plan?", "What is Ko’s plan?"),
        ("Was an autonomous bus mentioned?", "Yes.", "Where did it run?", "Where did the autonomous bus run?"),
        ("Which plan for cities is there?", "X.", "What is it about?", "What is the plan for cities about?"),
    ],
)
def test_a_pronoun_gives_way_to_what_it_stands_for(previous: str, said: str, question: str, understood: str) -> None:
    assert standalone(question, after(previous, said)) == understood


@pytest.mark.parametrize(
    "question", ["And in Prague?", "How many?", "Why?", "What did they do there?", "Where was it?"]
)
def test_otherwise_the_words_of_the_previous_question_are_added(question: str) -> None:
    assert standalone(question, after("Who spoke for Daegu?")) == f"{question} (spoke Daegu)"


@pytest.mark.parametrize(
    "question",
    [
        "How many participants registered?",
        "Who is the mayor of Prague?",
        "Who runs the IT department?",
        "What did Taipei sign with its sister city?",
        "Who is the mayor of London, and did they join?",
        "Name the examples of infrastructure that people foster.",
        "How many registered participants were there?",
        "On what date was this article published?",
        "Those who signed up came from how many nations?",
    ],
)
def test_others_stand_alone(question: str) -> None:
    assert standalone(question, after("Who spoke for Daegu?", KWON)) == question


def test_without_history_nothing_is_added() -> None:
    assert standalone("Why?", []) == "Why?"
    assert standalone("Why?", [Turn("assistant", "Hello.")]) == "Why?"


@pytest.mark.parametrize(
    "question",
    [
        "The second session, was it recorded?",
        "Zdenek Hrib – what position does he hold?",
        "How much did it cost the city to host the forum?",
        "Is there a phone number for the forum?",
        "Who put their signature on the pact?",
    ],
)
def test_a_pronoun_for_what_the_question_brings_up_itself_leans_on_nothing(question: str) -> None:
    assert standalone(question, after("Who spoke for Daegu?")) == question
