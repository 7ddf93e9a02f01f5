from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from server.accept import prefers


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("text/html", True),
        ("TEXT/HTML", True),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", True),
        ("text/*", True),
        ("application/json;q=0.5, text/html;q=0.6", True),
        ("application/json;q=0, */*", True),
        ("*/*", False),
        ("", False),
        ("application/json", False),
        ("text/html, application/json", False),
        ("text/html;q=0", False),
        ("text/html;q=x", False),
        ("image/png", False),
        (";,;q=", False),
    ],
)
def test_html_over_json(accept, expected):
    assert prefers(Headers({"accept": accept}), "text/html") is expected


def test_no_header_prefers_nothing():
    assert not prefers(Headers(), "text/html")


def test_headers_that_are_repeated_count_together():
    headers = Headers(raw=[(b"accept", b"text/plain"), (b"accept", b"text/html")])
    assert prefers(headers, "text/html")
