"""What must always hold of an answer, whoever asks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import build
from rag.answer import Answerer
from rag.check import make_question
from rag.errors import NotFoundError
from rag.settings import Settings
from rag.snapshot import snapshot_names
from rag.types import Abstained, Citation, Final, Reason, Sources, Status, Support, Text
from rag.wire import answer_wire

Open = Callable[[Mapping[str, str | bytes]], Answerer]
VOCABULARY = "How many Who What when the mayor of Daegu Taipei 264 registered Medellín MOU 5G bus zzz ？ 台北 &"
WORDS = st.sampled_from(VOCABULARY.split(" "))


def check(answerer: Answerer, text: str) -> None:
    events = list(answerer.stream(make_question(text)))
    assert isinstance(events[0], Sources)
    assert isinstance(events[-1], Final)
    answer = events[-1].answer
    seen: set[int] = set()
    for event in events[1:-1]:
        if isinstance(event, Citation):
            seen.add(event.number)
            document = answerer.snapshot.documents[event.document_id]
            assert document.text[event.span.start : event.span.end] == event.quote
        elif isinstance(event, Text):
            assert event.sentence.citations
            assert set(event.sentence.citations) <= seen, "a citation comes before the sentence that uses it"
            assert event.sentence.support is Support.VERBATIM
        else:
            assert isinstance(event, Abstained)
    assert [c.number for c in answer.citations] == list(range(1, len(seen) + 1))
    if answer.status is Status.NOT_FOUND:
        assert answer.reason is not None
        assert answer.citations == answer.sentences == ()
        assert answer.text == answer.text_plain != ""
    else:
        assert 1 <= len(answer.sentences) <= 3
        assert answer.reason is None
        assert [c.span for c in answer.citations] == sorted(c.span for c in answer.citations)


@given(st.lists(WORDS, min_size=1, max_size=9).map(" ".join))
def test_the_laws_hold_for_any_question(hashed_article: Answerer, text: str) -> None:
    check(hashed_article, text)


@pytest.mark.parametrize(
    ("question", "held"),
    [
        ("How many people registered?", "264"),
        ("Who represented Taipei City?", "Mayor Ko Wen-je and Deputy Mayor Huang Shan-shan"),
        ("How much did Daegu invest in business recovery?", "US$10 billion"),
        ("Along which road did the autonomous bus operate?", "Xinyi Road"),
        ("Who is the mayor of Prague?", "Zdeněk Hřib"),
        ("zdenek hrib", "Zdeněk Hřib"),
    ],
)
def test_the_article_answers_with_the_sentence_that_holds_it(article: Answerer, question: str, held: str) -> None:
    check(article, question)
    answer = article.answer(make_question(question))
    assert answer.status is Status.ANSWERED
    assert held in answer.text_plain
    assert answer.text.endswith("]")


@pytest.mark.parametrize(
    "question", ["Who won the football world cup?", "What is the boiling point of mercury?", "asdf qwer"]
)
def test_what_the_article_does_not_hold_is_refused_with_the_nearest_passages(article: Answerer, question: str) -> None:
    answer = article.answer(make_question(question))
    assert answer.status is Status.NOT_FOUND
    assert answer.reason in (Reason.NO_MATCH, Reason.WEAK_MATCH, Reason.NOT_ANSWERED)
    assert answer.consulted.passages


def test_the_same_question_gives_the_same_bytes(article: Answerer) -> None:
    def body() -> str:
        wire = answer_wire(article.answer(make_question("How many people registered?")))
        return json.dumps({**wire, "timings_ms": {}})

    assert body() == body()


def test_the_id_depends_on_all_that_is_asked(hashed_article: Answerer) -> None:
    asked = [make_question("Who?"), make_question("Who?", top_k=3), make_question("When?")]
    assert len({hashed_article.answer(question).id for question in asked}) == 3


def test_unknown_documents_are_an_error_before_the_first_event(hashed_article: Answerer) -> None:
    with pytest.raises(NotFoundError, match="1 of the documents"):
        next(hashed_article.stream(make_question("Who?", documents=["nowhere"])))


def test_a_language_model_that_is_not_there_is_a_warning(hashed_article: Answerer) -> None:
    answer = hashed_article.answer(make_question("How many registered participants?", mode="llm"))
    assert answer.mode.value == "extractive"
    assert "No language model" in answer.warnings[0]


def test_an_answer_from_an_older_snapshot_says_so(
    write_corpus: Callable[[Mapping[str, str | bytes]], Path], settings: Settings
) -> None:
    for number in (264, 265):
        write_corpus({"a.txt": f"The summit drew {number} people."})
        build.ingest(settings)
    next((settings.index_dir / snapshot_names(settings.index_dir)[0]).rglob("dense.faiss")).write_bytes(b"broken")
    answer = build.open_answerer(settings).answer(make_question("How many people did the summit draw?"))
    assert "older snapshot" in answer.warnings[0]


def test_stopping_early_stops_the_work(hashed_article: Answerer) -> None:
    stream = hashed_article.stream(make_question("How many registered participants?"))
    assert isinstance(next(stream), Sources)
    stream.close()
    assert list(stream) == []


def test_follow_ups_are_shown_as_understood(article: Answerer) -> None:
    from rag.types import Turn

    history = [Turn("user", "Who is the mayor of Daegu?"), Turn("assistant", "Kwon Young-jin.")]
    answer = article.answer(make_question("And of Prague?", history=history))
    assert answer.question == "And of Prague?"
    assert answer.standalone_question == "Who is the mayor of Prague?"
    assert "Zdeněk Hřib" in answer.text_plain


def test_only_the_documents_asked_about_are_quoted(open_corpus: Open) -> None:
    answerer = open_corpus({"a.txt": "The summit drew 264 people.", "b.txt": "The summit drew 999 people."})
    answer = answerer.answer(make_question("How many people did the summit draw?", documents=["b"]))
    assert {p.document_id for p in answer.consulted.passages} == {"b"}
    assert {c.document_id for c in answer.citations} <= {"b"}
