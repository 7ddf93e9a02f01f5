"""`python -m eval tune FILE`: what the constants of the library were chosen by.

The articles of a SQuAD-shaped file, each one document, are cut, searched and read under every value of a
sweep; the other values stay as they ship. Run it on documents that no reported number uses.
"""

from __future__ import annotations

import json
import os
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import click

from eval.metrics.wording import contains
from eval.scratch import document_name, limit_option, seed_option
from eval.squad import load_squad
from rag.answer import Answerer
from rag.build import load_embedder, open_answerer
from rag.chunk import ChunkParameters
from rag.embed import Embedder
from rag.fuse import DENSE_WEIGHT
from rag.ingest import ingest_folder
from rag.read import READING_WEIGHTS, ReadingWeights, read
from rag.retrieve import Query, Retriever
from rag.settings import Settings, read_settings
from rag.types import Evidence

OUT = Path(__file__).parent / "tuning.json"
CHUNKING = tuple(ChunkParameters(limit * 2 // 3, limit) for limit in (72, 108, 144, 192, 240))
DENSE_WEIGHTS = tuple(step / 10 for step in range(11))
READING: dict[str, tuple[float, ...]] = {
    "words": (0.0, 0.3, 0.6, 0.9, 1.2, 1.8),
    "neighbour": (0.0, 0.15, 0.3, 0.6),
    "answer_type": (0.0, 0.08, 0.15, 0.3, 0.5),
    "passage": (0.0, 0.2, 0.35, 0.5, 0.8),
    "span": (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5),
}
TOP_K = 8


@dataclass(frozen=True, slots=True)
class Asked:
    """One answerable question of the file."""

    text: str
    answers: tuple[str, ...]


@dataclass(frozen=True)
class Bench:
    """An index over the articles, and the questions ready for searching."""

    answerer: Answerer
    queries: Sequence[tuple[Query, Asked]]

    def evidence(self, retriever: Retriever) -> Iterator[tuple[Query, Asked, Evidence]]:
        for query, asked in self.queries:
            yield query, asked, retriever.find(query, TOP_K)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--articles", type=click.IntRange(2), default=12, show_default=True, help="Articles drawn at random.")
@limit_option
@seed_option
@click.option("--out", type=click.Path(path_type=Path), default=OUT, show_default=False)
def command(file: Path, articles: int, limit_questions: int | None, seed: int, out: Path) -> None:
    """Sweep every constant over articles of FILE; one JSON file."""
    texts, asked = _articles(file, articles, limit_questions or 600, seed)
    embedder = load_embedder(read_settings(os.environ))
    with tempfile.TemporaryDirectory(prefix="event-rag-tune-") as folder:
        root = Path(folder)
        corpus = root / "corpus"
        corpus.mkdir()
        for row, (_, text) in enumerate(texts):
            (corpus / f"{document_name(row)}.txt").write_bytes(text.encode())
        chunking = {str(p.limit): _measure(_bench(root, corpus, p, embedder, asked)) for p in _progress(CHUNKING)}
        bench = _bench(root, corpus, ChunkParameters(), embedder, asked)
        retriever = bench.answerer.retriever
        fusion = {
            str(weight): _measure(bench, replace(retriever, dense_weight=weight)) for weight in _progress(DENSE_WEIGHTS)
        }
        reading = {
            name: {str(v): _measure(bench, weigh=replace(READING_WEIGHTS, **{name: v})) for v in values}
            for name, values in READING.items()
        }
    result = {
        "file": file.name,
        "articles": [title for title, _ in texts],
        "questions": len(asked),
        "seed": seed,
        "top_k": TOP_K,
        "shipped": {
            "chunk": asdict(ChunkParameters()),
            "dense_weight": DENSE_WEIGHT,
            "reading": asdict(READING_WEIGHTS),
        },
        "chunk_limit": chunking,
        "dense_weight": fusion,
        "reading": reading,
    }
    out.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    click.echo(json.dumps(result, ensure_ascii=False))


def _articles(file: Path, articles: int, questions: int, seed: int) -> tuple[list[tuple[str, str]], list[Asked]]:
    """(title, whole text) of the drawn articles and answerable questions about them."""
    squad = load_squad(file)
    chance = random.Random(seed)
    titles = chance.sample(sorted({p.title for p in squad.paragraphs}), articles)
    texts = [(t, "\n\n".join(p.text.strip() for p in squad.paragraphs if p.title == t)) for t in titles]
    asked = [
        Asked(question.text, question.answers)
        for question, row in squad.questions
        if question.answerable and squad.paragraphs[row].title in titles
    ]
    return texts, chance.sample(asked, min(questions, len(asked)))


def _bench(root: Path, corpus: Path, chunking: ChunkParameters, embedder: Embedder, asked: Sequence[Asked]) -> Bench:
    index = root / f"index-{chunking.limit}"
    ingest_folder(corpus, index, embedder, keep=2, chunking=chunking)
    answerer = open_answerer(Settings(index_dir=index), embedder)
    return Bench(answerer, [(answerer.retriever.query(q.text), q) for q in asked])


def _measure(
    bench: Bench, retriever: Retriever | None = None, weigh: ReadingWeights = READING_WEIGHTS
) -> dict[str, Any]:
    """Shares of the questions whose answer stands in the first passage, in the first five, in the best sentence."""
    documents = bench.answerer.snapshot.documents
    first = five = best = 0
    for query, asked, evidence in bench.evidence(retriever or bench.answerer.retriever):
        holds = [contains(passage.text, asked.answers) for passage in evidence.passages[:5]]
        first += holds[:1] == [True]
        five += any(holds)
        sentences = read(query, evidence, bench.answerer.snapshot, bench.answerer.reader, weigh).sentences
        if sentences:
            top = sentences[0]
            best += contains(top.span.of(documents[top.passage.document_id].text), asked.answers)
    total = len(bench.queries)
    return {
        "passages": bench.answerer.snapshot.info.passages,
        "recall@1": round(first / total, 4),
        "recall@5": round(five / total, 4),
        "best_sentence": round(best / total, 4),
    }


def _progress(values: Sequence[Any]) -> Iterator[Any]:
    for number, value in enumerate(values, 1):
        print(f"{number}/{len(values)}", value, file=sys.stderr, flush=True)
        yield value
