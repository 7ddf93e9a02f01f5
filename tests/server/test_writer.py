"""A language model behind the service: what is shown of it, what its faults are on the wire, and when it is let go."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from time import perf_counter

import pytest

from rag.answer import Answerer
from rag.completions import Endpoint, LanguageModel, Limits
from rag.generate import Writer
from rag.linear import Linear
from rag.settings import Settings
from rag.support import SupportModel, Verifier
from server.__main__ import server_config
from server.app import create_app
from tests.faults.llm_server import OK, LlmServer, Play, event, llm_server, repeats, says, status, then_silence
from tests.server.conftest import MakeClient, Serve

ASKED = "How many registered participants did the two sessions draw?"
TOLD = "The two sessions drew 264 registered participants [1]."
SECRET = "sk-secret-7f3a"

With = Callable[..., AbstractContextManager[tuple[Answerer, LlmServer]]]


@pytest.fixture
def with_model(answerer: Answerer) -> With:
    """with_model(play) → the answerer with a language model that plays it."""

    @contextmanager
    def made(play: Play, total_s: float = 10) -> Iterator[tuple[Answerer, LlmServer]]:
        with llm_server(play) as server:
            model = LanguageModel(Endpoint(server.url, "scripted", SECRET), Limits(total_s))
            # Words alone decide, so that these tests do not depend on the numbers that ship.
            verifier = Verifier(answerer.retriever.embedder, None, SupportModel(Linear({"coverage": 20.0}, -15.0), 0.5))
            yield replace(answerer, writer=Writer(model, verifier)), server

    return made


def test_the_answer_and_readyz_name_the_model(with_model: With, make_client: MakeClient) -> None:
    with with_model(says(TOLD)) as (answerer, server):
        client = make_client(lambda: answerer)
        answer = client.post("/ask", json={"question": ASKED}).json()
        ready = client.get("/readyz")
    assert (answer["mode"], answer["models"]["llm"], answer["warnings"]) == ("llm", "scripted", [])
    assert answer["answer"] == "The two sessions drew 264 registered participants. [1]"
    assert answer["sentences"][0]["support"] == "supported"
    assert ready.json()["llm"] == {"host": f"127.0.0.1:{server.port}", "model": "scripted"}
    assert SECRET not in ready.text


def test_citations_come_before_the_sentence_that_uses_them(with_model: With, make_client: MakeClient) -> None:
    with with_model(says(TOLD + " The mayor of Taipei opened the summit [1].")) as (answerer, _):
        response = make_client(lambda: answerer).post(
            "/ask", json={"question": ASKED}, headers={"Accept": "text/event-stream"}
        )
    names = [line.removeprefix("event: ") for line in response.text.splitlines() if line.startswith("event: ")]
    assert names == ["sources", "citation", "sentence", "citation", "sentence", "final"]


def test_a_slow_model_keeps_nobody_else_waiting(with_model: With, make_client: MakeClient, settings: Settings) -> None:
    with with_model(then_silence(OK), 3) as (answerer, server):
        writer = answerer.writer
        assert writer
        limits = Limits(3, concurrency=1)
        answerer = replace(answerer, writer=replace(writer, model=LanguageModel(writer.model.endpoint, limits)))
        client = make_client(lambda: answerer, llm_url=server.url, llm_concurrency=1, concurrency=1, queue=0)
        with ThreadPoolExecutor(1) as other:
            waiting = other.submit(client.post, "/ask", json={"question": ASKED})
            server.wait_for_call()
            started = perf_counter()
            busy = client.post("/ask", json={"question": ASKED})
            quoted = client.post("/ask", json={"question": ASKED, "mode": "extractive"})
            assert perf_counter() - started < 2  # a second less than the model is waited for
            first = waiting.result()
    assert [answer.json()["warnings"] for answer in (busy, quoted, first)] == [
        ["llm_busy: The language model is busy with other questions."],
        [],
        ["llm_timeout: The language model did not answer in time."],
    ]
    assert {answer.json()["mode"] for answer in (busy, quoted, first)} == {"extractive"}


@pytest.mark.parametrize(
    ("play", "total_s", "code", "error"),
    [(status("500 Oops"), 10, 502, "llm_error"), (then_silence(), 1, 504, "llm_timeout")],
    ids=["error", "timeout"],
)
def test_a_strict_question_gets_an_error(
    with_model: With, make_client: MakeClient, play: Play, total_s: float, code: int, error: str
) -> None:
    with with_model(play, total_s) as (answerer, _):
        client = make_client(lambda: answerer)
        strict = client.post("/ask", json={"question": ASKED, "mode": "llm", "strict": True})
        lenient = client.post("/ask", json={"question": ASKED, "mode": "llm"})
    assert (strict.status_code, strict.json()["error"]["code"]) == (code, error)
    assert lenient.status_code == 200
    assert lenient.json()["mode"] == "extractive"
    assert lenient.json()["warnings"][0].startswith(f"{error}: ")


def test_a_strict_question_without_a_model_gets_an_error(make_client: MakeClient, refused: Callable[..., None]) -> None:
    body = {"question": ASKED, "mode": "llm", "strict": True}
    refused(make_client().post("/ask", json=body), 502, "llm_not_configured")


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_the_model_is_let_go_within_a_second_after_the_client_left(
    with_model: With, settings: Settings, serve: Serve, accept: str
) -> None:
    with with_model(then_silence(OK, event("The two sessions"))) as (answerer, model):
        live = serve(server_config(create_app(settings, lambda: answerer), settings))
        body = json.dumps({"question": ASKED}).encode()
        head = "POST /ask HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        client = live.connect()
        client.send(f"{head}Accept: {accept}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        call = model.wait_for_call()
        client.close()
        assert call.closed.wait(1.0)


def test_the_key_is_in_no_log(with_model: With, make_client: MakeClient, caplog: pytest.LogCaptureFixture) -> None:
    with with_model(status("401 Who", body=SECRET.encode())) as (answerer, server):
        answer = make_client(lambda: answerer).post("/ask", json={"question": ASKED})
    assert server.calls[0].headers["authorization"] == f"Bearer {SECRET}"
    assert "llm_auth" in answer.text
    assert "refused its key" in caplog.text
    assert SECRET not in caplog.text + answer.text


def test_the_model_for_trying_out_repeats_the_first_passage(with_model: With, make_client: MakeClient) -> None:
    with with_model(repeats()) as (answerer, _):
        answer = make_client(lambda: answerer).post("/ask", json={"question": ASKED}).json()
    assert (answer["mode"], answer["models"]["llm"]) == ("llm", "scripted")
