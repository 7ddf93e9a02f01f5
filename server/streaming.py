"""The events of an answer as server-sent events: paced, kept awake, and stopped when the client leaves.

Non-scope: what the events look like (`server/routes/ask.py`, `server/completion.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from rag.types import Event
from server.work import Job

EVENT_STREAM = "text/event-stream"
STREAM_HEADERS = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no", "Vary": "Accept"}
KEEPALIVE_S = 15.0  # below the idle limits of common proxies (nginx: 60 s)


async def paced(job: Job[Event], keepalive_s: float = KEEPALIVE_S) -> AsyncIterator[Event | None]:
    """The events as they come; None whenever there was none for `keepalive_s` seconds. Raises what the job raises."""
    while True:
        try:
            async with asyncio.timeout(keepalive_s):
                event = await anext(job)
        except TimeoutError:
            yield None
            continue
        except StopAsyncIteration:
            return
        yield event


class AnswerStream(StreamingResponse):
    """A body that is written while `job` runs; stops the work when the client leaves."""

    media_type = EVENT_STREAM

    def __init__(self, job: Job[Event], body: AsyncIterator[bytes]) -> None:
        super().__init__(body, headers=STREAM_HEADERS)
        self._job = job

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._job.stop()
