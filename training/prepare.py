"""Questions and passages to token arrays, once: passages as the product cuts them, with hard negatives from
the product's own ranking (BM25 and meaning, `rag/fuse.py`) over the same article.

Beside the questions as they are: changed ones that nothing answers, ones that ask for another kind of thing,
questions over a passage whose answering sentence was taken out, and claims that a passage supports or not: sentences
(`eval/claims.py`), and questions with an answer, right, or wrong as the reader of an earlier stage marks it. The answer
to a claim is the first wordpiece of the sentence that says so.
Non-scope: choosing what is shown when (`training/batches.py`).
"""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

from tokenizers import Tokenizer

from eval.claims import LEAST_WORDS, SHORTENED, Labelled, falsified, true_claims
from rag.chunk import ChunkParameters, passage_bounds
from rag.embed import Embedder
from rag.reader import Reader, answered
from rag.sentences import sentence_spans
from rag.types import Span
from training.questions import asked_otherwise, forms, names_and_numbers, reworded, unanswerable
from training.ranker import Ranker
from training.records import ANSWERED, CHANGED, CLAIMS, LACKING, OTHERWISE, Records, token_span
from training.sources import AMAZON, HELD_OUT, QAMR, REDDIT, SOURCES, TITLED, TRAIN, Asked, Paragraph, paragraphs_of
from training.wordnet import WordNet

Others = dict[str, list[str]]  # see `training.questions.names_and_numbers`

NEGATIVES = 6  # kept for each question
# Share of the answerable questions of articles that are also shown changed into unanswerable ones.
CHANGED_SHARE = 0.5
# Share of the answerable questions that are also shown asking for another kind of thing, which is not there.
OTHERWISE_SHARE = 0.5
# Share of them that are also shown over their passage without the sentence that answers them.
LACKING_SHARE = 0.5
# Share of the questions shown with their answer, and with a wrong one: most answers that come up for a question that
# nothing answers look right.
RIGHT_SHARE, WRONG_SHARE, IMPOSSIBLE_SHARE, CHANGED_ANSWERED = 0.5, 0.35, 0.8, 0.5
# Most false claims made of one true one, and the share of the sentences of a paragraph that are claims as they stand.
FALSE_OF_ONE, VERBATIM_SHARE = 2, 0.4
# Sets that make no claims and are not asked otherwise: their texts say "I" and "it" of what only a title would name.
UNCLAIMED = (REDDIT, AMAZON)

_ALPHANUMERIC = re.compile(r"[^\W_]+")


def passages_of(text: str, count_tokens: Callable[[str], int]) -> list[Span]:
    """The passages `rag.ingest.cut` makes of a document without sections."""
    spans = sentence_spans(text)
    bounds = passage_bounds(text, spans, (), count_tokens, ChunkParameters())
    return [Span(spans[first].start, spans[last - 1].end) for first, last in bounds]


class Preparer:
    """Makes the records of one set after the other."""

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
        self.records = Records(tokenizer)

    def count_tokens(self, text: str) -> int:
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def add_source(self, source: str, paragraphs: Sequence[Paragraph]) -> None:
        """Cuts, ranks and records one set. Titled sets look for negatives within their article."""
        first, number = len(self.records.passages), SOURCES.index(source)
        groups: dict[str, list[int]] = defaultdict(list)
        where: list[tuple[Paragraph, list[tuple[int, Span]]]] = []
        titles: dict[str, int] = {}
        for paragraph in paragraphs:
            if paragraph.title not in titles:
                titles[paragraph.title] = self.records.add_title(paragraph.title)
            own = []
            for span in passages_of(paragraph.text, self.count_tokens):
                own.append((len(self.records.passages), span))
                groups[paragraph.article].append(len(self.records.passages) - first)
                self.records.add_passage(span.of(paragraph.text), titles[paragraph.title])
            where.append((paragraph, own))
        if len(self.records.passages) == first:
            return
        texts = [cut.text for cut in self.records.passages[first:]]
        titled = [paragraph.title for paragraph, own in where for _ in own]
        ranker = Ranker(texts, titled, self._embedder if source in TITLED else None)
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
        place = token_span(self.records.passages[passage].offsets, said.start - span.start, 1)
        if place is None:
            return  # cut off
        texts = [claim.text, reworded(claim.text, self._wordnet, self._chance)]
        inside = {row for row, _ in own}
        negatives = [row for row in ranked if row not in inside][:NEGATIVES]
        self.records.add(CLAIMS, texts, [passage], negatives, [(passage, *place)] if claim.true else [])

    def _add_question(
        self, source: int, asked: Asked, own: Sequence[tuple[int, Span]], ranked: Sequence[int], others: Others
    ) -> None:
        """`own`: number and place of the passages of its paragraph; `ranked`: all passages, best first."""
        cuts = self.records.passages
        spans = [
            (passage, *place)
            for passage, span in own
            for answer in asked.answers
            if (place := token_span(cuts[passage].offsets, answer.start - span.start, len(answer.text)))
        ]
        if asked.answers and not spans:
            return  # across two passages, cut off, or longer than a short answer
        inside = {passage for passage, _ in own}
        if asked.answers:
            gold = list(dict.fromkeys(passage for passage, *_ in spans))
            said = [_plain(a.text) for a in asked.answers]
            negatives = [r for r in ranked if r not in gold and not any(a in _plain(cuts[r].text) for a in said)]
        else:  # those of its own paragraph that come nearest
            gold = [r for r in ranked if r in inside][:2] or [p for p, _ in own][:1]
            negatives = [r for r in ranked if r not in inside]
        self._record(source, asked.text, gold, negatives[:NEGATIVES], spans)
        if asked.answers and others and self._chance.random() < CHANGED_SHARE:
            passage = " ".join(self.records.passages[p].text for p in gold)
            changed = unanswerable(asked.text, passage, others, self._wordnet, self._chance)
            if changed:
                self._record(CHANGED, changed, gold[:1], [], [])
                if self._chance.random() < CHANGED_ANSWERED:
                    self.records.add(ANSWERED, [answered(changed, asked.answers[0].text)], gold[:1], [], [])
        if asked.answers and SOURCES[source] not in UNCLAIMED and self._chance.random() < OTHERWISE_SHARE:
            self._add_otherwise(asked, spans[0])
        if others and self._reader:
            self._add_answered(asked, gold[0], negatives[:1], spans)
        if asked.answers and source != SOURCES.index(QAMR) and self._chance.random() < LACKING_SHARE:
            self._add_lacking(asked, gold[0])

    def _add_answered(
        self, asked: Asked, passage: int, negatives: Sequence[int], spans: Sequence[tuple[int, int, int]]
    ) -> None:
        """The question with its answer, and with what the reader marks where nothing answers it."""
        cut = self.records.passages[passage]
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
                self.records.add(
                    ANSWERED, [answered(asked.text, right.of(cut.text))], [passage], [], [(passage, *place)]
                )
        if self._chance.random() < WRONG_SHARE:
            if negatives and self._chance.random() < 0.5:
                self._add_wrong(asked.text, negatives[0], [Span(0, len(self.records.passages[negatives[0]].text))])
            else:
                said_by = [_plain(answer.text) for answer in asked.answers]
                others = [s for s in sentences if not any(answer in _plain(s.of(cut.text)) for answer in said_by)]
                self._add_wrong(asked.text, passage, others)

    def _add_wrong(self, question: str, passage: int, within: Sequence[Span]) -> None:
        assert self._reader
        cut = self.records.passages[passage]
        title = cut.title
        marks = self._reader.read(question, [(title, cut.text)])[0]
        found = [best for span in within if (best := marks.best(span))]
        if found:
            span = max(found, key=lambda best: best.score).span
            self.records.add(ANSWERED, [answered(question, span.of(cut.text))], [passage], [], [])

    def _add_otherwise(self, asked: Asked, answer: tuple[int, int, int]) -> None:
        """The question asking for another kind of thing, which its sentence and those beside it do not offer."""
        passage, first, _ = answer
        cut = self.records.passages[passage]
        sentences = sentence_spans(cut.text)
        at = next(n for n, s in enumerate(sentences) if cut.offsets[first][0] < s.end)
        said = Span(sentences[max(0, at - 1)].start, sentences[min(at + 1, len(sentences) - 1)].end).of(cut.text)
        if changed := asked_otherwise(asked.text, said, self._chance):
            self._record(OTHERWISE, changed, [passage], [], [])
            if self._chance.random() < CHANGED_ANSWERED:
                self.records.add(ANSWERED, [answered(changed, asked.answers[0].text)], [passage], [], [])

    def _add_lacking(self, asked: Asked, passage: int) -> None:
        """The question over its passage without the sentences that hold its answer, where enough is left."""
        text = self.records.passages[passage].text
        sentences = [span.of(text) for span in sentence_spans(text)]
        said = [_plain(answer.text) for answer in asked.answers]
        left = [s for s in sentences if not any(answer in _plain(s) for answer in said)]
        if 2 <= len(left) < len(sentences):
            shorter = self.records.add_passage(" ".join(left), self.records.passages[passage].title_row)
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
        self.records.add(source, [question, *forms(question, self._wordnet, self._chance)], gold, negatives, spans)


def _plain(text: str) -> str:
    """Lower-case words between single spaces, for looking one text up in another."""
    return " " + " ".join(_ALPHANUMERIC.findall(text.lower())) + " "


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
    counts = preparer.records.write(unfinished)
    (folder / "examples.json").write_text(json.dumps(counts) + "\n")
    unfinished.rename(path)
    return path
