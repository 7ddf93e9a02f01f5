"""Every error on the wire: one shape, and the one place where an exception becomes a status.

Non-scope: what is wrong with a question (`rag/check.py`), the messages of the library (`rag/errors.py`).
No message repeats what was sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from typing_extensions import TypedDict

from rag import errors

RETRY_AFTER_S = 2  # what clients are told with 429 and 503: a new index answers about a second after it is made

# Closed over every class of rag/errors.py (a test holds it): a new one needs its status here.
STATUS: dict[type[errors.RagError], int] = {
    errors.QuestionError: 422,
    errors.LoaderError: 422,
    errors.NotFoundError: 404,
    errors.StoreError: 503,
    errors.ModelError: 503,
    errors.UnsupportedModel: 503,
    errors.UnusableIndex: 503,
    errors.IndexMissing: 503,
    errors.IndexCorrupt: 503,
    errors.IndexModelMismatch: 503,
    errors.IndexBusy: 503,
    errors.IndexWriteError: 503,
    errors.CorpusError: 503,  # a glossary that cannot be read
    errors.LanguageModelError: 502,
    errors.LanguageModelTimeout: 504,
    # Of the command line: in a request they are our own mistake.
    errors.RagError: 500,
    errors.SettingsError: 500,
    errors.RemoteError: 500,
}

_OF_STATUS = {
    404: ("not_found", "There is nothing at this address."),
    405: ("method_not_allowed", "This address does not take that method; the Allow header names those it takes."),
    413: ("body_too_large", "The body is too large."),
}
_INTERNAL = "The server made a mistake. Its log has more under this request_id."


class ErrorDetail(TypedDict):
    message: str
    type: str
    code: str
    param: str | None
    request_id: str


class ErrorWire(TypedDict):
    """The body of every 4xx and 5xx."""

    error: ErrorDetail


class ApiError(HTTPException):
    """An error that only HTTP knows. `param` names the field or header at fault."""

    def __init__(
        self,
        status_code: int,
        code: str,
        message: str,
        *,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status_code, message, headers)
        self.code = code
        self.param = param


@dataclass(frozen=True, slots=True)
class Problem:
    """An exception as it goes out."""

    status: int
    code: str
    message: str
    param: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def type(self) -> str:
        by_status = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
        return by_status.get(self.status, "invalid_request_error" if self.status < 500 else "server_error")

    def wire(self, request_id: str) -> ErrorWire:
        return {
            "error": {
                "message": self.message,
                "type": self.type,
                "code": self.code,
                "param": self.param,
                "request_id": request_id,
            }
        }

    def response(self, request_id: str) -> JSONResponse:
        retry = {"Retry-After": str(RETRY_AFTER_S)} if self.status in (429, 503) else {}
        return JSONResponse(self.wire(request_id), self.status, {**retry, **self.headers})


def problem_of(error: Exception) -> Problem:
    """What a client is told about any exception."""
    if isinstance(error, ApiError):
        return Problem(error.status_code, error.code, error.detail, error.param, error.headers or {})
    if isinstance(error, errors.RagError):
        return _of_library(error)
    if isinstance(error, RequestValidationError):
        return _of_validation(error.errors()[0])
    if isinstance(error, HTTPException):
        return _of_framework(error)
    return Problem(500, "internal_error", _INTERNAL)


async def answer_error(request: Request, error: Exception) -> JSONResponse:
    """The exception handler of the app."""
    return problem_of(error).response(request.state.request_id)


def _of_library(error: errors.RagError) -> Problem:
    status = next(STATUS[cls] for cls in type(error).__mro__ if cls in STATUS)
    if status == 500:
        return Problem(500, "internal_error", _INTERNAL)
    return Problem(status, error.code, str(error), getattr(error, "param", None))


def _of_validation(first: Mapping[str, Any]) -> Problem:
    """The first thing wrong. `loc` starts with body, query or path; an unknown key in it was sent, so it is cut."""
    unknown = first["type"] == "extra_forbidden"
    names = first["loc"][1:-1] if unknown else first["loc"][1:]
    param = ".".join(map(str, names)) or None
    if first["type"] == "string_unicode":
        return Problem(422, "invalid_characters", f"{param}: broken Unicode.", param)
    if unknown:
        message = "There is a field that this address does not know; /openapi.json lists the known ones."
    elif param is None:
        message = "The body must be a JSON object."
    else:
        message = f"{param}: {first['msg']}."
    return Problem(422, "invalid_request", message, param)


def _of_framework(error: HTTPException) -> Problem:
    status = HTTPStatus(error.status_code)
    code, message = _OF_STATUS.get(status, (status.name.lower(), f"{status.phrase}."))
    headers = dict(error.headers or {})
    if "Allow" in headers:  # HEAD is answered wherever GET is
        allowed = {method.strip() for method in headers["Allow"].split(",")}
        headers["Allow"] = ", ".join(sorted(allowed | ({"HEAD"} if "GET" in allowed else set())))
    return Problem(status, code, message, None, headers)
