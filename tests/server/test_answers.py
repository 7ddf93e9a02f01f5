"""`/answers/{id}`: the link of an answer, and what readers say about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from rag.build import ingest, open_answerer
from rag.embed import HashEmbedder
from rag.settings import Settings
from rag.store import Expected, Store
from tests.server.conftest import CALIBRATION, CANARY, SUMMIT, MakeClient

ASKED = "Who opened the summit?"


@pytest.fixture
def opened(make_client: MakeClient, settings: Settings, tmp_path: Path) -> Callable[[str | None], TestClient]:
    """opened(text) → a client of a server whose document "summit" is now that; None: it is gone."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "other.txt").write_text("Nothing about it.", encoding="utf-8")
    own = replace(settings, corpus_dir=corpus, index_dir=tmp_path / "index")

    def opened(text: str | None) -> TestClient:
        if text is None:
            (corpus / "summit.txt").unlink()
        else:
            (corpus / "summit.txt").write_text(text, encoding="utf-8")
        ingest(own, HashEmbedder())
        answerer = replace(open_answerer(own), calibration=CALIBRATION)
        return make_client(lambda: answerer, index_dir=own.index_dir)

    return opened


def ask(client: TestClient, **changes: object) -> dict:
    return client.post("/ask", json={"question": ASKED, **changes}).json()


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_an_answer_can_be_had_again(client: TestClient, accept: str) -> None:
    client.post("/ask", json={"question": ASKED}, headers={"Accept": accept})
    answer = ask(client)
    assert client.get(f"/answers/{answer['id']}").json() == {**answer, "source_changed": []}


def test_unknown_answer(client: TestClient, refused) -> None:
    refused(client.get(f"/answers/{CANARY}"), 404, "not_found")
    refused(client.post(f"/answers/{CANARY}/feedback", json={"verdict": "right"}), 404, "not_found")


def test_the_link_does_not_tell_the_conversation(make_client: MakeClient) -> None:
    hers, his = make_client(), make_client()
    begun = hers.post("/conversations", json={}).json()["id"]
    answer = ask(hers, conversation_id=begun)
    shared = his.get(f"/answers/{answer['id']}")
    assert (shared.status_code, shared.json()["conversation_id"]) == (200, None)
    assert begun not in shared.text


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        pytest.param(SUMMIT + "One more sentence.\n", [], id="elsewhere"),
        pytest.param(SUMMIT.replace("2021", "2022"), [], id="other-words-of-it"),
        pytest.param("New. " + SUMMIT, ["summit"], id="moved"),
        pytest.param(SUMMIT.replace("open data", "closed data"), ["summit"], id="changed"),
        pytest.param(None, ["summit"], id="removed"),
    ],
)
def test_a_link_outlives_an_ingest_and_says_what_changed(
    opened: Callable[[str | None], TestClient], text: str | None, changed: list[str]
) -> None:
    answer = ask(opened(SUMMIT))
    assert answer["citations"]
    assert opened(text).get(f"/answers/{answer['id']}").json() == {**answer, "source_changed": changed}


def test_feedback_is_kept_with_the_answer(client: TestClient, state_dir) -> None:
    answer = ask(client)
    start = SUMMIT.index("264")
    given = client.post(
        f"/answers/{answer['id']}/feedback",
        json={
            "verdict": "wrong_answer",
            "comment": " It is 264. ",
            "expected": {"document_id": "summit", "start": start, "end": start + 3},
        },
    )
    assert given.status_code == 201
    store = Store(state_dir)
    (kept,) = store.feedback()
    store.close()
    assert (kept.id, kept.verdict, kept.comment) == (given.json()["id"], "wrong_answer", "It is 264.")
    assert kept.expected == Expected("summit", start, start + 3, "264")
    assert kept.answer == answer


def test_a_quote_is_found_however_it_is_spaced(client: TestClient, state_dir) -> None:
    said = "from 39 cities. The mayor \n of Taipei"
    expected = {"document_id": "summit", "quote": said}
    path = f"/answers/{ask(client)['id']}/feedback"
    assert client.post(path, json={"verdict": "missing", "expected": expected}).status_code == 201
    store = Store(state_dir)
    (kept,) = store.feedback()
    store.close()
    start, end = SUMMIT.index("from 39"), SUMMIT.index(" opened")
    assert kept.expected == Expected("summit", start, end, "from 39 cities.\n\nThe mayor of Taipei")


@pytest.mark.parametrize(
    ("body", "status", "code", "param"),
    [
        ({"verdict": CANARY}, 422, "invalid_request", "verdict"),
        ({}, 422, "invalid_request", "verdict"),
        ({"verdict": "right", "comment": "x" * 2001}, 422, "question_too_long", "comment"),
        ({"verdict": "right", "comment": "\x00"}, 422, "invalid_characters", "comment"),
        *[
            ({"verdict": "right", "expected": {"document_id": "summit", **place}}, 422, "invalid_request", param)
            for place, param in (
                ({"quote": CANARY}, "expected.quote"),
                ({"quote": "the"}, "expected.quote"),  # more than once
                ({"quote": " "}, "expected.quote"),
                ({}, "expected.quote"),
                ({"start": 1}, "expected.quote"),
                ({"start": 0, "end": 2, "quote": "264"}, "expected.quote"),
            )
        ],
        ({"verdict": "right", "expected": {"document_id": CANARY, "start": 0, "end": 1}}, 404, "not_found", None),
        (
            {"verdict": "right", "expected": {"document_id": "summit", "start": 5, "end": 5}},
            422,
            "invalid_request",
            "expected.end",
        ),
        (
            {"verdict": "right", "expected": {"document_id": "summit", "start": 0, "end": len(SUMMIT) + 1}},
            422,
            "invalid_request",
            "expected.end",
        ),
        (
            {"verdict": "right", "expected": {"document_id": "summit", "start": -1, "end": 1}},
            422,
            "invalid_request",
            "expected.start",
        ),
    ],
)
def test_feedback_that_cannot_be_kept(client: TestClient, refused, body, status, code, param) -> None:
    refused(client.post(f"/answers/{ask(client)['id']}/feedback", json=body), status, code, param)


def citing(client: TestClient, words: str, document_id: str = "summit") -> list[dict]:
    found = client.get("/answers", params={"document_id": document_id, "words": words})
    assert found.status_code == 200, found.text
    return found.json()["answers"]


def test_which_answers_cite_these_words(make_client: MakeClient) -> None:
    hers, his = make_client(), make_client()
    begun = hers.post("/conversations", json={}).json()["id"]
    first, again = (ask(hers, conversation_id=begun) for _ in range(2))
    quote = first["citations"][0]["quote"]
    some = "  \n".join(quote.split()[1:4])
    found = citing(hers, some)
    assert [(line["id"], line["question"], line["conversation_id"], line["citation"]) for line in found] == [
        (answer["id"], ASKED, begun, 1) for answer in (again, first)
    ]
    assert found[0]["asked"] > found[1]["asked"]
    beyond = SUMMIT[SUMMIT.index(quote) + len(quote) - 5 :][:40]  # begins in the quote and goes on
    assert len(citing(hers, beyond)) == 2
    elsewhere = next(line for line in SUMMIT.splitlines() if line and quote not in line and line not in quote)
    assert citing(hers, elsewhere) == citing(hers, "no such words") == citing(hers, " ") == []
    assert citing(his, some) == []  # those of others
    ask(his)
    assert citing(his, some) == []  # asked outside of any conversation: whose it is, is not known


def test_a_quote_that_moved_is_not_cited_any_more(opened: Callable[[str | None], TestClient]) -> None:
    before = opened(SUMMIT)
    begun = before.post("/conversations", json={}).json()["id"]
    quote = ask(before, conversation_id=begun)["citations"][0]["quote"]
    assert len(citing(before, quote)) == 1
    after = opened("New. " + SUMMIT)
    after.cookies = before.cookies
    assert citing(after, quote) == []


@pytest.mark.parametrize(
    ("params", "status", "code", "param"),
    [
        ({"document_id": "nowhere", "words": "x"}, 404, "not_found", None),
        ({"document_id": "summit"}, 422, "invalid_request", "words"),
        ({"document_id": "summit", "words": ""}, 422, "invalid_request", "words"),
        ({"document_id": "summit", "words": "x" * 2001}, 422, "invalid_request", "words"),
        ({"words": "x"}, 422, "invalid_request", "document_id"),
    ],
)
def test_what_is_asked_of_citing_answers_is_checked(
    client: TestClient, refused, params: dict[str, str], status: int, code: str, param: str | None
) -> None:
    refused(client.get("/answers", params=params), status, code, param)
