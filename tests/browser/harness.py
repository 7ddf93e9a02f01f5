"""What browser tests are made of: a small corpus, a real server over it, a page under watch.

Non-scope: fixtures (`conftest.py`).
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from fastapi import FastAPI

from rag.answer import Answerer
from rag.settings import Settings, variable
from server.__main__ import bind, server_config
from server.app import create_app
from tests.conftest import ROOT
from tests.scripted import Line, Script

START_S = 60  # generous: two seconds in practice

ARTICLE = """The Harbour Forum closed on 12 May with delegates from nineteen cities.

In total, the two sessions drew 264 registered participants from 30 countries. Mayor Zdeněk Hřib of Prague spoke \
about open data. Deputy Mayor Huang stressed that the city will continue to foster its digital infrastructure.

The public library lent tablets to delegates. The public library lent bicycles to delegates.
"""
REHEARSAL = """The rehearsal begins at nine.
<img src=x onerror="globalThis.planted=1"> The stage plan was drawn by 陳小姐 with a 𝄞 clef beside it.
"""
TITLE = "Harbour Forum <b>closes</b>"
SOURCE = "https://forum.example/news"

# Answers with the words that answer: of one thing, of a list, of a part of the question.
PEOPLE = "How many people registered?"
REGISTERED = "How many registered participants were there?"  # made of the article by `rag/suggest.py`
LENT = "What did the library lend?"
STREAMED = "What did the library lend, word by word?"
TOLD = "What happened at the forum?"
DRAWN = "Who drew the stage plan, and when does the rehearsal end?"
_DRAWN_BY = """The stage plan was drawn by 陳小姐 with a 𝄞 clef beside it."""
_DREW = Line(
    "forum",
    "In total, the two sessions drew 264 registered participants from 30 countries.",
    "264 registered participants",
)
_LENT = (
    Line("forum", "The public library lent tablets to delegates.", "tablets"),
    Line("forum", "The public library lent bicycles to delegates.", "bicycles"),
)
SCRIPT = {
    PEOPLE: Script((_DREW, Line("forum", "The Harbour Forum closed on 12 May with delegates from nineteen cities."))),
    REGISTERED: Script((_DREW,)),
    LENT: Script(_LENT),
    STREAMED: Script(_LENT, pause_s=1.0),
    TOLD: Script(
        (
            Line("forum", "The Harbour Forum closed on 12 May with delegates from nineteen cities."),
            _DREW,
            *_LENT,
            Line("rehearsal", "The rehearsal begins at nine."),
        ),
        told="The forum closed, and much was lent.",
    ),
    DRAWN: Script((Line("rehearsal", _DRAWN_BY, "clef beside it"),), missing=("when does the rehearsal end?",)),
}


@dataclass(frozen=True)
class Served:
    """Where a server listens, and the settings it runs with."""

    url: str
    settings: Settings


@contextmanager
def served(settings: Settings) -> Iterator[Served]:
    """`python -m server` on a free port, until the end of the block."""
    names = ("corpus_dir", "index_dir", "state_dir", "model", "reader", "port", "token")
    own = {variable(name): str(getattr(settings, name)) for name in names}
    kept = {key: value for key, value in os.environ.items() if not key.startswith("RAG_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "server"],
        cwd=ROOT,
        env={**kept, **own, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()  # "Serving on http://127.0.0.1:PORT"
        assert "http://" in line, "the server did not start"
        yield Served(line.split()[-1], settings)
    finally:
        process.terminate()
        process.wait(START_S)
        process.stdout.close()


@contextmanager
def served_by(answerer: Answerer, settings: Settings) -> Iterator[Served]:
    """The same service with an answerer of the test's own, in a thread of this process."""
    with served_app(create_app(settings, lambda: answerer), settings) as running:
        yield running


@contextmanager
def served_app(app: FastAPI, settings: Settings) -> Iterator[Served]:
    """An app in a thread of this process."""
    listener = bind(settings.host, settings.port)
    running = uvicorn.Server(server_config(app, settings))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not running.started:
            time.sleep(0.01)
        yield Served(f"http://127.0.0.1:{listener.getsockname()[1]}", settings)
    finally:
        running.should_exit = True
        thread.join(START_S)
    assert not thread.is_alive()


@dataclass
class Opened:
    """A page under watch."""

    page: Any
    origin: str
    complaints: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()  # parts of console messages that the test brings about on purpose

    def watch(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("request", self._request)

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning") and not any(part in message.text for part in self.expected):
            self.complaints.append(f"console: {message.text}")

    def _request(self, request: Any) -> None:
        if not request.url.startswith(self.origin + "/"):
            self.complaints.append(f"request to {request.url}")

    def ask(self, question: str) -> Any:
        """Asks as a person does; returns the finished turn."""
        self.page.locator("#question").fill(question)
        self.page.locator("#question").press("Enter")
        turn = self.page.locator(".turn").last
        turn.locator(".answer[data-status]").wait_for()
        return turn


Open = Callable[..., Opened]
