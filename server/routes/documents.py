"""The documents that answers quote, cut here: a browser counts other units than code points.

Non-scope: the page at the same addresses (`server/routes/page.py`), changing documents.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from rag.answer import Answerer
from rag.errors import NotFoundError
from rag.types import Document, Span
from rag.wire import (
    DocumentTextWire,
    PassageInContextWire,
    document_text_wire,
    document_wire,
    passage_in_context_wire,
)
from server.deps import AnswererDep
from server.errors import ApiError
from server.schemas import DocumentsWire

router = APIRouter(tags=["documents"])

Offset = Annotated[int, Query(ge=0, description="Code points from the beginning of the text.")]


@router.get("/documents")
async def list_documents(answerer: AnswererDep) -> DocumentsWire:
    documents = answerer.snapshot.documents
    return {"documents": [document_wire(documents[name]) for name in sorted(documents)]}


@router.get("/documents/{document_id}")
async def get_document(document_id: str, answerer: AnswererDep) -> DocumentTextWire:
    """The whole text. A browser that asks for HTML gets the page, open at this document."""
    return document_text_wire(_document(answerer, document_id))


@router.get("/documents/{document_id}/passage")
async def get_passage(
    document_id: str,
    answerer: AnswererDep,
    start: Offset,
    end: Offset,
    around: Annotated[int | None, Query(ge=0, description="Code points on each side; without it, all.")] = None,
) -> PassageInContextWire:
    """The quote `[start, end)` between what stands before and after it."""
    document = _document(answerer, document_id)
    if not start < end <= len(document.text):
        raise ApiError(422, "invalid_request", "start must be below end, and end within the document.", param="end")
    return passage_in_context_wire(document, Span(start, end), around)


def _document(answerer: Answerer, document_id: str) -> Document:
    found = answerer.snapshot.documents.get(document_id)
    if found is None:
        raise NotFoundError("There is no document with this id; GET /documents lists them.")
    return found
