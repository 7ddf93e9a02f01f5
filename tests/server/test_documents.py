from __future__ import annotations

import pytest

from rag.types import Span
from rag.wire import document_text_wire, document_wire, passage_in_context_wire

CANARY = "canary7f3a"


def test_list(client, answerer):
    documents = answerer.snapshot.documents
    expected = [document_wire(documents["prizes"]), document_wire(documents["summit"])]
    assert client.get("/documents").json() == {"documents": expected}


def test_whole_text(client, answerer):
    assert client.get("/documents/summit").json() == document_text_wire(answerer.snapshot.documents["summit"])


@pytest.mark.parametrize("around", [None, 0, 10, 10**6])
def test_passage_between_its_surroundings(client, answerer, around):
    document = answerer.snapshot.documents["summit"]
    start = document.text.index("🎉") - 5
    query = {"start": start, "end": start + 12} | ({} if around is None else {"around": around})
    body = client.get("/documents/summit/passage", params=query).json()
    assert body == passage_in_context_wire(document, Span(start, start + 12), around)
    if around is None:
        assert body["before"] + body["quote"] + body["after"] == document.text


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ("start=5&end=5", "end"),
        ("start=6&end=5", "end"),
        ("start=0&end=1000000", "end"),
        ("start=-1&end=5", "start"),
        ("start=0", "end"),
        ("", "start"),
        (f"start={CANARY}&end=5", "start"),
        ("start=0.5&end=5", "start"),
        ("start=NaN&end=5", "start"),
        (f"start=0&end={'9' * 5000}", "end"),
        ("start=0&end=5&around=-1", "around"),
        (f"start=0&end=5&around={CANARY}", "around"),
    ],
)
def test_bad_range(client, refused, query, param):
    refused(client.get(f"/documents/summit/passage?{query}"), 422, "invalid_request", param)


@pytest.mark.parametrize("path", [f"/documents/{CANARY}", f"/documents/{CANARY}/passage?start=0&end=1"])
def test_unknown_document(client, refused, path):
    refused(client.get(path), 404, "not_found")


@pytest.mark.parametrize("path", ["/documents/..%2f..%2fetc%2fpasswd", "/documents/%00", "/documents/a%2Fb"])
def test_ids_are_not_paths(client, refused, path):
    refused(client.get(path), 404, "not_found")
