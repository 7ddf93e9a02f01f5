"""Over real sockets, byte for byte: clients tidy up the requests that matter here."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from server.__main__ import server_config
from server.app import create_app
from server.guard import GuardedProtocol

if TYPE_CHECKING:
    from tests.server.conftest import Live

CANARY = b"canary7f3a"


# The whole app, asked by hand


@pytest.fixture
def live(serve, settings, answerer) -> Live:
    return serve(server_config(create_app(settings, lambda: answerer), settings))


def refused(response: bytes, status: int, code: str) -> dict[str, str]:
    """The one error shape with its headers, on a connection that the server has closed."""
    head, _, body = response.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines[1:])}
    assert int(lines[0].split()[1]) == status
    error = json.loads(body)["error"]
    assert list(error) == ["message", "type", "code", "param", "request_id"]
    assert (error["code"], error["request_id"]) == (code, headers["x-request-id"])
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert CANARY not in response
    return headers


def test_an_ordinary_question(live: Live):
    body = b'{"question": "Who opened the summit?"}'
    head = "POST /ask HTTP/1.1\nHost: localhost\nContent-Type: application/json\nConnection: close\n"
    response = live.request(f"{head}Content-Length: {len(body)}", body)
    assert response.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"The mayor of Taipei opened the summit" in response


@pytest.mark.parametrize(
    "request_bytes",
    [
        pytest.param(b"GET /healthz HTTP/1.1\r\n\r\n", id="no-host"),
        pytest.param(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", id="two-hosts"),
        pytest.param(
            b"POST /ask HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
            id="two-lengths",
        ),
        pytest.param(b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", id="negative-length"),
        pytest.param(b"GET /" + CANARY + b"\x00 HTTP/1.1\r\nHost: localhost\r\n\r\n", id="nul-in-address"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + CANARY + b" : x\r\n\r\n", id="space-in-name"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\x00\r\n\r\n", id="nul-in-value"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", id="tls"),
        pytest.param(CANARY + b"\r\n\r\n", id="no-http"),
        pytest.param(
            b"POST /ask HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", id="transfer-coding"
        ),
    ],
)
def test_not_http(live: Live, request_bytes):
    connection = live.connect()
    connection.send(request_bytes)
    refused(connection.receive_all(), 400, "bad_request")


def test_length_with_transfer_encoding_is_refused_and_closed(live: Live):
    head = "POST /ask HTTP/1.1\nHost: localhost\nContent-Type: application/json\nContent-Length: 2\n"
    smuggled = b"2\r\n{}\r\n0\r\n\r\nGET /documents HTTP/1.1\r\nHost: localhost\r\n\r\n"
    response = live.request(f"{head}Transfer-Encoding: chunked", smuggled)
    refused(response, 400, "bad_framing")
    assert response.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize("size", [17_000, 60_000])
def test_large_headers_are_refused_and_closed(live: Live, size):
    refused(live.request(f"GET / HTTP/1.1\nHost: localhost\nX: {'a' * size}"), 431, "headers_too_large")


def test_unfinished_headers_are_refused_as_soon_as_they_are_too_large(live: Live):
    connection = live.connect()
    connection.send(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 17_000)
    refused(connection.receive_all(), 431, "headers_too_large")


@pytest.mark.parametrize("path", ["/ask", "/nowhere"])
def test_a_broken_chunk_is_refused_and_closed(live: Live, path, caplog):
    head = f"POST {path} HTTP/1.1\nHost: localhost\nContent-Type: application/json\nTransfer-Encoding: chunked"
    response = live.request(head, b"zz\r\n" + CANARY + b"\r\n")
    refused(response, 400, "bad_request")
    assert response.count(b"HTTP/1.1 ") == 1
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


@pytest.mark.parametrize("host", ["evil.example", "a/b?x#", "localhost:8000@evil.example"])
def test_foreign_host(live: Live, host):
    refused(live.request(f"GET / HTTP/1.1\nHost: {host}\nConnection: close"), 421, "bad_host")


def test_an_address_of_another_host_is_not_ours(live: Live):
    head = "GET http://evil.example/healthz HTTP/1.1\nHost: localhost\nConnection: close"
    refused(live.request(head), 404, "not_found")
    refused(live.request("GET //evil.example/ HTTP/1.1\nHost: localhost\nConnection: close"), 404, "not_found")


def test_head_has_no_body(live: Live):
    response = live.request("HEAD /documents HTTP/1.1\nHost: localhost\nConnection: close")
    assert response.startswith(b"HTTP/1.1 200 OK\r\n")
    assert response.endswith(b"\r\n\r\n")


def test_a_body_that_is_too_large_is_answered_before_it_was_sent(live: Live):
    head = "POST /ask HTTP/1.1\nHost: localhost\nContent-Type: application/json\nContent-Length: 60000000"
    connection = live.connect()
    connection.send(head.replace("\n", "\r\n").encode() + b"\r\n\r\n")
    assert b"body_too_large" in connection.receive(b"}}")


def test_websockets_are_not_spoken(live: Live):
    upgrade = "Connection: Upgrade, close\nUpgrade: websocket\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="
    refused(live.request(f"GET /ask HTTP/1.1\nHost: localhost\n{upgrade}"), 405, "method_not_allowed")


def test_pipelined_requests_are_answered_in_order(live: Live):
    connection = live.connect()
    one = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    connection.send(
        one + one.replace(b"/healthz", b"/nowhere") + one.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    )
    assert [part[:3] for part in connection.receive_all().split(b"HTTP/1.1 ")[1:]] == [b"200", b"404", b"200"]


# The deadlines, on a small app of their own


class Impatient(GuardedProtocol):
    headers_s = 0.4
    body_s = 0.6
    write_s = 0.6


class SmallApp:
    """/slow sends ten pieces in a second, /big sends much at once, anything else reads its body first."""

    def __init__(self) -> None:
        self.sent = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        pieces, size, pause = {"/slow": (10, 10, 0.1), "/big": (1000, 1_000_000, 0)}.get(scope["path"], (1, 2, 0))
        await Request(scope, receive).body()
        await StreamingResponse(self.pieces(pieces, size, pause))(scope, receive, send)

    async def pieces(self, count: int, size: int, pause: float) -> AsyncIterator[bytes]:
        for _ in range(count):
            yield b"x" * size
            self.sent += 1
            await asyncio.sleep(pause)


@pytest.fixture
def small_app() -> SmallApp:
    return SmallApp()


@pytest.fixture
def impatient(serve, small_app: SmallApp) -> Live:
    return serve(
        uvicorn.Config(small_app, http=Impatient, ws="none", log_config=None, lifespan="off", timeout_keep_alive=1)
    )


def closed_after(live: Live, first: bytes, trickle: bytes = b"") -> float:
    """Seconds until the server closes; `trickle` is sent again and again meanwhile."""
    connection = live.connect()
    connection.send(first)
    started = time.monotonic()
    while time.monotonic() - started < 5:
        try:
            if trickle:
                connection.send(trickle)
            connection._socket.settimeout(0.05)
            if not connection._socket.recv(65536):
                break
        except TimeoutError:
            continue
        except OSError:
            break
    return time.monotonic() - started


GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
HEAD = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n"


@pytest.mark.parametrize(
    ("first", "trickle", "deadline"),
    [
        pytest.param(b"", b"", 0.4, id="silent"),
        pytest.param(b"GET / HT", b"", 0.4, id="stalled-headers"),
        pytest.param(b"GET / HTTP/1.1\r\nX: ", b"a", 0.4, id="trickled-headers"),
        pytest.param(HEAD + b"\r\n{", b"", 0.6, id="stalled-body"),
        pytest.param(HEAD + b"\r\n{", b"a", 0.6, id="trickled-body"),
        pytest.param(
            HEAD.replace(b"Content-Length: 1000", b"Transfer-Encoding: chunked") + b"\r\n",
            b"1\r\na\r\n",
            0.6,
            id="trickled-chunks",
        ),
        pytest.param(GET + HEAD + b"\r\n{", b"", 0.6, id="stalled-body-after-another-request"),
        pytest.param(GET, b"", 1.0, id="idle-keep-alive"),
        pytest.param(GET + b"GET /", b"a", 0.4, id="trickled-second-request"),
    ],
)
def test_dawdlers_are_cut(impatient: Live, first, trickle, deadline):
    # Wide edges: the machine may be busy. Without the guard nothing would close within closed_after's 5 seconds.
    assert deadline / 8 < closed_after(impatient, first, trickle) < 4.5


def test_a_stream_may_outlast_every_deadline(impatient: Live):
    response = impatient.request("GET /slow HTTP/1.1\nHost: a\nConnection: close")
    assert response.count(b"x" * 10) == 10
    assert response.endswith(b"0\r\n\r\n")


def test_a_client_that_does_not_read_is_cut_and_its_work_ends(impatient: Live, small_app: SmallApp):
    connection = impatient.connect()
    connection.send(b"GET /big HTTP/1.1\r\nHost: a\r\n\r\n")
    connection.receive(b"xxxx")
    time.sleep(1)
    sent = small_app.sent
    assert sent < 100
    assert len(connection.receive_all()) < 100_000_000
    assert small_app.sent == sent


def test_others_are_served_while_many_dawdle(impatient: Live):
    for _ in range(50):
        impatient.connect().send(b"GET / HTTP/1.1\r\nX: ")
    assert impatient.request("GET / HTTP/1.1\nHost: a\nConnection: close").startswith(b"HTTP/1.1 200")
