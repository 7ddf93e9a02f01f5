"""The commands about what a server kept: `rag feedback` and `rag gaps`.

Heavy modules are imported by the commands that need them, as in `rag/cli.py`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from rag.settings import Settings
from rag.terminal import printable

if TYPE_CHECKING:
    from rag.store import Store

REVIEWS = {"accept": "accepted", "reject": "rejected"}


@click.group()
def feedback() -> None:
    """What readers said about answers."""


@feedback.command("list")
@click.pass_obj
def list_feedback(settings: Settings) -> None:
    """Print every feedback, oldest first, with what came of its review."""
    for given in _kept(settings).feedback():
        answer = given.answer
        reviewed = given.review or "new"
        click.echo(
            f"{given.id}  {given.given[:10]}  {reviewed:<8}  {given.verdict:<14}  {printable(answer['question'])}"
        )
        for label, text in (
            ("answered", answer["answer_plain"]),
            ("expected", given.expected.quote if given.expected else ""),
            ("comment", given.comment),
        ):
            if text:
                click.echo(f"    {label}: {printable(' '.join(text.split()))}")


@feedback.command("review")
@click.argument("feedback_id")
@click.argument("verdict", type=click.Choice(list(REVIEWS)))
@click.pass_obj
def review_feedback(settings: Settings, feedback_id: str, verdict: str) -> None:
    """Say whether a feedback is to be exported: the reader was right (accept) or was not (reject)."""
    _kept(settings).review(feedback_id, REVIEWS[verdict])


@feedback.command("export")
@click.option("--unreviewed", is_flag=True, help="Also what nobody has reviewed yet.")
@click.pass_obj
def export_feedback(settings: Settings, unreviewed: bool) -> None:
    """Print accepted feedback as lines for eval/questions.jsonl, which do not count until "pending" is removed."""
    from rag.feedback import question_lines
    from rag.snapshot import open_snapshot

    wanted = (REVIEWS["accept"], *([None] if unreviewed else []))
    given = [one for one in _kept(settings).feedback() if one.review in wanted]
    lines, left_out = question_lines(given, open_snapshot(settings.index_dir).documents)
    for line in lines:
        click.echo(json.dumps(line, ensure_ascii=False))
    for reason in left_out:
        click.echo(f"left out: {printable(reason)}", err=True)


@click.command()
@click.pass_obj
def gaps(settings: Settings) -> None:
    """Print the questions that were refused, those about the same thing together, the most asked first."""
    from rag import build
    from rag.gaps import gaps as grouped

    for gap in grouped(_kept(settings).refused(), build.load_embedder(settings)):
        click.echo(f"{gap.asked:>5}  {printable(gap.questions[0])}")
        for question in gap.questions[1:]:
            click.echo(f"       {printable(question)}")


def _kept(settings: Settings) -> Store:
    """The store of the server, to be read: a damaged one is left to the server to mend."""
    from rag.store import Store

    return Store(settings.state_dir, mend=False)
