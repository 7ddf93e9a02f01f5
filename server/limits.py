"""What a request may look like before any route reads it: size, framing, host, origin, media type.

Pure ASGI. Non-scope: how long a client may take (`server/guard.py`), how many questions run (`server/work.py`).
"""

from __future__ import annotations

import ipaddress
import re

from starlette.datastructures import Headers
from starlette.middleware.body_limit import RequestBodyLimitMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from rag.settings import Settings
from server.errors import ApiError

MAX_BODY_BYTES = 64 * 1024  # a question of 4,000 characters with a long history fits several times
MAX_DOCUMENT_BYTES = 20 * 2**20  # a document that is put; it is held in memory whole, so less than ingest reads
MAX_HEADER_BYTES = 16 * 1024  # names, values and the address together
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?")
_CLOSE = {"Connection": "close"}  # where the end of the request cannot be trusted


def allowed_hosts(settings: Settings) -> frozenset[str]:
    """Names, without port, that may stand in the Host header: this machine's own and those set."""
    named = [name.strip().lower() for name in settings.allowed_hosts.split(",") if name.strip()]
    return frozenset((*LOOPBACK_HOSTS, *named, *_bound_host(settings.host.lower())))


def _bound_host(host: str) -> list[str]:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return [host] if host else []
    if address.is_unspecified:  # every address: says nothing about the names
        return []
    return [f"[{address}]" if address.version == 6 else str(address)]


class RequestLimits:
    """Raises ApiError for a request outside the limits; the rest passes unchanged."""

    def __init__(self, app: ASGIApp, hosts: frozenset[str]) -> None:
        self._hosts = hosts
        # They count where no length is announced. Not FastAPI(max_body_size=…), which answers in plain text.
        self._counted = {size: RequestBodyLimitMiddleware(app, size) for size in (MAX_BODY_BYTES, MAX_DOCUMENT_BYTES)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        max_body_bytes = body_limit(scope)
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            check_size(scope, headers, max_body_bytes)
            check_host(headers, self._hosts)
            if scope["method"] not in SAFE_METHODS:
                check_origin(headers)
            if scope["method"] == "POST" and has_body(headers):
                check_media_type(headers)
        await self._counted[max_body_bytes](scope, receive, send)


def body_limit(scope: Scope) -> int:
    """Bytes. A document may be larger than a question; its route reads it only for whoever may put one."""
    put = scope["type"] == "http" and scope["method"] == "PUT" and scope["path"].startswith("/documents/")
    return MAX_DOCUMENT_BYTES if put else MAX_BODY_BYTES


def has_body(headers: Headers) -> bool:
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


def check_size(scope: Scope, headers: Headers, max_body_bytes: int) -> None:
    """Headers, and the body where its length is announced; the length of others is counted while reading."""
    target = len(scope["path"]) + len(scope["query_string"])
    if target + sum(len(name) + len(value) for name, value in headers.raw) > MAX_HEADER_BYTES:
        raise ApiError(
            431, "headers_too_large", f"The headers are larger than {MAX_HEADER_BYTES} bytes.", headers=_CLOSE
        )
    length = headers.get("content-length")
    if length is None:
        return
    if "transfer-encoding" in headers or not (length.isascii() and length.isdigit()):
        message = "Content-Length must be one number, and not together with Transfer-Encoding."
        raise ApiError(400, "bad_framing", message, headers=_CLOSE)
    if len(length) > 18 or int(length) > max_body_bytes:
        raise ApiError(413, "body_too_large", f"The body is larger than {max_body_bytes} bytes.")


def check_host(headers: Headers, hosts: frozenset[str]) -> None:
    """Against DNS rebinding: a page elsewhere that points its own name at this machine."""
    match = _HOST.fullmatch(headers.get("host", "").lower())
    if match is None or match[1] not in hosts:
        message = "This server does not answer to that host name. RAG_ALLOWED_HOSTS names further ones."
        raise ApiError(421, "bad_host", message, param="Host")


def check_origin(headers: Headers) -> None:
    """Against a page elsewhere that sends requests through a reader's browser. Other clients send neither header."""
    origin = headers.get("origin")
    same = origin is None or origin.partition("://")[2].lower() == headers["host"].lower()
    if not same or headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        raise ApiError(403, "bad_origin", "Only this server's own page may send this from a browser.", param="Origin")


def check_media_type(headers: Headers) -> None:
    """JSON only: no form, so that no page elsewhere can send one without asking first."""
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        message = "The body must be sent as Content-Type: application/json."
        raise ApiError(415, "unsupported_media_type", message, param="Content-Type")
