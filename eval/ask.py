"""How a question is put: to the library in this process, or to a server by URL. Both give the same JSON.

Non-scope: what the answer is worth (`eval/judge.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote

import httpx

from eval.errors import AskError, EvalError
from rag.answer import Answerer
from rag.check import make_question
from rag.errors import RagError
from rag.types import Turn
from rag.wire import AnswerWire, answer_wire

Ask = Callable[[Mapping[str, Any]], AnswerWire]

# A deployed server may be busy or small: one answer gets a minute, a busy server some tries.
TIMEOUT_S = 60.0
TRIES = 5
LONGEST_PAUSE_S = 30.0
BUSY = (429, 503)


@dataclass(frozen=True, slots=True)
class Target:
    """What is measured: how to ask it and the texts of its documents by id, to check quotes against."""

    ask: Ask
    documents: Mapping[str, str]


def in_process(answerer: Answerer) -> Target:
    """The library in this process."""

    def ask(request: Mapping[str, Any]) -> AnswerWire:
        fields = dict(request)
        text = fields.pop("question")
        history = [Turn(turn["role"], turn["content"]) for turn in fields.pop("history", ())]
        try:
            return answer_wire(answerer.answer(make_question(text, history=history, **fields)))
        except RagError as error:
            raise AskError(f"Refused as {error.code}: {error}") from error

    return Target(ask, {document.id: document.text for document in answerer.snapshot.documents.values()})


@contextmanager
def over_http(url: str, token: str = "", transport: httpx.BaseTransport | None = None) -> Iterator[Target]:
    """A server at `url`, asked with `token` as bearer where it is not empty.

    Raises: EvalError where the server's documents cannot be read.
    """
    # The page lives at the same addresses, for those who ask for HTML.
    headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    with httpx.Client(base_url=url, headers=headers, timeout=TIMEOUT_S, transport=transport) as client:

        def ask(request: Mapping[str, Any]) -> AnswerWire:
            return cast(AnswerWire, _json(_send(client, "POST", "/ask", request)))

        try:
            listed = _json(_send(client, "GET", "/documents"))
            ids = [document["id"] for document in listed["documents"]]
            texts = {i: _json(_send(client, "GET", f"/documents/{quote(i, safe='')}"))["text"] for i in ids}
        except AskError as error:
            raise EvalError(f"The documents of {url} cannot be read: {error}") from error
        yield Target(ask, texts)


def _send(client: httpx.Client, method: str, path: str, body: Mapping[str, Any] | None = None) -> httpx.Response:
    """The response with status 200. A busy server is asked again after the time that it names."""
    for left in reversed(range(TRIES)):
        try:
            response = client.request(method, path, json=body)
        except httpx.HTTPError as error:
            raise AskError(f"No answer to {method} {path}: {error or type(error).__name__}.") from error
        if response.status_code not in BUSY or not left:
            break
        time.sleep(_pause_s(response))
    if response.status_code != 200:
        raise AskError(f"{method} {path} gave HTTP {response.status_code}.")
    return response


def _pause_s(response: httpx.Response) -> float:
    named = response.headers.get("Retry-After", "1")
    return min(float(named) if named.isascii() and named.isdigit() else 1.0, LONGEST_PAUSE_S)


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError as error:
        raise AskError(f"The answer to {response.request.url.path} is not JSON.") from error
