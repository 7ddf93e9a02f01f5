"""A tiny corpus, its answerer, clients in memory and a real server on a free port of 127.0.0.1."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from starlette.testclient import TestClient

from rag.abstain import Calibration
from rag.answer import Answerer, never
from rag.build import ingest, open_answerer
from rag.embed import HASH_MODEL, HashEmbedder
from rag.linear import Linear
from rag.settings import NO_READER, Settings
from rag.types import Event, Question, Stopped
from server.app import create_app
from tests.scripted import fields_of

SUMMIT = (
    "The 2021 Smart City Mayors' Summit was held online on 25 March 2021. "
    "In total, the two sessions drew 264 registered participants from 39 cities.\n\n"
    "The mayor of Taipei opened the summit — “for 台北” 🎉 — and spoke about open data.\n"
)
PRIZES = (
    "# Prizes\n\nThe jury gave the first prize to the city of Tartu for its bus tracking system. "
    "The second prize went to Bilbao.\n\n## Later\n\nA workshop followed in May.\n"
)
# Words alone decide, so that these tests do not depend on the numbers that ship.
CALIBRATION = Calibration(Linear({"coverage": 10.0}, -1.0), 0.5, reader=None)

MakeClient = Callable[..., TestClient]


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("server")
    corpus = folder / "corpus"
    corpus.mkdir()
    (corpus / "summit.txt").write_text(SUMMIT, encoding="utf-8")
    (corpus / "summit.txt.toml").write_text('title = "Summit"\nsource = "https://example.org/summit"\n')
    (corpus / "prizes.md").write_text(PRIZES, encoding="utf-8")
    made = Settings(
        corpus_dir=corpus,
        index_dir=folder / "index",
        state_dir=folder / "state",
        model=HASH_MODEL,
        reader=NO_READER,
        port=0,
    )
    ingest(made, HashEmbedder())
    return made


@pytest.fixture(scope="session")
def answerer(settings: Settings) -> Answerer:
    return replace(open_answerer(settings), calibration=CALIBRATION)


@pytest.fixture
def state_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the clients of one test keep conversations; not there yet."""
    return tmp_path_factory.mktemp("state") / "state"


@pytest.fixture
def make_client(settings: Settings, answerer: Answerer, state_dir: Path) -> Iterator[MakeClient]:
    """make_client(open_answerer=…, **settings) → a client of an app of its own."""
    with ExitStack() as stack:

        def make(open_answerer: Callable[[], Answerer] = lambda: answerer, **changes: Any) -> TestClient:
            app = create_app(replace(settings, **{"state_dir": state_dir, **changes}), open_answerer)
            client = TestClient(app, base_url="http://localhost:8000", raise_server_exceptions=False)
            return stack.enter_context(client)

        yield make


@pytest.fixture
def client(make_client: MakeClient) -> TestClient:
    return make_client()


@dataclass(frozen=True)
class Gated(Answerer):
    """An answerer that waits before each event until it is let on; says when it was closed."""

    gate: threading.Semaphore
    closed: threading.Event

    def stream(self, question: Question, stopped: Stopped = never) -> Iterator[Event]:
        try:
            for event in super().stream(question, stopped):
                assert self.gate.acquire(timeout=20)
                yield event
        finally:
            self.closed.set()


@pytest.fixture
def gated(answerer: Answerer) -> Iterator[Gated]:
    made = Gated(**fields_of(answerer), gate=threading.Semaphore(0), closed=threading.Event())
    yield made
    made.gate.release(1000)  # nothing may wait after the test


class Socket:
    """A plain connection: sends what it is told, byte for byte."""

    def __init__(self, port: int, timeout_s: float = 20) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout_s)

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def receive(self, until: bytes) -> bytes:
        data = b""
        while until not in data:
            chunk = self._socket.recv(65536)
            assert chunk, f"closed after {data!r}"
            data += chunk
        return data

    def receive_all(self) -> bytes:
        """Everything until the server closes."""
        data = b""
        while chunk := self._recv():
            data += chunk
        return data

    def _recv(self) -> bytes:
        try:
            return self._socket.recv(65536)
        except ConnectionResetError:
            return b""

    def close(self) -> None:
        self._socket.close()


@dataclass(frozen=True)
class Live:
    """A server that listens."""

    port: int
    connect: Callable[[], Socket]

    def request(self, head: str, body: bytes = b"") -> bytes:
        """One request on a connection of its own → the whole response. Say `Connection: close`."""
        connection = self.connect()
        connection.send(head.replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n" + body)
        return connection.receive_all()


Serve = Callable[[uvicorn.Config], Live]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """serve(config) → a server in a thread, stopped after the test."""
    with ExitStack() as stack:
        yield lambda config: stack.enter_context(running(config))


@contextmanager
def running(config: uvicorn.Config) -> Iterator[Live]:
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    with ExitStack() as sockets:

        def connect() -> Socket:
            connection = Socket(port)
            sockets.callback(connection.close)
            return connection

        yield Live(port, connect)
    server.should_exit = True
    thread.join(20)
    assert not thread.is_alive()


@pytest.fixture
def index_copy(settings: Settings, tmp_path: Path) -> Settings:
    """Settings with an index of its own, to be damaged."""
    made = replace(settings, index_dir=tmp_path / "index")
    ingest(made, HashEmbedder())
    return made


CANARY = "canary7f3a"  # stands in bad input: must come back nowhere


@pytest.fixture
def refused() -> Callable[..., None]:
    """refused(response, status, code, param=None): the one error shape, and nothing of the input in it."""

    def check(response: Any, status: int, code: str, param: str | None = None) -> None:
        assert (response.status_code, response.headers["content-type"]) == (status, "application/json")
        assert list(response.json()) == ["error"]
        error = response.json()["error"]
        assert list(error) == ["message", "type", "code", "param", "request_id"]
        assert (error["code"], error["param"]) == (code, param)
        assert error["request_id"] == response.headers["x-request-id"]
        assert response.headers.get("retry-after") == ("2" if status in (429, 503) else None)
        for leak in (CANARY, "Traceback", "site-packages", ".py"):
            assert leak not in response.text + str(response.headers)

    return check
