"""`rag.client` against a real server: the same results in both, and one kind of error."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from click.testing import CliRunner

from rag.answer import Answerer
from rag.cli import main
from rag.client import AsyncClient, Client, StreamEvent
from rag.errors import RemoteError
from rag.settings import Settings
from server.__main__ import server_config
from server.app import create_app

if TYPE_CHECKING:
    from tests.server.conftest import Serve

ASKED = "Which city was given the first prize, and where did the second prize go?"
TOKEN = "a-token-of-some-length"
CANARY = "canary7f3a"


@pytest.fixture
def url(serve: Serve, settings: Settings, answerer: Answerer) -> str:
    guarded = replace(settings, token=TOKEN)
    return f"http://127.0.0.1:{serve(server_config(create_app(guarded, lambda: answerer), guarded)).port}"


@pytest.fixture
def client(url: str) -> Iterator[Client]:
    with Client(url, TOKEN) as made:
        yield made


def without_times(answer: Any) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "timings_ms"}


def test_a_question_its_documents_and_its_answer_again(client: Client) -> None:
    answer = client.ask(ASKED, top_k=3, language="en")
    texts = {document["id"]: client.document(document["id"])["text"] for document in client.documents()}
    assert list(texts) == ["prizes", "summit"]
    assert answer["citations"]
    for citation in answer["citations"]:
        assert texts[citation["document_id"]][citation["start"] : citation["end"]] == citation["quote"]
    assert client.answer(answer["id"]) == {**answer, "source_changed": []}
    assert client.ask(ASKED, documents=["summit"])["consulted"][0]["document_id"] == "summit"


def test_a_stream_ends_with_the_answer(client: Client) -> None:
    *events, final = client.stream(ASKED)
    assert [event.name for event in events][:3] == ["sources", "citation", "sentence"]
    assert final.name == "final"
    assert without_times(final.data) == without_times(client.ask(ASKED))
    assert [event.data for event in events if event.name == "citation"] == final.data["citations"]


def test_the_async_client_gives_the_same(url: str, client: Client) -> None:
    async def everything() -> tuple[Any, ...]:
        async with AsyncClient(url, TOKEN) as other:
            answer = await other.ask(ASKED, history=[{"role": "user", "content": "Hello"}])
            names = [event.name async for event in other.stream(ASKED)]
            document = await other.document("prizes")
            again = await other.answer(answer["id"])
            return (
                without_times(answer),
                names,
                await other.documents(),
                document,
                again == {**answer, "source_changed": []},
            )

    answer = client.ask(ASKED, history=[{"role": "user", "content": "Hello"}])
    names = [event.name for event in client.stream(ASKED)]
    expected = (without_times(answer), names, client.documents(), client.document("prizes"), True)
    assert asyncio.run(everything()) == expected


def failure(work: Callable[[], Any]) -> RemoteError:
    with pytest.raises(RemoteError) as raised:
        work()
    return raised.value


@pytest.mark.parametrize("ask", [lambda client: client.ask(" "), lambda client: list(client.stream(" "))])
def test_what_the_server_refuses_has_its_code_and_request_id(client: Client, ask: Callable[[Client], Any]) -> None:
    error = failure(lambda: ask(client))
    assert (error.code, error.status) == ("question_empty", 422)
    assert (error.request_id or "").startswith("req_")
    assert "The question is empty. (HTTP 422)" in str(error)


def test_unknown_things_and_wrong_tokens(url: str, client: Client) -> None:
    assert failure(lambda: client.document("../etc/passwd")).code == "not_found"
    assert failure(lambda: client.answer("ans_none")).status == 404
    with Client(url, "wrong") as stranger:
        assert failure(stranger.documents).code == "unauthorized"


def test_a_server_that_is_not_there() -> None:
    with Client("http://127.0.0.1:9", timeout_s=5) as nobody:
        assert failure(lambda: nobody.ask("q")).code == "unreachable"
        assert failure(lambda: list(nobody.stream("q"))).code == "unreachable"


@pytest.mark.parametrize("address", ["", "127.0.0.1:8000", "ftp://here", "http://", "http://a:b"])
def test_an_address_that_is_none(address: str) -> None:
    assert failure(lambda: Client(address)).code == "bad_address"
    assert failure(lambda: AsyncClient(address)).code == "bad_address"


# Servers that are not ours, in memory


def answering(response: httpx.Response) -> Client:
    return Client("http://server", transport=httpx.MockTransport(lambda request: response))


def streaming(body: str) -> Client:
    return answering(httpx.Response(200, content=body.encode()))


@pytest.mark.parametrize(
    ("response", "code"),
    [
        (httpx.Response(200, text="<html>"), "bad_response"),
        (httpx.Response(500, text="oops"), "bad_response"),
        (httpx.Response(400, json={"error": "oops"}), "bad_response"),
        (httpx.Response(400, json=["oops"]), "bad_response"),
        (httpx.Response(302, headers={"Location": "http://elsewhere"}), "bad_response"),
        (httpx.Response(200, json={"other": []}), "bad_response"),
    ],
)
def test_what_is_not_our_server_is_said(response: httpx.Response, code: str) -> None:
    assert failure(answering(response).documents).code == code


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("event: sources\ndata: {}\n\n", "incomplete"),
        ("event: sources\ndata: {\n\n", "bad_response"),
        ('event: error\ndata: {"error": {"message": "Gone.", "code": "model_unavailable"}}\n\n', "model_unavailable"),
        ('event: error\ndata: {"oops": 1}\n\n', "bad_response"),
    ],
)
def test_a_stream_that_breaks_is_an_error(body: str, code: str) -> None:
    assert failure(lambda: list(streaming(body).stream("q"))).code == code

    async def read() -> list[StreamEvent]:
        transport = httpx.MockTransport(lambda request: httpx.Response(200, content=body.encode()))
        async with AsyncClient("http://server", transport=transport) as client:
            return [event async for event in client.stream("q")]

    assert failure(lambda: asyncio.run(read())).code == code


def test_a_busy_server_is_asked_again_as_often_as_said() -> None:
    def busy_twice() -> httpx.MockTransport:
        answers = [httpx.Response(503, headers={"Retry-After": "0"})] * 2 + [
            httpx.Response(200, json={"documents": []})
        ]
        return httpx.MockTransport(lambda request: answers.pop(0))

    assert Client("http://server", tries=3, transport=busy_twice()).documents() == []
    assert failure(Client("http://server", tries=2, transport=busy_twice()).documents).status == 503
    assert asyncio.run(AsyncClient("http://server", tries=3, transport=busy_twice()).documents()) == []


# The command line


def test_rag_ask_can_ask_a_server(url: str, client: Client) -> None:
    runner = CliRunner(env={"RAG_TOKEN": TOKEN})
    asked = runner.invoke(main, ["ask", ASKED, "--server", url])
    assert asked.exit_code == 0, asked.output
    assert client.ask(ASKED)["answer"] in asked.stdout
    missing = runner.invoke(main, ["ask", "What does a kilogram of copper cost in Lima?", "--server", url])
    assert missing.exit_code == 1
    assert "Nearest passages:" in missing.stdout
    refused = CliRunner(env={"RAG_TOKEN": "wrong"}).invoke(main, ["ask", ASKED, "--server", url])
    assert (refused.exit_code, "HTTP 401" in refused.stderr) == (3, True)
    nobody = runner.invoke(main, ["ask", ASKED, "--server", "http://127.0.0.1:9"])
    assert (nobody.exit_code, "No answer to POST /ask" in nobody.stderr) == (3, True)


def test_nothing_is_kept_open_by_a_stream_that_is_left(url: str) -> None:
    async def leave() -> str:
        async with AsyncClient(url, TOKEN) as client:
            stream: AsyncIterator[StreamEvent] = client.stream(ASKED)
            first = await anext(stream)
            await stream.aclose()  # type: ignore[attr-defined]
            return first.name

    assert asyncio.run(leave()) == "sources"
