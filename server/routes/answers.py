"""`/answers/{id}`: an answer again, and what a reader thought of it.

Whoever may ask may read an answer whose id they have: the link is made to be passed on. It does not tell in which
conversation it was given. Non-scope: what becomes of feedback (`rag/feedback.py`).
"""

from __future__ import annotations

from fastapi import APIRouter

from rag.answer import Answerer
from rag.errors import NotFoundError
from rag.store import Expected
from rag.types import Span
from rag.wire import CitationWire
from server.body import StrictRoute
from server.deps import AnswererDep, TalksDep
from server.errors import ApiError
from server.schemas import ExpectedIn, FeedbackIn, FeedbackWire, KeptAnswerWire

router = APIRouter(prefix="/answers", route_class=StrictRoute, tags=["answers"])


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


def _stands(answerer: Answerer, citation: CitationWire) -> bool:
    document = answerer.snapshot.documents.get(citation["document_id"])
    return document is not None and Span(citation["start"], citation["end"]).of(document.text) == citation["quote"]


def _expected(answerer: Answerer, place: ExpectedIn) -> Expected:
    """Raises: NotFoundError, ApiError 422 where the present index has no such place."""
    document = answerer.snapshot.documents.get(place.document_id)
    if document is None:
        raise NotFoundError("There is no document with this id; GET /documents lists them.")
    if not place.start < place.end <= len(document.text):
        message = "start must be below end, and end within the document."
        raise ApiError(422, "invalid_request", message, param="expected.end")
    return Expected(document.id, place.start, place.end, Span(place.start, place.end).of(document.text))
