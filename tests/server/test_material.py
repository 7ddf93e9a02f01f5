"""`server/routes/material.py` and `server/ingestion.py`: a document from the outside into the answers, and out."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from rag.build import ingest, open_answerer
from rag.embed import HashEmbedder, Vectors
from rag.publish import writer_lock
from rag.settings import Settings
from rag.snapshot import current_name
from server.__main__ import server_config
from server.app import create_app
from server.limits import MAX_DOCUMENT_BYTES
from tests.server.conftest import CALIBRATION, CANARY, MakeClient, Serve

ADMIN = {"Authorization": "Bearer an-admin-token"}
QUESTION = {"question": "Who opened the harbour festival?"}
FESTIVAL = "The mayor of Oslo opened the harbour festival."


class Waiting(HashEmbedder):
    """Word hashes; those of documents come only when they are let on."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.go_on.set()

    def encode(self, texts: Sequence[str]) -> Vectors:
        assert self.go_on.wait(20)
        return super().encode(texts)

    def encode_question(self, text: str) -> Vectors:
        return HashEmbedder().encode_question(text)


@pytest.fixture
def embedder() -> Iterator[Waiting]:
    made = Waiting()
    yield made
    made.go_on.set()  # nothing may wait after the test


@pytest.fixture
def place(settings: Settings, tmp_path: Path) -> Settings:
    """Settings with a corpus of one document, not yet ingested."""
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "prizes.txt").write_text("The jury gave the first prize to the city of Tartu.\n")
    return replace(settings, corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index", admin_token="an-admin-token")


@pytest.fixture
def admin(make_client: MakeClient, place: Settings, embedder: Waiting) -> TestClient:
    ingest(place, embedder)
    client = make_client(
        lambda: replace(open_answerer(place, embedder), calibration=CALIBRATION),
        corpus_dir=place.corpus_dir,
        index_dir=place.index_dir,
        admin_token=place.admin_token,
    )
    client.headers.update(ADMIN)
    return client


def finished(client: TestClient) -> dict[str, Any]:
    """The run, once it has ended."""
    give_up = time.monotonic() + 20
    while (run := client.get("/ingest").json())["status"] == "running":
        assert time.monotonic() < give_up
        time.sleep(0.01)
    return run


def ingested(client: TestClient) -> dict[str, Any]:
    started = client.post("/ingest")
    assert started.status_code == 202
    run = finished(client)
    assert started.json() == {"id": run["id"], "status": "running"}
    return run


# The journey


def test_a_document_comes_into_the_answers_and_leaves_them(admin: TestClient, place: Settings):
    first = current_name(place.index_dir)
    put = admin.put("/documents/Festival 2021.md", content=FESTIVAL.encode())
    assert (put.status_code, put.json()["document_id"]) == (201, "festival-2021")
    assert admin.post("/ask", json=QUESTION).json()["index"]["snapshot"] == first  # not yet

    run = ingested(admin)
    second = current_name(place.index_dir)
    assert (run["status"], run["snapshot"], run["error"]) == ("done", second, None)
    assert run["done"] == run["total"] == 2  # one passage, one sentence
    added, unchanged = run["report"]
    assert added == {
        "path": "Festival 2021.md",
        "change": "added",
        "passages": 1,
        "code": None,
        "message": None,
        "note": None,
    }
    assert (unchanged["path"], unchanged["change"]) == ("prizes.txt", "unchanged")
    answer = admin.post("/ask", json=QUESTION).json()  # at once, without waiting for the index to be noticed
    assert (answer["index"]["snapshot"], answer["citations"][0]["quote"]) == (second, FESTIVAL)
    assert admin.get("/documents/festival-2021").json()["text"] == FESTIVAL

    assert admin.delete("/documents/Festival 2021.md").status_code == 204
    assert admin.post("/ask", json=QUESTION).json()["status"] == "answered"  # not yet
    assert [line["change"] for line in ingested(admin)["report"]] == ["removed", "unchanged"]
    answer = admin.post("/ask", json=QUESTION).json()
    assert (answer["status"], answer["citations"]) == ("not_found", [])
    assert admin.get("/documents/festival-2021").status_code == 404


def test_the_first_index_of_an_empty_server(make_client: MakeClient, place: Settings):
    client = make_client(
        lambda: replace(open_answerer(place), calibration=CALIBRATION),
        corpus_dir=place.corpus_dir / "new",
        index_dir=place.index_dir,
        admin_token=place.admin_token,
    )
    client.headers.update(ADMIN)
    assert client.get("/readyz").status_code == 503
    assert client.put("/documents/festival.txt", content=FESTIVAL).status_code == 201
    assert ingested(client)["status"] == "done"
    assert client.get("/readyz").status_code == 200
    assert client.post("/ask", json=QUESTION).json()["status"] == "answered"


# PUT and DELETE


def test_put_again_is_200(admin: TestClient, place: Settings):
    assert admin.put("/documents/a.txt", content=b"one").status_code == 201
    again = admin.put("/documents/a.txt", content=b"three", headers={"Content-Type": "image/png"})
    assert (again.status_code, again.json()["bytes"]) == (200, 5)
    assert (place.corpus_dir / "a.txt").read_bytes() == b"three"


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("%2e%2e", 422, "bad_name"),
        ("..%5ca.txt", 422, "bad_name"),
        (f".{CANARY}.txt", 422, "bad_name"),
        (f"{CANARY}%00.txt", 422, "bad_name"),
        (f"{CANARY}%0a.txt", 422, "bad_name"),
        (f"{CANARY}%ff.txt", 422, "bad_name"),
        (CANARY * 26 + ".txt", 422, "bad_name"),
        ("readme.md", 422, "bad_name"),
        (f"{CANARY}.txt.toml", 422, "unsupported"),
        (f"{CANARY}.exe", 422, "unsupported"),
    ],
)
def test_names_that_are_refused(admin: TestClient, place: Settings, refused, path, status, code):
    before = sorted(place.corpus_dir.parent.rglob("*"))
    refused(admin.put(f"/documents/{path}", content=b"text"), status, code, "name")
    refused(admin.delete(f"/documents/{path}"), status, code, "name")
    assert sorted(place.corpus_dir.parent.rglob("*")) == before


@pytest.mark.parametrize("path", ["%2e%2e%2fa.txt", "a%2Fb.txt", "a/b.txt", "..%2f..%2fetc%2fpasswd", ""])
def test_paths_have_no_address(admin: TestClient, place: Settings, refused, path):
    before = sorted(place.corpus_dir.parent.rglob("*"))
    refused(admin.put(f"/documents/{path}", content=b"text"), 404, "not_found")
    refused(admin.delete(f"/documents/{path}"), 404, "not_found")
    assert sorted(place.corpus_dir.parent.rglob("*")) == before


@pytest.mark.parametrize(("raw", "code"), [(b"", "empty"), (b"\0" + CANARY.encode(), "type_mismatch")])
def test_content_that_cannot_be_read(admin: TestClient, place: Settings, refused, raw, code):
    refused(admin.put("/documents/a.txt", content=raw), 422, code)
    assert [path.name for path in place.corpus_dir.iterdir()] == ["prizes.txt"]


def in_chunks(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 2**20):
        yield body[start : start + 2**20]


@pytest.mark.parametrize("send", [bytes, in_chunks], ids=["announced", "chunked"])
def test_a_document_of_20_mib_and_not_a_byte_more(admin: TestClient, place: Settings, refused, send):
    body = b"x" * MAX_DOCUMENT_BYTES
    assert admin.put("/documents/a.txt", content=send(body)).status_code == 201
    refused(admin.put("/documents/b.txt", content=send(body + b"x")), 413, "body_too_large")
    assert not (place.corpus_dir / "b.txt").exists()


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/ask"),
        ("PUT", "/ask"),
        ("POST", "/ingest"),
        ("PUT", "/documents"),
        ("POST", "/documents/a.txt"),
        ("DELETE", "/documents/a.txt"),
    ],
)
def test_no_other_address_takes_so_much(admin: TestClient, refused, method, path):
    body = b" " * (2**16 + 1)
    headers = {"Content-Type": "application/json"}
    refused(admin.request(method, path, content=body, headers=headers), 413, "body_too_large")


@pytest.mark.parametrize(("token", "name", "status"), [("wrong", "a.txt", 401), ("an-admin-token", "a.exe", 422)])
def test_a_body_that_is_not_wanted_is_not_read(serve: Serve, place: Settings, token, name, status):
    live = serve(server_config(create_app(place, lambda: open_answerer(place)), place))
    head = f"PUT /documents/{name} HTTP/1.1\nHost: localhost\nX-API-Key: {token}\nConnection: close\n"
    response = live.request(f"{head}Content-Length: {MAX_DOCUMENT_BYTES}")  # and nothing follows
    assert response.startswith(f"HTTP/1.1 {status} ".encode())


def test_another_page_cannot_put_through_a_browser(admin: TestClient, refused):
    response = admin.put("/documents/a.txt", content=b"x", headers={"Origin": "http://evil.example"})
    refused(response, 403, "bad_origin", "Origin")


def test_delete_of_what_is_not_there(admin: TestClient, refused):
    refused(admin.delete(f"/documents/{CANARY}.txt"), 404, "not_found")
    refused(admin.delete("/documents/prizes"), 422, "unsupported", "name")  # an id is no name


# Ingesting


def test_idle(admin: TestClient):
    idle = {"id": None, "status": "idle", "done": 0, "total": 0, "snapshot": None, "report": [], "error": None}
    assert admin.get("/ingest").json() == idle


def test_one_at_a_time(admin: TestClient, place: Settings, refused, embedder: Waiting):
    admin.put("/documents/festival.txt", content=FESTIVAL)
    embedder.go_on.clear()
    responses: list[Any] = []
    posts = [threading.Thread(target=lambda: responses.append(admin.post("/ingest"))) for _ in range(2)]
    for post in posts:
        post.start()
    for post in posts:
        post.join()
    accepted, busy = sorted(responses, key=lambda response: response.status_code)
    assert accepted.status_code == 202
    refused(busy, 409, "index_busy")
    running = admin.get("/ingest").json()
    assert (running["id"], running["status"], running["snapshot"]) == (accepted.json()["id"], "running", None)
    assert admin.post("/ask", json={"question": "Who gave the first prize?"}).json()["status"] == "answered"
    embedder.go_on.set()
    assert finished(admin)["status"] == "done"
    assert ingested(admin)["report"][0]["change"] == "unchanged"


def test_busy_while_another_process_writes(admin: TestClient, place: Settings, refused):
    with writer_lock(place.index_dir):
        refused(admin.post("/ingest"), 409, "index_busy")
    assert admin.get("/ingest").json()["status"] == "idle"
    assert ingested(admin)["status"] == "done"


def test_the_end_of_the_server_does_not_wait_for_it(place: Settings, embedder: Waiting):
    before = ingest(place, embedder).snapshot
    app = create_app(place, lambda: open_answerer(place, embedder))
    with TestClient(app, base_url="http://localhost:8000", headers=ADMIN) as client:
        client.put("/documents/festival.txt", content=FESTIVAL)
        embedder.go_on.clear()
        assert client.post("/ingest").status_code == 202
    (run,) = [thread for thread in threading.enumerate() if thread.name == "ingest"]
    assert run.daemon
    assert current_name(place.index_dir) == before
    embedder.go_on.set()
    run.join()


def test_a_run_that_fails_leaves_the_old_index(admin: TestClient, place: Settings):
    before = current_name(place.index_dir)
    assert admin.delete("/documents/prizes.txt").status_code == 204
    run = ingested(admin)
    assert (run["status"], run["snapshot"], run["error"]["code"]) == ("failed", None, "bad_corpus")
    assert admin.get("/readyz").json()["index"]["snapshot"] == before
    admin.put("/documents/festival.txt", content=FESTIVAL)
    assert ingested(admin)["status"] == "done"


def test_files_that_are_skipped_are_reported(admin: TestClient, place: Settings):
    (place.corpus_dir / "broken.txt").write_bytes(b"\0")
    skipped = ingested(admin)["report"][0]
    assert (skipped["path"], skipped["change"], skipped["code"]) == ("broken.txt", "skipped", "type_mismatch")
    assert "NUL" in skipped["message"]
