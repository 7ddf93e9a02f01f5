"""`python -m eval beir FOLDER`: retrieval alone on a BEIR-shaped folder; one JSON line.

Measures the fused ranking, words alone and meaning alone. A document is cut into passages and ranked by
its best one. Non-scope: answers. Source of the data's form: Thakur et al., BEIR (2021).
"""

from __future__ import annotations

import csv
import json
import os
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from eval.errors import DatasetError
from eval.metrics.intervals import bootstrap, mean_of
from eval.metrics.ranking import ndcg, recall_at, reciprocal_rank
from eval.scratch import ScratchText, limit_option, row_of, scratch_answerer, scratch_option, seed_option
from rag.answer import Answerer
from rag.retrieve import CANDIDATES, Query, Retriever
from rag.settings import read_settings

CUTOFFS = (1, 5, 10)


@dataclass(frozen=True, slots=True)
class Judged:
    """One query with the grades (> 0) of its relevant documents, by document row."""

    text: str
    grades: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Beir:
    documents: tuple[ScratchText, ...]
    queries: tuple[Judged, ...]  # those with at least one relevant document
    unjudged: int  # queries left out because nothing is relevant to them


def load_beir(folder: Path, split: str | None = None) -> Beir:
    """The folder's corpus and the queries of one qrels file (the only one, unless `split` names it).

    Raises: DatasetError.
    """
    qrels = _qrels_file(folder, split)
    try:
        corpus = [json.loads(line) for line in _lines(folder / "corpus.jsonl")]
        queries = {str(q["_id"]): q["text"] for q in map(json.loads, _lines(folder / "queries.jsonl"))}
        rows = {str(document["_id"]): row for row, document in enumerate(corpus)}
        grades: dict[str, dict[int, int]] = {}
        for query, document, grade in _judgements(qrels):
            grades.setdefault(query, {})
            if int(grade) > 0:
                grades[query][rows[document]] = int(grade)
        judged = tuple(Judged(queries[query], found) for query, found in grades.items() if found)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{folder.name} is not in BEIR format: {error!r}.") from error
    # A document without a text is searched by its title; without either, ingest leaves it out.
    texts = tuple(ScratchText(d.get("title", ""), d["text"] or d.get("title", "")) for d in corpus)
    return Beir(texts, judged, len(queries) - len(judged))


def _qrels_file(folder: Path, split: str | None) -> Path:
    files = {path.stem: path for path in sorted((folder / "qrels").glob("*.tsv"))}
    if split is None and len(files) == 1:
        return next(iter(files.values()))
    if split not in files:
        raise DatasetError(f"{folder.name}/qrels holds {', '.join(files) or 'nothing'}; name one with --split.")
    return files[split]


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]


def _judgements(path: Path) -> list[list[str]]:
    """Rows of query, document, grade; the heading is left out."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE) if row]
    return rows[1:] if rows and not rows[0][-1].lstrip("-").isdigit() else rows


def document_ranking(retriever: Retriever, query: Query) -> list[int]:
    """Rows of the documents, best passage first, each once.

    As many passages as the service fuses: a deeper list would be fused with other weights than its own.
    """
    evidence = retriever.find(query, CANDIDATES)
    return [row_of(document) for document in dict.fromkeys(p.document_id for p in evidence.passages)]


def measure_query(judged: Judged, ranking: Sequence[int]) -> dict[str, float]:
    """The numbers of one query."""
    gains = [judged.grades.get(row, 0) for row in ranking]
    found = [int(gain > 0) for gain in gains]
    relevant = len(judged.grades)
    return {
        "ndcg@10": ndcg(gains, list(judged.grades.values())),
        "mrr@10": reciprocal_rank(found),
        **{f"recall@{k}": recall_at(found, relevant, k) for k in CUTOFFS},
    }


def measure_queries(answerer: Answerer, queries: Sequence[Judged]) -> dict[str, dict[str, Any]]:
    """Means and 95 % intervals per way of searching."""
    fused = answerer.retriever
    ways = {
        "fused": fused,
        "words": replace(fused, dense_weight=0.0, dense_weight_cjk=0.0),
        "meaning": replace(fused, dense_weight=1.0, dense_weight_cjk=1.0),
    }
    numbers: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
    with click.progressbar(queries, label="Searching", file=sys.stderr) as bar:
        for judged in bar:
            query = fused.query(judged.text)
            for way, retriever in ways.items():
                numbers[way].append(measure_query(judged, document_ranking(retriever, query)))
    return {way: _means(rows) for way, rows in numbers.items()}


def _means(rows: Sequence[Mapping[str, float]]) -> dict[str, Any]:
    names = list(rows[0])
    intervals = {n: bootstrap(mean_of([row[n] for row in rows]), range(len(rows))) or (None, None) for n in names}
    return {
        **{name: round(sum(row[name] for row in rows) / len(rows), 4) for name in names},
        "interval_95": {name: [None if end is None else round(end, 4) for end in intervals[name]] for name in names},
    }


def sample(beir: Beir, limit: int | None, seed: int) -> Beir:
    """At most `limit` queries at random, in their order; all documents."""
    if limit is None or limit >= len(beir.queries):
        return beir
    rows = sorted(random.Random(seed).sample(range(len(beir.queries)), limit))
    return replace(beir, queries=tuple(beir.queries[row] for row in rows))


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--split", help="Which file of qrels/; needed where there are several.")
@limit_option
@seed_option
@scratch_option
def command(folder: Path, split: str | None, limit_questions: int | None, seed: int, scratch: Path | None) -> None:
    """Measure retrieval on a BEIR-shaped FOLDER; one JSON line."""
    beir = sample(load_beir(folder, split), limit_questions, seed)
    if not beir.queries:
        raise DatasetError(f"{folder.name} has no query with a relevant document.")
    with scratch_answerer(beir.documents, read_settings(os.environ), scratch) as answerer:
        ways = measure_queries(answerer, beir.queries)
    line = {
        "folder": folder.name,
        "documents": len(beir.documents),
        "n": len(beir.queries),
        "left_out_unjudged": beir.unjudged,
        "seed": seed,
    }
    click.echo(json.dumps(line | ways, ensure_ascii=False))
