"""`/v1`: what a client of OpenAI's API needs to ask, for chat pages and libraries that speak nothing else.

Non-scope: what is understood of a request (`server/chat.py`), what goes out (`server/completion.py`).
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event
from starlette.responses import JSONResponse
from typing_extensions import TypedDict

from rag.answer import Answerer
from rag.errors import QuestionError
from rag.types import Event, Final, Mode, Question
from rag.wire import answer_wire
from server.body import StrictRoute
from server.chat import MODEL, ChatRequest
from server.completion import Completion
from server.deps import AnswererDep, BaseUrlDep, SettingsDep, TalksDep, WorkersDep
from server.errors import ApiError, problem_of
from server.routes.ask import CLIENT_GONE, fold
from server.streaming import EVENT_STREAM, AnswerStream, paced
from server.talks import FOR_ITS_LINK, Talks
from server.work import Job

log = logging.getLogger("server")

DONE = "[DONE]"
RELEASED = 1795392000  # 2026-11-23: clients want a time, and the ways of answering do not change with the index


class _OpenAiRoute(StrictRoute):
    """What is wrong with a request is 400, which OpenAI's clients expect."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def as_400(request: Request) -> Response:
            try:
                return await handle(request)
            except (RequestValidationError, QuestionError) as error:
                problem = problem_of(error)
                param = "messages" if isinstance(error, QuestionError) else problem.param
                raise ApiError(400, problem.code, problem.message, param=param) from None

        return as_400


class ModelWire(TypedDict):
    """One way of answering."""

    id: str
    object: Literal["model"]
    created: int
    owned_by: str


class ModelsWire(TypedDict):
    """`GET /v1/models`."""

    object: Literal["list"]
    data: list[ModelWire]


router = APIRouter(prefix="/v1", route_class=_OpenAiRoute, tags=["openai"])


async def checked(body: ChatRequest, answerer: AnswererDep) -> tuple[ChatRequest, Question]:
    return body, body.to_question(_mode_of(body.model or MODEL, answerer))


@router.post(
    "/chat/completions",
    response_description="A chat completion with `annotations`, and the native answer under `qa`; or its chunks.",
    responses={200: {"content": {EVENT_STREAM: {"schema": {"type": "string"}}}}},
)
async def complete(
    request: Request,
    chat: Annotated[tuple[ChatRequest, Question], Depends(checked)],
    settings: SettingsDep,
    answerer: AnswererDep,
    workers: WorkersDep,
    talks: TalksDep,
    base_url: BaseUrlDep,
) -> Response:
    """Answers the last message from the documents alone."""
    body, question = chat
    request_id: str = request.state.request_id
    if settings.log_questions:
        log.info("question", extra={"request_id": request_id, "question": question.text})
    completion = Completion(
        id="chatcmpl-" + request_id.removeprefix("req_"),
        created=int(time.time()),
        model=body.model or MODEL,
        base_url=base_url,
        question=question.text,
        count_tokens=answerer.retriever.embedder.count_tokens,
        sources_as=body.include_sources or "annotations",
        with_usage=bool(body.stream_options and body.stream_options.include_usage),
    )
    stopped = threading.Event()
    job = await workers.start(lambda: answerer.stream(question, stopped.is_set), stopped)
    if body.stream:
        return AnswerStream(job, server_sent(job, completion, talks, request_id))
    answer = await fold(job, request)
    if answer is None:
        return Response(status_code=CLIENT_GONE)
    return JSONResponse(completion.whole(await talks.keep(answer, FOR_ITS_LINK)))


async def server_sent(job: Job[Event], completion: Completion, talks: Talks, request_id: str) -> AsyncIterator[bytes]:
    """The chunks; after an error no `[DONE]`."""
    yield _encode(completion.begin())
    try:
        async for event in paced(job):
            if event is None:
                yield KEEPALIVE_COMMENT
                continue
            for chunk in completion.chunks(event):
                yield _encode(chunk)
            if isinstance(event, Final):
                await talks.keep(answer_wire(event.answer), FOR_ITS_LINK)
        yield format_sse_event(data_str=DONE)
    except Exception as error:
        problem = problem_of(error)
        if problem.status >= 500:
            log.error("failed", exc_info=error, extra={"request_id": request_id})
        yield _encode(problem.wire(request_id))


def _encode(data: Mapping[str, Any]) -> bytes:
    return format_sse_event(data_str=bytes(JSONResponse(data).body).decode())


@router.get("/models")
async def list_models(answerer: AnswererDep) -> ModelsWire:
    """The ways of answering, as models."""
    return {"object": "list", "data": [_model(name) for name in _modes(answerer)]}


@router.get("/models/{model:path}")
async def get_model(model: str, answerer: AnswererDep) -> ModelWire:
    _mode_of(model, answerer)
    return _model(model)


def _modes(answerer: Answerer) -> dict[str, Mode]:
    named = [Mode.EXTRACTIVE, Mode.LLM] if answerer.models.llm else [Mode.EXTRACTIVE]
    return {MODEL: Mode.AUTO} | {f"{MODEL}/{mode.value}": mode for mode in named}


def _mode_of(model: str, answerer: Answerer) -> Mode:
    """Raises: ApiError 404 model_not_found."""
    modes = _modes(answerer)
    if model not in modes:
        message = f"There is no such model; there are {', '.join(modes)}."
        raise ApiError(404, "model_not_found", message, param="model")
    return modes[model]


def _model(name: str) -> ModelWire:
    return {"id": name, "object": "model", "created": RELEASED, "owned_by": "local"}
