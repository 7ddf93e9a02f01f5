"""`/answers`: an answer again, what a reader thought of it, and which of one's own cite these words.

Whoever may ask may read an answer whose id they have: the link is made to be passed on. It does not tell in which
conversation it was given. Non-scope: what becomes of feedback (`rag/feedback.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Annotated

from fastapi import APIRouter, Query

from rag.answer import Answerer
from rag.cite import cites, occurrences
from rag.store import Expected, KeptTurn, Store
from rag.types import Document, Span
from rag.wire import CitationWire
from server.body import StrictRoute
from server.deps import AnswererDep, TalksDep, document_of
from server.errors import ApiError
from server.owner import OwnerDep
from server.schemas import CitingAnswersWire, CitingAnswerWire, ExpectedIn, FeedbackIn, FeedbackWire, KeptAnswerWire

MAX_WORDS_CHARS = 2000  # a long paragraph
MAX_PLACES = 100  # of words that stand everywhere; enough to find some answer about them
MAX_LISTED = 20  # answers

router = APIRouter(prefix="/answers", route_class=StrictRoute, tags=["answers"])


@router.get("")
async def list_citing_answers(
    document_id: str,
    words: Annotated[str, Query(min_length=1, max_length=MAX_WORDS_CHARS, description="However they are spaced.")],
    answerer: AnswererDep,
    owner: OwnerDep,
    talks: TalksDep,
) -> CitingAnswersWire:
    """Answers of this browser's conversations with a quote that holds a part of these words of the document."""
    document = document_of(answerer, document_id)

    def find(store: Store) -> list[CitingAnswerWire]:
        places = list(islice(occurrences(words, document.text), MAX_PLACES))
        turns = store.quoting(owner, document.id) if places else []
        return [line for turn in turns if (line := _citing(turn, document, places))]

    found = await talks.do(find)
    return {"answers": found[:MAX_LISTED], "more": len(found) > MAX_LISTED}


@router.get("/{answer_id}")
async def get_answer(answer_id: str, answerer: AnswererDep, talks: TalksDep) -> KeptAnswerWire:
    """As it was given, and the documents that no longer hold what it quotes. A browser gets the page."""
    answer = await talks.do(lambda store: store.answer(answer_id))
    changed = {c["document_id"] for c in answer["citations"] if not _stands(answerer, c)}
    return {**answer, "source_changed": sorted(changed)}


@router.post("/{answer_id}/feedback", status_code=201)
async def give_feedback(answer_id: str, body: FeedbackIn, answerer: AnswererDep, talks: TalksDep) -> FeedbackWire:
    """Kept with the whole answer, for a person to review (`rag feedback`)."""
    comment = body.cleaned_comment()
    expected = None if body.expected is None else _expected(answerer, body.expected)
    return {"id": await talks.do(lambda store: store.give_feedback(answer_id, body.verdict, comment, expected))}


def _citing(turn: KeptTurn, document: Document, places: Sequence[Span]) -> CitingAnswerWire | None:
    """The answer with its first citation of these places; None where it has none."""
    answer = turn.answer
    for citation in answer["citations"]:
        if cites(citation, document, places):
            return {
                "id": answer["id"],
                "question": answer["question"],
                "asked": turn.asked,
                "conversation_id": answer["conversation_id"],
                "citation": citation["number"],
            }
    return None


def _stands(answerer: Answerer, citation: CitationWire) -> bool:
    document = answerer.snapshot.documents.get(citation["document_id"])
    return document is not None and Span(citation["start"], citation["end"]).of(document.text) == citation["quote"]


def _expected(answerer: Answerer, place: ExpectedIn) -> Expected:
    """Raises: NotFoundError, ApiError 422 where the present index has no such place."""
    document = document_of(answerer, place.document_id)
    span = _span(place, document.text)
    return Expected(document.id, span.start, span.end, span.of(document.text))


def _span(place: ExpectedIn, text: str) -> Span:
    """Raises: ApiError 422."""
    if place.start is not None and place.end is not None and place.quote is None:
        if not place.start < place.end <= len(text):
            raise _refused("start must be below end, and end within the document.", "end")
        return Span(place.start, place.end)
    if place.start is not None or place.end is not None or not (place.quote or "").split():
        raise _refused("expected needs either start and end, or a quote.", "quote")
    found = list(islice(occurrences(place.quote or "", text), 2))
    if not found:
        raise _refused("The document does not hold these words.", "quote")
    if len(found) > 1:
        raise _refused("These words stand more than once in the document: send more of their sentence.", "quote")
    return found[0]


def _refused(message: str, field: str) -> ApiError:
    return ApiError(422, "invalid_request", message, param=f"expected.{field}")
