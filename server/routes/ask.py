"""`POST /ask`: a question in; a cited answer out, whole or as it is written.

In a conversation it is asked after the earlier turns, and becomes the next one.
Non-scope: how the answer is found (`rag/answer.py`); its JSON (`rag/wire.py`).
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from starlette.responses import JSONResponse, Response

from rag.errors import NotFoundError
from rag.types import Abstained, Citation, Event, Final, Question, Sources, Text
from rag.wire import AnswerWire, answer_wire, citation_wire, consulted_wire, sentence_wire
from server.accept import prefers
from server.body import StrictRoute
from server.deps import AnswererDep, SettingsDep, TalksDep, WorkersDep
from server.errors import ApiError, problem_of
from server.owner import OwnerDep
from server.schemas import AskRequest
from server.streaming import EVENT_STREAM, KEEPALIVE_S, AnswerStream, paced
from server.talks import Place
from server.work import Job

log = logging.getLogger("server")

CLIENT_GONE = 499  # for the log alone: nobody is left to read it

Keep = Callable[[AnswerWire], Awaitable[AnswerWire]]  # an answer → as it goes out, stored where it can be

router = APIRouter(route_class=StrictRoute, tags=["ask"])


async def checked(body: AskRequest, owner: OwnerDep, talks: TalksDep) -> tuple[Question, Place]:
    """First, so that a bad question costs nothing. With the earlier turns of the conversation, where it is in one."""
    question = body.to_question()
    if body.conversation_id is None:
        return question, Place(owner)
    try:
        history, read = await talks.history(owner, body.conversation_id)
    except NotFoundError as error:
        raise ApiError(404, error.code, str(error), param="conversation_id") from None
    return replace(question, history=history), Place(owner, body.conversation_id, read)


@router.post(
    "/ask",
    response_model=AnswerWire,
    response_description=(
        "The answer. With `Accept: text/event-stream` it comes as server-sent events: `sources`, then for each "
        "sentence its new `citation`s and the `sentence`, then `final` with this same body, or `error`."
    ),
    responses={200: {"content": {EVENT_STREAM: {"schema": {"type": "string"}}}}},
)
async def ask(
    request: Request,
    asked: Annotated[tuple[Question, Place], Depends(checked)],
    settings: SettingsDep,
    answerer: AnswererDep,
    workers: WorkersDep,
    talks: TalksDep,
) -> Response:
    question, place = asked
    if (question.documents or frozenset()) - answerer.snapshot.documents.keys():
        raise ApiError(
            404, "not_found", "A document is not in the index; GET /documents lists those that are.", param="documents"
        )
    if settings.log_questions:
        log.info("question", extra={"request_id": request.state.request_id, "question": question.text})
    stopped = threading.Event()
    job = await workers.start(lambda: answerer.stream(question, stopped.is_set), stopped)
    if prefers(request.headers, EVENT_STREAM):
        keep = partial(talks.keep, place=place)
        return AnswerStream(job, server_sent(job, keep, request.state.request_id))
    answer = await fold(job, request)
    if answer is None:
        return Response(status_code=CLIENT_GONE)
    return JSONResponse(await talks.keep(answer, place), headers={"Vary": "Accept"})


async def fold(job: Job[Event], request: Request) -> AnswerWire | None:
    """The answer at the end of the stream; None when the client left before."""
    watch = asyncio.create_task(_stop_when_gone(job, request))
    try:
        async for event in job:
            if isinstance(event, Final):
                return answer_wire(event.answer)
        return None
    finally:
        job.stop()
        watch.cancel()


async def _stop_when_gone(job: Job[Event], request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    job.stop()


async def server_sent(
    job: Job[Event], keep: Keep, request_id: str, keepalive_s: float = KEEPALIVE_S
) -> AsyncIterator[bytes]:
    """The body of the stream: events, and a comment whenever there was none for `keepalive_s` seconds."""
    try:
        async for event in paced(job, keepalive_s):
            if event is None:
                yield KEEPALIVE_COMMENT
            elif isinstance(event, Final):
                yield _encode("final", await keep(answer_wire(event.answer)))
            elif not isinstance(event, Abstained):  # the final answer says it with its reason
                yield _encode(*_named(event))
    except Exception as error:
        problem = problem_of(error)
        if problem.status >= 500:
            log.error("failed", exc_info=error, extra={"request_id": request_id})
        yield _encode("error", problem.wire(request_id))


def _named(event: Sources | Citation | Text) -> tuple[str, Any]:
    match event:
        case Sources():
            return "sources", {"consulted": consulted_wire(event.evidence)}
        case Citation():
            return "citation", citation_wire(event)
        case Text():
            return "sentence", sentence_wire(event.sentence)


def _encode(name: str, data: Any) -> bytes:
    return format_sse_event(event=name, data_str=bytes(JSONResponse(data).body).decode())
