from __future__ import annotations

import logging
import re

import pytest
from starlette.responses import StreamingResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from rag.answer import Answerer
from server.envelope import Envelope

CANARY = "canary7f3a"
QUESTION = {"question": "Who opened the summit?"}
EXPECTED = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


def broken() -> Answerer:
    raise ValueError(CANARY)


def every_kind(client):
    """One response of every kind that the app can give."""
    yield client.get("/")
    yield client.get("/ui/app.css")
    yield client.get("/ui/app.css", headers={"If-None-Match": "*"})
    yield client.get("/healthz")
    yield client.get("/documents")
    yield client.get("/openapi.json")
    yield client.post("/ask", json=QUESTION)
    yield client.post("/ask", json=QUESTION, headers={"Accept": "text/event-stream"})
    yield client.get("/nowhere")
    yield client.put("/healthz")
    yield client.post("/ask", json={})
    yield client.post("/ask", content=b"{", headers={"Content-Type": "application/json"})
    yield client.post("/ask", content=b"a" * 70_000, headers={"Content-Type": "application/json"})
    yield client.post("/ask", content=b"a")
    yield client.get("/", headers={"Host": "evil.example"})
    yield client.get("/", headers={"X": "a" * 17_000})
    yield client.post("/ask", json=QUESTION, headers={"Origin": "http://evil.example"})


def test_headers_of_every_response(make_client):
    kinds = [*every_kind(make_client()), make_client(broken).get("/readyz"), make_client(token="t").get("/documents")]
    assert {r.status_code for r in kinds} == {200, 304, 400, 401, 403, 404, 405, 413, 415, 421, 422, 431, 500}
    for response in kinds:
        assert EXPECTED.items() <= dict(response.headers).items()
        policy = response.headers["content-security-policy"].split("; ")
        assert policy[0] == "default-src 'none'"
        assert {"frame-ancestors 'none'", "base-uri 'none'", "require-trusted-types-for 'script'"} <= set(policy)
        assert "unsafe" not in str(policy)
        assert "=()" in response.headers["permissions-policy"]
        assert re.fullmatch("req_[0-9a-f]{24}", response.headers["x-request-id"])
        assert not [name for name in response.headers if name.startswith("access-control-") or name == "server"]
        assert response.headers["cache-control"] in ("no-store", "no-cache", "no-cache, no-transform")
    assert len({response.headers["x-request-id"] for response in kinds}) == len(kinds)


def test_the_api_is_never_stored(client):
    for path in ("/documents", "/documents/summit", "/readyz", "/nowhere"):
        assert client.get(path).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/ui/app.css", "/healthz", "/documents", "/openapi.json", "/nowhere"])
def test_head_is_get_without_the_body(client, path):
    head, get = client.head(path), client.get(path)
    assert (head.status_code, head.content) == (get.status_code, b"")
    changing = {"x-request-id", "date"}
    assert {k: v for k, v in head.headers.items() if k not in changing} == {
        k: v for k, v in get.headers.items() if k not in changing
    }


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/ask", "POST"),
        ("HEAD", "/ask", "POST"),
        ("OPTIONS", "/ask", "POST"),
        ("PUT", "/ask", "POST"),
        ("DELETE", "/documents", "GET, HEAD"),
        ("DELETE", "/ui/app.css", "GET, HEAD"),
        ("TRACE", "/healthz", "GET, HEAD"),
        ("BREW", "/documents/summit", "GET, HEAD"),
    ],
)
def test_wrong_method(client, refused, method, path, allow):
    response = client.request(method, path)
    assert (response.status_code, response.headers["allow"]) == (405, allow)
    if method != "HEAD":
        refused(response, 405, "method_not_allowed")


@pytest.mark.parametrize("path", ["/nowhere", f"/{CANARY}?{CANARY}", "/ask/", "/documents/", "/docs"])
def test_unknown_address(client, refused, path):
    refused(client.get(path), 404, "not_found")


def test_an_unforeseen_error(make_client, refused, caplog):
    refused(make_client(broken).get("/documents"), 500, "internal_error")
    assert [r.exc_info[0] for r in caplog.records if r.getMessage() == "failed"] == [ValueError]


def test_an_error_after_the_response_began_cuts_it():
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async def body():
            yield b"first"
            raise ValueError(CANARY)

        await StreamingResponse(body())(scope, receive, send)

    with pytest.raises(ValueError, match=CANARY):
        TestClient(Envelope(app)).get("/")


def test_log_line(client, caplog):
    caplog.set_level(logging.INFO, "server")
    response = client.get(f"/documents/{CANARY}?{CANARY}", headers={"Authorization": CANARY})
    client.get(f"/{CANARY}")
    client.get("/ui/app.css")
    client.get("/")
    lines = [record.__dict__ for record in caplog.records if record.getMessage() == "request"]
    assert [line["route"] for line in lines] == ["/documents/{document_id}", None, "/ui/{path:path}", "/"]
    assert [line["status"] for line in lines] == [404, 404, 200, 200]
    assert lines[0]["request_id"] == response.headers["x-request-id"]
    assert lines[0]["method"] == "GET"
    assert lines[0]["ms"] > 0
    assert CANARY not in str(lines)
