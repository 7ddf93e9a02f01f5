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


def test_a_highlight_cuts_the_quote_in_three(client, answerer):
    text = answerer.snapshot.documents["summit"].text
    start, first = text.index("“for"), text.index("台北")
    end, last = text.index("spoke"), text.index(" — and")  # 🎉 before it: two UTF-16 units, one code point
    query = {"start": start, "end": end, "around": 0, "highlight_start": first, "highlight_end": last}
    body = client.get("/documents/summit/passage", params=query).json()
    assert (body["quote_before"], body["highlight"], body["quote_after"]) == ("“for ", "台北” 🎉", " — and ")
    assert body["quote"] == text[start:end]


def test_without_a_highlight_the_quote_stays_whole(client):
    body = client.get("/documents/summit/passage?start=0&end=5").json()
    assert (body["quote_before"], body["highlight"], body["quote_after"]) == (None, None, None)


@pytest.mark.parametrize("words", [(4, 9), (4, 5), (8, 9)], ids=["whole", "first", "last"])
def test_a_highlight_may_touch_the_edges_of_the_quote(client, words):
    query = f"start=4&end=9&around=0&highlight_start={words[0]}&highlight_end={words[1]}"
    body = client.get(f"/documents/summit/passage?{query}").json()
    assert body["quote_before"] + body["highlight"] + body["quote_after"] == body["quote"]
    assert len(body["highlight"]) == words[1] - words[0]


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
        ("start=3&end=9&highlight_start=4", "highlight_end"),
        ("start=3&end=9&highlight_end=8", "highlight_start"),
        ("start=3&end=9&highlight_start=2&highlight_end=8", "highlight_start"),
        ("start=3&end=9&highlight_start=4&highlight_end=10", "highlight_end"),
        ("start=3&end=9&highlight_start=5&highlight_end=5", "highlight_end"),
        ("start=3&end=9&highlight_start=6&highlight_end=5", "highlight_end"),
        ("start=3&end=9&highlight_start=-1&highlight_end=5", "highlight_start"),
        (f"start=3&end=9&highlight_start=4&highlight_end={CANARY}", "highlight_end"),
        (f"start=3&end=9&highlight_start=4&highlight_end={'9' * 5000}", "highlight_end"),
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
