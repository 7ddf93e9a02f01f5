"""`/conversations`, asking in them, and that they are nobody else's."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest
from fastapi.routing import APIRoute
from starlette.testclient import TestClient

from rag.check import MAX_HISTORY_TURNS
from rag.settings import Settings
from rag.store import FILE
from server.owner import COOKIE
from server.routes import conversations
from server.talks import UNREAD, Talks
from tests.server.conftest import CANARY, MakeClient
from tests.server.test_ask import events_of

ASKED = "Who opened the summit?"
FOLLOW_UP = "What did they speak about?"
STREAM = {"Accept": "text/event-stream"}


def begin(client: TestClient, title: str | None = None) -> str:
    return client.post("/conversations", json={"title": title}).json()["id"]


def ask(client: TestClient, question: str, conversation_id: str | None = None, **headers: str) -> dict:
    body = {"question": question, "conversation_id": conversation_id}
    response = client.post("/ask", json=body, headers=headers)
    assert response.status_code == 200
    return response.json() if not headers else dict(events_of(response.text))["final"]


def test_a_conversation_from_beginning_to_end(client: TestClient) -> None:
    begun = client.post("/conversations", json={"title": None})
    assert begun.status_code == 201
    known = begun.json()
    assert known == {**known, "title": None, "turns": 0, "created": known["updated"]}
    first = ask(client, ASKED, known["id"])
    second = ask(client, FOLLOW_UP, known["id"], **STREAM)
    assert (first["conversation_id"], first["stored"]) == (known["id"], True)
    assert second["standalone_question"] == f"{FOLLOW_UP} (opened summit)"
    listed = client.get("/conversations").json()
    assert (listed["more"], len(listed["conversations"])) == (False, 1)
    assert listed["conversations"][0] == {
        **known,
        "title": ASKED,
        "turns": 2,
        "updated": listed["conversations"][0]["updated"],
    }
    whole = client.get(f"/conversations/{known['id']}").json()
    assert list(whole) == ["id", "title", "created", "updated", "turns"]
    assert [turn["question"] for turn in whole["turns"]] == [ASKED, FOLLOW_UP]
    assert [turn["answer"] for turn in whole["turns"]] == [first, second]
    renamed = client.patch(f"/conversations/{known['id']}", json={"title": " Summit "})
    assert (renamed.status_code, renamed.json()["title"]) == (200, "Summit")
    assert client.delete(f"/conversations/{known['id']}").status_code == 204
    assert client.get(f"/conversations/{known['id']}").status_code == 404
    assert client.get(f"/answers/{first['id']}").status_code == 404


def test_all_can_be_deleted_at_once(client: TestClient) -> None:
    for title in ("one", "two"):
        begin(client, title)
    assert client.delete("/conversations").status_code == 204
    assert client.get("/conversations").json() == {"conversations": [], "more": False}


def test_lists_come_in_pages_and_can_be_searched(client: TestClient) -> None:
    for title in ("one", "two", "三月高峰會"):
        begin(client, title)

    def titles(**query: object) -> list[str]:
        found = client.get("/conversations", params=query).json()["conversations"]
        return [conversation["title"] for conversation in found]

    first = client.get("/conversations?limit=2").json()
    assert first["more"] is True
    assert titles(limit=2, before=first["conversations"][-1]["updated"]) == ["one"]
    assert titles(query="高峰") == ["三月高峰會"]
    assert titles(query="TWO") == ["two"]


def test_a_conversation_outlives_a_restart(make_client: MakeClient) -> None:
    before = make_client()
    begun = begin(before)
    answer = ask(before, ASKED, begun)
    after = make_client()
    after.cookies = before.cookies
    assert after.get(f"/conversations/{begun}").json()["turns"][0]["answer"] == answer
    assert after.get(f"/answers/{answer['id']}").json()["answer"] == answer["answer"]


def test_without_a_conversation_the_answer_says_so(client: TestClient) -> None:
    answer = ask(client, ASKED)
    assert (answer["conversation_id"], answer["stored"]) == (None, True)
    assert COOKIE not in client.cookies


# Whose they are


@pytest.mark.parametrize(
    ("base_url", "headers", "secure"),
    [
        ("http://localhost:8000", {}, False),
        ("https://localhost:8000", {}, True),
        ("http://localhost:8000", {"Origin": "https://localhost:8000"}, True),  # a proxy ended TLS
    ],
)
def test_the_cookie(make_client: MakeClient, base_url: str, headers: dict[str, str], secure: bool) -> None:
    client = make_client()
    client.base_url = base_url
    said = client.post("/conversations", json={}, headers=headers).headers["set-cookie"]
    name, *attributes = said.split("; ")
    assert name.startswith(f"{COOKIE}=")
    assert len(bytes.fromhex(name.partition("=")[2])) == 16
    kept = {"HttpOnly", "Max-Age=34560000", "Path=/", "SameSite=strict"}
    assert set(attributes) == kept | ({"Secure"} if secure else set())


def test_a_cookie_stays_and_a_bad_one_is_replaced(client: TestClient) -> None:
    begin(client)
    name = client.cookies[COOKIE]
    begin(client)
    assert client.cookies[COOKIE] == name
    client.cookies = {COOKIE: CANARY}
    assert CANARY not in client.post("/conversations", json={}).headers["set-cookie"]


def test_the_file_does_not_hold_the_cookie(client: TestClient, state_dir) -> None:
    begin(client)
    content = b"".join(path.read_bytes() for path in state_dir.iterdir())
    assert client.cookies[COOKIE].encode() not in content


OF_ONE: dict[tuple[str, str], Callable[[TestClient, str], object]] = {
    ("GET", "/conversations/{conversation_id}"): lambda client, name: client.get(f"/conversations/{name}"),
    ("PATCH", "/conversations/{conversation_id}"): lambda client, name: client.patch(
        f"/conversations/{name}", json={"title": "Mine now"}
    ),
    ("DELETE", "/conversations/{conversation_id}"): lambda client, name: client.delete(f"/conversations/{name}"),
    ("POST", "/ask"): lambda client, name: client.post("/ask", json={"question": ASKED, "conversation_id": name}),
    ("POST", "/ask as a stream"): lambda client, name: client.post(
        "/ask", json={"question": ASKED, "conversation_id": name}, headers=STREAM
    ),
}


def test_every_route_with_a_conversation_is_walked() -> None:
    routes = [route for route in conversations.router.routes if isinstance(route, APIRoute)]
    found = {(method, route.path) for route in routes for method in route.methods if "{" in route.path}
    assert found == {key for key in OF_ONE if "{" in key[1]}


@pytest.mark.parametrize("cookie", ["other", "none", "unusable"])
@pytest.mark.parametrize("route", OF_ONE, ids=" ".join)
def test_what_belongs_to_others_is_not_found(make_client: MakeClient, refused, route, cookie: str) -> None:
    hers, other = make_client(), make_client()
    begun = begin(hers, CANARY)
    ask(hers, ASKED, begun)
    before = hers.get(f"/conversations/{begun}").json()
    if cookie == "other":
        begin(other, "His")
    elif cookie == "unusable":
        other.cookies = {COOKIE: "x"}
    param = "conversation_id" if route[1].startswith("/ask") else None
    refused(OF_ONE[route](other, begun), 404, "not_found", param)
    refused(OF_ONE[route](other, "0" * 32), 404, "not_found", param)  # just as what does not exist
    assert CANARY not in other.get("/conversations").text
    assert other.get("/conversations?query=canary").json()["conversations"] == []
    assert other.delete("/conversations").status_code == 204
    assert hers.get(f"/conversations/{begun}").json() == before


def test_the_token_is_needed_too(make_client: MakeClient, refused) -> None:
    client = make_client(token="sesame-open-sesame")
    for response in (
        client.get("/conversations"),
        client.post("/conversations", json={}),
        client.delete("/conversations"),
        *(call(client, "0" * 32) for call in OF_ONE.values()),
    ):
        refused(response, 401, "unauthorized")


# What is refused


@pytest.mark.parametrize(
    ("method", "path", "body", "code", "param"),
    [
        ("POST", "/conversations", {"title": "x" * 201}, "question_too_long", "title"),
        ("POST", "/conversations", {"title": "\x00"}, "invalid_characters", "title"),
        ("POST", "/conversations", {"title": 5}, "invalid_request", "title"),
        ("POST", "/conversations", {"owner": CANARY}, "invalid_request", None),
        ("POST", "/conversations", [], "invalid_request", None),
        ("PATCH", "/conversations/x", {"title": None}, "invalid_request", "title"),
        ("PATCH", "/conversations/x", {"title": " "}, "question_empty", "title"),
        ("GET", "/conversations?limit=0", None, "invalid_request", "limit"),
        ("GET", "/conversations?limit=201", None, "invalid_request", "limit"),
        ("GET", f"/conversations?before={CANARY}", None, "invalid_request", "before"),
        ("GET", "/conversations?before=0001-01-01T00:00:00%2B23:00", None, "invalid_request", "before"),
        ("GET", "/conversations?query=" + "x" * 201, None, "invalid_request", "query"),
    ],
)
def test_bad_input(client: TestClient, refused, method: str, path: str, body, code: str, param: str | None) -> None:
    refused(client.request(method, path, json=body), 422, code, param)


@pytest.mark.parametrize("odd", ["%00", "%ff", "..%2f", "台北", "'%20OR%201=1"])
def test_odd_ids_are_not_found(client: TestClient, odd: str) -> None:
    begin(client)
    for method in ("GET", "DELETE"):
        assert client.request(method, f"/conversations/{odd}").status_code == 404


# A file that cannot be used


def test_a_locked_file_costs_no_answer(make_client: MakeClient, state_dir, caplog: pytest.LogCaptureFixture) -> None:
    client = make_client()
    begun = begin(client)
    ask(client, ASKED, begun)
    with closing(sqlite3.connect(state_dir / FILE, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with caplog.at_level(logging.WARNING, "server"):
            follow_up = ask(client, FOLLOW_UP, begun)
        assert (follow_up["stored"], follow_up["warnings"], bool(follow_up["citations"])) == (False, [], True)
        assert follow_up["standalone_question"] == f"{FOLLOW_UP} (opened summit)"  # what is there can be read
        assert "answer not stored" in caplog.text
        assert FOLLOW_UP not in caplog.text
        assert client.post("/conversations", json={}).status_code == 503
        other.execute("ROLLBACK")
    assert ask(client, FOLLOW_UP, begun)["stored"] is True


def test_a_folder_that_cannot_be_made_costs_no_answer(make_client: MakeClient, tmp_path, refused) -> None:
    (tmp_path / "file").write_text("")
    client = make_client(state_dir=tmp_path / "file" / "state")
    begun = "0" * 32
    for headers in ({}, STREAM):
        answer = ask(client, ASKED, begun, **headers)
        assert (answer["status"], answer["stored"], answer["warnings"]) == ("answered", False, [UNREAD])
    assert ask(client, ASKED)["stored"] is False
    refused(client.get("/conversations"), 503, "store_unavailable")
    assert client.get("/readyz").status_code == 200


def test_a_damaged_file_is_set_aside_and_told(make_client: MakeClient, state_dir) -> None:
    state_dir.mkdir()
    (state_dir / FILE).write_bytes(b"\x00" * 5000)
    client = make_client()
    assert ask(client, ASKED, begin(client))["stored"] is True
    (warning,) = client.get("/readyz").json()["warnings"]
    (aside,) = state_dir.glob("*.corrupt-*")
    assert aside.name in warning
    assert aside.read_bytes() == b"\x00" * 5000


def test_old_conversations_are_deleted_at_the_start(make_client: MakeClient, state_dir) -> None:
    client = make_client()
    old, _ = begin(client, "old"), begin(client, "young")
    with closing(sqlite3.connect(state_dir / FILE)) as connection, connection:
        connection.execute("UPDATE conversations SET updated = '2021-03-25T00:00:00.000000Z' WHERE id = ?", (old,))
    for keep_days, kept in ((0, {"old", "young"}), (30, {"young"})):
        later = make_client(keep_days=keep_days)
        later.cookies = client.cookies
        titles = {c["title"] for c in later.get("/conversations").json()["conversations"]}
        assert titles == kept


def test_and_again_after_every_pause(settings: Settings, state_dir) -> None:
    async def sweep() -> None:
        talks = Talks(replace(settings, state_dir=state_dir, keep_days=30))
        await talks.do(lambda store: store.begin("ada"))
        with closing(sqlite3.connect(state_dir / FILE)) as connection, connection:
            connection.execute("UPDATE conversations SET updated = '2021-03-25T00:00:00.000000Z'")
        sweeping = asyncio.create_task(talks.sweep_daily(pause_s=0.01))
        while await talks.do(lambda store: store.conversations("ada")[0]):
            await asyncio.sleep(0.01)
        sweeping.cancel()
        talks.close()

    asyncio.run(asyncio.wait_for(sweep(), 20))


def test_a_conversation_begins_with_answers_that_came_by_their_link(make_client: MakeClient, refused) -> None:
    hers, his = make_client(), make_client()
    shared = ask(hers, "Who opened the summit?")["id"]
    begun = his.post("/conversations", json={"answers": [shared, "ans_unknown"]}).json()
    assert (begun["turns"], begun["title"]) == (1, "Who opened the summit?")
    followed = ask(his, "And who spoke?", begun["id"])
    turns = his.get(f"/conversations/{begun['id']}").json()["turns"]
    assert [turn["answer"]["id"] for turn in turns] == [shared, followed["id"]]
    assert hers.get("/conversations").json()["conversations"] == []
    many = ["x"] * (MAX_HISTORY_TURNS + 1)
    refused(his.post("/conversations", json={"answers": many}), 422, "invalid_request", "answers")
