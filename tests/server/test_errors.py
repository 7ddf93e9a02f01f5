from __future__ import annotations

import pytest
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from rag import errors
from rag.errors import RagError
from server.errors import STATUS, ApiError, problem_of

CANARY = "canary7f3a"


def every_class(base: type[RagError]) -> set[type[RagError]]:
    return {base}.union(*(every_class(cls) for cls in base.__subclasses__()))


def test_every_error_of_the_library_has_a_status():
    ours = {cls for cls in every_class(RagError) if cls.__module__ == errors.__name__}
    assert set(STATUS) == ours
    assert set(STATUS.values()) <= {404, 422, 500, 502, 503, 504}


def test_a_new_subclass_has_the_status_of_its_base():
    class Stale(errors.IndexCorrupt):
        code = "index_stale"

    problem = problem_of(Stale("Run `rag ingest`."))
    assert (problem.status, problem.code, problem.message) == (503, "index_stale", "Run `rag ingest`.")


@pytest.mark.parametrize("error", [ValueError(CANARY), errors.SettingsError(CANARY)])
def test_our_own_mistakes_say_nothing(error):
    problem = problem_of(error)
    assert (problem.status, problem.code, problem.type) == (500, "internal_error", "server_error")
    assert CANARY not in problem.message


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (403, "permission_error"),
        (404, "invalid_request_error"),
        (429, "rate_limit_error"),
        (500, "server_error"),
        (503, "server_error"),
    ],
)
def test_type_follows_the_status(status, kind):
    assert problem_of(ApiError(status, "code", "Message.")).type == kind


def test_framework_errors_get_codes_and_lose_their_detail():
    problem = problem_of(HTTPException(405, CANARY, {"Allow": "GET"}))
    assert (problem.code, problem.headers) == ("method_not_allowed", {"Allow": "GET, HEAD"})
    assert problem_of(HTTPException(418, CANARY)).code == "im_a_teapot"
    assert CANARY not in problem.message


def test_an_unknown_field_is_not_named():
    error = {"type": "extra_forbidden", "loc": ("body", "history", 0, CANARY), "msg": "Extra", "input": CANARY}
    problem = problem_of(RequestValidationError([error]))
    assert (problem.status, problem.param) == (422, "history.0")
    assert CANARY not in problem.message


def test_retry_after_comes_with_503_alone():
    assert problem_of(ApiError(503, "overloaded", "Later.")).response("r").headers["Retry-After"] == "2"
    assert "Retry-After" not in problem_of(ApiError(400, "bad", "No.")).response("r").headers
