"""The vocabulary: every value that travels between modules, frozen, on two screens.

All offsets are Unicode code points into `Document.text`, the canonical text kept in the snapshot.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A half-open range `[start, end)` of code points in one document's canonical text."""

    start: int
    end: int

    def of(self, text: str) -> str:
        return text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Section:
    """A labelled range of a document: a heading path, a page, or a time range of a recording."""

    span: Span
    label: str
    page: int | None = None
    time_s: float | None = None


@dataclass(frozen=True, slots=True)
class TimeMark:
    """From the character at `start` on, a recording has reached `time_s` seconds."""

    start: int
    time_s: float


def clock(time_s: float) -> str:
    """12:31, or 1:02:03 from an hour on."""
    minutes, seconds = divmod(int(time_s), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


@dataclass(frozen=True, slots=True)
class Metadata:
    """What is known about a document beside its text; unknown stays None, nothing is invented."""

    title: str
    source: str | None = None  # the public page it was taken from (http or https)
    publisher: str | None = None
    language: str | None = None  # BCP 47
    published: str | None = None  # ISO 8601, as precise as is known: 2021, 2021-03, 2021-03-25
    author: str | None = None
    speaker: str | None = None
    media: str | None = None  # the recording that the text was spoken in (http or https)


@dataclass(frozen=True, slots=True)
class Document:
    """One file of the corpus. `text` is the canonical text: of a text file its own characters."""

    id: str
    text: str
    metadata: Metadata
    sections: tuple[Section, ...]  # in order, not overlapping
    sha256: str  # of the file's bytes and of its metadata
    times: tuple[TimeMark, ...] = ()  # of a transcript, in order: finer than its sections, which bound passages

    def section_at(self, span: Span) -> Section | None:
        """The section that holds the whole of `span`; in a transcript labelled by the time at which `span` starts."""
        number = bisect_right(self.sections, span.start, key=lambda section: section.span.start) - 1
        if number < 0 or self.sections[number].span.end < span.end:
            return None
        section = self.sections[number]
        mark = bisect_right(self.times, span.start, key=lambda mark: mark.start) - 1
        if mark < 0:
            return section
        time_s = self.times[mark].time_s
        return replace(section, label=clock(time_s), time_s=time_s)


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences of one document: the unit that is searched."""

    id: str  # f"{document_id}:{start}-{end}"
    document_id: str
    span: Span
    text: str  # == document.text[start:end]
    context: str  # title and section: embedded and searched with the text, never quoted
    sentences: tuple[Span, ...]  # in document offsets, ordered, inside `span`
    first_sentence: int  # row of sentences[0] among all sentences of the snapshot


@dataclass(frozen=True, slots=True)
class Hit:
    """How one passage fared in a search. Scores: higher is better."""

    passage_id: str
    score: float  # fused, 0..1
    cosine: float | None  # -1..1; None where only the words found it
    bm25: float | None  # >= 0; None where only the meaning found it
    dense_rank: int | None  # 1 = best
    lexical_rank: int | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """The passages found for one question, best first; `hits[i]` is about `passages[i]`."""

    passages: tuple[Passage, ...]
    hits: tuple[Hit, ...]


class Reason(StrEnum):
    """Why there is no answer."""

    EMPTY_INDEX = "empty_index"
    NO_MATCH = "no_match"
    WEAK_MATCH = "weak_match"
    NOT_ANSWERED = "not_answered"
    UNSUPPORTED_LANGUAGE = "unsupported_language"
    UNSUPPORTED = "unsupported"


class Status(StrEnum):
    ANSWERED = "answered"
    PARTIAL = "partial"
    NOT_FOUND = "not_found"


class Mode(StrEnum):
    AUTO = "auto"
    EXTRACTIVE = "extractive"
    LLM = "llm"


class Support(StrEnum):
    VERBATIM = "verbatim"  # the sentence is the quote
    SUPPORTED = "supported"  # another wording, checked against the quote


@dataclass(frozen=True, slots=True)
class Citation:
    """A numbered, verbatim quote: `document.text[span.start:span.end] == quote`."""

    number: int  # 1, 2, … in order of first use
    document_id: str
    title: str
    span: Span
    quote: str
    passage_id: str
    highlight: Span | None  # the answer words inside the quote, in document offsets
    section: Section | None
    source: str | None  # Metadata.source of the document
    media: str | None = None  # Metadata.media of the document


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of an answer with the numbers of the citations that support it (at least one)."""

    text: str
    citations: tuple[int, ...]
    support: Support


@dataclass(frozen=True, slots=True)
class Confidence:
    """Calibrated probability, 0..1, that the answer is right and in the material."""

    probability: float
    label: str  # high | medium | low


@dataclass(frozen=True, slots=True)
class Abstention:
    """No answer: why, and what came nearest."""

    reason: Reason
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class IndexInfo:
    snapshot: str
    documents: int
    passages: int


@dataclass(frozen=True, slots=True)
class Models:
    embedder: str
    reader: str | None = None
    llm: str | None = None  # the language model that was asked; None: nothing left this machine


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier turn of a conversation."""

    role: str  # user | assistant
    content: str


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, checked: 1..4000 characters, no control characters."""

    text: str
    history: tuple[Turn, ...] = ()
    documents: frozenset[str] | None = None  # None = all
    mode: Mode = Mode.AUTO
    top_k: int = 8  # passages considered, 1..50
    language: str = "auto"  # of the frame around the quotes: auto | en | zh-Hant
    strict: bool = False  # in mode llm: a fault of the language model is an error


@dataclass(frozen=True, slots=True)
class ShortAnswer:
    text: str
    citation: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The whole result of one question."""

    id: str
    question: str
    standalone_question: str
    status: Status
    reason: Reason | None
    confidence: Confidence  # of the least sure part that is answered
    short_answer: ShortAnswer | None  # the best of `short_answers`
    text: str  # with [n] markers; in not_found the sentence that says so
    text_plain: str  # without markers
    sentences: tuple[Sentence, ...]
    citations: tuple[Citation, ...]
    consulted: Evidence
    warnings: tuple[str, ...]
    mode: Mode
    index: IndexInfo
    models: Models
    timings_ms: dict[str, float] = field(default_factory=dict)
    short_answers: tuple[ShortAnswer, ...] = ()  # the words that answer, best first; several for a list
    missing: tuple[str, ...] = ()  # in partial: what of the question was not found


# The stream: Sources once, then (Citation* then Text) per sentence, or Abstained; Final always last.


@dataclass(frozen=True, slots=True)
class Sources:
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Text:
    """One finished sentence, sent after every citation that it uses for the first time."""

    sentence: Sentence


@dataclass(frozen=True, slots=True)
class Abstained:
    abstention: Abstention


@dataclass(frozen=True, slots=True)
class Final:
    answer: Answer


Event = Sources | Citation | Text | Abstained | Final

# Whether nobody waits for an answer any more.
Stopped = Callable[[], bool]
