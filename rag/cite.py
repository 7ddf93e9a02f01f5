"""Numbers quotes and proves each one before it is shown; finds words again where they stand.

Non-scope: choosing what to quote.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from rag.errors import IndexCorrupt
from rag.types import Citation, Document, Passage, Span
from rag.wire import CitationWire


class CitationBook:
    """The citations of one answer: the same span keeps its number."""

    def __init__(self, documents: Mapping[str, Document]) -> None:
        self._documents = documents
        self._citations: dict[tuple[str, Span], Citation] = {}

    def cite(self, passage: Passage, span: Span, highlight: Span | None = None) -> tuple[Citation, bool]:
        """The citation of `span`, and whether it is new.

        Raises: IndexCorrupt when the span does not lie in its passage: a quote is proven or not shown.
        """
        known = self._citations.get((passage.document_id, span))
        if known:
            return known, False
        document = self._documents[passage.document_id]
        inside = passage.span.start <= span.start < span.end <= passage.span.end
        quote = passage.text[span.start - passage.span.start : span.end - passage.span.start]
        if not inside or document.text[span.start : span.end] != quote:
            raise IndexCorrupt(f"A quote of {document.id} is not in its text; run `rag verify`.")
        citation = Citation(
            number=len(self._citations) + 1,
            document_id=document.id,
            title=document.metadata.title,
            span=span,
            quote=quote,
            passage_id=passage.id,
            highlight=highlight,
            section=document.section_at(span),
            source=document.metadata.source,
            media=document.metadata.media,
        )
        self._citations[passage.document_id, span] = citation
        return citation, True

    def all(self) -> tuple[Citation, ...]:
        return tuple(self._citations.values())


def occurrences(words: str, text: str) -> Iterator[Span]:
    """Where the words stand one after the other, however they are spaced. Of no words: nowhere."""
    sought = " ".join(words.split())
    found = [match.span() for match in re.finditer(r"\S+", text)]
    plain = " ".join(text[a:b] for a, b in found)
    starts = list(accumulate((b - a + 1 for a, b in found), initial=0))  # of each word in `plain`

    def place(at: int) -> int:
        word = bisect_right(starts, at) - 1
        return found[word][0] + at - starts[word]

    at = plain.find(sought) if sought else -1
    while at >= 0:
        yield Span(place(at), place(at + len(sought) - 1) + 1)
        at = plain.find(sought, at + len(sought))


def cites(citation: CitationWire, document: Document, places: Sequence[Span]) -> bool:
    """Whether a citation that was given once still stands in the document and covers a part of one of the places."""
    span = Span(citation["start"], citation["end"])
    here = citation["document_id"] == document.id and span.of(document.text) == citation["quote"]
    return here and any(span.start < place.end and place.start < span.end for place in places)
