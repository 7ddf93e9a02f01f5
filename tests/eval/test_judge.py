"""One answer against what is known: the verdict in every case, and what a failure counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from eval.ask import Target
from eval.dataset import Question
from eval.errors import AskError
from eval.judge import FAILED, Outcome, Verdict, judge, measure
from eval.metrics.places import Place
from rag.types import Span
from rag.wire import AnswerWire

Wire = Callable[..., AnswerWire]
MakeQuestion = Callable[..., Question]
TEXT = "The harbour opened in 1911. It cost 2, 200 crowns. The bridge cost 2, 200 crowns too."
DOCUMENTS = {"harbour": TEXT}
COST, OPENED, BRIDGE = ("harbour", 28, TEXT[28:50]), ("harbour", 0, TEXT[:27]), ("harbour", 51, TEXT[51:])
GOLD = (Place("harbour", Span(28, 50)),)


def judged(question: Question, answer: AnswerWire) -> Outcome:
    return judge(question, GOLD if question.answerable else (), answer, DOCUMENTS, 12.0)


def test_a_right_answer(make_question: MakeQuestion, wire: Wire) -> None:
    outcome = judged(make_question(), wire(OPENED, COST, short="2200 crowns"))
    assert (outcome.verdict, outcome.contains, outcome.rank, outcome.exact) == (Verdict.RIGHT, True, 2, 1.0)
    assert (outcome.citation_precision, outcome.citation_recall) == (0.5, 1.0)
    assert (outcome.citations, outcome.verbatim, outcome.latency_ms) == (2, 2, 12.0)


@pytest.mark.parametrize(
    ("answers", "quotes", "verdict"),
    [
        (("2,200",), [COST], Verdict.RIGHT),
        (("2,200",), [OPENED], Verdict.WRONG),  # does not hold the answer
        (("2,200",), [BRIDGE], Verdict.WRONG),  # holds the words, but from another place
        (("2,200",), [], Verdict.REFUSED),
        ((), [], Verdict.RIGHT),
        ((), [COST], Verdict.WRONG),
    ],
)
def test_verdicts(
    make_question: MakeQuestion, wire: Wire, answers: tuple[str, ...], quotes: list[Any], verdict: Verdict
) -> None:
    assert judged(make_question(answers=answers), wire(*quotes)).verdict is verdict


def test_a_list_needs_every_answer(make_question: MakeQuestion, wire: Wire) -> None:
    question = make_question(answers=("1911", "2, 200"), every=True)
    assert not judged(question, wire(COST)).contains
    assert judged(question, wire(OPENED, COST)).contains
    assert judged(question, wire(OPENED, COST, short="1911")).exact is None


def test_a_quote_that_is_not_in_the_document_is_not_verbatim(make_question: MakeQuestion, wire: Wire) -> None:
    answer = wire(COST, ("harbour", 29, TEXT[28:50]), ("nowhere", 0, "x"), ("harbour", 84, "..."))
    assert judged(make_question(), answer).verbatim == 1


def test_a_failed_question_counts_as_wrong(make_question: MakeQuestion) -> None:
    def fail(request: object) -> AnswerWire:
        raise AskError("HTTP 500")

    outcome = measure(Target(fail, DOCUMENTS), make_question(), GOLD)
    assert (outcome.status, outcome.verdict, outcome.said) == (FAILED, Verdict.WRONG, "HTTP 500")
    unanswerable = measure(Target(fail, DOCUMENTS), make_question(answers=()), ())
    assert unanswerable.verdict is Verdict.WRONG


def test_the_real_pipeline_cites_verbatim(target: Target, make_question: MakeQuestion) -> None:
    start = target.documents["harbour"].index("It cost")
    outcome = measure(target, make_question(), (Place("harbour", Span(start, start + 22)),))
    assert outcome.rank == 1
    assert outcome.verbatim == outcome.citations
    assert outcome.latency_ms > 0
    assert replace(outcome, kind="chinese").chinese
