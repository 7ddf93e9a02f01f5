"""`/conversations`: begun, listed, searched, read, renamed and deleted by the browser that they belong to.

What belongs to another owner is not found. Non-scope: asking in one (`server/routes/ask.py`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from rag.store import Conversation
from server.body import StrictRoute
from server.deps import TalksDep
from server.errors import ApiError
from server.owner import LastingOwnerDep, OwnerDep
from server.schemas import ConversationIn, ConversationsWire, ConversationTurnsWire, ConversationWire, RenameIn

MAX_LISTED = 200  # a page of a list; `before` gives the next
MAX_QUERY_CHARS = 200

router = APIRouter(prefix="/conversations", route_class=StrictRoute, tags=["conversations"])


@router.post("", status_code=201)
async def begin_conversation(body: ConversationIn, owner: LastingOwnerDep, talks: TalksDep) -> ConversationWire:
    """A new one; `turns` says how many of the answers it begins with. A browser without the cookie is given it."""
    title = body.cleaned()
    return _wire(await talks.do(lambda store: store.begin(owner, title, body.answers)))


@router.get("")
async def list_conversations(
    owner: OwnerDep,
    talks: TalksDep,
    query: Annotated[str, Query(max_length=MAX_QUERY_CHARS, description="Text in a title, question or answer.")] = "",
    limit: Annotated[int, Query(ge=1, le=MAX_LISTED)] = 50,
    before: Annotated[str | None, Query(description="The `updated` of the last one that is known already.")] = None,
) -> ConversationsWire:
    """Newest first; `more` says whether there are further ones."""
    moment = None if before is None else _moment(before)
    found, more = await talks.do(lambda store: store.conversations(owner, query, limit, moment))
    return {"conversations": [_wire(conversation) for conversation in found], "more": more}


@router.get("/{conversation_id}")
async def get_conversation(conversation_id: str, owner: OwnerDep, talks: TalksDep) -> ConversationTurnsWire:
    """With its turns, oldest first; each holds the whole body of `POST /ask`."""
    found, turns = await talks.do(lambda store: store.conversation(owner, conversation_id))
    return {
        "id": found.id,
        "title": found.title,
        "created": found.created,
        "updated": found.updated,
        "turns": [{"asked": turn.asked, "question": turn.answer["question"], "answer": turn.answer} for turn in turns],
    }


@router.patch("/{conversation_id}")
async def rename_conversation(
    conversation_id: str, body: RenameIn, owner: OwnerDep, talks: TalksDep
) -> ConversationWire:
    title = body.cleaned()
    return _wire(await talks.do(lambda store: store.rename(owner, conversation_id, title)))


@router.delete("/{conversation_id}", status_code=204)
async def delete_conversation(conversation_id: str, owner: OwnerDep, talks: TalksDep) -> None:
    """With every answer in it; links to them are then dead, unless the same was asked elsewhere."""
    await talks.do(lambda store: store.remove(owner, conversation_id))


@router.delete("", status_code=204)
async def delete_conversations(owner: OwnerDep, talks: TalksDep) -> None:
    """All of this browser's."""
    await talks.do(lambda store: store.remove_all(owner))


def _wire(conversation: Conversation) -> ConversationWire:
    return {
        "id": conversation.id,
        "title": conversation.title,
        "created": conversation.created,
        "updated": conversation.updated,
        "turns": conversation.turns,
    }


def _moment(before: str) -> str:
    """As the store writes times. Raises: ApiError 422."""
    try:
        moment = datetime.fromisoformat(before)
    except ValueError:
        raise ApiError(422, "invalid_request", "before must be a time in ISO 8601.", param="before") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    except OverflowError:
        raise ApiError(422, "invalid_request", "before lies outside of time.", param="before") from None
