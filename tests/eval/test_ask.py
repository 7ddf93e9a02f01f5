"""The two ways of asking give the same JSON; whatever a server does wrong is an AskError."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from eval.ask import Target, over_http
from eval.errors import AskError, EvalError
from rag.wire import AnswerWire

QUESTION = {"question": "What did the harbour cost?"}


def without_times(answer: AnswerWire) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key != "timings_ms"}


def server_of(target: Target, token: str = "") -> httpx.MockTransport:
    """A server with the same documents and answers, that wants `token`."""

    def handle(request: httpx.Request) -> httpx.Response:
        if token and request.headers.get("Authorization") != f"Bearer {token}":
            return httpx.Response(401, json={"error": {"message": "no"}})
        if request.url.path == "/documents":
            return httpx.Response(200, json={"documents": [{"id": i} for i in target.documents]})
        if request.url.path.startswith("/documents/"):
            return httpx.Response(200, json={"text": target.documents[request.url.path.split("/")[2]]})
        return httpx.Response(200, json=target.ask(json.loads(request.content)))

    return httpx.MockTransport(handle)


def test_in_process_gives_the_wire_form(target: Target) -> None:
    answer = target.ask(QUESTION | {"history": [{"role": "user", "content": "Hello"}]})
    assert answer["question"] == QUESTION["question"]
    assert answer["consulted"][0]["document_id"] == "harbour"
    assert target.documents["garden"].startswith("The garden")


def test_in_process_and_http_agree(target: Target) -> None:
    with over_http("http://server", transport=server_of(target)) as remote:
        assert remote.documents == target.documents
        assert without_times(remote.ask(QUESTION)) == without_times(target.ask(QUESTION))


def test_a_question_that_may_not_be_asked_is_an_ask_error(target: Target) -> None:
    with pytest.raises(AskError, match="question_empty"):
        target.ask({"question": " "})
    with pytest.raises(AskError, match="not_found"):
        target.ask(QUESTION | {"documents": ["nowhere"]})


def test_the_token_is_sent(target: Target) -> None:
    with over_http("http://server", "secret", server_of(target, "secret")) as remote:
        assert remote.ask(QUESTION)["index"]["documents"] == 3
    with pytest.raises(EvalError, match="HTTP 401"), over_http("http://server", "wrong", server_of(target, "secret")):
        pass


def asking(handle: Any) -> AnswerWire:
    def documents_or(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/documents":
            return httpx.Response(200, json={"documents": []})
        response: httpx.Response = handle(request)
        return response

    with over_http("http://server", transport=httpx.MockTransport(documents_or)) as remote:
        return remote.ask(QUESTION)


def test_a_busy_server_is_asked_again() -> None:
    answers = [httpx.Response(503, headers={"Retry-After": "0"}), httpx.Response(200, json={"status": "answered"})]
    assert asking(lambda request: answers.pop(0)) == {"status": "answered"}


@pytest.mark.parametrize(
    ("response", "message"),
    [
        (httpx.Response(500), "HTTP 500"),
        (httpx.Response(429, headers={"Retry-After": "0"}), "HTTP 429"),
        (httpx.Response(200, text="<html>"), "cannot be read"),
    ],
)
def test_whatever_a_server_does_wrong_is_an_ask_error(response: httpx.Response, message: str) -> None:
    with pytest.raises(AskError, match=message):
        asking(lambda request: response)


def test_a_server_that_is_not_there_is_an_ask_error() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(AskError, match="refused"):
        asking(refuse)
