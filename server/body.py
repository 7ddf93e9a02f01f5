"""A request body as JSON, strictly: UTF-8 without a byte order mark, no NaN, no Infinity.

The stock parser also takes UTF-16 and answers 500 to NaN. As in JSON at large the last of two equal keys wins.
Non-scope: size and media type (`server/limits.py`), fields (`server/schemas.py`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from fastapi import Request, Response
from fastapi.routing import APIRoute

from server.errors import ApiError


def strict_json(body: bytes) -> Any:
    """Raises: ApiError 400 invalid_json; 422 invalid_request for NaN and Infinity."""
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_refuse)
    except (ValueError, RecursionError):  # also a number of too many digits, and too deep nesting
        raise ApiError(400, "invalid_json", "The body is not valid JSON in UTF-8 without a byte order mark.") from None


def _refuse(_constant: str) -> NoReturn:
    raise ApiError(422, "invalid_request", "NaN and Infinity are not JSON numbers.")


class _StrictRequest(Request):
    async def json(self) -> Any:
        return strict_json(await self.body())


class StrictRoute(APIRoute):
    """A route whose body is read by `strict_json`."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def strictly(request: Request) -> Response:
            return await handle(_StrictRequest(request.scope, request.receive))

        return strictly
