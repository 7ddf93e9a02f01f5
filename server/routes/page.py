"""The page: files of `server/ui`, and index.html wherever a link of the page may be opened in a browser.

Open to everyone, token or not: it holds no data and asks for the token itself.
"""

from __future__ import annotations

import mimetypes
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.routing import BaseRoute, Match
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from server.accept import prefers

UI = Path(__file__).parent.parent / "ui"

mimetypes.add_type("text/javascript", ".js")  # some systems register another one, which nosniff makes unusable


class _Files(StaticFiles):
    """Files that a browser may keep but must ask about each time, by ETag."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["Vary"] = "Accept"  # at some addresses of the page there is JSON, too
        return response


class _HtmlRoute(APIRoute):
    """Matches only a client that would rather have HTML than JSON; the API has the same path."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] == "http" and prefers(Headers(scope=scope), "text/html"):
            return super().matches(scope)
        return Match.NONE, {}


def page_routes(folder: Path = UI) -> list[BaseRoute]:
    """To stand before those of the API."""
    files = _Files(directory=folder)

    async def index(request: Request) -> Response:
        return await files.get_response("index.html", request.scope)

    async def file(path: str, request: Request) -> Response:
        return await files.get_response(path, request.scope)

    return [
        APIRoute("/", index, include_in_schema=False),
        APIRoute("/ui/{path:path}", file, include_in_schema=False),
        _HtmlRoute("/documents/{document_id}", index, include_in_schema=False),
        _HtmlRoute("/answers/{answer_id}", index, include_in_schema=False),
    ]
