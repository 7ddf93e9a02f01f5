"""From a question to a cited answer, as one stream of events: start reading here.

resolve the follow-up → take it apart → retrieve → read → judge → quote, or let a language model write and check each
sentence; each quote is proven before it is yielded → final.
Every caller (HTTP, page, command line, evaluation) folds this stream. Non-scope: JSON (`rag/wire.py`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from time import perf_counter
from typing import TYPE_CHECKING

from rag.abstain import Calibration, fits, judge
from rag.cite import CitationBook
from rag.compose import short_answers
from rag.errors import LanguageModelError, NotFoundError
from rag.glossary import Glossary
from rag.language import frame_language, not_found_text, partial_text, unreadable
from rag.lexical import tokenize
from rag.memory import leant_on, standalone
from rag.parts import parts_of
from rag.read import read, reranked
from rag.reader import Reader
from rag.retrieve import Query, Retriever, merged
from rag.snapshot import Snapshot
from rag.told import Part, Told, left_out, short_answers_of
from rag.types import (
    Abstained,
    Abstention,
    Answer,
    Confidence,
    Event,
    Evidence,
    Final,
    Mode,
    Models,
    Question,
    Reason,
    Sentence,
    Sources,
    Status,
    Stopped,
    Support,
    Text,
)

if TYPE_CHECKING:  # httpx takes a tenth of a second to import, of use only where there is a language model
    from rag.generate import Writer

UNCALIBRATED = "The confidence was fitted for another reader: it says less about this one."
NO_LLM = "No language model is configured, so the answer is quoted from the documents."
NO_LLM_SENTENCE = LanguageModelError("The documents support no sentence of the language model.", code="llm_unsupported")


def never() -> bool:
    return False


@dataclass(frozen=True)
class Answerer:
    """Answers from one snapshot. Thread-safe: all state of a question lives in its own stream."""

    retriever: Retriever
    reader: Reader | None
    models: Models
    calibration: Calibration
    writer: Writer | None
    glossary: Glossary = field(default=Glossary({}), kw_only=True)

    @property
    def snapshot(self) -> Snapshot:
        return self.retriever.snapshot

    def resolve(self, question: Question) -> str:
        """The question as it is understood: in English where nothing here reads its script but the glossary knows its
        words, follow-ups joined with what they lean on, spelling mended."""
        history = tuple(
            replace(turn, content=self._readable(turn.content)) if turn.role == "user" else turn
            for turn in question.history
        )
        return self.retriever.mend(standalone(self._readable(question.text), history))

    def _readable(self, text: str) -> str:
        """`text`, or what the glossary makes of it."""
        return (self._unreadable(text, tokenize(text)) and self.glossary.english(text)) or text

    def _unreadable(self, text: str, tokens: Sequence[str]) -> bool:
        return unreadable(text, tokens, self.retriever.embedder, self.snapshot.lexical)

    def answer(self, question: Question) -> Answer:
        """The folded stream. Raises: as `stream`."""
        *_, last = self.stream(question)
        assert isinstance(last, Final)
        return last.answer

    def stream(self, question: Question, stopped: Stopped = never) -> Iterator[Event]:
        """Sources, then citations and sentences or Abstained, then Final.

        `stopped`: whether nobody waits any more; asked while a language model is awaited.
        Raises: NotFoundError for an unknown document id, before the first event; LanguageModelError where the
        question is strict.
        """
        if unknown := (question.documents or frozenset()) - self.snapshot.documents.keys():
            raise NotFoundError(f"{len(unknown)} of the documents asked about are not in the index.")
        until = self.writer.deadline() if self.writer else 0.0
        times = [perf_counter()]
        alone, asked = self._understood(question, stopped, until)
        times.append(perf_counter())
        queries = [self.retriever.query(part) for part in parts_of(alone)]
        found = [self.retriever.find(query, question.top_k, question.documents) for query in queries]
        times.append(perf_counter())
        yield Sources(merged(found, question.top_k))
        parts = [self._part(question, query, evidence) for query, evidence in zip(queries, found, strict=True)]
        book = CitationBook(self.snapshot.documents)
        told = asked.followed_by((yield from self._told(question, parts, book, stopped, until)))
        times.append(perf_counter())
        yield Final(self._final(question, alone, parts, told, book, times))

    def _part(self, question: Question, query: Query, evidence: Evidence) -> Part:
        foreign = self._unreadable(query.text, query.tokens)
        reading = read(query, evidence, self.snapshot, None if foreign else self.reader)
        confidence, reason = judge(reading, evidence, self.calibration)
        if foreign:
            confidence, reason = Confidence(0.0, "low"), Reason.UNSUPPORTED_LANGUAGE
        return Part(query, reranked(evidence, reading), reading, confidence, reason)

    def _understood(self, question: Question, stopped: Stopped, until: float) -> tuple[str, Told]:
        """The question as `resolve` has it; or, where it or what it leans on cannot be read here, as a language model
        puts it into English, whose words are better than the glossary's; and what is to be said of asking that.

        Raises: LanguageModelError where it is strict.
        """
        turns = leant_on(question.text, question.history)[:1]
        foreign = any(self._unreadable(text, tokenize(text)) for text in (question.text, *(t.content for t in turns)))
        if not (foreign and self.writer) or question.mode is Mode.EXTRACTIVE:
            return self.resolve(question), Told()
        model = self.writer.endpoint.model
        said = " ".join([*(turn.content for turn in question.history), question.text])
        names = self.glossary.names(said)
        try:
            english = self.writer.english(question.text, question.history, names, stopped, until)
        except LanguageModelError as fault:
            told = _without_model(question, fault, fault.warning)
            return self.resolve(question), replace(told, llm=model)
        return self.retriever.mend(english), Told(llm=model)

    def _told(
        self, question: Question, parts: Sequence[Part], book: CitationBook, stopped: Stopped, until: float
    ) -> Generator[Event, None, Told]:
        """The language model's sentences, where it is asked and the documents support any; else quotes.

        Only what the reader finds answered is asked: a model that is asked for more would guess.
        """
        found = [part for part in parts if part.reason is None]
        written = Told()
        if question.mode is not Mode.EXTRACTIVE and found:
            if self.writer:
                written = yield from self._written(self.writer, question, found, book, stopped, until)
            elif question.mode is Mode.LLM:
                written = _without_model(question, LanguageModelError(NO_LLM, code="llm_not_configured"), NO_LLM)
        if written.sentences:
            return written
        quoted = yield from self._quoted(parts, book)
        return replace(written, sentences=quoted)

    def _written(
        self,
        writer: Writer,
        question: Question,
        found: Sequence[Part],
        book: CitationBook,
        stopped: Stopped,
        until: float,
    ) -> Generator[Event, None, Told]:
        """What the language model writes, as far as the documents support it. What was shown stays when it fails."""
        marked = {(s.passage.document_id, s.span): s.answer for part in found for s in part.chosen}
        evidence = merged([part.evidence for part in found], question.top_k)
        asked = " ".join(part.query.text for part in found)
        sentences: list[Sentence] = []
        unsupported = 0
        fault: LanguageModelError | None = None
        try:
            for written in writer.write(asked, evidence, self.snapshot, stopped, until):
                numbers = []
                for quote in written.quotes:
                    highlight = marked.get((quote.passage.document_id, quote.span))
                    citation, new = book.cite(quote.passage, quote.span, highlight)
                    numbers.append(citation.number)
                    if new:
                        yield citation
                if numbers:
                    sentences.append(Sentence(written.text, tuple(dict.fromkeys(numbers)), Support.SUPPORTED))
                    yield Text(sentences[-1])
                else:
                    unsupported += 1
        except LanguageModelError as error:
            fault = error
        if not sentences and not fault:
            fault = NO_LLM_SENTENCE
        told = _without_model(question, fault, fault.warning) if fault else Told()
        warnings = told.warnings + ((left_out(unsupported),) if unsupported else ())
        mode = Mode.LLM if sentences else Mode.EXTRACTIVE
        return Told(tuple(sentences), mode, writer.endpoint.model, warnings)

    def _quoted(self, parts: Sequence[Part], book: CitationBook) -> Generator[Event, None, tuple[Sentence, ...]]:
        """Part by part the chosen sentences in document order, each after its citation; or that there are none."""
        first = parts[0]
        if first.reason is not None and all(part.reason for part in parts):
            yield Abstained(Abstention(first.reason, first.confidence))
        sentences: dict[int, Sentence] = {}
        for part in parts:
            chosen = part.chosen
            marked = short_answers(chosen, part.query.text)
            for sentence in sorted(chosen, key=lambda s: (s.passage.document_id, s.span)):
                highlight = sentence.answer if sentence in marked else None
                citation, new = book.cite(sentence.passage, sentence.span, highlight)
                if new:
                    yield citation
                if citation.number not in sentences:
                    sentences[citation.number] = Sentence(citation.quote, (citation.number,), Support.VERBATIM)
                    yield Text(sentences[citation.number])
        return tuple(sentences.values())

    def _final(
        self,
        question: Question,
        alone: str,
        parts: Sequence[Part],
        told: Told,
        book: CitationBook,
        times: list[float],
    ) -> Answer:
        found = [part for part in parts if part.reason is None]
        missing = tuple(part.query.text for part in parts if part.reason is not None) if found else ()
        reason = None if found else parts[0].reason
        language = frame_language(question)
        if reason is None:
            text, plain = told.text, told.plain
            if missing:
                text, plain = (f"{t} {partial_text(missing, language)}" for t in (text, plain))
        else:
            text = plain = not_found_text(reason, language)
        short = short_answers_of(found, book.all(), self.snapshot.documents)
        steps = dict(zip(("resolve", "retrieve", "read"), pairwise(times), strict=True))
        return Answer(
            id=self._answer_id(question, alone, told),
            question=question.text,
            standalone_question=alone,
            status=Status.NOT_FOUND if reason else Status.PARTIAL if missing else Status.ANSWERED,
            reason=reason,
            confidence=min((part.confidence for part in found or parts), key=lambda c: c.probability),
            short_answer=short[0] if short else None,
            short_answers=short,
            text=text,
            text_plain=plain,
            sentences=told.sentences,
            citations=book.all(),
            missing=missing,
            consulted=merged([part.evidence for part in parts], question.top_k),
            warnings=tuple(dict.fromkeys(self._warnings() + told.warnings)),
            mode=told.mode,
            index=self.snapshot.info,
            models=replace(self.models, llm=told.llm),
            timings_ms={name: (end - start) * 1000 for name, (start, end) in steps.items()}
            | {"total": (times[-1] - times[0]) * 1000},
        )

    def _warnings(self) -> tuple[str, ...]:
        warnings = self.snapshot.warnings
        if not fits(self.calibration, self.models.reader):
            warnings += (UNCALIBRATED,)
        return warnings

    def _answer_id(self, question: Question, alone: str, told: Told) -> str:
        """The same question to the same index has the same id, so a permalink can be made again.

        A language model that was asked may say something else next time, or fail: then what it said counts, too, so
        that a link goes on showing the answer that was given.
        """
        asked = asdict(question) | {"documents": sorted(question.documents) if question.documents else None}
        said = [alone, asdict(told)] if told.llm else None
        key = json.dumps([self.snapshot.id, asdict(self.models), asked, said], sort_keys=True)
        return "ans_" + hashlib.sha256(key.encode()).hexdigest()[:32]


def _without_model(question: Question, fault: LanguageModelError, warning: str) -> Told:
    """Nothing but a warning. Raises: the fault, where the question is strict."""
    if question.mode is Mode.LLM and question.strict:
        raise fault
    return Told(warnings=(warning,))
