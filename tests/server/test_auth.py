from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from click.testing import CliRunner
from fastapi.routing import iter_route_contexts

from rag.cli import main
from rag.errors import SettingsError
from rag.settings import Settings
from server.app import create_app
from server.auth import require_way_in

TOKEN = "a-token-of-some-length"
ADMIN_TOKEN = "another-token-of-some-length"
FOR_ADMIN = {("PUT", "/documents/{name}"), ("DELETE", "/documents/{name}"), ("POST", "/ingest"), ("GET", "/ingest")}
OPEN = {"/", "/ui/{path:path}", "/healthz", "/readyz", "/openapi.json"}


@pytest.fixture
def guarded(make_client):
    return make_client(token=TOKEN, admin_token=ADMIN_TOKEN)


def addresses(client) -> list[tuple[str, str]]:
    """(method, path) of every route, walked: a route that is added later is checked, too."""
    found = {(method, route.path) for route in iter_route_contexts(client.app.routes) for method in route.methods or ()}
    return sorted(found)


def test_every_route_but_the_open_ones_needs_the_token(guarded, refused):
    closed = [(method, path) for method, path in addresses(guarded) if path not in OPEN]
    assert len(closed) >= 5
    assert set(closed) > FOR_ADMIN
    wrong = ({}, {"Authorization": "Bearer canary7f3a"}, {"x-api-key": "canary7f3a"}, {"Authorization": TOKEN})
    for (method, path), headers in itertools.product(closed, wrong):
        response = guarded.request(method, path, headers=headers, json={} if method == "POST" else None)
        refused(response, 401, "unauthorized")
        assert response.headers["www-authenticate"] == "Bearer"


def test_the_answer_to_a_wrong_token_is_that_to_none(guarded):
    bodies = []
    for headers in ({}, {"Authorization": f"Bearer {TOKEN}x"}, {"x-api-key": "é".encode()}):
        error = guarded.get("/documents", headers=headers).json()["error"]
        bodies.append({**error, "request_id": ""})
    assert bodies[0] == bodies[1] == bodies[2]


@pytest.mark.parametrize(("method", "path"), sorted(FOR_ADMIN))
def test_what_is_for_the_admin_needs_that_token(guarded, refused, method, path):
    for headers in ({"Authorization": f"Bearer {TOKEN}"}, {"x-api-key": TOKEN}, {"x-api-key": f"{ADMIN_TOKEN}x"}):
        response = guarded.request(method, path, headers=headers)
        refused(response, 401, "unauthorized")
        assert "RAG_ADMIN_TOKEN" in response.json()["error"]["message"]


@pytest.mark.parametrize(("method", "path"), sorted(FOR_ADMIN))
@pytest.mark.parametrize("changes", [{}, {"token": TOKEN}, {"token": TOKEN, "admin_token": " "}])
def test_without_an_admin_token_there_is_nothing_at_those_addresses(make_client, refused, method, path, changes):
    client = make_client(**changes)
    nowhere = client.request(method, "/nowhere", headers={"x-api-key": TOKEN}).json()["error"]
    for headers in ({}, {"x-api-key": TOKEN}, {"x-api-key": " "}, {"Authorization": "Bearer "}):
        response = client.request(method, path, headers=headers)
        refused(response, 404, "not_found")
        assert response.json()["error"]["message"] == nowhere["message"]


@pytest.mark.parametrize("headers", [{"Authorization": f"Bearer {ADMIN_TOKEN}"}, {"x-api-key": ADMIN_TOKEN}])
def test_the_admin_token_opens_everything(guarded, headers):
    assert guarded.get("/documents", headers=headers).status_code == 200
    assert guarded.get("/ingest", headers=headers).json()["status"] == "idle"


def test_no_token_is_shown_in_the_settings():
    canary = "canary7f3a"
    shown = CliRunner(env={"RAG_TOKEN": canary, "RAG_ADMIN_TOKEN": canary}).invoke(main, ["settings"]).output
    assert "RAG_ADMIN_TOKEN=(set)" in shown
    assert canary not in shown + repr(Settings(token=canary, admin_token=canary))


@pytest.mark.parametrize(
    "headers",
    [{"Authorization": f"Bearer {TOKEN}"}, {"Authorization": f"bearer {TOKEN}"}, {"x-api-key": TOKEN}],
    ids=["bearer", "lower-case", "api-key"],
)
def test_either_header_lets_in(guarded, headers):
    assert guarded.get("/documents", headers=headers).status_code == 200
    assert guarded.post("/ask", json={"question": "Who opened the summit?"}, headers=headers).status_code == 200


def test_page_and_health_are_open(guarded):
    for path in ("/", "/ui/index.html", "/healthz", "/readyz", "/openapi.json"):
        assert guarded.get(path).status_code == 200
    assert guarded.get("/documents/summit", headers={"Accept": "text/html"}).text.startswith("<!doctype html>")


def test_without_a_token_everyone_on_this_machine_may_ask(client):
    assert client.get("/documents", headers={"Authorization": "Bearer whatever"}).status_code == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost", "LocalHost"])
def test_loopback_needs_nothing(settings: Settings, host):
    require_way_in(replace(settings, host=host))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "10.0.0.1", "qa.example.org", "localhost.example.org"])
def test_any_other_address_needs_a_way_in(settings: Settings, answerer, host):
    with pytest.raises(SettingsError, match=r"RAG_HOST=\S+ RAG_TOKEN=[\w-]{40,} rag serve .*RAG_OPEN_ACCESS=on"):
        create_app(replace(settings, host=host, token=" ", admin_token=ADMIN_TOKEN), lambda: answerer)
    create_app(replace(settings, host=host, token=TOKEN), lambda: answerer)
    create_app(replace(settings, host=host, open_access=True), lambda: answerer)
