"""`python -m server.mcp`: the tools over standard input and output, for a program that starts its servers itself.

Exit codes: 1 the extra is not installed, 2 a bad setting. Non-scope: HTTP (`server/routes/mcp.py`).
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

from rag.build import Reopener
from rag.errors import SettingsError
from rag.settings import Settings, read_settings
from rag.types import Stopped
from rag.wire import AnswerWire
from server.live import LiveIndex, follow
from server.logs import configure_logging

try:
    from mcp.server.stdio import stdio_server

    from server.mcp.tools import Context, tool_server
except ModuleNotFoundError:
    sys.exit("event-rag: the package mcp is not installed: pip install 'event-rag[mcp]'")

T = TypeVar("T")


def main() -> int:
    configure_logging()
    try:
        settings = read_settings(os.environ)
    except SettingsError as error:
        print(f"event-rag cannot start: {error}", file=sys.stderr)
        return 2
    asyncio.run(serve(settings))
    return 0


async def serve(settings: Settings) -> None:
    """Until standard input ends."""
    live = LiveIndex(settings.index_dir, Reopener(settings))
    await asyncio.to_thread(live.refresh)
    following = asyncio.create_task(follow(live))
    context = Context(live.get, _in_thread, address(settings), keep=_forget)
    server = tool_server(context)
    async with stdio_server() as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())
    following.cancel()


def address(settings: Settings) -> str:
    """Where `rag serve` shows a quote."""
    return settings.public_url.rstrip("/") or f"http://{settings.host}:{settings.port}"


async def _forget(answer: AnswerWire) -> None:
    """There is no page here that could show an answer again."""


async def _in_thread(work: Callable[[Stopped], Iterator[T]]) -> T:
    stopped = threading.Event()

    def last() -> T:
        *_, item = itertools.takewhile(lambda _: not stopped.is_set(), work(stopped.is_set))
        return item

    try:
        return await asyncio.to_thread(last)
    finally:
        stopped.set()


if __name__ == "__main__":
    sys.exit(main())
