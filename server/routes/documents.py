"""The documents that answers quote, cut here: a browser counts other units than code points.

Non-scope: the page at the same addresses (`server/routes/page.py`), changing documents.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from rag.types import Span
from rag.wire import (
    DocumentTextWire,
    PassageInContextWire,
    document_text_wire,
    document_wire,
    passage_in_context_wire,
)
from server.deps import AnswererDep, document_of
from server.errors import ApiError
from server.schemas import DocumentsWire

router = APIRouter(tags=["documents"])

Offset = Annotated[int, Query(ge=0, description="Code points from the beginning of the text.")]
HighlightEdge = Annotated[
    int | None, Query(ge=0, description="As start and end: words within the quote, such as a citation's highlight.")
]


@router.get("/documents")
async def list_documents(answerer: AnswererDep) -> DocumentsWire:
    documents = answerer.snapshot.documents
    return {"documents": [document_wire(documents[name]) for name in sorted(documents)]}


@router.get("/documents/{document_id}")
async def get_document(document_id: str, answerer: AnswererDep) -> DocumentTextWire:
    """The whole text. A browser that asks for HTML gets the page, open at this document."""
    return document_text_wire(document_of(answerer, document_id))


@router.get("/documents/{document_id}/passage")
async def get_passage(
    document_id: str,
    answerer: AnswererDep,
    start: Offset,
    end: Offset,
    around: Annotated[int | None, Query(ge=0, description="Code points on each side; without it, all.")] = None,
    highlight_start: HighlightEdge = None,
    highlight_end: HighlightEdge = None,
) -> PassageInContextWire:
    """The quote `[start, end)` between what stands before and after it; with a highlight, itself in three parts."""
    document = document_of(answerer, document_id)
    if not start < end <= len(document.text):
        raise ApiError(422, "invalid_request", "start must be below end, and end within the document.", param="end")
    quote = Span(start, end)
    return passage_in_context_wire(document, quote, around, _highlight(quote, highlight_start, highlight_end))


def _highlight(quote: Span, start: int | None, end: int | None) -> Span | None:
    if start is None and end is None:
        return None
    if start is None or end is None or not quote.start <= start < end <= quote.end:
        message = "highlight_start and highlight_end go together: a range that is not empty, within start and end."
        param = "highlight_start" if start is None or start < quote.start else "highlight_end"
        raise ApiError(422, "invalid_request", message, param=param)
    return Span(start, end)
