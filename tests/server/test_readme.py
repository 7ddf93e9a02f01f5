"""The examples of README, run as they stand against a server with the real article, or one with its own corpus."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

import click
import pytest
from mcp import Client, StdioServerParameters

from eval.__main__ import main
from rag.answer import Answerer
from rag.build import ingest, open_answerer
from rag.settings import Settings, variable
from server.__main__ import server_config
from server.app import create_app
from tests.conftest import ROOT

if TYPE_CHECKING:
    from tests.server.conftest import Live, Serve

README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(python|sh|json)\n(.*?)^```$", README, re.M | re.S)
RUN = [(kind, code) for kind, code in BLOCKS if kind != "json"]
INDENTED = [dedent(block) for block in re.findall(r"(?:^    .*\n)+", README, re.M)]
HERE = "http://127.0.0.1:8000"


def test_there_is_an_example_of_each_kind() -> None:
    assert [kind for kind, _ in BLOCKS] == ["python", "sh", "python", "json", "python"]
    assert README.count("```") == 2 * len(BLOCKS)
    for name in ("rag.client", "curl", "openai", "mcp"):
        assert any(name in code for _, code in BLOCKS)


def run(kind: str, code: str, port: int, cwd: Path = ROOT, **environment: str) -> str:
    """What the code prints, asking the server at `port` instead of the one that it names."""
    assert HERE in code
    command = ["bash", "-ec"] if kind == "sh" else [sys.executable, "-W", "error", "-c"]
    done = subprocess.run(
        [*command, code.replace(HERE, f"http://127.0.0.1:{port}")],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def indented(words: str) -> str:
    (block,) = (block for block in INDENTED if words in block)
    return block


@pytest.fixture
def live(serve: Serve, article: Answerer, tmp_path: Path) -> Live:
    settings = Settings(state_dir=tmp_path / "state")
    return serve(server_config(create_app(settings, lambda: article), settings))


@pytest.mark.parametrize(("kind", "code"), RUN, ids=range(len(RUN)))
def test_the_example_runs_and_answers(live: Live, kind: str, code: str) -> None:
    assert "264 registered participants" in run(kind, code, live.port)


def test_the_first_request_gives_the_answer_that_is_shown(live: Live) -> None:
    answer = json.loads(run("sh", indented("curl -s http"), live.port))
    shown = indented('"status": "answered"')
    (citation,) = answer["citations"]
    assert answer["id"].startswith("ans_")
    for part in (answer["short_answer"], answer["missing"], citation["highlight"], citation["url"]):
        assert json.dumps(part) in shown
    for name in ("number", "document_id", "start", "end"):
        assert f'"{name}": {json.dumps(citation[name])}' in shown
    assert answer["confidence"]["label"] in shown
    for text in re.findall(r'"(?:answer|quote)": "([^…]+)…', shown):
        assert answer["answer"].startswith(text)
        assert citation["quote"].startswith(text)


def test_documents_over_http_come_and_go_as_shown(serve: Serve, settings: Settings, tmp_path: Path) -> None:
    own = replace(
        settings,
        corpus_dir=tmp_path / "corpus",
        index_dir=tmp_path / "index",
        state_dir=tmp_path / "state",
        admin_token="an-admin-token",
    )
    shutil.copytree(settings.corpus_dir, own.corpus_dir)
    ingest(own)
    (tmp_path / "day-1.md").write_text("The mayor of Oslo opened the harbour festival.\n")
    live = serve(server_config(create_app(own, lambda: open_answerer(own)), own))
    names, put, start, look, remove = indented("RAG_ADMIN_TOKEN").splitlines()

    def step(line: str) -> str:
        return run("sh", f"{names}\n{line}", live.port, tmp_path, RAG_ADMIN_TOKEN="an-admin-token")

    assert json.loads(step(put))["document_id"] == "day-1"
    assert json.loads(step(start))["status"] == "running"
    until = time.monotonic() + 60
    while (status := json.loads(step(look))["status"]) == "running" and time.monotonic() < until:
        time.sleep(0.1)
    assert status == "done"
    assert set(open_answerer(own).snapshot.documents) == {"day-1", "prizes", "summit"}
    assert step(remove) == ""
    assert not (own.corpus_dir / "day-1.md").exists()


def test_the_server_of_tools_starts_as_it_is_configured(settings: Settings) -> None:
    (code,) = (code for kind, code in BLOCKS if kind == "json")
    server = json.loads(code)["mcpServers"]["event-rag"]
    assert server["command"] == "rag"
    places = {"/srv/corpus": str(settings.corpus_dir), "/srv/index": str(settings.index_dir)}
    arguments = ["-m", "rag", *(places.get(argument, argument) for argument in server["args"])]
    environment = {"PATH": os.environ["PATH"], "RAG_MODEL": settings.model, "RAG_READER": settings.reader}
    started = StdioServerParameters(command=sys.executable, args=arguments, env=environment, cwd=str(ROOT))

    async def names() -> list[str]:
        async with Client(started) as client:
            return [tool.name for tool in (await client.list_tools()).tools]

    assert asyncio.run(names()) == ["search", "fetch", "ask"]


def test_a_scripted_model_words_the_answer_and_cites_the_same(tmp_path: Path) -> None:
    own = Settings(corpus_dir=ROOT / "corpus", index_dir=tmp_path / "index")
    ingest(own)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    code = indented("llm_server").replace("9000", str(port)).replace(".venv/bin/python", sys.executable)
    code = code.replace(".venv/bin/rag", f"{sys.executable} -m rag") + "kill $!\n"
    kept = {key: value for key, value in os.environ.items() if not key.startswith("RAG_")}
    done = subprocess.run(
        ["bash", "-ec", code],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**kept, variable("index_dir"): str(own.index_dir)},
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    _, quoted, worded = re.split(r"^264 \[1\]\n", done.stdout, flags=re.M)
    assert "In total, the two sessions drew 264" in quoted
    assert worded.strip().startswith("The two sessions drew 264 registered participants. [1]")
    cited = [re.findall(r"^\[1\].*\n.*$", part, re.M) for part in (quoted, worded)]
    assert cited[0] == cited[1]
    assert "llm_" not in done.stdout + done.stderr


def test_every_command_that_is_named_is_there() -> None:
    for command, further in re.findall(r"python -m eval ([a-z]+)(?: ([a-z]+))?", README):
        found = main.get_command(click.Context(main), command)
        assert found, command
        if isinstance(found, click.Group) and further:
            assert further in found.commands
    for target in re.findall(r"`?make ([a-z-]+)`?", README):
        assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.M), target
