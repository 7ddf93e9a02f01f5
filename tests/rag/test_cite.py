"""A quote is proven or not shown."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.cite import CitationBook, occurrences
from rag.errors import IndexCorrupt
from rag.types import Document, Metadata, Passage, Section, Span

TEXT = "One 😀 sentence. Two."
DOCUMENT = Document("d", TEXT, Metadata("T", source="https://example.org"), (Section(Span(0, 20), "Part"),), "")


def passage(text: str = TEXT) -> Passage:
    return Passage("d:0-20", "d", Span(0, len(text)), text, "T", (), 0)


@given(st.text("ab .\n", min_size=1, max_size=8), st.text("ab .\n\u3000", max_size=60))
def test_words_are_found_however_they_are_spaced(words: str, text: str) -> None:
    pattern = r"\s+".join(map(re.escape, words.split()))
    expected = [Span(*match.span()) for match in re.finditer(pattern, text)] if pattern else []
    assert list(occurrences(words, text)) == expected


def test_the_same_span_keeps_its_number() -> None:
    book = CitationBook({"d": DOCUMENT})
    first, new = book.cite(passage(), Span(16, 20))
    assert (first.number, first.quote, new) == (1, "Two.", True)
    second, _ = book.cite(passage(), Span(0, 15))
    assert (second.number, second.quote, second.title) == (2, "One 😀 sentence.", "T")
    assert second.section is DOCUMENT.sections[0]
    assert book.cite(passage(), Span(16, 20)) == (first, False)
    assert book.all() == (first, second)


@pytest.mark.parametrize("span", [Span(0, 21), Span(5, 5), Span(7, 3)])
def test_a_span_outside_its_passage_is_refused(span: Span) -> None:
    with pytest.raises(IndexCorrupt):
        CitationBook({"d": DOCUMENT}).cite(passage(), span)


def test_a_quote_that_is_not_in_the_document_is_refused() -> None:
    with pytest.raises(IndexCorrupt, match="rag verify"):
        CitationBook({"d": DOCUMENT}).cite(passage("One lie, sentence. Two."[: len(TEXT)]), Span(0, 8))
