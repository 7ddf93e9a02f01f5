"""`POST /ask`: a question in; a cited answer out, whole or as it is written.

Non-scope: how the answer is found (`rag/answer.py`); its JSON (`rag/wire.py`).
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from rag.types import Abstained, Citation, Event, Final, Question, Sources, Text
from rag.wire import AnswerWire, answer_wire, citation_wire, consulted_wire, sentence_wire
from server.accept import prefers
from server.body import StrictRoute
from server.deps import AnswererDep, AnswersDep, RecentAnswers, SettingsDep, WorkersDep
from server.errors import ApiError, problem_of
from server.schemas import AskRequest
from server.work import Job

log = logging.getLogger("server")

EVENT_STREAM = "text/event-stream"
STREAM_HEADERS = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no", "Vary": "Accept"}
KEEPALIVE_S = 15.0  # below the idle limits of common proxies (nginx: 60 s)
CLIENT_GONE = 499  # for the log alone: nobody is left to read it

router = APIRouter(route_class=StrictRoute, tags=["ask"])


async def checked(body: AskRequest) -> Question:
    """First, so that a bad question costs nothing."""
    return body.to_question()


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
    question: Annotated[Question, Depends(checked)],
    settings: SettingsDep,
    answerer: AnswererDep,
    workers: WorkersDep,
    answers: AnswersDep,
) -> Response:
    if (question.documents or frozenset()) - answerer.snapshot.documents.keys():
        raise ApiError(
            404, "not_found", "A document is not in the index; GET /documents lists those that are.", param="documents"
        )
    if settings.log_questions:
        log.info("question", extra={"request_id": request.state.request_id, "question": question.text})
    stopped = threading.Event()
    job = await workers.start(lambda: answerer.stream(question, stopped.is_set), stopped)
    if prefers(request.headers, EVENT_STREAM):
        return AnswerStream(job, answers, request.state.request_id)
    answer = await fold(job, request)
    if answer is None:
        return Response(status_code=CLIENT_GONE)
    answers.add(answer)
    return JSONResponse(answer, headers={"Vary": "Accept"})


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


class AnswerStream(StreamingResponse):
    """The events of an answer as they come; stops the work when the client leaves."""

    media_type = EVENT_STREAM

    def __init__(self, job: Job[Event], answers: RecentAnswers, request_id: str) -> None:
        super().__init__(server_sent(job, answers, request_id), headers=STREAM_HEADERS)
        self._job = job

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._job.stop()


async def server_sent(
    job: Job[Event], answers: RecentAnswers, request_id: str, keepalive_s: float = KEEPALIVE_S
) -> AsyncIterator[bytes]:
    """The body of the stream: events, and a comment whenever there was none for `keepalive_s` seconds."""
    try:
        while True:
            try:
                async with asyncio.timeout(keepalive_s):
                    event = await anext(job)
            except TimeoutError:
                yield KEEPALIVE_COMMENT
                continue
            if isinstance(event, Final):
                answer = answer_wire(event.answer)
                answers.add(answer)
                yield _encode("final", answer)
            elif not isinstance(event, Abstained):  # the final answer says it with its reason
                yield _encode(*_named(event))
    except StopAsyncIteration:
        return
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
