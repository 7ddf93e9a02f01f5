"""What every exchange has: an id, the security headers, one log line, and an error body when all else failed.

Pure ASGI, outermost. Also answers HEAD wherever GET is answered. Non-scope: the errors themselves (`server/errors.py`).
"""

from __future__ import annotations

import logging
import secrets
import time

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.errors import problem_of

log = logging.getLogger("server")

SECURITY_HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self'",
            "font-src 'self'",
            "connect-src 'self'",
            "form-action 'self'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        )
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def new_request_id() -> str:
    return "req_" + secrets.token_hex(12)


def add_headers(headers: MutableHeaders, request_id: str) -> None:
    """The headers of every response; a route may have chosen its own Cache-Control."""
    headers.update(SECURITY_HEADERS)
    headers["X-Request-ID"] = request_id
    headers.setdefault("Cache-Control", "no-store")


class Envelope:
    """Wraps the whole app. The last to see an exception."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        request_id = new_request_id()
        inner = _inner_scope(scope, request_id)
        sender = _Sender(send, request_id, without_body=scope["method"] == "HEAD")
        try:
            await self._app(inner, receive, sender.send)
        except Exception as error:
            problem = problem_of(error)
            if problem.status >= 500:
                log.error("failed", exc_info=error, extra={"request_id": request_id})
            if sender.status is not None:
                raise  # too late for an error body: the server cuts the connection
            await problem.response(request_id)(inner, receive, sender.send)
        finally:
            fields = {
                "request_id": request_id,
                "method": scope["method"],
                "route": getattr(inner.get("route"), "path", None),  # the template: the path itself may tell too much
                "status": sender.status,
                "ms": round(1000 * (time.perf_counter() - started), 1),
            }
            log.info("request", extra=fields)


def _inner_scope(scope: Scope, request_id: str) -> Scope:
    """Range is dropped, as RFC 9110 §14.2 allows: files here are small, and range parsers have been attacked."""
    return {
        **scope,
        "method": "GET" if scope["method"] == "HEAD" else scope["method"],
        "headers": [(name, value) for name, value in scope["headers"] if name != b"range"],
        "state": {**scope.get("state", {}), "request_id": request_id},
    }


class _Sender:
    """Sends with the headers of every response; remembers the status."""

    def __init__(self, send: Send, request_id: str, *, without_body: bool) -> None:
        self._send = send
        self._request_id = request_id
        self._without_body = without_body
        self.status: int | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            add_headers(MutableHeaders(scope=message), self._request_id)
        elif self._without_body:
            message = {**message, "body": b""}
        await self._send(message)
