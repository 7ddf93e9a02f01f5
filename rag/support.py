"""Decides whether the documents support a sentence that a language model wrote, and which of their sentences do.

First the checks that need no model: every number, name, negation, link and quoted word of the sentence must be found
in its quotes. Then one calibrated probability from wording, surroundings, meaning and the trained judge. Its numbers
come from `rag/support.json`, written by `python -m eval support`. Non-scope: facts (`rag/facts.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import combinations, islice, pairwise

import numpy as np

from rag.embed import Embedder
from rag.facts import (
    beside,
    clauses,
    contradicts,
    invented_links,
    misquotes,
    missing_names,
    missing_numbers,
    names,
    numbers,
    places_of,
    suffers,
)
from rag.hedges import shifts
from rag.lexical import tokenize
from rag.linear import Linear
from rag.reader import Reader
from rag.snapshot import Snapshot
from rag.types import Evidence, Passage, Span
from rag.units import swapped_units
from rag.wording import wording_of

# Quotes that are judged for one sentence: the best by wording and meaning.
MAX_READ = 4
# Words, those of grammar not counted, that a sentence without a number has to have.
LEAST_TOKENS = 2
# Facts beyond so many make a sentence no harder to support.
MAX_FACTS = 4
# Log-odds beyond which the judge says no more, as in rag/read.py.
LIMIT = 8.0
# Passages of one sentence: more citations behind one sentence are not sources but decoration.
MAX_CITED = 4


@dataclass(frozen=True, slots=True)
class Quote:
    """One sentence, or two that follow each other, of a passage."""

    passage: Passage
    span: Span  # document offsets

    @property
    def text(self) -> str:
        return self.passage.text[self.span.start - self.passage.span.start : self.span.end - self.passage.span.start]


@dataclass(frozen=True, slots=True)
class Backing:
    """What supports a sentence. `features` are those of `FEATURES`."""

    quotes: tuple[Quote, ...]
    features: Mapping[str, float]
    probability: float  # 0..1


@dataclass(frozen=True, slots=True)
class SupportModel:
    """A logistic model over `FEATURES` and the probability from which on a sentence is shown."""

    model: Linear
    threshold: float

    def probability(self, values: Mapping[str, float]) -> float:
        return self.model.probability(values)


def load_support_model() -> SupportModel:
    """The numbers that ship with this version."""
    fitted = json.loads(resources.files("rag").joinpath("support.json").read_text(encoding="utf-8"))
    return SupportModel(Linear(fitted["weights"], fitted["bias"]), fitted["threshold"])


# Of any sentence, and what the judge says.
FEATURES = (
    "cosine",
    "coverage",
    "order",
    "strange_words",
    "facts",
    "sentences",
    "beside",
    "worst_beside",
    "rival",
    "turned",
)
JUDGED = "supported"


@dataclass(frozen=True)
class Verifier:
    """Thread-safe."""

    embedder: Embedder
    judge: Reader | None
    model: SupportModel

    def backing(self, claim: str, cited: Sequence[int], evidence: Evidence, snapshot: Snapshot) -> Backing | None:
        """What supports `claim`; None where nothing does. `cited`: places in `evidence`, from 1.

        The cited passages come first; where they do not support it, the others may: a right fact with a wrong number.
        """
        best = self.judged(claim, cited, evidence, snapshot)
        return best if best and best.probability >= self.model.threshold else None

    def judged(self, claim: str, cited: Sequence[int], evidence: Evidence, snapshot: Snapshot) -> Backing | None:
        """The likeliest backing, however unlikely; None where every quote lacks a fact of the claim."""
        if len(tokenize(claim)) < LEAST_TOKENS and not numbers(claim):
            return None  # what is left of a sentence without its markup says nothing
        check = _Check(claim, self.embedder.encode([claim])[0], self.judge, snapshot, self.model)
        named = [evidence.passages[n - 1] for n in cited if 1 <= n <= len(evidence.passages)][:MAX_CITED]
        others = [p for p in evidence.passages if p not in named]
        best: Backing | None = None
        for passages in (named, others):
            candidates: list[tuple[Quote, ...]] = [(q,) for passage in passages for q in _quotes(passage)]
            if passages is named and len(named) > 1:
                candidates += check.joined(named)
            found = check.best(candidates)
            if found and (best is None or found.probability > best.probability):
                best = found
            if best and best.probability >= self.model.threshold:
                return best
        return best


def _quotes(passage: Passage) -> Iterator[Quote]:
    for span in passage.sentences:
        yield Quote(passage, span)
    for first, second in pairwise(passage.sentences):
        yield Quote(passage, Span(first.start, second.end))


class _Check:
    """One claim against quotes."""

    def __init__(
        self, claim: str, vector: np.ndarray, judge: Reader | None, snapshot: Snapshot, model: SupportModel
    ) -> None:
        self._claim, self._vector, self._judge, self._snapshot, self._model = claim, vector, judge, snapshot, model
        self._tokens = tokenize(claim)
        self._wording = wording_of(claim, self._tokens, snapshot.lexical)
        self._facts = sorted([*numbers(claim), *names(claim)], key=lambda fact: fact.span)
        self._cosines: dict[str, np.ndarray] = {}

    def best(self, candidates: Sequence[tuple[Quote, ...]]) -> Backing | None:
        """The likeliest of the candidates that hold every fact; shorter ones first where two are alike."""
        ranked = sorted(candidates, key=lambda quotes: (-self._likeness(quotes), sum(len(q.text) for q in quotes)))
        sound = islice(filter(self._holds, ranked), MAX_READ)
        return max(map(self._backing, sound), key=lambda backing: backing.probability, default=None)

    def joined(self, passages: Sequence[Passage]) -> list[tuple[Quote, ...]]:
        """The best single sentence of every cited passage, together."""
        singles = [[Quote(p, span) for span in p.sentences] for p in passages]
        return [tuple(max(quotes, key=lambda quote: self._likeness((quote,))) for quotes in singles)]

    def _holds(self, quotes: tuple[Quote, ...]) -> bool:
        text = " ".join(quote.text for quote in quotes)
        around = " ".join(f"{quote.passage.context} . {quote.passage.text}" for quote in quotes)
        titled = text + " " + " ".join(quote.passage.context for quote in quotes)
        return not (
            missing_numbers(self._claim, text)
            or missing_names(self._claim, titled, around)
            or contradicts(self._claim, text)
            or invented_links(self._claim, text)
            or misquotes(self._claim, titled)
            or shifts(self._claim, text, around)
            or swapped_units(self._claim, text)
        )

    def _likeness(self, quotes: tuple[Quote, ...]) -> float:
        return self._coverage(quotes) + self._cosine(quotes)

    def _coverage(self, quotes: tuple[Quote, ...]) -> float:
        return self._wording.coverage({token for quote in quotes for token in tokenize(quote.text)})

    def _cosine(self, quotes: tuple[Quote, ...]) -> float:
        """Of the claim and the sentence most like it."""
        return max(float(self._of_sentences(q.passage)[list(_inside(q))].max()) for q in quotes)

    def _of_sentences(self, passage: Passage) -> np.ndarray:
        if passage.id not in self._cosines:
            self._cosines[passage.id] = self._snapshot.sentence_vectors(passage) @ self._vector
        return self._cosines[passage.id]

    def _backing(self, quotes: tuple[Quote, ...]) -> Backing:
        held = tokenize(" ".join(quote.text for quote in quotes))
        known = set(held) | {t for quote in quotes for t in tokenize(quote.passage.context)}
        values = {
            "cosine": self._cosine(quotes),
            "coverage": self._coverage(quotes),
            "order": _in_order(self._tokens, held) / max(len(self._tokens), 1),
            "strange_words": float(sum(token not in known for token in set(self._tokens))),
            "facts": float(min(len(self._facts), MAX_FACTS)),
            "sentences": float(sum(1 for quote in quotes for _ in _inside(quote))),
            "turned": self._turned(" ".join(quote.text for quote in quotes)),
            **self._surroundings(" ".join(quote.text for quote in quotes)),
        }
        if self._judge:
            values[JUDGED] = max(self._supported(quote) for quote in quotes)
        return Backing(quotes, values, self._model.probability(values))

    def _supported(self, quote: Quote) -> float:
        """Log-odds, ±LIMIT, that the quote, by itself, says what the claim says."""
        assert self._judge
        title = self._snapshot.documents[quote.passage.document_id].metadata.title
        found = self._judge.read(self._claim, [(title, quote.text)])[0].best(Span(0, len(quote.text)))
        return float(np.clip(found.score, -LIMIT, LIMIT)) if found else -LIMIT

    def _turned(self, text: str) -> float:
        """0..1: how much two facts have changed places while all around them stayed as it was; from "A led B" to
        "B was led by A" they have to."""
        main = clauses(text)[0]
        within = main if all(places_of(fact, main) for fact in self._facts) else text
        placed = [(fact.span, places) for fact in self._facts if (places := places_of(fact, within))]
        if not any(self._swapped(within, one, two) for one, two in combinations(placed, 2)):
            return 0.0
        facts = {token for fact in self._facts for token in tokenize(fact.span.of(self._claim))}
        rest = [token for token in self._tokens if token not in facts]
        return _in_order(rest, [t for t in tokenize(text) if t not in facts]) / max(len(rest), 1)

    def _swapped(self, text: str, one: tuple[Span, list[Span]], two: tuple[Span, list[Span]]) -> bool:
        """Whether two facts, in the order of the claim, each with its places in `text`, act on each other the wrong
        way round there."""
        (first, firsts), (second, seconds) = one, two
        suffered = suffers(self._claim[first.end : second.start])
        if firsts[0].start > seconds[-1].start:
            return suffers(text[seconds[-1].end : firsts[0].start]) == suffered
        if firsts[-1].start < seconds[0].start:
            return suffers(text[firsts[-1].end : seconds[0].start]) != suffered
        return False

    def _surroundings(self, text: str) -> dict[str, float]:
        """Whether each fact stands among the same words in the quote, and no other of its kind does so more."""
        parts = [(clause, [*numbers(clause), *names(clause)]) for clause in clauses(text)]
        shares, leads = [], []
        for fact in self._facts:
            near = beside(self._claim, fact.span)
            own = max(
                (_share(near, beside(part, at)) for part, _ in parts for at in places_of(fact, part)), default=0.0
            )
            rivals = [
                _share(near, beside(part, other.span))
                for part, others in parts
                for other in others
                if other.kind is fact.kind and not set(other.keys) & set(fact.keys)
            ]
            shares.append(own)
            leads.append(max(rivals, default=0.0) - own)
        return {
            "beside": sum(shares) / len(shares) if shares else 1.0,
            "worst_beside": min(shares, default=1.0),
            "rival": max((lead for lead in leads if lead > 0), default=0.0),
        }


def _share(wanted: set[str], held: set[str]) -> float:
    return len(wanted & held) / len(wanted) if wanted else 1.0


def _inside(quote: Quote) -> Iterator[int]:
    for number, span in enumerate(quote.passage.sentences):
        if quote.span.start <= span.start and span.end <= quote.span.end:
            yield number


def _in_order(claim: Sequence[str], quote: Sequence[str]) -> int:
    """Length of the longest common subsequence: what was swapped is not in order."""
    row = [0] * (len(quote) + 1)
    for token in claim:
        before = 0
        for column, other in enumerate(quote, 1):
            before, row[column] = row[column], before + 1 if token == other else max(row[column], row[column - 1])
    return row[-1]
