"""`python -m eval report`: a results file as report.md and as report.html, which needs nothing else.

Non-scope: measuring; everything comes from the results file and the questions that it names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from eval.dataset import Question, fingerprint, load_questions
from eval.errors import ResultsError
from eval.judge import Verdict
from eval.page import render_page
from eval.results import FOLDER, Line, Results, load, newest
from eval.run import questions_option
from eval.summary import OVER, OVERALL
from eval.table import BY_KIND, format_interval, format_number


def misses(results: Results, questions: Mapping[str, Question]) -> list[tuple[Line, Question]]:
    """Every question that was not right, wrong ones before refused ones, in the order of the file."""
    order = (Verdict.WRONG, Verdict.REFUSED)
    return [(line, questions[line.id]) for verdict in order for line in results.lines if line.verdict is verdict]


def render_markdown(results: Results, missed: Sequence[tuple[Line, Question]]) -> str:
    """The tables and every question that was not right."""
    overall = results.summary[OVERALL]
    head = [
        f"# Evaluation of {results.created[:10]}",
        "",
        f"Split {results.split}, commit {results.commit or '–'}, snapshot {results.snapshot}, "
        f"embedder {results.models['embedder']}, language model {results.models['llm'] or 'none'}.",
        "",
        *_table(
            ["measure", "n", "value", "95 % interval", "over"],
            [
                [name, str(cell.n), format_number(name, cell.value), format_interval(name, cell), OVER[name]]
                for name, cell in overall.items()
            ],
        ),
        "",
        *_table(
            ["kind", "n", *BY_KIND],
            [
                [kind, str(cells["right"].n), *(format_number(name, cells[name].value) for name in BY_KIND)]
                for kind, cells in results.summary.items()
            ],
        ),
        "",
        *(f"- {note}" for note in results.notes),
        "",
        f"## {len(missed)} questions that were not right",
    ]
    return "\n".join([*head, *(text for line, question in missed for text in _miss(line, question)), ""])


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [head, ["---"] * len(head), *rows]
    return ["| " + " | ".join(_plain(cell) for cell in line) + " |" for line in lines]


def _miss(line: Line, question: Question) -> list[str]:
    said = "refused" if line.said is None else _plain(line.said)
    gold = "; ".join(_plain(quote) for quote in question.gold) or "nothing: the material does not say"
    return [
        "",
        f"**{line.id}** ({line.kind}, {line.verdict.value}, p = {line.probability:.2f}) {_plain(question.text)}",
        "",
        f"- answered: {said}",
        f"- gold: {gold}",
    ]


def _plain(text: str) -> str:
    """`text` on one line, without anything that Markdown or HTML would read as markup."""
    for sign in "\\`*_[]<>|":
        text = text.replace(sign, "\\" + sign)
    return " ".join(text.split())


@click.command()
@click.option("--results", "file", type=click.Path(path_type=Path), help="Results file; the newest one by default.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=FOLDER, help="Folder to write into.")
@questions_option
def command(file: Path | None, out: Path, questions: Path) -> None:
    """Write report.md and report.html."""
    results = load(file or newest())
    if results.questions_sha256 != fingerprint(questions):
        raise ResultsError(f"The results were made with other questions than {questions.name} holds; run again.")
    missed = misses(results, {question.id: question for question in load_questions(questions)})
    out.mkdir(parents=True, exist_ok=True)
    for name, text in (
        ("report.md", render_markdown(results, missed)),
        ("report.html", render_page(results, missed)),
    ):
        (out / name).write_text(text, encoding="utf-8", newline="\n")
        click.echo(out / name)
