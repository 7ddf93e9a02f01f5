"""`python -m eval followups`: the follow-up questions, asked with the conversation before them and without it.

What the conversation is worth is the difference; both are over the same questions. What it may cost: how many of the
other questions are changed by an unrelated one before them. Non-scope: storing the numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from eval.ask import Target
from eval.dataset import CHINESE, FOLLOW_UP, Question, load_questions
from eval.errors import EvalError
from eval.judge import Outcome
from eval.run import ask_all, open_target, questions_option, split_option, token_option, url_option
from eval.summary import MEASURES, Cell, mean_cell
from rag.memory import standalone
from rag.types import Turn

UNRELATED = 7  # lines further on in the file, where questions about the same fact stand together
RIGHT = MEASURES["right"]


def followups(target: Target, questions: Sequence[Question]) -> tuple[list[Outcome], list[Outcome]]:
    """The outcomes (with the conversation, without it), each in the order of `questions`."""
    alone = [replace(question, history=()) for question in questions]
    return ask_all(target, questions), ask_all(target, alone)


def disturbed(questions: Sequence[Question]) -> list[Question]:
    """Those that are not taken as they are after an unrelated question: none should be."""
    others = [*questions[UNRELATED:], *questions[:UNRELATED]]
    return [
        question
        for question, other in zip(questions, others, strict=True)
        if standalone(question.text, [Turn("user", other.text)]) != question.text
    ]


@click.command()
@split_option
@url_option
@token_option
@questions_option
def command(split: str, url: str | None, token: str, questions: Path) -> None:
    """Ask every follow-up twice and print how many came out right."""
    everything = load_questions(questions, split)
    asked = [question for question in everything if question.kind == FOLLOW_UP]
    if not asked:
        raise EvalError(f"{questions.name} holds no follow-up of the split {split}.")
    with open_target(url, token) as target:
        outcomes = followups(target, asked)
    for name, applies in (("all", lambda o: True), ("answerable", lambda o: o.answerable)):
        click.echo(f"{name}")
        cells = [mean_cell(RIGHT, filter(applies, row)) for row in outcomes]
        for label, cell in zip(("with the conversation", "without it"), cells, strict=True):
            click.echo(f"  right {label:<22}  {_shown(cell)}")
        click.echo(f"  difference  {100 * ((cells[0].value or 0) - (cells[1].value or 0)):+.0f} points")
    others = [question for question in everything if question.kind not in (FOLLOW_UP, CHINESE)]
    click.echo(f"changed by an unrelated question before them: {len(disturbed(others))} of {len(others)} others")
    for question, *pair in zip(asked, *outcomes, strict=True):
        verdicts = " ".join(f"{outcome.verdict.value:<8}" for outcome in pair)
        click.echo(f"  {question.id}  {verdicts}  {question.text}")


def _shown(cell: Cell) -> str:
    interval = "" if cell.low is None or cell.high is None else f"  [{cell.low:.3f}, {cell.high:.3f}]"
    return f"{cell.value or 0:.3f}{interval}  n={cell.n}"
