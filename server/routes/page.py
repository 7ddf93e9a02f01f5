"""The page: files of `server/ui`, and index.html wherever a link of the page may be opened in a browser.

Read once, sent from memory. index.html names the others under `/ui/{version}/`, a hash of them all, where a browser
keeps them for good; under `/ui/` and in an older version's name it asks about them each time, by ETag.
Open to everyone, token or not: it holds no data and asks for the token itself.
"""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from server.accept import prefers

UI = Path(__file__).parent.parent / "ui"

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
VERSION = re.compile(r"([0-9a-f]{8})/(.*)")  # short: it stands at every name of the page
FOR_GOOD = "public, max-age=31536000, immutable"


class _Files:
    """What each file's answer is made of."""

    def __init__(self, folder: Path) -> None:
        bodies = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        self.version = _hash(b"".join(name.encode() + b"\0" + body for name, body in bodies.items()))[:8]
        bodies["index.html"] = bodies["index.html"].replace(b'"/ui/', f'"/ui/{self.version}/'.encode())
        self._files = {name: (body, TYPES[Path(name).suffix], f'"{_hash(body)}"') for name, body in bodies.items()}

    def response(self, request: Request, path: str) -> Response:
        versioned = VERSION.fullmatch(path)
        version, name = versioned.groups() if versioned else (None, path)
        if name not in self._files:
            raise HTTPException(404)
        body, media_type, etag = self._files[name]
        headers = {
            "Cache-Control": FOR_GOOD if version == self.version else "no-cache",
            "ETag": etag,
            "Vary": "Accept",  # at some addresses of the page there is JSON, too
        }
        known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
        if known & {etag, "*"}:
            return Response(status_code=304, headers=headers)
        return Response(body, media_type=media_type, headers=headers)


def _hash(body: bytes) -> str:
    return sha256(body).hexdigest()[:16]


class _HtmlRoute(APIRoute):
    """Matches only a client that would rather have HTML than JSON; the API has the same path."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] == "http" and prefers(Headers(scope=scope), "text/html"):
            return super().matches(scope)
        return Match.NONE, {}


def page_routes(folder: Path = UI) -> list[BaseRoute]:
    """To stand before those of the API."""
    files = _Files(folder)

    async def index(request: Request) -> Response:
        return files.response(request, "index.html")

    async def file(path: str, request: Request) -> Response:
        return files.response(request, path)

    return [
        APIRoute("/", index, include_in_schema=False),
        APIRoute("/ui/{path:path}", file, include_in_schema=False),
        _HtmlRoute("/documents/{document_id}", index, include_in_schema=False),
        _HtmlRoute("/answers/{answer_id}", index, include_in_schema=False),
    ]
