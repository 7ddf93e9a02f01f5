"""`/answers/{id}`: an answer again, and what a reader thought of it.

Whoever may ask may read an answer whose id they have: the link is made to be passed on. It does not tell in which
conversation it was given. Non-scope: what becomes of feedback (`rag/feedback.py`).
"""

from __future__ import annotations

import re
from itertools import islice

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
    words = [re.escape(word) for word in (place.quote or "").split()]
    found = [Span(*match.span()) for match in islice(re.finditer(r"\s+".join(words), text), 2)]
    if not found:
        raise _refused("The document does not hold these words.", "quote")
    if len(found) > 1:
        raise _refused("These words stand more than once in the document: send more of their sentence.", "quote")
    return found[0]


def _refused(message: str, field: str) -> ApiError:
    return ApiError(422, "invalid_request", message, param=f"expected.{field}")
