"""What a question asks for, and which sentences offer it."""

from __future__ import annotations

import pytest

from rag.answer_type import LACKING, LIKELY, NOTHING_EXPECTED, OFFERED, AnswerType, expected, match, offered


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("How many people registered?", AnswerType.NUMBER),
        ("By what percentage were budgets cut?", AnswerType.PERCENT),
        ("How much did Daegu invest?", AnswerType.MONEY),
        ("What is the budget of the programme?", AnswerType.MONEY),
        ("Since what year have they been sister cities?", AnswerType.YEAR),
        ("When did it conclude?", AnswerType.DATE),
        ("On which days was it held?", AnswerType.DATE),
        ("who is the mayor of Daegu", AnswerType.PERSON),
        ("Which company operates the bus?", AnswerType.NAME),
        ("What is the English live link for Session II?", AnswerType.LINK),
        ("Why was it held?", None),
        ("", None),
    ],
)
def test_expected(question: str, kind: AnswerType | None) -> None:
    assert expected(question) is kind


@pytest.mark.parametrize(
    ("question", "sentence", "score"),
    [
        ("How many people came?", "The sessions drew 264 people.", OFFERED),
        ("How many people came?", "The sessions drew two dozen people.", OFFERED),
        ("How many people came to the 2021 summit?", "The 2021 summit took place.", LACKING),
        ("By what percentage?", "Budgets were cut by 4 %.", OFFERED),
        ("By what percentage?", "Budgets were cut by 4 million.", LACKING),
        ("How much did it cost?", "The city invested US$10 billion.", OFFERED),
        ("Since what year?", "It began in 2002 with 300 people.", OFFERED),
        ("Since what year?", "It began with 300 people.", LACKING),
        ("When did it end?", "It ended on Mar. 24th.", OFFERED),
        ("Who is the mayor of Prague?", "Prague was represented by Mayor Zdeněk Hřib.", OFFERED),
        ("Who spoke?", "Omer Caspi, Representative of Israel, spoke.", OFFERED),
        ("Who spoke?", "The Deputy Mayor of Budapest Gábor Kerpel-Fronius spoke.", OFFERED),
        ("Who directs Tel Aviv's center?", "Its capital, Tel Aviv, established a center.", LACKING),
        ("Who directs the center?", "Its capital, Tel Aviv, established a center.", LIKELY),
        ("Which city hosted it?", "The summit was hosted by Taipei.", OFFERED),
        ("Which city hosted it?", "The summit was hosted well.", LACKING),
        ("Where is the link?", "See https://youtu.be/x for more.", OFFERED),
        ("Why?", "Because.", NOTHING_EXPECTED),
    ],
)
def test_match(question: str, sentence: str, score: float) -> None:
    assert match(expected(question), question, sentence) == score


@pytest.mark.parametrize(
    ("question", "sentence", "things"),
    [
        ("How many people came?", "Two sessions drew 264 people.", ["Two", "264"]),
        ("How many people came in 2021?", "In 2021 it drew 264 people.", ["264"]),
        ("Who spoke?", "Mayor of Budapest Gábor Kerpel-Fronius met Omer Caspi, Representative of Israel.",
         ["Gábor Kerpel-Fronius", "Omer Caspi"]),
        ("Who spoke?", "In Tel Aviv somebody spoke.", ["Tel Aviv"]),
        ("When?", "On Mar. 23rd and 24th, 2021, or on the 3rd.", ["Mar. 23rd and 24th, 2021", "3rd"]),
        ("When?", "On 25 March 2021, a Monday of 1911.", ["25 March 2021", "Monday", "1911"]),
        ("Why?", "In Tel Aviv 264 people spoke.", []),
    ],
)  # fmt: skip
def test_where_it_is_offered(question: str, sentence: str, things: list[str]) -> None:
    assert [place.of(sentence) for place in offered(expected(question), question, sentence)] == things
