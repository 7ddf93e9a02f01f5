"""Questions to begin with: good ones of the real article, and none that are not answered."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from rag.answer import Answerer
from rag.suggest import MAX_SUGGESTIONS, candidates, suggestions
from rag.types import Question, Status

Open = Callable[[Mapping[str, str | bytes]], Answerer]


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        ("The day drew 264 registered guests.", "How many registered guests were there?", "264"),
        ("It drew over 2, 200 views.", "How many views were there?", "2, 200"),
        (
            "Ann Lee, Executive Director of Port Office, came.",
            "Who is the executive director of the Port Office?",
            "Ann Lee",
        ),
        ("Then Mayor Ann Lee of Daegu spoke.", "Who is the mayor of Daegu?", "Ann Lee"),
        ("Deputy Mayor of Budapest Gábor Kis spoke.", "Who is the deputy mayor of Budapest?", "Gábor Kis"),
        ("Ann Lee, Mayor of Colombia’s Medellín, came.", "Who is the mayor of Medellín?", "Ann Lee"),
        (
            "The city of Prague was represented by Mayor Jan Novák.",
            "Who represented the city of Prague?",
            "Mayor Jan Novák",
        ),
        ("Mayor Lee stated that buses help.", "What did Mayor Lee say?", "buses help."),
        ("Ann Lee, Head of Port, pointed out that buses help.", "What did Ann Lee point out?", "buses help."),
        ("The city invested US$10 billion in road safety.", "How much was invested in road safety?", "US$10 billion"),
        ("The 2021 Mayors’ Summit has now concluded on Mar 24th.", None, None),
        ("The 2021 Summit has successfully concluded on Mar 24th.", "When did the 2021 Summit conclude?", "Mar 24th"),
        ("The Summit was held online on 25 March 2021.", "When was the Summit held?", "25 March 2021"),
        ("In spring Taipei signed a tourism pact.", "What did Taipei sign?", "a tourism pact"),
        ("Nothing of note came up.", None, None),
    ],
)
def test_a_sentence_becomes_a_question(
    open_corpus: Open, sentence: str, question: str | None, answer: str | None
) -> None:
    text = f"Before. {sentence} After it.\n"
    made = {c.question: c for c in candidates(open_corpus({"a.txt": text}))}
    if question is None:
        assert made == {}
    else:
        assert made[question].answer.of(text) == answer
        assert made[question].sentence.of(text) == sentence


def test_those_of_the_article_are_answered_by_what_they_were_made_from(article: Answerer) -> None:
    found = suggestions(article)
    assert len(found) == MAX_SUGGESTIONS
    assert any(question.startswith("Who ") for question in found)
    assert "Who represented the city of Prague?" in found
    for question in found:
        answer = article.answer(Question(question))
        assert answer.status is Status.ANSWERED
        assert answer.citations
    assert len({tuple(question.split()[:2]) for question in found}) >= 3  # not six of a kind


def test_latest_documents_come_first_and_none_twice(open_corpus: Open) -> None:
    text = "Mayor Ann Lee of Daegu spoke. Mayor Ann Lee of Daegu spoke.\n"
    made = list(
        candidates(
            open_corpus(
                {
                    "old.txt": text.replace("Daegu", "Prague"),
                    "old.txt.toml": 'published = "2019"',
                    "new.txt": text,
                    "new.txt.toml": 'published = "2021-03"',
                }
            )
        )
    )
    assert [(c.document_id, c.question) for c in made] == [
        ("new", "Who is the mayor of Daegu?"),
        ("old", "Who is the mayor of Prague?"),
    ]


def test_an_empty_corpus_suggests_nothing(open_corpus: Open) -> None:
    assert suggestions(open_corpus({"a.txt": "Nothing to see."})) == []
