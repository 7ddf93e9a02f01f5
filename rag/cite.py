"""Numbers quotes and proves each one before it is shown.

Non-scope: choosing what to quote.
"""

from __future__ import annotations

from collections.abc import Mapping

from rag.errors import IndexCorrupt
from rag.types import Citation, Document, Passage, Span


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
