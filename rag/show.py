"""Answers on a terminal.

Non-scope: JSON (`rag/wire.py`).
"""

from __future__ import annotations

import click

from rag.wire import AnswerWire


def print_answer(answer: AnswerWire) -> None:
    """The words that answer, the sentences they stand in, then where each quote is from."""
    for short in answer["short_answers"]:
        click.echo(f"{printable(' '.join(short['text'].split()))} [{short['citation']}]")
    if answer["short_answers"]:
        click.echo()
    click.echo(printable(answer["answer"], keep="\n"))
    for citation in answer["citations"]:
        place = f"{citation['document_id']}:{citation['start']}-{citation['end']}"
        section = f" · {citation['section']['label']}" if citation["section"] else ""
        click.echo(printable(f"\n[{citation['number']}] {citation['title']}{section}\n    {place}", keep="\n"))
    if not answer["citations"] and answer["consulted"]:
        click.echo("\nNearest passages:")
        for passage in answer["consulted"][:3]:
            click.echo(
                f"  {printable(passage['passage_id'])}\n    {printable(' '.join(passage['text'].split()))[:200]} …"
            )
    for warning in answer["warnings"]:
        click.echo(f"Warning: {printable(warning)}", err=True)


def printable(text: str, keep: str = "") -> str:
    """`text` without the control characters that a terminal would obey."""
    return "".join(c if c.isprintable() or c in keep or c == "\u00a0" else "\ufffd" for c in text)
