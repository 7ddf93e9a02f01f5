"""From a question to a cited answer, as one stream of events: start reading here.

resolve the follow-up → retrieve → read → judge → quote, each quote proven before it is yielded → final.
Every caller (HTTP, page, command line, evaluation) folds this stream. Non-scope: JSON (`rag/wire.py`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from time import perf_counter

from rag.abstain import Calibration, judge
from rag.cite import CitationBook
from rag.errors import NotFoundError
from rag.language import frame_language, not_found_text, unreadable
from rag.memory import standalone
from rag.read import ScoredSentence, choose, read
from rag.retrieve import Retriever
from rag.snapshot import Snapshot
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
    Support,
    Text,
)

NO_LLM = "No language model is configured, so the answer is quoted from the documents."


@dataclass(frozen=True)
class Answerer:
    """Answers from one snapshot. Thread-safe: all state of a question lives in its own stream."""

    retriever: Retriever
    models: Models
    calibration: Calibration

    @property
    def snapshot(self) -> Snapshot:
        return self.retriever.snapshot

    def resolve(self, question: Question) -> str:
        """The question as it is understood: follow-ups joined with what they lean on, spelling mended."""
        return self.retriever.mend(standalone(question.text, question.history))

    def answer(self, question: Question) -> Answer:
        """The folded stream. Raises: as `stream`."""
        *_, last = self.stream(question)
        assert isinstance(last, Final)
        return last.answer

    def stream(self, question: Question) -> Iterator[Event]:
        """Sources, then citations and sentences or Abstained, then Final.

        Raises: NotFoundError for an unknown document id, before the first event.
        """
        if unknown := (question.documents or frozenset()) - self.snapshot.documents.keys():
            raise NotFoundError(f"{len(unknown)} of the documents asked about are not in the index.")
        times = [perf_counter()]
        alone = self.resolve(question)
        times.append(perf_counter())
        query = self.retriever.query(alone)
        evidence = self.retriever.find(query, question.top_k, question.documents)
        times.append(perf_counter())
        yield Sources(evidence)
        reading = read(query, evidence, self.snapshot)
        confidence, reason = judge(reading, evidence, self.calibration)
        if unreadable(question.text, query.tokens, self.retriever.embedder, self.snapshot.lexical):
            confidence, reason = Confidence(0.0, "low"), Reason.UNSUPPORTED_LANGUAGE
        book = CitationBook(self.snapshot.documents)
        sentences: list[Sentence] = []
        if reason is None:
            for event in self._quoted(choose(reading), book):
                if isinstance(event, Text):
                    sentences.append(event.sentence)
                yield event
        else:
            yield Abstained(Abstention(reason, confidence))
        times.append(perf_counter())
        yield Final(self._final(question, alone, evidence, confidence, reason, sentences, book, times))

    def _quoted(self, chosen: list[ScoredSentence], book: CitationBook) -> Iterator[Event]:
        """The chosen sentences in document order, each after its citation."""
        for sentence in sorted(chosen, key=lambda s: (s.passage.document_id, s.span)):
            citation, new = book.cite(sentence.passage, sentence.span)
            if new:
                yield citation
            yield Text(Sentence(citation.quote, (citation.number,), Support.VERBATIM))

    def _final(
        self,
        question: Question,
        alone: str,
        evidence: Evidence,
        confidence: Confidence,
        reason: Reason | None,
        sentences: list[Sentence],
        book: CitationBook,
        times: list[float],
    ) -> Answer:
        if reason is None:
            text = " ".join(s.text + "".join(f" [{n}]" for n in s.citations) for s in sentences)
            plain = " ".join(s.text for s in sentences)
        else:
            text = plain = not_found_text(reason, frame_language(question))
        steps = dict(zip(("resolve", "retrieve", "read"), pairwise(times), strict=True))
        return Answer(
            id=self._answer_id(question),
            question=question.text,
            standalone_question=alone,
            status=Status.ANSWERED if reason is None else Status.NOT_FOUND,
            reason=reason,
            confidence=confidence,
            short_answer=None,
            text=text,
            text_plain=plain,
            sentences=tuple(sentences),
            citations=book.all(),
            consulted=evidence,
            warnings=self.snapshot.warnings + ((NO_LLM,) if question.mode is Mode.LLM else ()),
            mode=Mode.EXTRACTIVE,
            index=self.snapshot.info,
            models=self.models,
            timings_ms={name: (end - start) * 1000 for name, (start, end) in steps.items()}
            | {"total": (times[-1] - times[0]) * 1000},
        )

    def _answer_id(self, question: Question) -> str:
        """The same question to the same index has the same id, so a permalink can be made again."""
        asked = asdict(question) | {"documents": sorted(question.documents) if question.documents else None}
        key = json.dumps([self.snapshot.id, asdict(self.models), asked], sort_keys=True)
        return "ans_" + hashlib.sha256(key.encode()).hexdigest()[:32]
