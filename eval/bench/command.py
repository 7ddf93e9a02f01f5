"""`python -m eval bench`: what an answer costs, as ratios of one interleaved run; stored by commit.

The names B1 to B14 are those of the definitions in eval/results/README.md. Non-scope: quality (`python -m eval run`).
"""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import click

from eval.bench.answers import ratios, time_answers
from eval.bench.index import growth
from eval.bench.indexing import indexing
from eval.bench.llm import SCRIPTS, first_sentence
from eval.bench.peer import TOP_K
from eval.bench.peers import REQUIREMENTS, compare, install
from eval.bench.plot import plot
from eval.bench.service import service
from eval.dataset import CHINESE, load_questions
from eval.results import FOLDER, git_commit, without_paths
from eval.run import questions_option
from eval.scratch import document_name, limit_option, scratch_answerer, scratch_option, seed_option
from eval.squad import load_squad, sample
from rag.answer import Answerer
from rag.build import load_embedder, open_answerer
from rag.embed import HASH_MODEL, Embedder, find_model
from rag.settings import DEFAULT_MODEL, REFERENCE, Settings, read_settings

QUESTIONS = 300  # a recall of 0.97 is then known to ±0.005
PASSAGES = 96  # embedded in each round of the indexing part


@click.group(invoke_without_command=True)
@click.option(
    "--rounds", type=click.IntRange(1), default=3, show_default=True, help="Times that each question is asked."
)
@click.option("--requests", type=click.IntRange(1), default=96, show_default=True, help="Per number of clients.")
@click.option("--quick", is_flag=True, help="Answers only: no server process, no sentence-transformers.")
@click.option("--out", type=click.Path(path_type=Path), help="Results file, instead of bench/DATE-COMMIT.json.")
@questions_option
@click.pass_context
def command(ctx: click.Context, rounds: int, requests: int, quick: bool, out: Path | None, questions: Path) -> None:
    """Time answers, indexing and the service; print a table and store it."""
    if ctx.invoked_subcommand:
        return
    settings = read_settings(os.environ)
    answerer = open_answerer(settings)
    # A question in Chinese is refused early: it would make the answers look faster.
    asked = [q.text for q in load_questions(questions, "dev") if q.kind != CHINESE and not q.history]
    commit = git_commit()
    reference = None if quick or settings.model == HASH_MODEL else load_embedder(replace(settings, runtime=REFERENCE))
    measured = measure(answerer, reference, settings, asked, rounds, None if quick else requests)
    _finish(measured, _models(answerer), len(asked), commit, "", out)


@command.command("peers")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@limit_option
@seed_option
@scratch_option
@click.option(
    "--environment", type=click.Path(path_type=Path), default=Path("build/peers"), help="Where they are installed."
)
@click.option("--out", type=click.Path(path_type=Path), help="Results file, instead of bench/DATE-COMMIT-peers.json.")
def peers_command(
    file: Path, limit_questions: int | None, seed: int, scratch: Path | None, environment: Path, out: Path | None
) -> None:
    """Time hybrid search of txtai, LangChain, LlamaIndex and Haystack over the paragraphs of a SQuAD-shaped FILE."""
    pythons = {name: python for name in REQUIREMENTS if (python := install(environment.absolute() / name, name))}
    commit = git_commit()
    squad = sample(load_squad(file), limit_questions, seed)
    with scratch_answerer(squad.paragraphs, read_settings(os.environ), scratch) as answerer:
        passages = list(answerer.snapshot.passages())
        rows: dict[str, set[int]] = {}
        for row, passage in enumerate(passages):
            rows.setdefault(passage.document_id, set()).add(row)
        numbers = {passage.id: row for row, passage in enumerate(passages)}
        measured = compare(
            pythons,
            find_model(DEFAULT_MODEL, download=False)[0],
            [f"{p.context}\n{p.text}" for p in passages],
            [(q.text, frozenset(rows[document_name(number)])) for q, number in squad.questions],
            lambda text: [numbers[p.id] for p in answerer.retriever.search(text, TOP_K).passages],
        )
        _finish(measured, _models(answerer), len(squad.questions), commit, "-peers", out)


def _models(answerer: Answerer) -> dict[str, str | None]:
    return {"embedder": answerer.models.embedder, "reader": answerer.models.reader}


def _sizes(ctx: click.Context, parameter: click.Parameter, value: str) -> list[int]:
    try:
        sizes = [int(size) for size in value.split(",")]
    except ValueError:
        sizes = []
    if not sizes or min(sizes) < 100:
        raise click.BadParameter("give numbers of 100 and more, separated by commas")
    return sizes


@command.command("index")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--passages", callback=_sizes, default="10000,100000,1000000", show_default=True, help="Sizes to measure."
)
@click.option(
    "--whole", type=int, default=100_000, show_default=True, help="Largest size for the index with its texts."
)
@click.option("--out", type=click.Path(path_type=Path), help="Results file, instead of bench/DATE-COMMIT-index.json.")
def index_command(file: Path, passages: list[int], whole: int, out: Path | None) -> None:
    """Measure how the index grows, over vectors shaped like those of the paragraphs of a SQuAD-shaped FILE."""
    embedder = load_embedder(read_settings(os.environ), threads=os.cpu_count())
    commit = git_commit()
    squad = sample(load_squad(file), QUESTIONS, 0)
    asked = [question.text for question, _ in squad.questions]
    measured = growth(squad.paragraphs, asked, embedder, passages, whole)
    _finish(measured, {"embedder": embedder.id}, len(asked), commit, "-index", out)


@command.command("llm")
@click.option("--runs", type=click.IntRange(1), default=30, show_default=True, help="Answers that are timed.")
@click.option("--out", type=click.Path(path_type=Path), help="Results file, instead of bench/DATE-COMMIT-llm.json.")
def llm_command(runs: int, out: Path | None) -> None:
    """Time the first sentence of a language model, from its last word to the reader, over the article."""
    settings = read_settings(os.environ)
    answerer = open_answerer(settings)
    commit = git_commit()
    measured = first_sentence(settings.index_dir, settings.corpus_dir, runs)
    _finish({"language model": measured}, _models(answerer), len(SCRIPTS), commit, "-llm", out)


def _finish(
    measured: dict[str, dict[str, Any]],
    models: dict[str, str | None],
    questions: int,
    commit: str | None,
    kind: str,
    out: Path | None,
) -> None:
    """Prints and stores, with a plot beside it."""
    date = datetime.now(UTC).date().isoformat()
    record = {"date": date, "commit": commit, "models": without_paths(models), "questions": questions, **measured}
    click.echo(format_sections(measured))
    path = out or FOLDER / "bench" / f"{date}-{(commit or 'unknown').replace('+', '-changed')}{kind}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    if image := plot(measured, f"Benchmark of {date}, commit {commit}"):
        path.with_suffix(".svg").write_text(image + "\n", encoding="utf-8")
    click.echo(f"\nStored in {path}.", err=True)


def measure(
    answerer: Answerer,
    reference: Embedder | None,
    settings: Settings,
    asked: list[str],
    rounds: int,
    requests: int | None,
) -> dict[str, dict[str, float]]:
    """Section → name → number."""
    times = time_answers(answerer, reference, asked, rounds)
    found: dict[str, dict[str, float]] = {
        "answers": {f"{step} p50 ms": round(median(values), 2) for step, values in times.items()} | ratios(times)
    }
    if reference:
        passages = [f"{p.context}\n{p.text}" for p in answerer.snapshot.passages()]
        texts = (passages * (PASSAGES // len(passages) + 1))[:PASSAGES]
        found["indexing"] = indexing(answerer.retriever.embedder, reference, texts, rounds)
    if requests:
        found["service"] = service(settings.index_dir, settings.corpus_dir, asked, requests)
    return found


def format_sections(measured: dict[str, dict[str, Any]]) -> str:
    lines = []
    for section, numbers in measured.items():
        lines += [section, *(f"  {name:<40}{value:>10}" for name, value in numbers.items())]
    return "\n".join(lines)
