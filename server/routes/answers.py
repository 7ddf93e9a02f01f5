"""`GET /answers/{id}`: an answer again, for as long as it is among the last ones.

Non-scope: keeping answers on disk; feedback.
"""

from __future__ import annotations

from fastapi import APIRouter

from rag.wire import AnswerWire
from server.deps import AnswersDep

router = APIRouter(tags=["answers"])


@router.get("/answers/{answer_id}")
async def get_answer(answer_id: str, answers: AnswersDep) -> AnswerWire:
    """One of the last 1,000 answers since the server started; older ones are 404. A browser gets the page."""
    return answers.get(answer_id)
