"""An answerer that says what it is told: for tests of how answers are shown, apart from how they are found.

A question that is not in the script is answered as usual.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from time import sleep
from typing import Any

from rag.answer import Answerer, never
from rag.language import partial_text
from rag.types import (
    Citation,
    Confidence,
    Event,
    Final,
    Question,
    Sentence,
    ShortAnswer,
    Sources,
    Span,
    Status,
    Stopped,
    Support,
    Text,
)

SURE = Confidence(0.95, "high")


@dataclass(frozen=True)
class Line:
    """A quote of a document, and the words in it that answer."""

    document_id: str
    quote: str
    words: str | None = None


@dataclass(frozen=True)
class Script:
    """What is answered: the lines in order, and what of the question was not found."""

    lines: tuple[Line, ...]
    missing: tuple[str, ...] = ()
    pause_s: float = 0.0  # before each of its events but the first
    told: str | None = None  # one sentence that cites all lines, as a language model writes it; else each line is one


@dataclass(frozen=True)
class Scripted(Answerer):
    """Answers by question from the script; every quote and its words stand once in their document."""

    script: Mapping[str, Script]

    def stream(self, question: Question, stopped: Stopped = never) -> Iterator[Event]:
        events = list(super().stream(question, stopped))
        final = events[-1]
        if question.text not in self.script or not isinstance(final, Final):
            yield from events
            return
        said = self.script[question.text]
        citations = [self._citation(number, line) for number, line in enumerate(said.lines, 1)]
        sentences = [Sentence(c.quote, (c.number,), Support.VERBATIM) for c in citations]
        if said.told:
            sentences = [Sentence(said.told, tuple(c.number for c in citations), Support.SUPPORTED)]
        yield Sources(final.answer.consulted)
        for sentence in sentences:
            for number in sentence.citations:
                sleep(said.pause_s)
                yield citations[number - 1]
            sleep(said.pause_s)
            yield Text(sentence)
        short = tuple(ShortAnswer(line.words, n) for n, line in enumerate(said.lines, 1) if line.words)
        note = [partial_text(said.missing, "en")] if said.missing else []
        yield Final(
            replace(
                final.answer,
                status=Status.PARTIAL if said.missing else Status.ANSWERED,
                reason=None,
                confidence=SURE,
                short_answer=short[0] if short else None,
                short_answers=short,
                missing=said.missing,
                text=" ".join([*(f"{s.text} {''.join(f'[{n}]' for n in s.citations)}" for s in sentences), *note]),
                text_plain=" ".join([*(s.text for s in sentences), *note]),
                sentences=tuple(sentences),
                citations=tuple(citations),
            )
        )

    def _citation(self, number: int, line: Line) -> Citation:
        document = self.snapshot.documents[line.document_id]
        start = document.text.index(line.quote)
        span = Span(start, start + len(line.quote))
        first = start + line.quote.index(line.words or "")
        return Citation(
            number=number,
            document_id=document.id,
            title=document.metadata.title,
            span=span,
            quote=line.quote,
            passage_id=f"{document.id}:{span.start}-{span.end}",
            highlight=Span(first, first + len(line.words)) if line.words else None,
            section=document.section_at(span),
            source=document.metadata.source,
        )


def fields_of(answerer: Answerer) -> dict[str, Any]:
    """For making an answerer of another class that answers from the same index."""
    return {field.name: getattr(answerer, field.name) for field in fields(Answerer)}
