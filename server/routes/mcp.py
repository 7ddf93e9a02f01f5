"""`POST /mcp`: the tools over streamable HTTP, behind the same checks and token as everything else.

Each request stands alone: no session, no stream, so nothing is kept for a client that never comes back, and what is
being answered to one that leaves is stopped.
Non-scope: the tools (`server/mcp/tools.py`).
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, TypeVar

import anyio
from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.types import Message, Receive, Scope, Send

from rag.types import Stopped
from rag.wire import AnswerWire
from server.deps import BaseUrlDep, LiveDep, SettingsDep, TalksDep, WorkersDep
from server.errors import ApiError
from server.limits import MAX_BODY_BYTES
from server.talks import FOR_ITS_LINK

log = logging.getLogger("server")

T = TypeVar("T")

NOT_INSTALLED = "The package mcp is not installed: pip install 'event-rag[mcp]'"

router = APIRouter(tags=["mcp"])


@router.post("/mcp", response_description="A JSON-RPC message.")
async def mcp(
    request: Request,
    settings: SettingsDep,
    live: LiveDep,
    workers: WorkersDep,
    talks: TalksDep,
    base_url: BaseUrlDep,
) -> Response:
    """Tools for language models: search, fetch, ask. Needs the extra `mcp`; without it 501."""
    try:
        tools = await run_in_threadpool(import_module, "server.mcp.tools")  # seconds, once
    except ModuleNotFoundError:
        raise ApiError(501, "not_installed", NOT_INSTALLED) from None

    async def run(work: Callable[[Stopped], Iterator[T]]) -> T:
        stopped = threading.Event()
        job = await workers.start(lambda: work(stopped.is_set), stopped)
        try:
            return [item async for item in job][-1]
        finally:
            job.stop()

    async def keep(answer: AnswerWire) -> None:
        await talks.keep(answer, FOR_ITS_LINK)
        if settings.log_questions:
            fields = {"request_id": request.state.request_id, "question": answer["question"]}
            log.info("question", extra=fields)

    return _Exchange(tools.tool_server(tools.Context(live.get, run, base_url, keep)))


class _Exchange(Response):
    """One message in, one out."""

    def __init__(self, server: Any) -> None:
        super().__init__()
        self._server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

        manager = StreamableHTTPSessionManager(
            self._server, stateless=True, json_response=True, max_request_body_size=MAX_BODY_BYTES
        )
        read, gone = asyncio.Event(), asyncio.Event()  # the whole body; the client

        async def body() -> Message:
            if read.is_set():
                await gone.wait()
                return {"type": "http.disconnect"}
            message = await receive()
            if not message.get("more_body"):
                read.set()
            return message

        async def watch() -> None:
            await read.wait()
            while (await receive())["type"] != "http.disconnect":
                pass
            gone.set()
            tasks.cancel_scope.cancel()

        # The SDK does not look after a client that waits for JSON: it would answer to nobody.
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watch)
            async with manager.run():
                await manager.handle_request(scope, body, send)
            tasks.cancel_scope.cancel()
