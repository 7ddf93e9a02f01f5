from __future__ import annotations

import shutil
import time

import pytest

from rag.answer import Answerer
from rag.build import ingest, open_answerer
from rag.embed import HashEmbedder
from rag.segment import DENSE
from rag.settings import Settings
from rag.snapshot import current_name
from server.errors import RETRY_AFTER_S


def damage(settings: Settings) -> None:
    file = next((settings.index_dir / (current_name(settings.index_dir) or "")).rglob(DENSE))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


class OtherModel(HashEmbedder):
    """The same vectors under another name."""

    id = "another-model"


def test_ready(client, answerer: Answerer):
    info = answerer.snapshot.info
    assert client.get("/readyz").json() == {
        "status": "ready",
        "index": {"snapshot": info.snapshot, "documents": 2, "passages": info.passages},
        "models": {"embedder": "word-hash", "reader": None, "llm": None},
        "llm": None,
        "warnings": [],
    }


def test_warnings_of_the_snapshot_are_told(make_client, index_copy: Settings):
    ingest(index_copy, HashEmbedder(), force=True)
    damage(index_copy)
    ready = make_client(lambda: open_answerer(index_copy), index_dir=index_copy.index_dir).get("/readyz")
    assert ready.status_code == 200
    assert "damaged" in ready.json()["warnings"][0]


@pytest.mark.parametrize("state", ["missing", "corrupt", "model_mismatch"])
def test_without_a_usable_index_it_lives_says_why_and_recovers(make_client, index_copy: Settings, refused, state):
    embedder = OtherModel() if state == "model_mismatch" else HashEmbedder()
    if state == "missing":
        shutil.rmtree(index_copy.index_dir)
    elif state == "corrupt":
        damage(index_copy)
    client = make_client(lambda: open_answerer(index_copy, embedder), index_dir=index_copy.index_dir)
    assert client.get("/healthz").json() == {"status": "alive"}
    ready = client.get("/readyz")
    for response in (
        ready,
        client.post("/ask", json={"question": "Who opened the summit?"}),
        client.get("/documents"),
        client.get("/documents/summit"),
    ):
        refused(response, 503, f"index_{state}")
        assert response.json()["error"]["message"] == ready.json()["error"]["message"]
    assert "rag ingest" in ready.json()["error"]["message"]


def test_ingest_mends_a_running_server(make_client, index_copy: Settings):
    shutil.rmtree(index_copy.index_dir)
    client = make_client(lambda: open_answerer(index_copy), index_dir=index_copy.index_dir)
    assert client.get("/readyz").status_code == 503
    ingest(index_copy, HashEmbedder())
    time.sleep(RETRY_AFTER_S)  # what a client is told to wait
    assert client.get("/readyz").status_code == 200
    assert client.post("/ask", json={"question": "Who opened the summit?"}).json()["status"] == "answered"
