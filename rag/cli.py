"""The command line. Exit codes: 0 done, 1 not good (damage found, nothing answered), 2 wrong use or
settings, 3 no usable index or server, 74 could not write, 75 busy.

Non-scope: everything but reading arguments and printing. Heavy modules are imported by the commands
that need them, so that `rag --help` answers at once.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rag import __version__
from rag.errors import (
    CorpusError,
    IndexBusy,
    IndexWriteError,
    ModelError,
    NotFoundError,
    QuestionError,
    RagError,
    RemoteError,
    SettingsError,
    StoreError,
    UnusableIndex,
)
from rag.review import feedback, gaps
from rag.settings import Settings, read_settings, variable
from rag.show import print_answer, print_report

if TYPE_CHECKING:
    from rag.embed import Embedder
    from rag.ingest import IngestReport
    from rag.types import Question
    from rag.wire import AnswerWire

EXIT_NOT_GOOD = 1
EXIT_USAGE = 2
EXIT_NO_INDEX = 3
EXIT_CANNOT_WRITE = 74  # EX_IOERR of sysexits.h
EXIT_BUSY = 75  # EX_TEMPFAIL
# The nearest class on an error's own ancestry decides.
EXIT_CODES: dict[type[RagError], int] = {
    IndexBusy: EXIT_BUSY,
    IndexWriteError: EXIT_CANNOT_WRITE,
    UnusableIndex: EXIT_NO_INDEX,
    StoreError: EXIT_NOT_GOOD,
    SettingsError: EXIT_USAGE,
    QuestionError: EXIT_USAGE,
    NotFoundError: EXIT_USAGE,
    CorpusError: EXIT_USAGE,
    ModelError: EXIT_USAGE,
    RemoteError: EXIT_NO_INDEX,
    RagError: EXIT_NOT_GOOD,
}


@contextmanager
def _errors_as_exit_codes() -> Iterator[None]:
    try:
        yield
    except RagError as error:
        click.echo(f"rag: {error}", err=True)
        sys.exit(next(EXIT_CODES[kind] for kind in type(error).__mro__ if kind in EXIT_CODES))


class _Group(click.Group):
    """Every command ends with a documented exit code and never with a traceback of ours."""

    def invoke(self, ctx: click.Context) -> Any:
        with _errors_as_exit_codes():
            return super().invoke(ctx)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="rag")
@click.option("--corpus", type=click.Path(path_type=Path), help="Folder with the documents (default: corpus).")
@click.option("--index", type=click.Path(path_type=Path), help="Folder of the index (default: index).")
@click.pass_context
def main(ctx: click.Context, corpus: Path | None, index: Path | None) -> None:
    """Ask a folder of documents; every answer is proven by exact quotes."""
    settings = read_settings(os.environ)
    ctx.obj = replace(settings, corpus_dir=corpus or settings.corpus_dir, index_dir=index or settings.index_dir)


@main.command()
@click.option("--force", is_flag=True, help="Embed every document again.")
@click.option("--strict", is_flag=True, help="Exit 1 when a file had to be skipped.")
@click.option("--dry-run", is_flag=True, help="Only say what would be added, changed, removed and skipped.")
@click.option("--watch", is_flag=True, help="Go on: ingest again whenever the folder changes, until Ctrl-C.")
@click.pass_obj
def ingest(settings: Settings, force: bool, strict: bool, dry_run: bool, watch: bool) -> None:
    """Bring the index up to date with the corpus folder."""
    from rag import build

    if watch and (force or strict or dry_run):
        raise click.UsageError("--watch goes with none of the others.")
    embedder = build.load_embedder(settings, threads=os.cpu_count())
    if watch:
        _watch(settings, embedder)
        return
    report = _ingest(settings, embedder, force, dry_run)
    if strict and any(line.code for line in report.lines):
        sys.exit(EXIT_NOT_GOOD)


def _ingest(settings: Settings, embedder: Embedder, force: bool = False, dry_run: bool = False) -> IngestReport:
    """Ingests once, with a bar while it lasts, and prints the report."""
    from rag import build

    with click.progressbar(
        length=1, label="Embedding", file=sys.stderr, show_pos=True, hidden=not sys.stderr.isatty()
    ) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = max(total, 1)
            bar.update(done - bar.pos)

        report = build.ingest(settings, embedder, progress, force, dry_run)
    print_report(report)
    return report


def _watch(settings: Settings, embedder: Embedder) -> None:
    """Ingests now and after every change of the folder that has come to rest; an error is said and waited out."""
    from rag.loaders.watch import changes

    click.echo(f"Watching {settings.corpus_dir}. Ctrl-C ends it.", err=True)
    for _ in changes(settings.corpus_dir):
        try:
            _ingest(settings, embedder)
        except (CorpusError, IndexBusy, IndexWriteError) as error:
            click.echo(f"rag: {error}", err=True)


@main.command()
@click.argument("question")
@click.option("--json", "as_json", is_flag=True, help="Print the same object as POST /ask.")
@click.option("--top-k", default=8, show_default=True, help="Passages considered (1 to 50).")
@click.option("--document", "documents", multiple=True, help="Search in this document only; may be repeated.")
@click.option("--language", default="auto", show_default=True, help="Language of the frame: auto, en or zh-Hant.")
@click.option("--server", metavar="URL", help="Ask the server there instead, with RAG_TOKEN where it is set.")
@click.pass_obj
def ask(
    settings: Settings,
    question: str,
    as_json: bool,
    top_k: int,
    documents: tuple[str, ...],
    language: str,
    server: str | None,
) -> None:
    """Answer QUESTION with citations. Exit 1 when the documents do not answer it."""
    from rag.check import make_question

    asked = make_question(question, top_k=top_k, documents=documents or None, language=language)
    answer = _ask_server(settings, server, asked) if server else _ask_here(settings, asked)
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        print_answer(answer)
    if answer["status"] == "not_found":
        sys.exit(EXIT_NOT_GOOD)


def _ask_here(settings: Settings, question: Question) -> AnswerWire:
    from rag import build
    from rag.wire import answer_wire

    return answer_wire(build.open_answerer(settings).answer(question))


def _ask_server(settings: Settings, url: str, question: Question) -> AnswerWire:
    from rag.client import Client

    documents = sorted(question.documents) if question.documents else None
    with Client(url, settings.token) as client:
        return client.ask(question.text, top_k=question.top_k, documents=documents, language=question.language)


@main.command()
@click.option("--host", help="Address to bind (default: 127.0.0.1).")
@click.option("--port", type=int, help="Port to bind (default: 8000).")
@click.pass_obj
def serve(settings: Settings, host: str | None, port: int | None) -> None:
    """Serve the chat page and POST /ask."""
    _become("server", settings, host=host, port=port)


@main.command()
@click.pass_obj
def mcp(settings: Settings) -> None:
    """Offer search, fetch and ask to a language model, over standard input and output."""
    _become("server.mcp", settings)


def _become(module: str, settings: Settings, **given: object) -> None:
    """The server is another package, which this one must not import: it takes this process over."""
    given |= {"corpus_dir": settings.corpus_dir.absolute(), "index_dir": settings.index_dir.absolute()}
    chosen = {variable(name): str(value) for name, value in given.items() if value is not None}
    os.execve(sys.executable, [sys.executable, "-m", module], {**os.environ, **chosen})


@main.command()
@click.pass_obj
def verify(settings: Settings) -> None:
    """Check every hash, count and offset of every snapshot. Exit 1 and the file's name on damage.

    A ghost is a passage that can be found although its document is gone.
    """
    from rag.snapshot import current_name, require_snapshots
    from rag.snapshot import verify as verify_snapshot

    names = require_snapshots(settings.index_dir)
    current = current_name(settings.index_dir)
    damaged = False
    if current not in names:
        damaged = True
        click.echo("CURRENT names no snapshot. Run `rag ingest` to mend it.")
    for name in names:
        problems = verify_snapshot(settings.index_dir / name)
        damaged = damaged or bool(problems)
        state = "damaged" if problems else "good, 0 ghosts"
        click.echo(f"{name}  {state}{'  (current)' if name == current else ''}")
        for problem in problems:
            click.echo(f"  {problem}")
    if damaged:
        click.echo("Run `rag ingest --force` to build the index again.", err=True)
        sys.exit(EXIT_NOT_GOOD)


@main.command()
@click.pass_obj
def snapshots(settings: Settings) -> None:
    """List the snapshots of the index, newest first."""
    from rag.snapshot import current_name, read_snapshot, require_snapshots

    current = current_name(settings.index_dir)
    for name in require_snapshots(settings.index_dir):
        mark = "*" if name == current else " "
        try:
            made = read_snapshot(settings.index_dir / name).manifest
            facts = f"{made.documents} documents  {made.passages} passages  {made.embedder}"
        except UnusableIndex as error:
            facts = str(error)
        click.echo(f"{mark} {name}  {facts}")


@main.command()
@click.argument("snapshot", required=False)
@click.pass_obj
def rollback(settings: Settings, snapshot: str | None) -> None:
    """Answer from SNAPSHOT again, or from the one before the current one. The next ingest makes a new one."""
    from rag.publish import roll_back

    click.echo(f"current: {roll_back(settings.index_dir, snapshot)}")


@main.command()
@click.option("--keep", type=click.IntRange(min=1), help="How many to keep (default: RAG_KEEP_SNAPSHOTS).")
@click.pass_obj
def prune(settings: Settings, keep: int | None) -> None:
    """Remove old and damaged snapshots, never the current one. Removed documents are gone from the disk with them."""
    from rag.publish import prune as prune_snapshots
    from rag.publish import writer_lock
    from rag.snapshot import require_snapshots

    require_snapshots(settings.index_dir)
    with writer_lock(settings.index_dir):
        removed = prune_snapshots(settings.index_dir, keep or settings.keep_snapshots)
    for name in removed:
        click.echo(f"removed: {name}")
    click.echo(f"{len(require_snapshots(settings.index_dir))} kept")


@main.command("settings")
@click.pass_obj
def show_settings(settings: Settings) -> None:
    """List every setting with its present value."""
    for setting in fields(Settings):
        value = getattr(settings, setting.name)
        shown = "(set)" if setting.metadata["secret"] and value else value
        click.echo(f"{variable(setting.name)}={shown}\n    {setting.metadata['doc']}")


main.add_command(feedback)
main.add_command(gaps)
