"""Questions and passages to token arrays, once: passages as the product cuts them, with hard negatives from
the product's own ranking (BM25 and meaning, `rag/fuse.py`) over the same article.

Beside the questions as they are: changed ones that nothing answers, questions over a passage whose answering sentence
was taken out, and claims that a passage supports or not: sentences (`eval/claims.py`), and questions with an answer,
right, or wrong as the reader of an earlier stage marks it. The answer to a claim is the first wordpiece of the sentence
that says so.
Non-scope: choosing what is shown when (`training/batches.py`).
"""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from eval.claims import LEAST_WORDS, SHORTENED, Labelled, falsified, true_claims
from rag.bm25 import LexicalIndex
from rag.chunk import ChunkParameters, passage_bounds
from rag.dense import DenseIndex
from rag.embed import Embedder
from rag.fuse import DENSE_WEIGHT, convex
from rag.lexical import tokenize
from rag.reader import MAX_ANSWER, MAX_PASSAGE, MAX_QUESTION, Reader, answered, pieces, subject
from rag.sentences import sentence_spans
from rag.types import Span
from training.questions import forms, names_and_numbers, reworded, unanswerable
from training.sources import AMAZON, HELD_OUT, QAMR, REDDIT, SOURCES, TITLED, TRAIN, Asked, Paragraph, paragraphs_of
from training.wordnet import WordNet

Ints = NDArray[np.int32]
Others = dict[str, list[str]]  # see `training.questions.names_and_numbers`

# Negatives kept for each question, and how deep they are looked for.
NEGATIVES, DEPTH = 6, 30
# Share of the answerable questions of articles that are also shown changed into unanswerable ones.
CHANGED_SHARE = 0.5
# Share of them that are also shown over their passage without the sentence that answers them.
LACKING_SHARE = 0.5
# Source numbers of those, of claims, and of questions with an answer.
CHANGED, LACKING, CLAIMS, ANSWERED = range(len(SOURCES), len(SOURCES) + 4)
# Share of the questions shown with their answer, and with a wrong one: most answers that come up for a question that
# nothing answers look right.
RIGHT_SHARE, WRONG_SHARE, IMPOSSIBLE_SHARE, CHANGED_ANSWERED = 0.5, 0.35, 0.8, 0.5
# Most false claims made of one true one, and the share of the sentences of a paragraph that are claims as they stand.
FALSE_OF_ONE, VERBATIM_SHARE = 2, 0.4
# Sets whose paragraphs make no claims: their texts say "I" and "it" of what only their title would name.
UNCLAIMED = (REDDIT, AMAZON)

_ALPHANUMERIC = re.compile(r"[^\W_]+")


def passages_of(text: str, count_tokens: Callable[[str], int]) -> list[Span]:
    """The passages `rag.ingest.cut` makes of a document without sections."""
    spans = sentence_spans(text)
    bounds = passage_bounds(text, spans, (), count_tokens, ChunkParameters())
    return [Span(spans[first].start, spans[last - 1].end) for first, last in bounds]


@dataclass
class _Rows:
    """Integer rows of different lengths."""

    flat: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=lambda: [0])

    def add(self, row: Iterable[int]) -> int:
        self.flat += row
        self.ends.append(len(self.flat))
        return len(self.ends) - 2

    def arrays(self, name: str) -> dict[str, Ints]:
        return {name: np.array(self.flat, np.int32), f"{name}_ends": np.array(self.ends, np.int32)}


@dataclass(frozen=True, slots=True)
class _Cut:
    """One passage while it is being prepared."""

    text: str
    offsets: list[tuple[int, int]]  # of its wordpieces, in `text`


class Preparer:
    """Collects everything, then writes one `.npz`."""

    def __init__(
        self,
        tokenizer: Tokenizer,
        embedder: Embedder | None,
        seed: int,
        wordnet: WordNet | None = None,
        reader: Reader | None = None,
    ) -> None:
        """`embedder` None: negatives by words alone. `wordnet` None: nothing in other words. `reader`: of an earlier
        stage; None: no wrong answers.
        """
        self._tokenizer = tokenizer
        self._embedder = embedder
        self._wordnet = wordnet
        self._reader = reader
        self._chance = random.Random(seed)
        self._passages, self._titles, self._questions = _Rows(), _Rows(), _Rows()
        self._passage_title: list[int] = []
        self._names: list[str] = []  # of the titles
        self._cuts: list[_Cut] = []
        self._sources: list[int] = []  # per record
        self._variants, self._links, self._spans = _Rows(), _Rows(), _Rows()  # per record

    def ids(self, text: str, limit: int) -> list[int]:
        return pieces(self._tokenizer, text, limit)[0]

    def count_tokens(self, text: str) -> int:
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def add_source(self, source: str, paragraphs: Sequence[Paragraph]) -> None:
        """Cuts, ranks and records one set. Titled sets look for negatives within their article."""
        first, number = len(self._cuts), SOURCES.index(source)
        groups: dict[str, list[int]] = defaultdict(list)
        where: list[tuple[Paragraph, list[tuple[int, Span]]]] = []
        titles: dict[str, int] = {}
        for paragraph in paragraphs:
            if paragraph.title not in titles:
                titles[paragraph.title] = self._titles.add(subject(self._tokenizer, paragraph.title))
                self._names.append(paragraph.title)
            own = []
            for span in passages_of(paragraph.text, self.count_tokens):
                own.append((len(self._cuts), span))
                groups[paragraph.article].append(len(self._cuts) - first)
                self._add_passage(span.of(paragraph.text), titles[paragraph.title])
            where.append((paragraph, own))
        if len(self._cuts) == first:
            return
        texts = [cut.text for cut in self._cuts[first:]]
        titled = [paragraph.title for paragraph, own in where for _ in own]
        ranker = _Ranker(texts, titled, self._embedder if source in TITLED else None)
        claims = [] if source in UNCLAIMED else [self._claims(n, p, source) for n, (p, _) in enumerate(where)]
        ranker.embed_questions([asked.text for p, _ in where for asked in p.questions])
        ranker.embed_questions([claim.text for made in claims for claim in made if claim.true])
        others = {
            article: names_and_numbers([texts[row] for row in rows]) if source in TITLED else {}
            for article, rows in groups.items()
        }
        for paragraph, own in where:
            rows = groups[paragraph.article] if source in TITLED else None
            for asked in paragraph.questions:
                ranked = [row + first for row in ranker.rank(asked.text, rows)]
                self._add_question(number, asked, own, ranked, others[paragraph.article])
        for made in claims:
            for claim in made:
                paragraph, own = where[claim.paragraph]
                rows = groups[paragraph.article] if source in TITLED else None
                ranked = [row + first for row in ranker.rank(claim.text, rows)] if claim.true else []
                self._add_claim(claim, paragraph, own, ranked)

    def _claims(self, row: int, paragraph: Paragraph, source: str) -> list[Labelled]:
        """True sentences about the paragraph, and false ones made of them."""
        true = list(true_claims(row, paragraph))
        whole = [span for span in sentence_spans(paragraph.text) if len(span.of(paragraph.text).split()) >= LEAST_WORDS]
        if source != QAMR:
            true += [
                (Labelled(span.of(paragraph.text), SHORTENED, True, row, span.start), None)
                for span in whole
                if self._chance.random() < VERBATIM_SHARE
            ]
        made = [claim for claim, _ in true]
        for claim, asked in true:
            false = list(falsified(claim, asked, paragraph, self._chance))
            made += self._chance.sample(false, min(len(false), FALSE_OF_ONE))
        return made

    def _add_claim(
        self, claim: Labelled, paragraph: Paragraph, own: Sequence[tuple[int, Span]], ranked: Sequence[int]
    ) -> None:
        """`ranked`: all passages, best first, for a true claim."""
        passage, span = next((row, span) for row, span in own if claim.place < span.end)
        said = next(s for s in sentence_spans(paragraph.text) if claim.place < s.end)
        place = token_span(self._cuts[passage].offsets, said.start - span.start, 1)
        if place is None:
            return  # cut off
        texts = [claim.text, reworded(claim.text, self._wordnet, self._chance)]
        inside = {row for row, _ in own}
        negatives = [row for row in ranked if row not in inside][:NEGATIVES]
        self._store(CLAIMS, texts, [passage], negatives, [(passage, *place)] if claim.true else [])

    def _add_passage(self, text: str, title: int) -> int:
        ids, offsets = pieces(self._tokenizer, text, MAX_PASSAGE)
        self._passages.add(ids)
        self._passage_title.append(title)
        self._cuts.append(_Cut(text, offsets))
        return len(self._cuts) - 1

    def _add_question(
        self, source: int, asked: Asked, own: Sequence[tuple[int, Span]], ranked: Sequence[int], others: Others
    ) -> None:
        """`own`: number and place of the passages of its paragraph; `ranked`: all passages, best first."""
        spans = [
            (passage, *place)
            for passage, span in own
            for answer in asked.answers
            if (place := token_span(self._cuts[passage].offsets, answer.start - span.start, len(answer.text)))
        ]
        if asked.answers and not spans:
            return  # across two passages, cut off, or longer than a short answer
        inside = {passage for passage, _ in own}
        if asked.answers:
            gold = list(dict.fromkeys(passage for passage, *_ in spans))
            said = [_plain(a.text) for a in asked.answers]
            negatives = [r for r in ranked if r not in gold and not any(a in _plain(self._cuts[r].text) for a in said)]
        else:  # those of its own paragraph that come nearest
            gold = [r for r in ranked if r in inside][:2] or [p for p, _ in own][:1]
            negatives = [r for r in ranked if r not in inside]
        self._record(source, asked.text, gold, negatives[:NEGATIVES], spans)
        if asked.answers and others and self._chance.random() < CHANGED_SHARE:
            passage = " ".join(self._cuts[p].text for p in gold)
            changed = unanswerable(asked.text, passage, others, self._wordnet, self._chance)
            if changed:
                self._record(CHANGED, changed, gold[:1], [], [])
                if self._chance.random() < CHANGED_ANSWERED:
                    self._store(ANSWERED, [answered(changed, asked.answers[0].text)], gold[:1], [], [])
        if others and self._reader:
            self._add_answered(asked, gold[0], negatives[:1], spans)
        if asked.answers and source != SOURCES.index(QAMR) and self._chance.random() < LACKING_SHARE:
            self._add_lacking(asked, gold[0])

    def _add_answered(
        self, asked: Asked, passage: int, negatives: Sequence[int], spans: Sequence[tuple[int, int, int]]
    ) -> None:
        """The question with its answer, and with what the reader marks where nothing answers it."""
        cut = self._cuts[passage]
        sentences = sentence_spans(cut.text)
        if not spans:
            if self._chance.random() < IMPOSSIBLE_SHARE:
                self._add_wrong(asked.text, passage, [Span(0, len(cut.text))])
            return
        _, first, last = spans[0]
        right = Span(cut.offsets[first][0], cut.offsets[last][1])
        if self._chance.random() < RIGHT_SHARE:
            said = next(s for s in sentences if right.start < s.end)
            if place := token_span(cut.offsets, said.start, 1):
                self._store(ANSWERED, [answered(asked.text, right.of(cut.text))], [passage], [], [(passage, *place)])
        if self._chance.random() < WRONG_SHARE:
            if negatives and self._chance.random() < 0.5:
                self._add_wrong(asked.text, negatives[0], [Span(0, len(self._cuts[negatives[0]].text))])
            else:
                said_by = [_plain(answer.text) for answer in asked.answers]
                others = [s for s in sentences if not any(answer in _plain(s.of(cut.text)) for answer in said_by)]
                self._add_wrong(asked.text, passage, others)

    def _add_wrong(self, question: str, passage: int, within: Sequence[Span]) -> None:
        assert self._reader
        cut = self._cuts[passage]
        title = self._names[self._passage_title[passage]]
        marks = self._reader.read(question, [(title, cut.text)])[0]
        found = [best for span in within if (best := marks.best(span))]
        if found:
            span = max(found, key=lambda best: best.score).span
            self._store(ANSWERED, [answered(question, span.of(cut.text))], [passage], [], [])

    def _add_lacking(self, asked: Asked, passage: int) -> None:
        """The question over its passage without the sentences that hold its answer, where enough is left."""
        text = self._cuts[passage].text
        sentences = [span.of(text) for span in sentence_spans(text)]
        said = [_plain(answer.text) for answer in asked.answers]
        left = [s for s in sentences if not any(answer in _plain(s) for answer in said)]
        if 2 <= len(left) < len(sentences):
            shorter = self._add_passage(" ".join(left), self._passage_title[passage])
            self._record(LACKING, asked.text, [shorter], [], [])

    def _record(
        self,
        source: int,
        question: str,
        gold: Sequence[int],
        negatives: Sequence[int],
        spans: Sequence[tuple[int, int, int]],
    ) -> None:
        """`spans`: passage, first and last wordpiece."""
        self._store(source, [question, *forms(question, self._wordnet, self._chance)], gold, negatives, spans)

    def _store(
        self,
        source: int,
        texts: Sequence[str],
        gold: Sequence[int],
        negatives: Sequence[int],
        spans: Sequence[tuple[int, int, int]],
    ) -> None:
        """`texts`: the question and its other forms."""
        self._sources.append(source)
        self._variants.add(self._questions.add(self.ids(text, MAX_QUESTION)) for text in dict.fromkeys(texts))
        self._links.add([*gold, *(-1 - row for row in negatives)])
        self._spans.add(number for span in sorted(set(spans)) for number in span)

    def write(self, path: Path) -> dict[str, int]:
        """Writes the arrays; returns how many records each source has."""
        arrays = {
            **self._passages.arrays("passages"), **self._titles.arrays("titles"), **self._questions.arrays("questions"),
            **self._variants.arrays("variants"), **self._links.arrays("links"), **self._spans.arrays("spans"),
            "passage_title": np.array(self._passage_title, np.int32),
            "sources": np.array(self._sources, np.int32),
        }  # fmt: skip
        np.savez(path, **arrays)  # type: ignore[arg-type]
        names = [*SOURCES, "changed", "lacking", "claims", "answered"]
        return {"passages": len(self._cuts)} | {names[s]: self._sources.count(s) for s in sorted(set(self._sources))}


def token_span(offsets: Sequence[tuple[int, int]], start: int, length: int) -> tuple[int, int] | None:
    """(first, last) wordpiece of the quote, inclusive; None where it is not wholly inside or is too long."""
    if not offsets or start < 0 or start + length > offsets[-1][1]:
        return None
    inside = [i for i, (first, last) in enumerate(offsets) if last > start and first < start + length]
    return (inside[0], inside[-1]) if inside and len(inside) <= MAX_ANSWER else None


def _plain(text: str) -> str:
    """Lower-case words between single spaces, for looking one text up in another."""
    return " " + " ".join(_ALPHANUMERIC.findall(text.lower())) + " "


class _Ranker:
    """The product's ranking over the passages of one set."""

    def __init__(self, texts: Sequence[str], titles: Sequence[str], embedder: Embedder | None) -> None:
        with_title = [f"{title}\n{text}" for title, text in zip(titles, texts, strict=True)]
        self._lexical = LexicalIndex.build(with_title)
        self._embedder = embedder
        self._dense = DenseIndex.build(embedder.encode(with_title)) if embedder else None
        self._vectors: dict[str, NDArray[np.float32]] = {}

    def embed_questions(self, questions: Sequence[str]) -> None:
        if self._embedder:
            self._vectors |= dict(zip(questions, self._embedder.encode(questions), strict=True))

    def rank(self, question: str, rows: Sequence[int] | None) -> list[int]:
        """The best rows, best first; `rows` restricts them."""
        lexical = self._lexical.search(tokenize(question), DEPTH, rows)
        dense = self._dense.search(self._vectors[question], DEPTH, rows) if self._dense else []
        return [row for row, _ in convex(dense, lexical, DENSE_WEIGHT if dense else 0.0)][:DEPTH]


def prepare(
    data: Path,
    path: Path,
    tokenizer: Tokenizer,
    embedder: Embedder | None,
    seed: int,
    subset: float,
    wordnet: WordNet | None = None,
    reader: Reader | None = None,
) -> Path:
    """Writes the arrays to `path`, and beside it splits.json and examples.json (counts).

    `subset`: share of the paragraphs that is used, 0..1.
    """
    folder = path.parent
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "splits.json").write_text(json.dumps(HELD_OUT, indent=1, ensure_ascii=False) + "\n")
    by_source: dict[str, list[Paragraph]] = {source: [] for source in SOURCES}
    chance = random.Random(seed)
    for paragraph in paragraphs_of(data, TRAIN):
        if chance.random() < subset:
            by_source[paragraph.source].append(paragraph)
    preparer = Preparer(tokenizer, embedder, seed, wordnet, reader)
    for source, paragraphs in by_source.items():
        preparer.add_source(source, paragraphs)
    unfinished = path.with_suffix(".part.npz")
    counts = preparer.write(unfinished)
    (folder / "examples.json").write_text(json.dumps(counts) + "\n")
    unfinished.rename(path)
    return path
