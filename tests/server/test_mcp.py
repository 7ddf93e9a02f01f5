"""The tools for language models, called with the official SDK over HTTP and over standard input and output."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import httpx2
import pytest
from mcp import Client, MCPError, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, ResourceLink, TextContent

from rag.answer import Answerer
from rag.build import ingest, open_answerer
from rag.check import make_question
from rag.settings import Settings
from server.__main__ import server_config
from server.app import create_app
from server.mcp.__main__ import _in_thread, address
from server.mcp.tools import MAX_FETCH_CHARS, Context, FetchArguments, fetch
from server.routes.mcp import NOT_INSTALLED
from tests.conftest import ROOT
from tests.scripted import fields_of
from tests.server.test_ask import Endless

if TYPE_CHECKING:
    from tests.server.conftest import Serve

ASKED = "Which city was given the first prize?"
TOKEN = "a-token-of-some-length"

T = TypeVar("T")
Connect = Callable[[], AbstractAsyncContextManager[Client]]


def environment(settings: Settings) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "RAG_CORPUS_DIR": str(settings.corpus_dir),
        "RAG_INDEX_DIR": str(settings.index_dir),
        "RAG_MODEL": settings.model,
        "RAG_READER": settings.reader,
    }


@pytest.fixture(params=["http", "http-2025", "stdio"])
def connect(request: pytest.FixtureRequest, serve: Serve, settings: Settings) -> Connect:
    """A client of the official SDK: by the newest protocol, by the handshake of those before, by `rag mcp`."""
    if request.param == "stdio":
        arguments = ["-m", "rag", "--corpus", str(settings.corpus_dir), "--index", str(settings.index_dir), "mcp"]
        return lambda: Client(
            StdioServerParameters(command=sys.executable, args=arguments, env=environment(settings), cwd=str(ROOT))
        )
    live = serve(server_config(create_app(settings, lambda: open_answerer(settings)), settings))
    mode = "auto" if request.param == "http" else "legacy"
    return lambda: Client(f"http://127.0.0.1:{live.port}/mcp", mode=mode)


def run(connect: Connect, work: Callable[[Client], Awaitable[T]]) -> T:
    async def connected() -> T:
        async with connect() as client:
            return await work(client)

    return asyncio.run(connected())


def structured(result: CallToolResult) -> Any:
    """What a tool gave, which must also stand in its one text item."""
    (text,) = (item for item in result.content if isinstance(item, TextContent))
    assert json.loads(text.text) == result.structured_content
    assert not result.is_error
    return result.structured_content


def refusal(result: CallToolResult) -> str:
    (text,) = result.content
    assert isinstance(text, TextContent)
    assert result.is_error
    return text.text


def test_the_tools_work_over_every_transport(connect: Connect, settings: Settings) -> None:
    async def work(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert list(tools) == ["search", "fetch", "ask"]
        assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools.values())
        assert tools["search"].input_schema["required"] == ["query"]
        assert tools["fetch"].input_schema["required"] == ["id"]
        assert set((tools["ask"].output_schema or {})["properties"]) >= {"status", "answer", "citations"}

        found = structured(await client.call_tool("search", {"query": "first prize"}))
        assert list(found) == ["results"]
        assert all(list(result) == ["id", "title", "url"] for result in found["results"])
        best = found["results"][0]
        assert best["title"].startswith("Prizes")
        assert best["url"].startswith("http://127.0.0.1:")

        fetched = structured(await client.call_tool("fetch", {"id": best["id"]}))
        assert (fetched["id"], fetched["url"], fetched["title"]) == (best["id"], best["url"], "Prizes")
        assert "the city of Tartu" in fetched["text"]

        result = await client.call_tool("ask", {"question": ASKED})
        answer = structured(result)
        (citation,) = answer["citations"]
        assert fetched["text"][citation["start"] : citation["end"]] == citation["quote"]
        (link,) = (item for item in result.content if isinstance(item, ResourceLink))
        assert link.uri == best["url"].partition("/documents/")[0] + citation["url"]
        assert link.description == citation["quote"]

        missing = structured(await client.call_tool("ask", {"question": "誰發明了盤尼西林？", "language": "zh-Hant"}))
        assert (missing["status"], missing["citations"]) == ("not_found", [])

    run(connect, work)


@pytest.fixture
def over_http(serve: Serve, settings: Settings, answerer: Answerer) -> Connect:
    live = serve(server_config(create_app(settings, lambda: answerer), settings))
    return lambda: Client(f"http://127.0.0.1:{live.port}/mcp")


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("ask", {"question": " "}, "empty"),
        ("ask", {"question": "x" * 4001}, "longer than 4000"),
        ("ask", {"question": "q", "language": "xx"}, "language"),
        ("ask", {"query": "q"}, "question"),
        ("fetch", {"id": "nowhere"}, "no document or passage"),
        ("fetch", {"id": "prizes:9-3"}, "search again"),
        ("fetch", {"id": "prizes:0-99999999"}, "search again"),
        ("fetch", {"id": "../../etc/passwd:0-1"}, "no document or passage"),
        ("delete", {}, "search, fetch, ask"),
    ],
)
def test_what_is_wrong_is_said_to_the_model(
    over_http: Connect, tool: str, arguments: dict[str, str], said: str
) -> None:
    assert said in refusal(run(over_http, lambda client: client.call_tool(tool, arguments)))


def test_without_an_index_the_tools_say_what_to_do(serve: Serve, settings: Settings, tmp_path) -> None:
    empty = replace(settings, index_dir=tmp_path)
    live = serve(server_config(create_app(empty, lambda: open_answerer(empty)), empty))
    said = run(lambda: Client(f"http://127.0.0.1:{live.port}/mcp"), lambda c: c.call_tool("search", {"query": "q"}))
    assert "rag ingest" in refusal(said)


def test_the_token_is_asked_for(serve: Serve, settings: Settings, answerer: Answerer) -> None:
    guarded = replace(settings, token=TOKEN)
    live = serve(server_config(create_app(guarded, lambda: answerer), guarded))
    url = f"http://127.0.0.1:{live.port}/mcp"

    @asynccontextmanager
    async def with_token() -> AsyncIterator[Client]:
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}) as http,
            Client(streamable_http_client(url, http_client=http)) as client,
        ):
            yield client

    found = run(with_token, lambda client: client.call_tool("search", {"query": "first prize"}))
    assert structured(found)["results"]
    with pytest.RaisesGroup(MCPError, flatten_subgroups=True):
        run(lambda: Client(url), lambda client: client.list_tools())


CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
ACCEPT = {"Accept": "application/json, text/event-stream"}


def test_an_empty_token_is_none(client) -> None:
    response = client.post("/mcp", json=CALL, headers={**ACCEPT, "Authorization": "Bearer "})
    assert [tool["name"] for tool in response.json()["result"]["tools"]] == ["search", "fetch", "ask"]


def test_other_hosts_and_origins_are_refused(client, refused) -> None:
    refused(client.post("/mcp", json=CALL, headers={**ACCEPT, "Host": "evil.example"}), 421, "bad_host", "Host")
    origin = {**ACCEPT, "Origin": "http://evil.example"}
    refused(client.post("/mcp", json=CALL, headers=origin), 403, "bad_origin", "Origin")
    refused(client.post("/mcp", json=CALL | {"params": {"x": "y" * 70_000}}, headers=ACCEPT), 413, "body_too_large")
    refused(client.get("/mcp", headers=ACCEPT), 405, "method_not_allowed")


def test_an_answer_can_be_opened_again(client) -> None:
    call = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {"name": "ask", "arguments": {"question": ASKED}},
    }
    answer = client.post("/mcp", json=call, headers=ACCEPT).json()["result"]["structuredContent"]
    kept = client.get(f"/answers/{answer['id']}").json()
    assert kept == {**answer, "stored": True, "source_changed": []}


@pytest.mark.parametrize("switched_on", [False, True])
def test_questions_are_logged_only_when_switched_on(make_client, caplog, switched_on: bool) -> None:
    caplog.set_level("INFO", "server")
    call = CALL | {"method": "tools/call", "params": {"name": "ask", "arguments": {"question": ASKED}}}
    assert make_client(log_questions=switched_on).post("/mcp", json=call, headers=ACCEPT).status_code == 200
    logged = [getattr(record, "question", None) for record in caplog.records]
    assert (ASKED in logged) is switched_on


def test_of_a_long_document_the_part_around_the_passage_is_read(write_corpus, settings: Settings, tmp_path) -> None:
    text = "".join(f"Sentence number {n} stands here.\n" for n in range(5000))
    longer = replace(settings, corpus_dir=write_corpus({"long.txt": text}), index_dir=tmp_path / "index")
    ingest(longer)
    answerer = open_answerer(longer)
    context = Context(lambda: answerer, _in_thread, base_url="http://here", keep=lambda answer: None)
    start = text.index("Sentence number 4000 ")
    result = asyncio.run(fetch(context, FetchArguments(id=f"long:{start}-{start + 34}")))
    fetched = result.structured_content
    assert len(fetched["text"]) == MAX_FETCH_CHARS
    first = fetched["metadata"]["text_start"]
    assert fetched["text"] == text[first : first + MAX_FETCH_CHARS]
    assert "Sentence number 4000 stands here." in fetched["text"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({"port": 8123}, "http://127.0.0.1:8123"), ({"public_url": "https://a.example/"}, "https://a.example")],
)
def test_links_lead_to_where_the_server_is(changes: dict[str, Any], expected: str) -> None:
    assert address(replace(Settings(), **changes)) == expected


@pytest.fixture
def endless(answerer: Answerer) -> Endless:
    return Endless(**fields_of(answerer), running=threading.Event(), closed=threading.Event())


def test_a_client_that_leaves_stops_the_work(serve: Serve, settings: Settings, endless: Endless) -> None:
    live = serve(server_config(create_app(settings, lambda: endless), settings))
    call = CALL | {"method": "tools/call", "params": {"name": "ask", "arguments": {"question": ASKED}}}
    body = json.dumps(call).encode()
    head = "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    client = live.connect()
    client.send(f"{head}Accept: {ACCEPT['Accept']}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    assert endless.running.wait(20)
    client.close()
    assert endless.closed.wait(1)


def test_work_of_a_call_that_is_cancelled_is_stopped_in_its_thread(endless: Endless) -> None:
    question = make_question(ASKED)

    async def cancelled() -> None:
        running = asyncio.create_task(_in_thread(lambda stopped: endless.stream(question, stopped)))
        assert await asyncio.to_thread(endless.running.wait, 20)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(cancelled())
    assert endless.closed.wait(1)


WITHOUT = "import sys; sys.modules['mcp'] = None"


def test_without_the_extra_everything_else_works_and_says_so(settings: Settings) -> None:
    code = f"""{WITHOUT}
from starlette.testclient import TestClient
from rag.build import ingest, open_answerer
from rag.check import make_question
from rag.settings import read_settings
from server.app import create_app
import os
settings = read_settings({{k: v for k, v in os.environ.items() if k.startswith("RAG_")}})
with TestClient(create_app(settings, lambda: open_answerer(settings)), base_url="http://localhost") as client:
    print(client.post("/ask", json={{"question": "Who?"}}).status_code)
    response = client.post("/mcp", json={{}})
    print(response.status_code, response.json()["error"]["message"])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(settings), capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.splitlines() == ["200", f"501 {NOT_INSTALLED}"]
    code = f"{WITHOUT}; import runpy; runpy.run_module('server.mcp', run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stderr) == (1, f"event-rag: t{NOT_INSTALLED[1:]}\n")


def test_starting_the_server_does_not_load_the_sdk() -> None:
    code = "import server.__main__, sys; print('mcp' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "False\n"
