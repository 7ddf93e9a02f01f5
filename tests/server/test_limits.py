from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from server.limits import MAX_BODY_BYTES, allowed_hosts

CANARY = "canary7f3a"
QUESTION = {"question": "Who opened the summit?"}
JSON = {"Content-Type": "application/json"}


# Size


def padded(size: int) -> bytes:
    body = b'{"question": "Who opened the summit?"}'
    return body + b" " * (size - len(body))


def in_chunks(body: bytes) -> Iterator[bytes]:
    for start in range(0, len(body), 10_000):
        yield body[start : start + 10_000]


@pytest.mark.parametrize("send", [bytes, in_chunks], ids=["announced", "chunked"])
def test_body_of_64_kib_and_not_a_byte_more(client, refused, send):
    fits = client.post("/ask", content=send(padded(MAX_BODY_BYTES)), headers=JSON)
    assert fits.status_code == 200
    refused(client.post("/ask", content=send(padded(MAX_BODY_BYTES + 1)), headers=JSON), 413, "body_too_large")


@pytest.mark.parametrize("length", ["65537", "9" * 17, "9" * 4000])
def test_an_announced_length_is_enough(client, refused, length):
    headers = {**JSON, "Content-Length": length}
    refused(client.request("GET", "/nowhere", headers=headers), 413, "body_too_large")


@pytest.mark.parametrize(
    "send", [{"headers": {"X-Pad": CANARY * 1640}}, {"headers": {f"X-{n}": CANARY for n in range(1200)}}]
)
def test_headers_of_more_than_16_kib(client, refused, send):
    response = client.get("/healthz", **send)
    refused(response, 431, "headers_too_large")
    assert response.headers["connection"] == "close"


def test_the_address_counts_too(client, refused):
    refused(client.get("/healthz?" + CANARY * 1640), 431, "headers_too_large")


@pytest.mark.parametrize("length", ["-1", "+5", "0x5", "5, 5", "²"])
def test_strange_lengths(client, refused, length):
    headers = [(b"Content-Length", length.encode("utf-8"))]
    refused(client.request("GET", "/healthz", headers=headers), 400, "bad_framing")


def test_length_and_transfer_encoding_together(client, refused):
    headers = {**JSON, "Content-Length": "2", "Transfer-Encoding": "chunked"}
    response = client.post("/ask", content=b"{}", headers=headers)
    refused(response, 400, "bad_framing")
    assert response.headers["connection"] == "close"


# Host


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:8000", "[::1]", "[::1]:8000"])
def test_this_machine_s_own_names(client, host):
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "",
        CANARY + ".example",
        "localhost.evil.example",
        "evil.example:8000",
        "a/b?x#",
        "localhost/@evil.example",
        "user@localhost",
        "localhost:",
        "localhost:99999999",
        "localhost, evil.example",
        "127.0.0.1.nip.io",
        "[::1",
        "::1",
        "0.0.0.0",
        "10.0.0.1",
    ],
)
@pytest.mark.parametrize("path", ["/", "/healthz", "/documents", "/openapi.json", "/nowhere"])
def test_foreign_hosts(client, refused, host, path):
    refused(client.get(path, headers={"Host": host}), 421, "bad_host", "Host")


@pytest.mark.parametrize(
    ("changes", "host"),
    [
        ({"allowed_hosts": "qa.example.org, Other.example"}, "qa.example.org"),
        ({"allowed_hosts": "qa.example.org, Other.example"}, "other.example:443"),
        ({"host": "10.0.0.7", "token": "t"}, "10.0.0.7:8000"),
        ({"host": "FD00::0007", "token": "t"}, "[fd00::7]:8000"),
        ({"host": "qa.lan", "token": "t"}, "qa.lan"),
    ],
)
def test_further_hosts(make_client, changes, host):
    assert make_client(**changes).get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("everywhere", ["0.0.0.0", "::", ""])
def test_binding_every_address_allows_no_further_name(settings, everywhere):
    assert allowed_hosts(replace(settings, host=everywhere)) == allowed_hosts(settings)


# Origin


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://localhost:8000"},
        {"Origin": "https://LOCALHOST:8000", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_own_page_and_other_programs(client, headers):
    assert client.post("/ask", json=QUESTION, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": f"http://{CANARY}.example"},
        {"Origin": "http://localhost:8001"},
        {"Origin": "http://localhost"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://localhost:8000.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://localhost:8000", "Sec-Fetch-Site": "cross-site"},
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_other_pages(client, refused, headers, method):
    response = client.request(method, "/ask", json=QUESTION, headers=headers)
    refused(response, 403, "bad_origin", "Origin")


def test_reading_needs_no_origin(client):
    assert client.get("/documents", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200


# Media type


@pytest.mark.parametrize(
    "media_type",
    [
        None,
        "",
        "text/plain",
        "text/json",
        "application/jsonx",
        "application/ld+json",
        "application/x-www-form-urlencoded",
        "a;" * 4000,
    ],
)
def test_anything_but_json(client, refused, media_type):
    headers = {} if media_type is None else {"Content-Type": media_type}
    response = client.post("/ask", content=b'{"question": "q"}', headers=headers)
    refused(response, 415, "unsupported_media_type", "Content-Type")


def test_forms_of_ten_thousand_parts(client, refused):
    part = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    body = (part * 10_000)[: MAX_BODY_BYTES - 10]
    for media_type in ("multipart/form-data; boundary=b", "application/x-www-form-urlencoded"):
        response = client.post("/ask", content=body, headers={"Content-Type": media_type})
        refused(response, 415, "unsupported_media_type", "Content-Type")
