"""What may be asked, and what is refused in words."""

from __future__ import annotations

from typing import Any

import pytest

from rag.check import MAX_QUESTION_CHARS, make_question
from rag.errors import QuestionError
from rag.types import Turn


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "question_empty"),
        (" \n\u00a0", "question_empty"),
        ("\u200b\u2060\ufeff", "question_empty"),
        ("x" * (MAX_QUESTION_CHARS + 1), "question_too_long"),
        ("a\x00b", "invalid_characters"),
        ("a\x1bb", "invalid_characters"),
        ("\ud800", "invalid_characters"),
    ],
)
def test_refused_questions(text: str, code: str) -> None:
    with pytest.raises(QuestionError) as raised:
        make_question(text)
    assert (raised.value.code, raised.value.param) == (code, "question")
    assert text.strip() == "" or text not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("  How many?\n", "How many?"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("smuggled\U000e0041\ufe0f", "smuggled"),
        ("👍", "👍"),
        ("e" + "\u0301" * 1000, "e" + "\u0301" * 1000),
        ("'; DROP TABLE answers; --", "'; DROP TABLE answers; --"),
        ("x" * MAX_QUESTION_CHARS, "x" * MAX_QUESTION_CHARS),
    ],
)
def test_accepted_questions(text: str, kept: str) -> None:
    assert make_question(text).text == kept


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"top_k": 0}, "top_k"),
        ({"top_k": 51}, "top_k"),
        ({"mode": "magic"}, "mode"),
        ({"language": "fr"}, "language"),
        ({"documents": []}, "documents"),
        ({"history": [Turn("system", "x")]}, "history"),
        ({"history": [Turn("user", "\ud800")]}, "history"),
        ({"history": [Turn("user", "x")] * 51}, "history"),
        ({"history": [Turn("user", "x" * 4001)]}, "history"),
    ],
)
def test_refused_fields_are_named(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(QuestionError) as raised:
        make_question("Who?", **fields)
    assert raised.value.param == param


def test_invisible_characters_leave_the_history_too() -> None:
    asked = make_question("Who?", history=[Turn("user", "\u202eWho\u200b?")])
    assert asked.history == (Turn("user", "Who?"),)
