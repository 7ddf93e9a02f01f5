"""Scores the sentences of the evidence as answers, by features that need no trained reader.

A sentence answers well when it means what the question means, holds its rare words, holds the kind of
thing that is asked for, and stands in a passage that was found near the top.
Non-scope: deciding whether the best one is good enough (`rag/abstain.py`), exact answer spans.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from rag.answer_type import expected, match
from rag.lexical import LexicalIndex, tokenize
from rag.retrieve import Query
from rag.snapshot import Snapshot
from rag.types import Evidence, Passage, Span

# In a handful of passages "once" and "never" would weigh worlds apart: rarity is judged as if there
# were at least this many.
BACKGROUND_ROWS = 100

# Shorter beginnings are shared by chance.
LEAST_ROOT = 5

# Further sentences are shown when they score nearly as well as the best one.
MAX_SENTENCES = 3
NEARLY_AS_GOOD = 0.85


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


# One line of at most fifteen words without an end.
_HEADING = re.compile(r"\S+(?:[^\S\n]+\S+){0,14}(?<![.!?。！？”\"'」:;,)])")

READING_WEIGHTS = ReadingWeights()


@dataclass(frozen=True, slots=True)
class ScoredSentence:
    """One sentence of the evidence; every feature 0..1 but `cosine` (-1..1), higher is better."""

    passage: Passage
    span: Span
    score: float
    cosine: float
    coverage: float  # share of the question's words that it holds, weighted by their rarity
    type_match: float  # as `answer_type.match`


@dataclass(frozen=True, slots=True)
class Reading:
    """All sentences of the evidence, best first, and what the evidence as a whole holds of the question."""

    sentences: tuple[ScoredSentence, ...]
    evidence_coverage: float  # 0..1, as `coverage`, over all passages together
    name_unknown: bool  # the question names something that no document holds
    name_elsewhere: bool  # the question names something that the documents hold, but not where the best sentence is


def read(query: Query, evidence: Evidence, snapshot: Snapshot, weigh: ReadingWeights = READING_WEIGHTS) -> Reading:
    """Every sentence of the evidence, scored."""
    weights = rarity(query.tokens, snapshot.lexical)
    wanted = expected(query.text)
    scored: list[ScoredSentence] = []
    everything: set[str] = set()
    names = _names(query.text)
    for passage, hit in zip(evidence.passages, evidence.hits, strict=True):
        first, last = passage.first_sentence, passage.first_sentence + len(passage.sentences)
        cosines = snapshot.sentence_vectors[first:last] @ query.vector
        before: set[str] = set()
        for span, cosine in zip(passage.sentences, cosines, strict=True):
            text = span.of(snapshot.documents[passage.document_id].text)
            tokens = set(tokenize(text))
            here = coverage(weights, tokens)
            near = coverage(weights, tokens | before)
            offered = match(wanted, query.text, text)
            score = (
                weigh.meaning * float(cosine)
                + weigh.words * (here + weigh.neighbour * (near - here))
                + weigh.answer_type * offered
                + weigh.passage * hit.score
                + weigh.heading * (_HEADING.fullmatch(text) is not None)
            )
            scored.append(ScoredSentence(passage, span, score, float(cosine), here, offered))
            before = tokens
            everything |= tokens
        everything.update(tokenize(passage.context))
    scored.sort(key=lambda s: (-s.score, s.passage.document_id, s.span))
    return Reading(
        sentences=tuple(scored),
        evidence_coverage=coverage(weights, everything),
        name_unknown=any(not _known(name, snapshot.lexical) for name in names),
        name_elsewhere=bool(scored) and _elsewhere(names, scored[0], snapshot),
    )


def choose(reading: Reading) -> list[ScoredSentence]:
    """The one to three sentences that answer best, best first."""
    if not reading.sentences:
        return []
    best = reading.sentences[0]
    enough = NEARLY_AS_GOOD * best.score
    return [best, *(s for s in reading.sentences[1:MAX_SENTENCES] if s.score >= enough)]


def rarity(tokens: Iterable[str], lexical: LexicalIndex) -> dict[str, float]:
    """Each distinct token's weight, summing to 1: rare words say more."""
    raw = {token: lexical.inverse_document_frequency(token, least_rows=BACKGROUND_ROWS) for token in tokens}
    total = sum(raw.values())
    return {token: weight / total for token, weight in raw.items()}


def coverage(weights: dict[str, float], tokens: set[str]) -> float:
    """0..1: the weight of those that are among `tokens`; 0 for a question without any word."""
    return float(np.clip(sum(weight for token, weight in weights.items() if token in tokens), 0, 1))


def _names(question: str) -> set[str]:
    """Search tokens of capitalised words past the first one, and of whatever holds a digit."""
    if question.isupper():
        return set()
    words = question.split()
    return {t for i, w in enumerate(words) if (i and w[:1].isupper()) or any(map(str.isdigit, w)) for t in tokenize(w)}


def _known(name: str, lexical: LexicalIndex) -> bool:
    """Whether a document holds the name or what it begins with: an Israeli is of Israel."""
    return name in lexical or any(name[:end] in lexical for end in range(LEAST_ROOT, len(name)))


def _elsewhere(names: set[str], best: ScoredSentence, snapshot: Snapshot) -> bool:
    """Whether a known name is in neither the best sentence, the one before it, nor the title."""
    passage, text = best.passage, snapshot.documents[best.passage.document_id].text
    number = passage.sentences.index(best.span)
    near = [span.of(text) for span in passage.sentences[max(0, number - 1) : number + 1]]
    held = set(tokenize(" ".join([passage.context, *near])))
    return any(name in snapshot.lexical for name in names - held)
