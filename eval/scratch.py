"""A scratch corpus and its index, made by the real ingest: how public data sets are measured.

With a folder to keep it in, corpus and index are found again by content, and no vector is made twice.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import click

from rag.answer import Answerer
from rag.build import ingest, open_answerer
from rag.settings import Settings

scratch_option = click.option(
    "--scratch",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder that keeps corpus and index for the next run. Without it they go into a temporary one.",
)
limit_option = click.option(
    "--limit-questions", type=click.IntRange(1), help="Ask a random sample of this many; the corpus stays whole."
)
seed_option = click.option("--seed", type=int, default=0, show_default=True, help="Of the sample.")


@dataclass(frozen=True, slots=True)
class ScratchText:
    """One document to be; its text is written exactly as it is."""

    title: str
    text: str


def document_name(row: int) -> str:
    """The document id of a row: data sets have ids that no file name can hold."""
    return f"d{row:07d}"


def row_of(document_id: str) -> int:
    """The reverse of `document_name`."""
    return int(document_id[1:])


@contextmanager
def scratch_answerer(texts: Sequence[ScratchText], settings: Settings, kept: Path | None) -> Iterator[Answerer]:
    """Answers from an index over `texts` with the model of `settings`; document i is `document_name(i)`.

    Raises: as `rag.build.ingest` and `open_answerer`.
    """
    with _folder(kept) as folder:
        home = folder / _content_key(texts)
        _write_corpus(home / "corpus", texts)
        there = replace(settings, corpus_dir=home / "corpus", index_dir=home / "index")
        _ingest(there)
        yield open_answerer(there)


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        yield kept
        return
    with tempfile.TemporaryDirectory(prefix="event-rag-eval-") as folder:
        yield Path(folder)


def _content_key(texts: Sequence[ScratchText]) -> str:
    digest = hashlib.sha256(json.dumps([[t.title, t.text] for t in texts]).encode())
    return digest.hexdigest()[:16]  # 64 bits: no two data sets of one person collide


def _write_corpus(folder: Path, texts: Sequence[ScratchText]) -> None:
    """Writes into a neighbour and renames it, so that a folder that exists is whole."""
    if folder.exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as unfinished:
        made = Path(unfinished) / "corpus"
        made.mkdir()
        for row, text in enumerate(texts):
            path = made / f"{document_name(row)}.txt"
            path.write_bytes(text.text.encode("utf-8"))
            if title := " ".join(text.title.split()):
                # A JSON string without \u escapes for pairs is a TOML basic string.
                sidecar = f"title = {json.dumps(title, ensure_ascii=False)}\n"
                path.with_name(path.name + ".toml").write_bytes(sidecar.encode("utf-8"))
        made.rename(folder)


def _ingest(settings: Settings) -> None:
    with click.progressbar(length=1, label="Embedding", file=sys.stderr) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        ingest(settings, progress=progress)
