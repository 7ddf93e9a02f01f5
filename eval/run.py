"""`python -m eval run`: asks every question, prints one table, stores the results.

Non-scope: whether the numbers are good enough (`eval/gate.py`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from eval.ask import Target, in_process, over_http
from eval.dataset import QUESTIONS, SPLITS, Question, as_request, fingerprint, load_questions, resolve_gold
from eval.errors import AskError, EvalError
from eval.judge import Outcome, measure
from eval.results import FOLDER, Results, git_commit, line_of, save, without_paths
from eval.summary import exclusions, summarise
from eval.table import format_table
from rag.build import open_answerer
from rag.settings import read_settings

split_option = click.option(
    "--split",
    type=click.Choice([*SPLITS, "all"]),
    default="dev",
    show_default=True,
    help="Which questions. Tune on dev; look at test once, at the end.",
)
questions_option = click.option(
    "--questions",
    type=click.Path(path_type=Path, dir_okay=False),
    default=QUESTIONS,
    help="Questions file, instead of eval/questions.jsonl.",
)
url_option = click.option("--url", help="Measure the server at this address instead of the library in this process.")
token_option = click.option("--token", envvar="RAG_TOKEN", default="", help="Bearer token of that server (RAG_TOKEN).")


@contextmanager
def open_target(url: str | None, token: str) -> Iterator[Target]:
    """What is measured: a server, or the library with the settings of the environment."""
    if url:
        with over_http(url, token) as target:
            yield target
    else:
        yield in_process(open_answerer(read_settings(os.environ)))


def ask_all(target: Target, questions: Sequence[Question]) -> list[Outcome]:
    """One outcome per question, in order; progress on stderr."""
    gold = resolve_gold(questions, target.documents)
    with click.progressbar(questions, label="Asking", file=sys.stderr) as bar:
        return [measure(target, question, gold[question.id]) for question in bar]


def evaluate(target: Target, path: Path, split: str, commit: str | None) -> Results:
    """Asks the questions of one split of the file at `path`.

    Raises: DatasetError; EvalError where the first question gets no answer, because then none will.
    """
    questions = load_questions(path, split)
    if not questions:
        raise EvalError(f"{path.name} holds no question of the split {split}.")
    try:
        first = target.ask(as_request(questions[0]))  # says what answers, and warms the models up
    except AskError as error:
        raise EvalError(f"Nothing answers: {error}") from error
    outcomes = ask_all(target, questions)
    return Results(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        commit=commit,
        snapshot=first["index"]["snapshot"],
        models=without_paths(
            {
                "embedder": first["models"]["embedder"],
                "reader": first["models"]["reader"],
                "llm": first["models"]["llm"],
            }
        ),
        split=split,
        questions_sha256=fingerprint(path),
        summary=summarise(outcomes),
        notes=tuple(exclusions(outcomes)),
        lines=tuple(line_of(outcome) for outcome in outcomes),
    )


@click.command()
@split_option
@url_option
@token_option
@questions_option
@click.option(
    "--out", type=click.Path(path_type=Path), help="Results file, instead of eval/results/DATE-COMMIT-SPLIT.json."
)
def command(split: str, url: str | None, token: str, questions: Path, out: Path | None) -> None:
    """Ask the questions, print the table, store the results."""
    with open_target(url, token) as target:
        results = evaluate(target, questions, split, commit=None if url else git_commit())
    path = out or FOLDER / results.file_name
    save(results, path)
    click.echo(f"split {split}, snapshot {results.snapshot}, commit {results.commit or '–'}\n")
    click.echo(format_table(results.summary, results.notes))
    click.echo(f"\nStored in {path}.", err=True)
