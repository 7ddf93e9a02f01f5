"""The JSON of an answer."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from rag.answer import Answerer
from rag.check import make_question
from rag.types import Document, Metadata, Section, Span
from rag.wire import AnswerWire, answer_wire, document_text_wire, passage_in_context_wire


def test_the_answer_has_exactly_the_fields_of_the_contract(hashed_article: Answerer) -> None:
    wire = answer_wire(hashed_article.answer(make_question("How many registered participants?")))
    assert list(wire) == list(AnswerWire.__annotations__)
    citation = wire["citations"][0]
    assert citation["url"] == (
        f"/documents/2021-smart-city-mayors-summit?start={citation['start']}&end={citation['end']}"
    )
    assert json.loads(json.dumps(wire, allow_nan=False)) == wire


@given(st.text(min_size=1, max_size=50), st.data())
def test_a_quote_in_context_is_cut_by_code_points(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    span = Span(start, data.draw(st.integers(start + 1, len(text))))
    around = data.draw(st.one_of(st.none(), st.integers(0, 60)))
    first = data.draw(st.integers(span.start, span.end - 1))
    highlight = data.draw(st.one_of(st.none(), st.builds(Span, st.just(first), st.integers(first + 1, span.end))))
    cut = passage_in_context_wire(Document("d", text, Metadata("T"), (), ""), span, around, highlight)
    assert cut["quote"] == text[span.start : span.end]
    assert cut["before"] + cut["quote"] + cut["after"] in text
    assert around is not None or cut["before"] + cut["quote"] + cut["after"] == text
    parts = [cut["quote_before"], cut["highlight"], cut["quote_after"]]
    assert parts == [None] * 3 if highlight is None else "".join(map(str, parts)) == cut["quote"]
    assert highlight is None or cut["highlight"] == highlight.of(text)


def test_a_document_carries_its_sections() -> None:
    document = Document("d", "# A\nText", Metadata("T"), (Section(Span(0, 8), "A", page=3),), "00")
    wire = document_text_wire(document)
    assert wire["sections"] == [{"label": "A", "page": 3, "time_s": None, "start": 0, "end": 8}]
    assert (wire["text"], wire["characters"]) == ("# A\nText", 8)
