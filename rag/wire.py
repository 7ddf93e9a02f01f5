"""The answer as JSON: one definition for `POST /ask`, `rag ask --json` and the evaluation.

Key order and rounding are fixed, so that the same answer is the same bytes.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from typing_extensions import TypedDict

from rag.links import deep_link
from rag.types import Answer, Citation, Document, Evidence, Section, Sentence, ShortAnswer, Span

SCORE_DIGITS = 4  # beyond float32 noise between machines


class SpanWire(TypedDict):
    start: int
    end: int


class SectionWire(TypedDict):
    label: str
    page: int | None
    time_s: float | None


class ConfidenceWire(TypedDict):
    label: str
    probability: float


class ShortAnswerWire(TypedDict):
    text: str
    citation: int


class SentenceWire(TypedDict):
    text: str
    citations: list[int]
    support: str


class CitationWire(TypedDict):
    number: int
    document_id: str
    title: str
    quote: str
    start: int
    end: int
    passage_id: str
    highlight: SpanWire | None
    section: SectionWire | None
    url: str
    source_url: str | None


class ConsultedWire(TypedDict):
    passage_id: str
    document_id: str
    start: int
    end: int
    text: str
    score: float


class IndexWire(TypedDict):
    snapshot: str
    documents: int
    passages: int


class ModelsWire(TypedDict):
    embedder: str
    reader: str | None
    llm: str | None


class AnswerWire(TypedDict):
    """The body of `POST /ask`."""

    id: str
    question: str
    standalone_question: str
    conversation_id: str | None
    stored: bool | None  # whether the server kept it; null where nothing is kept (command line, evaluation)
    status: str
    reason: str | None
    confidence: ConfidenceWire
    short_answer: ShortAnswerWire | None
    short_answers: list[ShortAnswerWire]
    missing: list[str]
    answer: str
    answer_plain: str
    sentences: list[SentenceWire]
    citations: list[CitationWire]
    consulted: list[ConsultedWire]
    warnings: list[str]
    mode: str
    index: IndexWire
    models: ModelsWire
    timings_ms: dict[str, float]


class DocumentWire(TypedDict):
    """One line of `GET /documents`."""

    id: str
    title: str
    source: str | None
    publisher: str | None
    language: str | None
    published: str | None
    author: str | None
    speaker: str | None
    media: str | None
    characters: int
    sha256: str


class SectionSpanWire(SectionWire):
    start: int
    end: int


class DocumentTextWire(DocumentWire):
    """`GET /documents/{id}`: the whole canonical text."""

    text: str
    sections: list[SectionSpanWire]


class PassageInContextWire(TypedDict):
    """A quote between its surroundings: `text == before + quote + after` of that stretch of the document.

    Where a highlight was asked for, `quote == quote_before + highlight + quote_after`; else the three are null.
    """

    document_id: str
    title: str
    start: int
    end: int
    before: str
    quote: str
    after: str
    quote_before: str | None
    highlight: str | None
    quote_after: str | None
    section: SectionWire | None


def span_wire(span: Span | None) -> SpanWire | None:
    return None if span is None else {"start": span.start, "end": span.end}


def section_wire(section: Section | None) -> SectionWire | None:
    return None if section is None else {"label": section.label, "page": section.page, "time_s": section.time_s}


def sentence_wire(sentence: Sentence) -> SentenceWire:
    return {"text": sentence.text, "citations": list(sentence.citations), "support": sentence.support.value}


def short_answer_wire(short: ShortAnswer) -> ShortAnswerWire:
    return {"text": short.text, "citation": short.citation}


def citation_wire(citation: Citation) -> CitationWire:
    span = citation.span
    return {
        "number": citation.number,
        "document_id": citation.document_id,
        "title": citation.title,
        "quote": citation.quote,
        "start": span.start,
        "end": span.end,
        "passage_id": citation.passage_id,
        "highlight": span_wire(citation.highlight),
        "section": section_wire(citation.section),
        "url": document_address(citation.document_id, span),
        "source_url": deep_link(citation),
    }


def document_address(document_id: str, span: Span | None = None) -> str:
    """Where the server shows a document, open at `span`."""
    place = f"?start={span.start}&end={span.end}" if span else ""
    return f"/documents/{quote(document_id, safe='')}{place}"


def consulted_wire(evidence: Evidence) -> list[ConsultedWire]:
    return [
        {
            "passage_id": passage.id,
            "document_id": passage.document_id,
            "start": passage.span.start,
            "end": passage.span.end,
            "text": passage.text,
            "score": round(hit.score, SCORE_DIGITS),
        }
        for passage, hit in zip(evidence.passages, evidence.hits, strict=True)
    ]


def answer_wire(answer: Answer) -> AnswerWire:
    """As it is made: in no conversation and not stored, which is for the server to say."""
    short = answer.short_answer
    return {
        "id": answer.id,
        "question": answer.question,
        "standalone_question": answer.standalone_question,
        "conversation_id": None,
        "stored": None,
        "status": answer.status.value,
        "reason": None if answer.reason is None else answer.reason.value,
        "confidence": {
            "label": answer.confidence.label,
            "probability": round(answer.confidence.probability, SCORE_DIGITS),
        },
        "short_answer": None if short is None else short_answer_wire(short),
        "short_answers": [short_answer_wire(s) for s in answer.short_answers],
        "missing": list(answer.missing),
        "answer": answer.text,
        "answer_plain": answer.text_plain,
        "sentences": [sentence_wire(s) for s in answer.sentences],
        "citations": [citation_wire(c) for c in answer.citations],
        "consulted": consulted_wire(answer.consulted),
        "warnings": list(answer.warnings),
        "mode": answer.mode.value,
        "index": {
            "snapshot": answer.index.snapshot,
            "documents": answer.index.documents,
            "passages": answer.index.passages,
        },
        "models": {"embedder": answer.models.embedder, "reader": answer.models.reader, "llm": answer.models.llm},
        "timings_ms": {name: round(value, 2) for name, value in answer.timings_ms.items()},
    }


def document_wire(document: Document) -> DocumentWire:
    known = document.metadata
    return {
        "id": document.id,
        "title": known.title,
        "source": known.source,
        "publisher": known.publisher,
        "language": known.language,
        "published": known.published,
        "author": known.author,
        "speaker": known.speaker,
        "media": known.media,
        "characters": len(document.text),
        "sha256": document.sha256,
    }


def document_text_wire(document: Document) -> DocumentTextWire:
    sections: list[Any] = [
        {"label": s.label, "page": s.page, "time_s": s.time_s, "start": s.span.start, "end": s.span.end}
        for s in document.sections
    ]
    return {**document_wire(document), "text": document.text, "sections": sections}


def passage_in_context_wire(
    document: Document, span: Span, around: int | None = None, highlight: Span | None = None
) -> PassageInContextWire:
    """The quote at `span` with at most `around` characters on each side; None = the whole document.

    `highlight` lies inside `span`.
    """
    text = document.text
    first = 0 if around is None else max(0, span.start - around)
    last = len(text) if around is None else min(len(text), span.end + around)
    return {
        "document_id": document.id,
        "title": document.metadata.title,
        "start": span.start,
        "end": span.end,
        "before": text[first : span.start],
        "quote": span.of(text),
        "after": text[span.end : last],
        "quote_before": text[span.start : highlight.start] if highlight else None,
        "highlight": highlight.of(text) if highlight else None,
        "quote_after": text[highlight.end : span.end] if highlight else None,
        "section": section_wire(document.section_at(span)),
    }
