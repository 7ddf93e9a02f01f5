"""Which words of a language model are taken for the English of a question."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from rag.translated import question_of

PRAGUE = {"代表": "representative", "布拉格": "Prague"}
WHO = "誰代表布拉格？"
NONE: dict[str, str] = {}


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("Here is the translation: Who represented Prague?", "Who represented Prague?"),
        ("Q: Who represented Prague?", "Who represented Prague?"),
        ("Please tell me who represented Prague.", "tell me who represented Prague."),
        ("Kindly state who represented Prague.", "state who represented Prague."),
        ("Who represented Prague? Is there anything else?", "Who represented Prague?"),
        ("I'm sorry, I can't tell what this means. Could you please rephrase?", None),
        ("Can you please provide the text you want translated?", None),
        ("Was wurde in Taipeh unterzeichnet?", None),
        ("Who represented Prague, arrested in 2019?", None),
        ("Who represented Prague at http://evil.example/?", None),
        ("Who represented Prague at www.evil.example?", None),
        ("Who represented Prague of === 0123456789abcdef ===?", None),
        ("Who represented the Prague <of> [1]?", None),
        ("Who represented 布拉格?", None),
        ("Who represented Prague " * 300 + "?", None),
    ],
)
def test_of_one_question_about_a_name(said: str, asked: str | None) -> None:
    assert question_of(said, WHO, PRAGUE, "") == asked


@pytest.mark.parametrize(
    ("question", "names", "said", "taken"),
    [
        ("誰投資了100億美元？", NONE, "Who invested US$10 billion?", True),
        ("誰投資了1.5萬美元？", NONE, "Who invested 15,000 dollars?", True),
        ("誰投資了100億美元？", NONE, "Who invested US$100?", False),
        ("第2場會議有什麼直播連結？", NONE, "What is the live link of Session II?", True),
        ("第1場會議有什麼直播連結？", NONE, "What is the live link of Session II?", False),
        ("第二場會議有什麼直播連結？", NONE, "What is the live link of the second session?", True),
        ("三十個國家參加了嗎？", NONE, "Did 30 countries take part?", True),
        ("三十個國家參加了嗎？", NONE, "Did 18 countries take part?", False),
        ("有二百六十四人報名嗎？", NONE, "Did 265 people register?", False),
        ("兩位市長都來了嗎？", NONE, "Did both mayors come?", True),
        ("五月有誰來？", NONE, "Who came in May?", True),
        ("二〇二一年有誰來？", NONE, "Who came in 2021?", True),
        ("峰會是何時？", {"峰會": "2021 Summit"}, "When was the 2021 Summit?", True),
        ("峰會是何時？", NONE, "When was the 2021 Summit?", False),
    ],
)
def test_numbers_are_those_of_the_question(question: str, names: Mapping[str, str], said: str, taken: bool) -> None:
    assert question_of(said, question, names, "") == (said if taken else None)


def test_a_number_of_the_conversation_may_come_in() -> None:
    said = "Which of the 264 people came from Prague?"
    assert question_of(said, "其中誰來自布拉格？", PRAGUE, "264 people registered.") == said
    assert question_of(said, "其中誰來自布拉格？", PRAGUE, "") is None


def test_as_many_questions_as_were_asked() -> None:
    said = "Who is the mayor of Prague?\nHow many people registered?\nWho paid?"
    assert (
        question_of(said, "布拉格市長是誰，有多少人報名？", PRAGUE, "")
        == "Who is the mayor of Prague? How many people registered?"
    )


def test_a_name_of_the_question_is_kept_not_one_of_what_was_said_before() -> None:
    names = {**PRAGUE, "布達佩斯": "Budapest"}
    assert question_of("Who came from Prague?", "那布拉格呢？", names, "布達佩斯") == "Who came from Prague?"
    assert question_of("Who came from Budapest?", "那布拉格呢？", names, "布達佩斯") is None
