"""One answer against what is known: every number that is kept about one question.

The answer is the JSON of `POST /ask`. Non-scope: means over questions (`eval/summary.py`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from eval.ask import Target
from eval.dataset import CHINESE, Question, as_request
from eval.errors import AskError
from eval.metrics import places, ranking, wording
from eval.metrics.places import Place
from rag.types import Span, Status
from rag.wire import AnswerWire, CitationWire

FAILED = "failed"  # no answer at all: an error or a time-out; stands beside the statuses of the wire
SAID_CHARS = 400  # enough to see what a wrong answer said; results stay small


class Verdict(StrEnum):
    """Source of the three-way split: Wei et al., Measuring short-form factuality (SimpleQA, 2024)."""

    RIGHT = "right"  # holds an answer and cites gold; where nothing is to be found: says so
    WRONG = "wrong"  # answered something else, or answered what cannot be answered, or failed
    REFUSED = "refused"  # said "not found" although the material holds the answer


Finder = Callable[[Sequence[Place], Sequence[Place]], Sequence[int]]  # (ranked passages, gold) → found per rank

POINTS = {Verdict.RIGHT: 1.0, Verdict.REFUSED: 0.0, Verdict.WRONG: -1.0}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one question. None: does not apply to it."""

    id: str
    kind: str
    group: str
    answerable: bool
    status: str  # answered | partial | not_found | failed
    verdict: Verdict
    probability: float  # stated confidence, 0..1; 0 where it failed
    found: tuple[int, ...]  # gold spans that each rank of `consulted` finds first
    gold: int  # gold spans
    contains: bool
    exact: float | None  # of the short answer; None without one, and for lists
    f1: float | None
    citation_precision: float
    citation_recall: float
    citations: int
    verbatim: int  # citations whose quote is what stands at their offsets
    latency_ms: float  # wall clock, as the asker sees it
    said: str  # the answer, cut after SAID_CHARS

    @property
    def chinese(self) -> bool:
        return self.kind == CHINESE

    @property
    def failed(self) -> bool:
        return self.status == FAILED

    @property
    def given(self) -> bool:
        return given(self.status)

    @property
    def rightly_answered(self) -> bool:
        return rightly_answered(self.status, self.verdict)

    @property
    def rank(self) -> int | None:
        """Of the first passage that finds gold; 1 is best."""
        return ranking.first_rank(self.found)


def given(status: str) -> bool:
    """Whether an answer was given at all."""
    return status in (Status.ANSWERED, Status.PARTIAL)


def rightly_answered(status: str, verdict: Verdict) -> bool:
    """Whether an answer was given and is right; a right refusal is no answer."""
    return given(status) and verdict is Verdict.RIGHT


def measure(target: Target, question: Question, gold: Sequence[Place], find: Finder = places.found_per_rank) -> Outcome:
    """Asks one question and judges what comes back; a question without any answer is a failed one."""
    started = time.perf_counter()
    try:
        answer = target.ask(as_request(question))
    except AskError as error:
        return failed(question, gold, str(error))
    latency_ms = (time.perf_counter() - started) * 1000
    return judge(question, gold, answer, target.documents, latency_ms, find)


def judge(
    question: Question,
    gold: Sequence[Place],
    answer: AnswerWire,
    documents: Mapping[str, str],
    latency_ms: float,
    find: Finder = places.found_per_rank,
) -> Outcome:
    """The numbers of one answer. `documents`: texts by id; `find`: what each rank finds of the gold."""
    cited = [Place(c["document_id"], Span(c["start"], c["end"])) for c in answer["citations"]]
    consulted = [Place(p["document_id"], Span(p["start"], p["end"])) for p in answer["consulted"]]
    held = wording.contains(" ".join(s["text"] for s in answer["sentences"]), question.answers, question.every)
    precision = places.citation_precision(cited, gold)
    short = answer["short_answer"] if question.answerable and not question.every else None
    return Outcome(
        id=question.id,
        kind=question.kind,
        group=question.group,
        answerable=question.answerable,
        status=answer["status"],
        verdict=_verdict(question, answer["status"], held and precision > 0),
        probability=answer["confidence"]["probability"],
        found=tuple(find(consulted, gold)),
        gold=len(gold),
        contains=held,
        exact=None if short is None else wording.exact_match(short["text"], question.answers),
        f1=None if short is None else wording.token_f1(short["text"], question.answers),
        citation_precision=precision,
        citation_recall=places.citation_recall(cited, gold) if gold else 0.0,
        citations=len(cited),
        verbatim=sum(is_verbatim(c, documents) for c in answer["citations"]),
        latency_ms=latency_ms,
        said=answer["answer_plain"][:SAID_CHARS],
    )


def _verdict(question: Question, status: str, held: bool) -> Verdict:
    if status == Status.NOT_FOUND:
        return Verdict.REFUSED if question.answerable else Verdict.RIGHT
    return Verdict.RIGHT if question.answerable and held else Verdict.WRONG


def is_verbatim(citation: CitationWire, documents: Mapping[str, str]) -> bool:
    """Whether the quote is exactly what its document holds at its offsets."""
    text = documents.get(citation["document_id"], "")
    start, end = citation["start"], citation["end"]
    return 0 <= start < end <= len(text) and text[start:end] == citation["quote"]


def failed(question: Question, gold: Sequence[Place], why: str) -> Outcome:
    """The outcome of a question that got no answer: wrong in everything."""
    return Outcome(
        id=question.id,
        kind=question.kind,
        group=question.group,
        answerable=question.answerable,
        status=FAILED,
        verdict=Verdict.WRONG,
        probability=0.0,
        found=(),
        gold=len(gold),
        contains=False,
        exact=None,
        f1=None,
        citation_precision=0.0,
        citation_recall=0.0,
        citations=0,
        verbatim=0,
        latency_ms=0.0,
        said=why[:SAID_CHARS],
    )
