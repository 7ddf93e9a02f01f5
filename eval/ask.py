"""How a question is put: to the library in this process, or to a server by URL. Both give the same JSON.

Non-scope: what the answer is worth (`eval/judge.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from eval.errors import AskError, EvalError
from rag.answer import Answerer
from rag.check import make_question
from rag.client import Client
from rag.errors import RagError, RemoteError
from rag.types import Turn
from rag.wire import AnswerWire, answer_wire

Ask = Callable[[Mapping[str, Any]], AnswerWire]

TRIES = 5  # a deployed server may be busy


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

    def ask(request: Mapping[str, Any]) -> AnswerWire:
        try:
            return client.ask(**request)
        except RemoteError as error:
            raise AskError(str(error)) from error

    try:
        with Client(url, token, tries=TRIES, transport=transport) as client:
            texts = {document["id"]: client.document(document["id"])["text"] for document in client.documents()}
            yield Target(ask, texts)
    except RemoteError as error:
        raise EvalError(f"The documents of {url} cannot be read: {error}") from error
