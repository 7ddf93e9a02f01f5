"""`GET /suggestions`: what a person could ask first."""

from __future__ import annotations

from fastapi import APIRouter

from server.deps import AnswererDep, SuggestionsDep
from server.schemas import SuggestionsWire

router = APIRouter(tags=["ask"])


@router.get("/suggestions")
async def get_suggestions(answerer: AnswererDep, suggestions: SuggestionsDep) -> SuggestionsWire:
    """At most six, from the documents, each tried: it is answered with a quote. Empty while they are looked for."""
    return {"questions": await suggestions.get(answerer)}
