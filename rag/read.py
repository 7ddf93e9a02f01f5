"""Scores the sentences of the evidence as answers: by what they mean and hold, and by what the trained reader marks.

A sentence answers well when it means what the question means, holds its rare words and the kind of thing that is asked
for, stands in a passage that was found near the top, and when the reader finds the answer in it. Passages are read in
stages, the next one only while nothing read so far answers clearly.
Non-scope: deciding whether the best one is good enough (`rag/abstain.py`), what is shown (`rag/compose.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rag.answer_type import match, offered, says_more
from rag.lexical import tokenize
from rag.listed import member_about
from rag.reader import FoundSpan, Marks, Reader, answered
from rag.retrieve import Query
from rag.snapshot import Snapshot
from rag.types import Evidence, Hit, Passage, Span
from rag.wording import Wording, wording_of


@dataclass(frozen=True, slots=True)
class ReadingWeights:
    """What each feature adds to a sentence's score: the best on other documents, or within a question or two
    of it (`python -m eval tune`, eval/tuning.json)."""

    meaning: float = 1.0
    words: float = 0.6
    neighbour: float = 0.3  # of `words`, for words of the sentence before: "She also mentioned …" is about its person
    answer_type: float = 0.15
    passage: float = 0.35
    heading: float = -0.15  # a heading names what the sentences under it say; the public sets have none to tune on
    span: float = 0.1  # for each unit of the span's log-odds


READING_WEIGHTS = ReadingWeights()
# Log-odds beyond which a span says no more: 0.9997.
SPAN_LIMIT = 8.0
# Passages of the first stage, and the log-odds of a span from which on the next stage is not read: of what the later
# passages add, nine tenths is found by questions below it.
FIRST_STAGE = 3
# A number, date or name that is asked for is taken as the answer where its words score at most this much less than
# the best ones, which begin a word too early more often than that difference means something.
TYPE_MARGIN = 2.0
CLEAR = 4.0

# One line of at most fifteen words without an end.
_HEADING = re.compile(r"\S+(?:[^\S\n]+\S+){0,14}(?<![.!?。！？”\"'」:;,)])")


@dataclass(frozen=True, slots=True)
class ScoredSentence:
    """One sentence of the evidence; higher is better in every number."""

    passage: Passage
    span: Span
    score: float
    cosine: float  # -1..1
    coverage: float  # 0..1: as `Wording.coverage`
    type_match: float  # 0..1: as `answer_type.match`
    answer: Span | None  # the words that the reader marks in it, in document offsets; None where it was not read
    log_odds: float  # of those words being the answer, against "the passage does not say"; 0 where it was not read
    typed: bool  # those words hold the kind of thing that is asked for; False where nothing in particular is


@dataclass(frozen=True, slots=True)
class SecondLook:
    """Log-odds of the best sentence, read again by a reader that judges claims; 0 where it was not.

    Reading once more with the answer known tells what looks like an answer from what is one (Hu et al. 2019), and a
    sentence by itself lends nothing from what stands around it.
    """

    claimed: float = 0.0  # that the passage says in it what question and marked words say together
    alone: float = 0.0  # that it answers the question by itself
    claimed_alone: float = 0.0


@dataclass(frozen=True, slots=True)
class Reading:
    """The sentences that were read, best first, and what the evidence as a whole holds of the question."""

    sentences: tuple[ScoredSentence, ...]
    passages_read: int  # by the trained reader
    evidence_coverage: float  # 0..1, as `coverage`, over all passages together
    name_unknown: bool  # the question names something that no document holds
    name_elsewhere: bool  # the question names something that the documents hold, but not where the best sentence is
    passage_coverage: float  # 0..1, as `coverage`, over the passage of the best sentence
    unknown_words: float  # 0..1: the share of the question's rarity in words that no document holds
    second: SecondLook = SecondLook()


def read(
    query: Query,
    evidence: Evidence,
    snapshot: Snapshot,
    reader: Reader | None = None,
    weigh: ReadingWeights = READING_WEIGHTS,
) -> Reading:
    """The sentences of the evidence, scored; those of all passages where there is no reader."""
    scorer = _Scorer(query, wording_of(query.text, query.tokens, snapshot.lexical), snapshot, weigh)
    scored: list[ScoredSentence] = []
    done = 0
    for stage in _stages(len(evidence.passages), FIRST_STAGE if reader else len(evidence.passages)):
        passages = evidence.passages[stage]
        marks: Sequence[Marks | None] = [None] * len(passages)
        if reader:
            titles = [snapshot.documents[p.document_id].metadata.title for p in passages]
            marks = reader.read(query.text, [(t, p.text) for t, p in zip(titles, passages, strict=True)])
        for passage, hit, marked in zip(passages, evidence.hits[stage], marks, strict=True):
            scored += scorer.sentences(passage, hit, marked)
        scored.sort(key=lambda s: (-s.score, s.passage.document_id, s.span))
        done = stage.stop
        if scored and scored[0].log_odds >= CLEAR:
            break
    everything = {token for p in evidence.passages for token in _held(p)}
    return Reading(
        sentences=tuple(scored),
        passages_read=done if reader else 0,
        evidence_coverage=scorer.wording.coverage(everything),
        name_unknown=scorer.wording.name_unknown,
        name_elsewhere=bool(scored) and _elsewhere(scorer.wording, scored[0], snapshot),
        passage_coverage=scorer.wording.coverage(_held(scored[0].passage)) if scored else 0.0,
        unknown_words=sum(w for token, w in scorer.wording.weights.items() if token not in snapshot.lexical),
        second=_second_look(scored[0], query, snapshot, reader) if scored else SecondLook(),
    )


def reranked(evidence: Evidence, reading: Reading) -> Evidence:
    """The passages by their best sentence; those that were not read keep their order behind."""
    best: dict[str, float] = {}
    for sentence in reading.sentences:
        best.setdefault(sentence.passage.id, sentence.score)
    order = sorted(range(len(evidence.passages)), key=lambda i: -best.get(evidence.passages[i].id, -np.inf))
    return Evidence(tuple(evidence.passages[i] for i in order), tuple(evidence.hits[i] for i in order))


def _stages(count: int, first: int) -> Iterator[slice]:
    yield slice(0, min(first, count))
    if first < count:
        yield slice(first, count)


@dataclass(frozen=True, slots=True)
class _Scorer:
    """Scores sentences for one question."""

    query: Query
    wording: Wording
    snapshot: Snapshot
    weigh: ReadingWeights

    def sentences(self, passage: Passage, hit: Hit, marks: Marks | None) -> Iterator[ScoredSentence]:
        cosines = self.snapshot.sentence_vectors(passage) @ self.query.vector
        before: set[str] = set()
        for span, cosine in zip(passage.sentences, cosines, strict=True):
            text = passage.text[span.start - passage.span.start : span.end - passage.span.start]
            tokens = set(tokenize(text))
            here, near = self.wording.coverage(tokens), self.wording.coverage(tokens | before)
            type_match = match(self.wording.wanted, self.query.text, text)
            answer, log_odds, typed = self._marked(marks, passage, span)
            score = (
                self.weigh.meaning * float(cosine)
                + self.weigh.words * (here + self.weigh.neighbour * (near - here))
                + self.weigh.answer_type * type_match
                + self.weigh.passage * hit.score
                + self.weigh.heading * (_HEADING.fullmatch(text) is not None)
                + self.weigh.span * log_odds
            )
            yield ScoredSentence(passage, span, score, float(cosine), here, type_match, answer, log_odds, typed)
            before = tokens

    def _marked(self, marks: Marks | None, passage: Passage, sentence: Span) -> tuple[Span | None, float, bool]:
        """The reader's words in a sentence, in document offsets, their log-odds within ±SPAN_LIMIT, and `typed`."""
        if marks is None:
            return None, 0.0, False
        offset = passage.span.start
        within = Span(sentence.start - offset, sentence.end - offset)
        text = within.of(passage.text)
        member = member_about(self.wording.known_names, text)
        if member:
            within = Span(within.start + member.start, within.start + member.end)
            text = within.of(passage.text)
        found = marks.best(within)
        if found is None:
            return None, -SPAN_LIMIT, False
        places = [
            Span(within.start + place.start, within.start + place.end)
            for place in offered(self.wording.wanted, self.query.text, text)
        ]
        exact = marks.best(within, places) if places else None
        if exact and exact.score >= found.score - TYPE_MARGIN:
            found = exact
        typed = any(found.span.start < place.end and place.start < found.span.end for place in places)
        if self.wording.wanted and not says_more(found.span.of(passage.text), self.query.text):
            found = replace(found, score=-SPAN_LIMIT)  # asked "who", what the question names itself is nobody
        return Span(found.span.start + offset, found.span.end + offset), _log_odds(found), typed


def _held(passage: Passage) -> set[str]:
    return set(tokenize(f"{passage.context}\n{passage.text}"))


def _second_look(best: ScoredSentence, query: Query, snapshot: Snapshot, reader: Reader | None) -> SecondLook:
    if reader is None or not reader.judges_claims or best.answer is None:
        return SecondLook()
    passage = best.passage
    document = snapshot.documents[passage.document_id]
    title, sentence = document.metadata.title, best.span.of(document.text)
    claim = answered(query.text, best.answer.of(document.text))
    inside = Span(best.span.start - passage.span.start, best.span.end - passage.span.start)
    by_itself = Span(0, len(sentence))
    claimed, claimed_alone = reader.read(claim, [(title, passage.text), (title, sentence)])
    (alone,) = reader.read(query.text, [(title, sentence)])
    return SecondLook(
        _log_odds(claimed.best(inside)), _log_odds(alone.best(by_itself)), _log_odds(claimed_alone.best(by_itself))
    )


def _log_odds(found: FoundSpan | None) -> float:
    """Within ±SPAN_LIMIT; the least where the span was cut off."""
    return float(np.clip(found.score, -SPAN_LIMIT, SPAN_LIMIT)) if found else -SPAN_LIMIT


def _elsewhere(wording: Wording, best: ScoredSentence, snapshot: Snapshot) -> bool:
    """Whether a known name is in neither the best sentence, the one before it, nor the title."""
    passage, text = best.passage, snapshot.documents[best.passage.document_id].text
    number = passage.sentences.index(best.span)
    near = [span.of(text) for span in passage.sentences[max(0, number - 1) : number + 1]]
    held = set(tokenize(" ".join([passage.context, *near])))
    return not wording.known_names <= held
