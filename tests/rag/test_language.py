"""Frame language, and questions that nothing here can read."""

from __future__ import annotations

import pytest

from rag.answer import Answerer
from rag.check import make_question
from rag.language import frame_language, not_found_text
from rag.types import Reason, Status


@pytest.mark.parametrize(
    ("question", "asked_for", "language"),
    [
        ("How many?", "auto", "en"),
        ("有多少人？", "auto", "zh-Hant"),
        ("How many?", "zh-Hant", "zh-Hant"),
        ("有多少人？", "en", "en"),
    ],
)
def test_the_frame_follows_the_question_or_the_request(question: str, asked_for: str, language: str) -> None:
    assert frame_language(make_question(question, language=asked_for)) == language


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_words_in_both_languages(reason: Reason) -> None:
    assert not_found_text(reason, "en") != not_found_text(reason, "zh-Hant")


@pytest.mark.parametrize(
    "question", ["東京的人口有多少？", "Сколько участников?", "参加者は何人でしたか", "كم عدد المشاركين؟"]
)
def test_an_unreadable_script_is_refused_in_words(article: Answerer, question: str) -> None:
    answer = article.answer(make_question(question))
    assert (answer.status, answer.reason) == (Status.NOT_FOUND, Reason.UNSUPPORTED_LANGUAGE)
    assert answer.citations == ()


@pytest.mark.parametrize("question", ["Who is Zdeněk Hřib?", "Qui est Gábor Kerpel-Fronius ?"])
def test_latin_letters_are_read(article: Answerer, question: str) -> None:
    assert article.answer(make_question(question)).reason is not Reason.UNSUPPORTED_LANGUAGE
