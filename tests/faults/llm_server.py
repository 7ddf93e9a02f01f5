"""A language model's endpoint that fails in every way that was thought of: real HTTP on loopback, byte by byte.

A `Play` says what one connection gets to hear after its request was read. Non-scope: what a client should make of it
(`tests/faults/table.py`).
By hand: `python -m tests.faults.llm_server --port 9000 [--says "Sentence one [1]."]…`; without `--says` it repeats the
first sentence of the first passage, so that any question works.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import re
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
TRICKLE_S = 0.3


@dataclass
class Call:
    """One request that came in."""

    headers: Mapping[str, str]
    body: Any
    number: int  # 1 = the first of this server
    closed: threading.Event = field(default_factory=threading.Event)  # by either side


Play = Callable[[asyncio.StreamWriter, Call], Awaitable[None]]


@dataclass
class LlmServer:
    """A server that is listening."""

    port: int
    calls: list[Call] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def wait_for_call(self, timeout_s: float = 10) -> Call:
        """The first request, once it is there."""
        until = time.monotonic() + timeout_s
        while not self.calls:
            assert time.monotonic() < until, "nothing was asked"
            time.sleep(0.01)
        return self.calls[0]


@contextmanager
def llm_server(play: Play, port: int = 0) -> Iterator[LlmServer]:
    """Plays `play` to every connection, until the block ends. `port` 0: any that is free."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = LlmServer(0)

    writers: list[asyncio.StreamWriter] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        call: Call | None = None
        tasks: list[asyncio.Future[Any]] = []
        try:
            call = await _read_call(reader, len(server.calls) + 1)
            server.calls.append(call)
            # The client sends nothing more: this read ends when it leaves.
            tasks += [asyncio.ensure_future(play(writer, call)), asyncio.ensure_future(reader.read(1))]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        except (asyncio.IncompleteReadError, asyncio.CancelledError, OSError, ValueError):
            pass  # not HTTP, gone in the middle, or the server stops
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await _closed(writer)
            if call:
                call.closed.set()

    async def start() -> asyncio.Server:
        return await asyncio.start_server(connected, "127.0.0.1", port)

    async def stop(listener: asyncio.Server) -> None:
        listener.close()
        await asyncio.sleep(0)  # a task that is cancelled before its first step closes nothing
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for writer in writers:
            writer.transport.abort()
        await asyncio.sleep(0)  # in which the sockets are closed

    listener = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(stop(listener), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _closed(writer: asyncio.StreamWriter) -> None:
    """Closed for good: what is left open when its loop ends is a warning in whatever test comes next."""
    writer.close()
    try:
        async with asyncio.timeout(1):  # for what is still to be sent
            await writer.wait_closed()
    except (OSError, TimeoutError):
        writer.transport.abort()
        await asyncio.sleep(0)


async def _read_call(reader: asyncio.StreamReader, number: int) -> Call:
    method = await reader.readexactly(1)
    if not method.isalpha():
        raise ValueError("not HTTP: a client that wants TLS hears at once that it is not to be had")
    head = (method + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    headers = {}
    for line in head.split("\r\n")[1:]:
        name, _, value = line.partition(": ")
        headers[name.lower()] = value
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Call(headers, json.loads(body or b"null"), number)


def event(content: str | None, finish: str | None = None) -> bytes:
    delta = {} if content is None else {"content": content}
    data = {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
    return b"data: " + json.dumps(data, ensure_ascii=False).encode() + b"\n\n"


END = event(None, "stop") + b"data: [DONE]\n\n"


def says(text: str, chunk: int = 7) -> Play:
    """A model that works: `text` in small pieces."""
    pieces = [text[i : i + chunk] for i in range(0, len(text), chunk)]
    return sends(OK, *map(event, pieces), END)


def sends(*chunks: bytes, pause_s: float = 0.0) -> Play:
    """The chunks one after the other; then the connection is closed."""

    async def play(writer: asyncio.StreamWriter, call: Call) -> None:
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()
            await asyncio.sleep(pause_s)

    return play


def then_silence(*chunks: bytes) -> Play:
    """The chunks, and nothing more until the client leaves."""

    async def play(writer: asyncio.StreamWriter, call: Call) -> None:
        await sends(*chunks)(writer, call)
        await asyncio.Event().wait()

    return play


def trickles(before: bytes, text: bytes) -> Play:
    """`before`, then `text` byte by byte, slowly, over and over."""

    async def play(writer: asyncio.StreamWriter, call: Call) -> None:
        writer.write(before)
        while True:
            for byte in text:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(TRICKLE_S)

    return play


def floods(before: bytes, chunk: bytes) -> Play:
    """`before`, then `chunk` as fast as the client takes it, without end."""

    async def play(writer: asyncio.StreamWriter, call: Call) -> None:
        writer.write(before)
        while True:
            writer.write(chunk)
            await writer.drain()

    return play


def status(line: str, *headers: str, body: bytes = b"{}") -> Play:
    head = "\r\n".join((f"HTTP/1.1 {line}", *headers, f"Content-Length: {len(body)}", "Connection: close", "", ""))
    return sends(head.encode() + body)


def first(play: Play, then: Play) -> Play:
    """`play` for the first request, `then` for all that follow."""

    async def both(writer: asyncio.StreamWriter, call: Call) -> None:
        await (play if call.number == 1 else then)(writer, call)

    return both


def encoded(data: bytes) -> Play:
    head = OK.replace(b"Connection", b"Content-Encoding: gzip\r\nConnection")
    return sends(head, gzip.compress(data))


def chunked(*chunks: bytes, cut: bool = False) -> Play:
    """Chunked transfer encoding; `cut`: closed before its last chunk."""
    head = OK.replace(b"Connection: close", b"Transfer-Encoding: chunked")
    parts: Sequence[bytes] = [b"%x\r\n%s\r\n" % (len(c), c) for c in chunks]
    return sends(head, *parts, *([] if cut else [b"0\r\n\r\n"]))


# As `rag/generate.py` writes the passages: a number, the heading on its line, then the text.
_FIRST_PASSAGE = re.compile(r"^\[1\] [^\n]*\n\s*(.+?[.!?])(?=\s|$)", re.M | re.S)


def repeats() -> Play:
    """A model that says the first sentence of the first passage."""

    async def play(writer: asyncio.StreamWriter, call: Call) -> None:
        found = _FIRST_PASSAGE.search(call.body["messages"][-1]["content"])
        sentence = " ".join(found[1].split()) if found else ""
        await says(f"{sentence.rstrip('.!?')} [1]." if found else "NOT FOUND")(writer, call)

    return play


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults.llm_server")
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--says", action="append", default=[], help='such as "Ko spoke [1]."; may be repeated')
    chosen = parser.parse_args(arguments)
    with llm_server(says(" ".join(chosen.says)) if chosen.says else repeats(), chosen.port) as server:
        print(f"RAG_LLM_URL={server.url} RAG_LLM_MODEL=scripted", flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
