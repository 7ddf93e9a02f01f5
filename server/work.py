"""Runs iterators in a bounded number of threads, with a bounded queue before them.

A place is held until its thread is really done, whatever became of the client.
Non-scope: what is computed.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from server.errors import ApiError

T = TypeVar("T")
OpenStream = Callable[[], Iterator[T]]


@dataclass(frozen=True, slots=True)
class _End:
    """After the last item; `error` is what ended it early."""

    error: Exception | None = None


class Job(Generic[T]):
    """An iterator that runs in a worker thread. Iterating gives what it yields, in order, and raises what it raises.

    Belongs to the event loop in which it was made. Nothing waits for a reader: what was yielded is kept.
    """

    def __init__(self, open_stream: OpenStream[T], stopped: threading.Event) -> None:
        """`stopped` is set by `stop`: the work may look at it between two items."""
        self._open_stream = open_stream
        self._loop = asyncio.get_running_loop()
        self._arrived: asyncio.Queue[T | _End] = asyncio.Queue()
        self._stopped = stopped
        self.started = asyncio.Event()

    def stop(self) -> None:
        """Ends the work when its present step is done; the iteration ends then, too."""
        self._stopped.set()

    def __aiter__(self) -> Job[T]:
        return self

    async def __anext__(self) -> T:
        item = await self._arrived.get()
        if not isinstance(item, _End):
            return item
        self._arrived.put_nowait(item)  # whoever asks again gets the same end
        if item.error is not None:
            raise item.error
        raise StopAsyncIteration

    def run(self) -> None:
        """The whole work, in a worker thread."""
        self._tell(self.started.set)
        end = _End()
        try:
            self._forward(self._open_stream())
        except Exception as error:
            end = _End(error)
        self._tell(self._arrived.put_nowait, end)

    def _forward(self, stream: Iterator[T]) -> None:
        try:
            for item in stream:
                if self._stopped.is_set():
                    return
                self._tell(self._arrived.put_nowait, item)
        finally:
            if isinstance(stream, Generator):
                stream.close()

    def _tell(self, call: Callable[..., Any], *args: Any) -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody is left to hear it
            self._loop.call_soon_threadsafe(call, *args)


class Workers:
    """Threads for jobs. At most `queue` jobs wait, each at most `wait_s` seconds."""

    def __init__(self, threads: int, queue: int, wait_s: float) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="answer")
        self._places = threading.Semaphore(threads + queue)
        self._wait_s = wait_s

    async def start(self, open_stream: OpenStream[T], stopped: threading.Event | None = None) -> Job[T]:
        """A job that has begun to run; `stopped` is set when it is told to stop.

        Raises: ApiError 503 overloaded when the queue is full or the wait too long.
        """
        if not self._places.acquire(blocking=False):
            raise _overloaded()
        job = Job(open_stream, stopped or threading.Event())
        future = self._pool.submit(job.run)
        future.add_done_callback(lambda _: self._places.release())
        try:
            async with asyncio.timeout(self._wait_s):
                await job.started.wait()
        except TimeoutError:
            if future.cancel():  # False: it has just begun
                raise _overloaded() from None
        except asyncio.CancelledError:
            future.cancel()
            job.stop()
            raise
        return job

    def close(self) -> None:
        """Drops what waits; what runs ends on its own."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _overloaded() -> ApiError:
    return ApiError(503, "overloaded", "Too many questions are being answered; try again in a moment.")
