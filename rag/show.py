"""Answers, and what an ingest did, on a terminal.

Non-scope: JSON (`rag/wire.py`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from rag.terminal import printable
from rag.wire import AnswerWire

if TYPE_CHECKING:
    from rag.ingest import IngestReport


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


def print_report(report: IngestReport) -> None:
    """What became of every file, and of the index."""
    from rag.ingest import Change

    for line in report.lines:
        facts = line.message or (f"{line.passages} passages" if line.change is not Change.REMOVED else "")
        facts += f"; {line.note}" if line.note else ""
        click.echo(f"  {line.change.value:<9} {printable(line.path)}  {facts}")
    counts = ", ".join(f"{report.count(change)} {change.value}" for change in Change if report.count(change))
    if report.published or report.snapshot:
        outcome = "published" if report.published else "nothing had changed"
        click.echo(f"{outcome}: {report.snapshot} ({counts}; {report.embedded} texts embedded)")
    else:
        click.echo(f"nothing was written ({counts})")
