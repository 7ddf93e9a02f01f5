"""What came of the parts of a question and what is said of them, before it is an `Answer`.

Non-scope: how it is found and said (`rag/answer.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from rag.compose import choose, short_answers
from rag.read import Reading, ScoredSentence
from rag.retrieve import Query
from rag.types import Citation, Confidence, Document, Evidence, Mode, Reason, Sentence, ShortAnswer


@dataclass(frozen=True, slots=True)
class Part:
    """One of the things that a question asks, and what came of it."""

    query: Query
    evidence: Evidence
    reading: Reading
    confidence: Confidence
    reason: Reason | None  # None: it is answered

    @property
    def chosen(self) -> list[ScoredSentence]:
        return choose(self.reading, self.query.text) if self.reason is None else []


@dataclass(frozen=True, slots=True)
class Told:
    """What was said, by whom, and what went wrong."""

    sentences: tuple[Sentence, ...] = ()
    mode: Mode = Mode.EXTRACTIVE
    llm: str | None = None  # the language model that was asked
    warnings: tuple[str, ...] = ()

    def followed_by(self, later: Told) -> Told:
        """`later`, with whom was asked before and what went wrong then."""
        return replace(later, llm=later.llm or self.llm, warnings=self.warnings + later.warnings)

    @property
    def text(self) -> str:
        return " ".join(s.text + "".join(f" [{n}]" for n in s.citations) for s in self.sentences)

    @property
    def plain(self) -> str:
        """Without the numbers of citations."""
        return " ".join(s.text for s in self.sentences)


def left_out(count: int) -> str:
    """The warning that names what is not shown."""
    sentences, were = ("sentence", "was") if count == 1 else ("sentences", "were")
    return (
        f"{count} {sentences} of the language model {were} left out because the documents do not support "
        f"{'it' if count == 1 else 'them'}."
    )


def short_answers_of(
    parts: Sequence[Part], citations: Sequence[Citation], documents: Mapping[str, Document]
) -> tuple[ShortAnswer, ...]:
    """The marked words of every answered part, best first, each by the citation that holds it."""
    numbers = {(c.document_id, c.span): c.number for c in citations}
    short = [
        ShortAnswer(s.answer.of(documents[s.passage.document_id].text), number)
        for part in parts
        for s in short_answers(part.chosen, part.query.text)
        if s.answer and (number := numbers.get((s.passage.document_id, s.span)))
    ]
    return tuple(dict.fromkeys(short))
