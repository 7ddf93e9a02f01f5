"""Asks a server from Python: `Client`, and `AsyncClient` with the same methods. Results are those of `rag/wire.py`.

Redirects are not followed and proxies of the environment not used, so that the token goes nowhere but to the address
that was given. Non-scope: what is sent and how it is read (`rag/calls.py`), changing documents.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from typing import Self, TypeVar

import httpx
from typing_extensions import Unpack

from rag import calls
from rag.calls import AskOptions, Call, Incoming, StreamEvent, TurnWire
from rag.wire import AnswerWire, DocumentTextWire, DocumentWire

__all__ = ["AskOptions", "AsyncClient", "Client", "StreamEvent", "TurnWire"]

TIMEOUT_S = 60.0  # for connecting, and between two bytes: a stream sends something every 15 s

T = TypeVar("T")


class Client:
    """A server at `url`, asked with `token` as bearer where it is not empty. A busy one is asked `tries` times.

    Every method raises RemoteError, whatever went wrong.
    """

    def __init__(
        self,
        url: str,
        token: str = "",
        *,
        timeout_s: float = TIMEOUT_S,
        tries: int = 1,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._tries = tries
        self._http = httpx.Client(transport=transport, **calls.connection(url, token, timeout_s))

    def ask(self, question: str, **options: Unpack[AskOptions]) -> AnswerWire:
        """The whole answer."""
        return self._made(calls.asking(question, options))

    def stream(self, question: str, **options: Unpack[AskOptions]) -> Iterator[StreamEvent]:
        """The answer as it is found, `final` last."""
        call, incoming = calls.asking(question, options), Incoming()
        with call, self._http.stream(call.method, call.path, json=call.body, headers=calls.EVENTS) as response:
            if response.status_code != httpx.codes.OK:
                response.read()
                raise calls.error_of(response)
            for chunk in response.iter_bytes():
                yield from incoming.feed(chunk)
                if incoming.ended:
                    return
        raise calls.broken_off()

    def documents(self) -> list[DocumentWire]:
        """All documents, by id."""
        return self._made(calls.DOCUMENTS)

    def document(self, document_id: str) -> DocumentTextWire:
        """One with its text."""
        return self._made(calls.document(document_id))

    def answer(self, answer_id: str) -> AnswerWire:
        """One of the last answers again."""
        return self._made(calls.answer(answer_id))

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def _made(self, call: Call[T]) -> T:
        left = self._tries
        while True:
            with call:
                response = self._http.request(call.method, call.path, json=call.body)
            left -= 1
            if (pause_s := calls.pause_s(response, left)) is None:
                return call.result(response)
            time.sleep(pause_s)


class AsyncClient:
    """As `Client`, for asyncio."""

    def __init__(
        self,
        url: str,
        token: str = "",
        *,
        timeout_s: float = TIMEOUT_S,
        tries: int = 1,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._tries = tries
        self._http = httpx.AsyncClient(transport=transport, **calls.connection(url, token, timeout_s))

    async def ask(self, question: str, **options: Unpack[AskOptions]) -> AnswerWire:
        return await self._made(calls.asking(question, options))

    async def stream(self, question: str, **options: Unpack[AskOptions]) -> AsyncIterator[StreamEvent]:
        call, incoming = calls.asking(question, options), Incoming()
        with call:
            async with self._http.stream(call.method, call.path, json=call.body, headers=calls.EVENTS) as response:
                if response.status_code != httpx.codes.OK:
                    await response.aread()
                    raise calls.error_of(response)
                async for chunk in response.aiter_bytes():
                    for event in incoming.feed(chunk):
                        yield event
                    if incoming.ended:
                        return
        raise calls.broken_off()

    async def documents(self) -> list[DocumentWire]:
        return await self._made(calls.DOCUMENTS)

    async def document(self, document_id: str) -> DocumentTextWire:
        return await self._made(calls.document(document_id))

    async def answer(self, answer_id: str) -> AnswerWire:
        return await self._made(calls.answer(answer_id))

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.close()

    async def _made(self, call: Call[T]) -> T:
        left = self._tries
        while True:
            with call:
                response = await self._http.request(call.method, call.path, json=call.body)
            left -= 1
            if (pause_s := calls.pause_s(response, left)) is None:
                return call.result(response)
            await asyncio.sleep(pause_s)
