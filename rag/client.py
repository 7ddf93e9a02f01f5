"""Asks a server from Python: `Client`, and `AsyncClient` with the same methods. Results are those of `rag/wire.py`.

Everything but waiting is in functions that both share. Redirects are not followed and proxies of the environment not
used, so that the token goes nowhere but to the address that was given. Non-scope: changing documents.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self, cast
from urllib.parse import quote

import httpx
from typing_extensions import TypedDict, Unpack

from rag.errors import RemoteError
from rag.events import EventReader, RawEvent
from rag.wire import AnswerWire, DocumentTextWire, DocumentWire

TIMEOUT_S = 60.0  # for connecting, and between two bytes: a stream sends something every 15 s
LONGEST_PAUSE_S = 30.0  # before a busy server is asked again, whatever time it names
BUSY = (429, 503)
# The page lives at the same addresses, for those who ask for HTML.
JSON = {"Accept": "application/json"}
EVENTS = {"Accept": "text/event-stream"}


class TurnWire(TypedDict):
    """One earlier turn of the conversation."""

    role: Literal["user", "assistant"]
    content: str


class AskOptions(TypedDict, total=False):
    """The fields of `POST /ask` besides the question."""

    conversation_id: str | None
    history: list[TurnWire]
    documents: list[str] | None
    mode: str  # auto | extractive | llm
    top_k: int
    language: str  # auto | en | zh-Hant


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """`sources`, `citation`, `sentence` or, last, `final`, whose data is an AnswerWire."""

    name: str
    data: Any


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
        self._http = httpx.Client(
            base_url=_checked_url(url), headers=_headers(token), timeout=timeout_s, transport=transport, trust_env=False
        )

    def ask(self, question: str, **options: Unpack[AskOptions]) -> AnswerWire:
        """The whole answer."""
        return cast(AnswerWire, self._json("POST", "/ask", {"question": question, **options}))

    def stream(self, question: str, **options: Unpack[AskOptions]) -> Iterator[StreamEvent]:
        """The answer as it is found, `final` last."""
        body = {"question": question, **options}
        reader = EventReader()
        with _mapped("POST /ask"), self._http.stream("POST", "/ask", json=body, headers=EVENTS) as response:
            if response.status_code != httpx.codes.OK:
                response.read()
                raise _error_of(response)
            for chunk in response.iter_bytes():
                for event in reader.feed(chunk):
                    yield _event(event)
                    if event.name == "final":
                        return
        raise RemoteError("The stream ended before the answer did.", code="incomplete")

    def documents(self) -> list[DocumentWire]:
        """All documents, by id."""
        return cast(list[DocumentWire], _member(self._json("GET", "/documents"), "documents"))

    def document(self, document_id: str) -> DocumentTextWire:
        """One with its text."""
        return cast(DocumentTextWire, self._json("GET", f"/documents/{quote(document_id, safe='')}"))

    def answer(self, answer_id: str) -> AnswerWire:
        """One of the last answers again."""
        return cast(AnswerWire, self._json("GET", f"/answers/{quote(answer_id, safe='')}"))

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _json(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        for left in reversed(range(self._tries)):
            with _mapped(f"{method} {path}"):
                response = self._http.request(method, path, json=body)
            if response.status_code not in BUSY or not left:
                break
            time.sleep(_pause_s(response))
        return _body(response)


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
        self._http = httpx.AsyncClient(
            base_url=_checked_url(url), headers=_headers(token), timeout=timeout_s, transport=transport, trust_env=False
        )

    async def ask(self, question: str, **options: Unpack[AskOptions]) -> AnswerWire:
        """The whole answer."""
        return cast(AnswerWire, await self._json("POST", "/ask", {"question": question, **options}))

    async def stream(self, question: str, **options: Unpack[AskOptions]) -> AsyncIterator[StreamEvent]:
        """The answer as it is found, `final` last."""
        body = {"question": question, **options}
        reader = EventReader()
        with _mapped("POST /ask"):
            async with self._http.stream("POST", "/ask", json=body, headers=EVENTS) as response:
                if response.status_code != httpx.codes.OK:
                    await response.aread()
                    raise _error_of(response)
                async for chunk in response.aiter_bytes():
                    for event in reader.feed(chunk):
                        yield _event(event)
                        if event.name == "final":
                            return
        raise RemoteError("The stream ended before the answer did.", code="incomplete")

    async def documents(self) -> list[DocumentWire]:
        """All documents, by id."""
        return cast(list[DocumentWire], _member(await self._json("GET", "/documents"), "documents"))

    async def document(self, document_id: str) -> DocumentTextWire:
        """One with its text."""
        return cast(DocumentTextWire, await self._json("GET", f"/documents/{quote(document_id, safe='')}"))

    async def answer(self, answer_id: str) -> AnswerWire:
        """One of the last answers again."""
        return cast(AnswerWire, await self._json("GET", f"/answers/{quote(answer_id, safe='')}"))

    async def close(self) -> None:
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.close()

    async def _json(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        for left in reversed(range(self._tries)):
            with _mapped(f"{method} {path}"):
                response = await self._http.request(method, path, json=body)
            if response.status_code not in BUSY or not left:
                break
            await asyncio.sleep(_pause_s(response))
        return _body(response)


class _mapped:
    """Every error of the connection, and an event that cannot be read, as RemoteError."""

    def __init__(self, what: str) -> None:
        self._what = what

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if isinstance(error, httpx.HTTPError):
            reason = str(error) or type(error).__name__
            raise RemoteError(f"No answer to {self._what}: {reason}.", code="unreachable") from error
        if isinstance(error, ValueError):
            raise RemoteError(f"The answer to {self._what} cannot be read.", code="bad_response") from error


def _checked_url(url: str) -> httpx.URL:
    try:
        checked = httpx.URL(url)
    except httpx.InvalidURL:
        checked = httpx.URL()
    if checked.scheme not in ("http", "https") or not checked.host:
        raise RemoteError("The address must begin with http:// or https:// and a host.", code="bad_address")
    return checked


def _headers(token: str) -> dict[str, str]:
    return JSON | ({"Authorization": f"Bearer {token}"} if token else {})


def _body(response: httpx.Response) -> Any:
    """The JSON of a 200."""
    if response.status_code != httpx.codes.OK:
        raise _error_of(response)
    try:
        return response.json()
    except ValueError as error:
        message = f"The answer to {response.request.method} {response.request.url.path} is not JSON."
        raise RemoteError(message, code="bad_response") from error


def _member(body: Any, name: str) -> Any:
    if not isinstance(body, dict) or name not in body:
        raise RemoteError(f"The answer holds no {name}.", code="bad_response")
    return body[name]


def _event(event: RawEvent) -> StreamEvent:
    """Raises: RemoteError for an error event; ValueError for what is not JSON."""
    data = json.loads(event.data)
    if event.name == "error":
        raise _told(data, None)
    return StreamEvent(event.name, data)


def _error_of(response: httpx.Response) -> RemoteError:
    try:
        return _told(response.json(), response.status_code)
    except (ValueError, LookupError, TypeError):
        asked = f"{response.request.method} {response.request.url.path}"
        return RemoteError(
            f"{asked} gave HTTP {response.status_code}.", code="bad_response", status=response.status_code
        )


def _told(body: Any, status: int | None) -> RemoteError:
    """The one error shape. Raises: ValueError for any other."""
    match body:
        case {"error": {"message": str(message), "code": str(code)} as error}:
            place = f" (HTTP {status})" if status else ""
            return RemoteError(f"{message}{place}", code=code, request_id=error.get("request_id"), status=status)
    raise ValueError("This is not an error of ours.")


def _pause_s(response: httpx.Response) -> float:
    named = response.headers.get("Retry-After", "1")
    return min(float(named) if named.isascii() and named.isdigit() else 1.0, LONGEST_PAUSE_S)
