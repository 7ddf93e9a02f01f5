"""Feedback as questions with known answers: lines for `eval/questions.jsonl`, pending until a person accepts them.

A question is written as it was understood, so that it needs no earlier turns. Non-scope: who gave it, and the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rag.errors import NotFoundError
from rag.sentences import sentence_spans
from rag.store import Expected, Feedback
from rag.types import Document, Span, Status

RIGHT = "right"
Line = dict[str, Any]  # as eval/dataset.py reads it


def question_lines(given: Sequence[Feedback], documents: Mapping[str, Document]) -> tuple[list[Line], list[str]]:
    """The lines, and for each feedback that makes none the reason in a sentence."""
    lines, left_out = [], []
    for feedback in given:
        try:
            lines.append(_line(feedback, documents))
        except NotFoundError as error:
            left_out.append(f"{feedback.id}: {error}")
    return lines, left_out


def _line(feedback: Feedback, documents: Mapping[str, Document]) -> Line:
    """Raises: NotFoundError where the right answer is not known, or stands nowhere now."""
    answers, gold = _known(feedback, documents)
    line: Line = {
        "id": feedback.id,
        "question": feedback.answer["standalone_question"],
        "kind": "fact" if answers else "unanswerable",
        "group": feedback.id,
        "split": "dev",
        "answers": answers,
        "gold": gold,
        "pending": True,
    }
    return {**line, "all": True} if len(answers) > 1 else line


def _known(feedback: Feedback, documents: Mapping[str, Document]) -> tuple[list[str], list[str]]:
    """(answers, gold quotes); both empty where the documents rightly were said to hold no answer."""
    if feedback.expected is not None:
        return [feedback.expected.quote], [_gold(feedback.expected, documents)]
    answer = feedback.answer
    if feedback.verdict != RIGHT:
        raise NotFoundError("it says that the answer is not right, but not where the right one stands")
    if answer["status"] == Status.NOT_FOUND:
        return [], []
    cited = {c["number"]: Expected(c["document_id"], c["start"], c["end"], c["quote"]) for c in answer["citations"]}
    short = answer["short_answers"] or [{"text": answer["citations"][0]["quote"], "citation": 1}]
    quotes = dict.fromkeys(_gold(cited[words["citation"]], documents) for words in short)
    return list(dict.fromkeys(words["text"] for words in short)), list(quotes)


def _gold(place: Expected, documents: Mapping[str, Document]) -> str:
    """The sentences around a place, which stand once in all documents. Raises: NotFoundError."""
    document = documents.get(place.document_id)
    if document is None:
        raise NotFoundError(f"the document {place.document_id} is gone")
    span = _present(place, document.text)
    touched = [s for s in sentence_spans(document.text) if s.start < span.end and span.start < s.end]
    first, last = touched[0] if touched else span, touched[-1] if touched else span
    quote = document.text[min(first.start, span.start) : max(last.end, span.end)]
    if sum(other.text.count(quote) for other in documents.values()) != 1:
        raise NotFoundError("the sentence around the answer stands more than once in the documents")
    return quote


def _present(place: Expected, text: str) -> Span:
    """Where the quote stands now: where it stood, else where it stands once."""
    if text[place.start : place.end] == place.quote:
        return Span(place.start, place.end)
    if text.count(place.quote) != 1:
        raise NotFoundError(f"the document {place.document_id} no longer holds what was quoted")
    start = text.index(place.quote)
    return Span(start, start + len(place.quote))
