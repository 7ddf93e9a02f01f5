"""What a server is asked and how its answers are read, apart from any connection: for `rag/client.py`.

Whatever goes wrong is a RemoteError. Non-scope: sending and waiting.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import quote

import httpx
from typing_extensions import TypedDict

from rag.errors import RemoteError
from rag.sse import EventReader
from rag.wire import AnswerWire, DocumentTextWire, DocumentWire

LONGEST_PAUSE_S = 30.0  # before a busy server is asked again, whatever time it names
BUSY = (429, 503)
# The largest answer (50 passages, a long list) is far below; a server that sends more is not one of ours.
MAX_EVENT_CHARS = 8 * 2**20
# The page lives at the same addresses, for those who ask for HTML.
JSON = {"Accept": "application/json"}
EVENTS = {"Accept": "text/event-stream"}

T = TypeVar("T")


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


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request, and what its answer holds."""

    method: str
    path: str
    holds: Callable[[Any], T]  # the JSON of a 200 → the result
    body: Mapping[str, Any] | None = None

    def result(self, response: httpx.Response) -> T:
        if response.status_code != httpx.codes.OK:
            raise error_of(response)
        try:
            return self.holds(response.json())
        except (ValueError, LookupError, TypeError) as error:
            raise RemoteError(f"The answer to {self} cannot be read.", code="bad_response") from error

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Every error of the connection, and an event that cannot be read, as RemoteError."""
        if isinstance(error, httpx.HTTPError):
            reason = str(error) or type(error).__name__
            raise RemoteError(f"No answer to {self}: {reason}.", code="unreachable") from error
        if isinstance(error, ValueError):
            raise RemoteError(f"The answer to {self} cannot be read.", code="bad_response") from error


def _everything(body: Any) -> Any:
    return body


def asking(question: str, options: AskOptions) -> Call[AnswerWire]:
    return Call("POST", "/ask", _everything, {"question": question, **options})


DOCUMENTS: Call[list[DocumentWire]] = Call("GET", "/documents", lambda body: body["documents"])


def document(document_id: str) -> Call[DocumentTextWire]:
    return Call("GET", f"/documents/{quote(document_id, safe='')}", _everything)


def answer(answer_id: str) -> Call[AnswerWire]:
    return Call("GET", f"/answers/{quote(answer_id, safe='')}", _everything)


class Incoming:
    """The events of one stream as its bytes come in."""

    def __init__(self) -> None:
        self._reader = EventReader(MAX_EVENT_CHARS)
        self.ended = False

    def feed(self, chunk: bytes) -> Iterator[StreamEvent]:
        """Raises: RemoteError for an error event; ValueError for what cannot be read."""
        for event in self._reader.feed(chunk):
            data = json.loads(event.data)
            if event.name == "error":
                raise _told(data, None)
            self.ended = event.name == "final"
            yield StreamEvent(event.name, data)
            if self.ended:
                return


def connection(url: str, token: str, timeout_s: float) -> dict[str, Any]:
    """What both kinds of httpx client are made with."""
    authorization = {"Authorization": f"Bearer {token}"} if token else {}
    return {
        "base_url": _checked_url(url),
        "headers": JSON | authorization,
        "timeout": timeout_s,
        "trust_env": False,
    }


def _checked_url(url: str) -> httpx.URL:
    try:
        checked = httpx.URL(url)
    except httpx.InvalidURL:
        checked = httpx.URL()
    if checked.scheme not in ("http", "https") or not checked.host:
        raise RemoteError("The address must begin with http:// or https:// and a host.", code="bad_address")
    return checked


def pause_s(response: httpx.Response, tries_left: int) -> float | None:
    """Seconds until a busy server is asked again; None where it is not."""
    if response.status_code not in BUSY or tries_left <= 0:
        return None
    named = response.headers.get("Retry-After", "1")
    return min(float(named) if named.isascii() and named.isdigit() else 1.0, LONGEST_PAUSE_S)


def broken_off() -> RemoteError:
    return RemoteError("The stream ended before the answer did.", code="incomplete")


def error_of(response: httpx.Response) -> RemoteError:
    try:
        return _told(response.json(), response.status_code)
    except ValueError:
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
