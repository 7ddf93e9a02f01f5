from __future__ import annotations

import re

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from server.routes.page import UI, page_routes

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def files() -> list[str]:
    return sorted(f"/ui/{path.relative_to(UI).as_posix()}" for path in UI.rglob("*") if path.is_file())


TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}


@pytest.mark.parametrize("path", files())
def test_every_file_of_the_page_has_its_type_and_an_etag(client, path):
    response = client.get(path)
    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] == TYPES[path.rpartition(".")[2]]
    assert response.headers["cache-control"] == "no-cache"
    again = client.get(path, headers={"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/", "/documents/summit?start=0&end=5", "/documents/unknown", "/answers/ans_1"])
def test_a_browser_gets_the_page(client, path):
    response = client.get(path, headers=BROWSER)
    version = re.search(r"/ui/(\w{8})/", response.text)[1]
    written = (UI / "index.html").read_text(encoding="utf-8")
    assert (response.status_code, response.text.replace(f"/ui/{version}/", "/ui/")) == (200, written)
    assert "Accept" in response.headers["vary"]


def test_what_the_page_names_is_kept_for_good(client):
    named = re.findall(r"\"(/ui/\S+)\"", client.get("/", headers=BROWSER).text)
    assert len(named) > 3
    for path in named:
        response = client.get(path)
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert response.content == client.get(path.replace(path.split("/")[2] + "/", "")).content
    older = client.get(f"/ui/{'0' * 8}/js/dom.js")  # a page that was opened before an update goes on
    assert (older.status_code, older.headers["cache-control"]) == (200, "no-cache")


def test_a_changed_file_changes_every_address(tmp_path):
    (tmp_path / "index.html").write_text('<link href="/ui/app.css">', encoding="utf-8")
    (tmp_path / "app.css").write_text("a", encoding="utf-8")
    before = TestClient(FastAPI(routes=page_routes(tmp_path))).get("/").text
    (tmp_path / "app.css").write_text("b", encoding="utf-8")
    after = TestClient(FastAPI(routes=page_routes(tmp_path))).get("/").text
    assert re.fullmatch(r'<link href="/ui/\w{8}/app\.css">', before)
    assert before != after


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/json, text/html"])
def test_another_client_gets_json(client, accept):
    assert client.get("/documents/summit", headers={"Accept": accept}).json()["id"] == "summit"


@pytest.mark.parametrize(
    "path",
    [
        "/ui/../app.py",
        "/ui/..%2fapp.py",
        "/ui/%2e%2e/app.py",
        "/ui/js/..%2f..%2f..%2fapp.py",
        "/ui//etc/passwd",
        "/ui/%2fetc%2fpasswd",
        "/ui/..%5capp.py",
        "/ui/%00",
        "/ui/" + "a" * 5000,
        "/ui/",
        "/ui/js",
        "/ui/none.js",
    ],
)
def test_nothing_but_the_page_s_files(client, refused, path):
    refused(client.get(path), 404, "not_found")


def test_ranges_are_ignored(client):
    whole = client.get("/ui/index.html")
    for ranges in ("bytes=0-0", "bytes=" + ",".join(f"{n}-{n}" for n in range(1500)), "nonsense", "bytes=9-1"):
        response = client.get("/ui/index.html", headers={"Range": ranges})
        assert (response.status_code, response.content) == (200, whole.content)
