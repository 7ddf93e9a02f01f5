from __future__ import annotations

import time

import pytest

CANARY = "canary7f3a"
JSON = {"Content-Type": "application/json"}
QUESTION = '{"question": "Who opened the summit?"}'


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"{", id="cut"),
        pytest.param(b'{"question": ' + CANARY.encode() + b"}", id="bare-word"),
        pytest.param(b'{"question": "a"} {}', id="two-values"),
        pytest.param(b"{'question': 'a'}", id="single-quotes"),
        pytest.param(b"[" * 65_000, id="deep-arrays"),
        pytest.param(b'{"a":' * 12_000, id="deep-objects"),
        pytest.param(b'{"top_k": ' + b"9" * 60_000 + b"}", id="huge-integer"),
        pytest.param(b'{"question": "\xff\xfe"}', id="invalid-utf-8"),
        pytest.param(b'{"question": "\xed\xa0\x80"}', id="encoded-surrogate"),
        pytest.param(QUESTION.encode("utf-8-sig"), id="byte-order-mark"),
        pytest.param(QUESTION.encode("utf-16"), id="utf-16"),
        pytest.param(QUESTION.encode("utf-16-be"), id="utf-16-be"),
        pytest.param(QUESTION.encode("utf-32"), id="utf-32"),
        pytest.param(b" ", id="white-space"),
        pytest.param(b"\0", id="nul"),
    ],
)
def test_not_json(client, refused, body):
    started = time.process_time()
    refused(client.post("/ask", content=body, headers=JSON), 400, "invalid_json")
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_not_a_number(client, refused, constant):
    for body in (f'{{"question": {constant}}}', f'{{"question": "q", "top_k": {constant}}}', constant):
        refused(client.post("/ask", content=body, headers=JSON), 422, "invalid_request")


@pytest.mark.parametrize("body", [b'{"question": "q", "top_k": 1e999}', b'{"question": "q", "top_k": 8.0}'])
def test_a_float_is_no_count(client, refused, body):
    refused(client.post("/ask", content=body, headers=JSON), 422, "invalid_request", "top_k")


def test_nothing(client, refused):
    refused(client.post("/ask", content=b"", headers=JSON), 422, "invalid_request")


def test_the_last_of_two_equal_keys_wins(client):
    body = b'{"question": "", "question": "Who opened the summit?"}'
    assert client.post("/ask", content=body, headers=JSON).json()["question"] == "Who opened the summit?"


@pytest.mark.parametrize("charset", ["; charset=utf-8", ";charset=UTF-8", "; charset=utf-16"])
def test_utf_8_whatever_the_charset_says(client, charset):
    headers = {"Content-Type": "application/json" + charset}
    assert client.post("/ask", content=QUESTION, headers=headers).status_code == 200
