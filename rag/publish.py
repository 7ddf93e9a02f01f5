"""The index on disk, write side: build aside, sync, rename, then point `CURRENT` at it.

A kill at any moment leaves the old snapshot or the new one. One writer at a time.
Non-scope: what goes into a snapshot (`rag/ingest.py`).
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from rag.dense import DenseIndex
from rag.errors import IndexBusy, IndexWriteError
from rag.lexical import LexicalIndex
from rag.snapshot import (
    CURRENT,
    DENSE,
    DOCUMENTS,
    HASH_CHARS,
    LEXICAL,
    MANIFEST,
    PASSAGES,
    SENTENCES,
    Manifest,
    current_name,
    document_line,
    passage_line,
    snapshot_names,
    verify,
)
from rag.types import Document, Passage

LOCK = ".lock"
UNFINISHED = ".tmp-"


@dataclass(frozen=True)
class Content:
    """Everything of a new snapshot. Row i of each vector array belongs to passage or sentence i."""

    documents: Sequence[Document]
    passages: Sequence[Passage]
    passage_vectors: NDArray[np.float32]
    sentence_vectors: NDArray[np.float32]
    embedder: str
    parameters: Mapping[str, int]
    corpus_sha256: str


@contextmanager
def writer_lock(index_dir: Path) -> Iterator[None]:
    """The right to write, given back even by `kill -9`.

    Raises: IndexBusy at once when another process holds it; IndexWriteError when the folder is not writable.
    """
    try:
        index_dir.mkdir(parents=True, exist_ok=True)
        handle = (index_dir / LOCK).open("wb")
    except OSError as error:
        raise IndexWriteError(f"{index_dir} cannot be written: {error.strerror}.") from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise IndexBusy("Another `rag ingest` is writing this index; wait until it has finished.") from None
        yield


def publish(index_dir: Path, content: Content, keep: int) -> str:
    """Writes a snapshot, makes it current and removes all but the newest `keep` good ones. The caller holds the lock.

    Returns the snapshot's name. Raises: IndexWriteError; the old index then stays as it was.
    """
    _sweep_unfinished(index_dir)
    created = datetime.now(UTC)
    unfinished = index_dir / f"{UNFINISHED}{os.getpid()}"
    try:
        unfinished.mkdir()
        manifest = _write_files(unfinished, content, created).to_json()
        _write_file(unfinished / MANIFEST, lambda write: write(manifest))
        _sync_folder(unfinished)
        name = f"{created:%Y%m%dT%H%M%S}{created.microsecond:06}Z-{hashlib.sha256(manifest).hexdigest()[:HASH_CHARS]}"
        unfinished.rename(index_dir / name)
        _sync_folder(index_dir)
        point_to(index_dir, name)
    except OSError as error:
        shutil.rmtree(unfinished, ignore_errors=True)
        place = Path(error.filename).name if error.filename else "a file"
        raise IndexWriteError(
            f"The new index could not be written ({place}: {error.strerror}); the old one is untouched. "
            "Free some space or mend the permissions, then run `rag ingest` again."
        ) from error
    _sweep_old(index_dir, keep)
    return name


def point_to(index_dir: Path, name: str) -> None:
    """Makes `name` the current snapshot, atomically."""
    pointer = index_dir / (CURRENT + ".tmp")
    _write_file(pointer, lambda write: write(name.encode() + b"\n"))
    pointer.replace(index_dir / CURRENT)
    _sync_folder(index_dir)


def _write_files(folder: Path, content: Content, created: datetime) -> Manifest:
    searched = [f"{p.context}\n{p.text}" for p in content.passages]
    writers: dict[str, Callable[[Callable[[bytes], int]], Any]] = {
        DOCUMENTS: lambda write: _write_lines(write, map(document_line, content.documents)),
        PASSAGES: lambda write: _write_lines(write, map(passage_line, content.passages)),
        DENSE: DenseIndex.build(content.passage_vectors).write,
        SENTENCES: lambda write: np.save(_Writer(write), content.sentence_vectors, allow_pickle=False),
        LEXICAL: LexicalIndex.build(searched).write,
    }
    return Manifest(
        created=created.isoformat(timespec="seconds"),
        embedder=content.embedder,
        dimension=content.passage_vectors.shape[1],
        parameters=dict(content.parameters),
        corpus_sha256=content.corpus_sha256,
        documents=len(content.documents),
        passages=len(content.passages),
        sentences=len(content.sentence_vectors),
        files={name: _write_file(folder / name, writer) for name, writer in writers.items()},
    )


class _Writer:
    """The part of a file that numpy.save needs."""

    def __init__(self, write: Callable[[bytes], int]) -> None:
        self.write = write


def _write_lines(write: Callable[[bytes], int], lines: Iterable[dict[str, Any]]) -> None:
    for line in lines:
        write(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")


def _write_file(path: Path, fill: Callable[[Callable[[bytes], int]], Any]) -> str:
    """Fills a new file, syncs it to the disk and returns the SHA-256 of what was meant to be in it."""
    digest = hashlib.sha256()
    with path.open("wb") as file:

        def write(part: bytes) -> int:
            digest.update(part)
            return file.write(part)

        fill(write)
        _sync_file(file)
    return digest.hexdigest()


def _sync_file(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sweep_unfinished(index_dir: Path) -> None:
    """Removes what a killed writer left: nobody else writes while the caller holds the lock."""
    for leftover in index_dir.glob(UNFINISHED + "*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _sweep_old(index_dir: Path, keep: int) -> None:
    """Leaves the current snapshot and the newest good ones: a damaged one can never take over."""
    current = current_name(index_dir)
    others = [name for name in snapshot_names(index_dir) if name != current]
    damaged = [name for name in others if verify(index_dir / name)]
    good = [name for name in others if name not in damaged]
    for name in (*damaged, *good[keep - 1 :]):
        # First out of sight: a half-removed folder must not look like a damaged snapshot. What cannot be
        # removed now costs space, not answers, and is tried again by the next writer.
        doomed = index_dir / f"{UNFINISHED}{name}"
        with suppress(OSError):
            (index_dir / name).rename(doomed)
        shutil.rmtree(doomed, ignore_errors=True)
