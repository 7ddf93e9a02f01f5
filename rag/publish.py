"""The index on disk, write side: build aside, sync, rename, then point `CURRENT` at it.

A kill at any moment leaves the old snapshot or the new one. One writer at a time.
Non-scope: what goes into a snapshot (`rag/ingest.py`).
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from rag.errors import IndexBusy, IndexCorrupt, IndexModelMismatch, IndexWriteError, NotFoundError
from rag.segment import FILES, Segment
from rag.snapshot import (
    CURRENT,
    HASH_CHARS,
    MANIFEST,
    Manifest,
    SegmentEntry,
    current_name,
    read_snapshot,
    require_snapshots,
    snapshot_names,
)

LOCK = ".lock"
UNFINISHED = ".tmp-"
_COPIED_AT_ONCE = 1 << 20  # bytes

Fill = Callable[[Callable[[bytes], int]], Any]  # writes a file through the function that it is given


@dataclass(frozen=True, slots=True)
class Disk:
    """How files get to the disk. Its methods raise OSError: nothing is on the disk then that may be relied on."""

    # A larger file is shared by the snapshots that hold it (a hard link) instead of copied: a copy costs a second per
    # GB. What damages a shared file damages all of them, so small ones, all that most indexes have, are copied.
    shared_bytes: int = 64 * 2**20
    fsync: Callable[[int], None] = os.fsync

    def write(self, path: Path, fill: Fill) -> str:
        """Fills a new file, syncs it and returns the SHA-256 of what was meant to be in it."""
        digest = hashlib.sha256()
        with path.open("wb") as file:

            def write(part: bytes) -> int:
                digest.update(part)
                return file.write(part)

            fill(write)
            file.flush()
            self.fsync(file.fileno())
        return digest.hexdigest()

    def sync_folder(self, folder: Path) -> None:
        """Makes the names in a folder last."""
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self.fsync(handle)
        finally:
            os.close(handle)


DISK = Disk()


@dataclass(frozen=True)
class Kept:
    """A segment that an earlier snapshot holds already; `deleted`: documents in it that are gone."""

    folder: Path
    segment: Segment
    entry: SegmentEntry


@dataclass(frozen=True)
class Content:
    """Everything of a new snapshot: segments of before, and one new one."""

    kept: Sequence[Kept]
    new: Segment | None
    embedder: str
    dimension: int
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


def publish(index_dir: Path, content: Content, keep: int, disk: Disk = DISK) -> str:
    """Writes a snapshot, makes it current and removes all but the newest `keep` good ones. The caller holds the lock.

    Returns the snapshot's name. Raises: IndexWriteError; its message says what answers then: the old index, unless the
    very last sync failed.
    """
    _sweep_unfinished(index_dir)
    created = datetime.now(UTC)
    unfinished = index_dir / f"{UNFINISHED}{os.getpid()}"
    name = ""
    try:
        unfinished.mkdir()
        manifest = _write_segments(unfinished, content, created, disk).to_json()
        disk.write(unfinished / MANIFEST, lambda write: write(manifest))
        disk.sync_folder(unfinished)
        name = f"{created:%Y%m%dT%H%M%S}{created.microsecond:06}Z-{hashlib.sha256(manifest).hexdigest()[:HASH_CHARS]}"
        unfinished.rename(index_dir / name)
        disk.sync_folder(index_dir)
        if current_name(index_dir) is None and os.access(index_dir.parent, os.R_OK):
            disk.sync_folder(index_dir.parent)  # the index folder itself may be new
        point_to(index_dir, name, disk)
    except OSError as error:
        raise _given_up(index_dir, name, error, disk) from error
    prune(index_dir, keep, disk)
    return name


def _given_up(index_dir: Path, name: str, error: OSError, disk: Disk) -> IndexWriteError:
    """Removes what a failed publication left and says which index answers now."""
    place = Path(error.filename).name if error.filename else "a file"
    failure = f"{place}: {error.strerror}"
    if name and current_name(index_dir) == name:
        return IndexWriteError(
            f"The new index is in use, but a power cut may bring the old one back ({failure}). "
            "Mend the disk, then run `rag ingest --force`."
        )
    _remove(index_dir, [name] if name and (index_dir / name).exists() else [], disk)
    return IndexWriteError(
        f"The new index could not be written ({failure}); the old one is untouched. "
        "Free some space or mend the permissions, then run `rag ingest` again."
    )


def point_to(index_dir: Path, name: str, disk: Disk = DISK) -> None:
    """Makes `name` the current snapshot, atomically."""
    pointer = index_dir / (CURRENT + ".tmp")
    try:
        disk.write(pointer, lambda write: write(name.encode() + b"\n"))
        pointer.replace(index_dir / CURRENT)
    except OSError:
        pointer.unlink(missing_ok=True)
        raise
    disk.sync_folder(index_dir)


def roll_back(index_dir: Path, name: str | None = None) -> str:
    """Makes an earlier snapshot current, or the one before the current one; returns its name.

    Raises: IndexMissing, NotFoundError when there is no such snapshot, IndexCorrupt when it is damaged, IndexBusy,
    IndexWriteError.
    """
    with writer_lock(index_dir):
        names = require_snapshots(index_dir)
        current = current_name(index_dir)
        if name is None:
            name = next((n for n in names if current is None or n < current), None)
            if name is None:
                raise NotFoundError("There is no snapshot before the current one; `rag snapshots` lists them.")
        if name not in names:
            raise NotFoundError("There is no snapshot of this name; `rag snapshots` lists them.")
        read_snapshot(index_dir / name)
        try:
            point_to(index_dir, name)
        except OSError as error:
            raise IndexWriteError(
                f"{CURRENT} could not be written ({error.strerror}); {current_name(index_dir)} answers."
            ) from error
        return name


def prune(index_dir: Path, keep: int, disk: Disk = DISK) -> list[str]:
    """Leaves the current snapshot and the newest good ones, `keep` in all; returns the names of those removed.

    A damaged one is always removed: it can never take over. One that cannot be read just now, or that somebody has
    put a file into, is not damaged. The caller holds the lock.
    """
    current = current_name(index_dir)
    others = [name for name in snapshot_names(index_dir) if name != current]
    damaged = [name for name in others if _damaged(index_dir / name)]
    good = [name for name in others if name not in damaged]
    removed = [*damaged, *good[keep - 1 :]]
    _remove(index_dir, removed, disk)
    return removed


def _damaged(folder: Path) -> bool:
    try:
        read_snapshot(folder)
    except IndexCorrupt as error:
        return not isinstance(error.__cause__, OSError)
    except IndexModelMismatch:
        return True
    return False


def _remove(index_dir: Path, names: Sequence[str], disk: Disk) -> None:
    """Removes snapshots and all that is unfinished; what cannot be removed costs space and is tried again later."""
    with suppress(OSError):
        # First out of sight, for good: a half-removed folder must not look like a damaged snapshot.
        for name in names:
            (index_dir / name).rename(index_dir / f"{UNFINISHED}{name}")
        if names:
            disk.sync_folder(index_dir)
        _sweep_unfinished(index_dir)


def _write_segments(folder: Path, content: Content, created: datetime, disk: Disk) -> Manifest:
    segments = [kept.segment for kept in content.kept]
    entries = [kept.entry for kept in content.kept]
    for kept in content.kept:
        _keep_segment(folder / kept.entry.name, kept, disk)
    if content.new:
        segments.append(content.new)
        entries.append(_write_segment(folder, content.new, disk))
    gone = [
        [segment.number_of[name] for name in entry.deleted] for segment, entry in zip(segments, entries, strict=True)
    ]
    return Manifest(
        created=created.isoformat(timespec="seconds"),
        embedder=content.embedder,
        dimension=content.dimension,
        parameters=dict(content.parameters),
        corpus_sha256=content.corpus_sha256,
        documents=sum(len(s.ids) - len(g) for s, g in zip(segments, gone, strict=True)),
        passages=sum(len(s) - sum(len(s.rows_of(n)) for n in g) for s, g in zip(segments, gone, strict=True)),
        sentences=sum(len(s.sentences) - s.sentences_of(g) for s, g in zip(segments, gone, strict=True)),
        segments=tuple(entries),
    )


def _write_segment(folder: Path, segment: Segment, disk: Disk) -> SegmentEntry:
    """Writes a segment into a folder named by its content."""
    unnamed = folder / UNFINISHED
    unnamed.mkdir()
    files = {name: disk.write(unnamed / name, fill) for name, fill in segment.writers().items()}
    disk.sync_folder(unnamed)
    name = hashlib.sha256("".join(files.values()).encode()).hexdigest()[:HASH_CHARS]
    unnamed.rename(folder / name)
    return SegmentEntry(name, (), files)


def _keep_segment(folder: Path, kept: Kept, disk: Disk) -> None:
    """The files of an earlier snapshot, whose hashes were just checked, in a new one."""
    folder.mkdir()
    for name in FILES:
        old = kept.folder / kept.entry.name / name
        if old.stat().st_size > disk.shared_bytes and _linked(old, folder / name):
            continue
        with old.open("rb") as source:
            copied = disk.write(folder / name, lambda write, file=source: _copy(file, write))  # type: ignore[misc]
        if copied != kept.entry.files[name]:
            raise OSError(5, "the old index changed while it was copied", str(old))
    disk.sync_folder(folder)


def _linked(old: Path, new: Path) -> bool:
    """False where the file system knows no links."""
    try:
        os.link(old, new)
    except OSError:
        return False
    return True


def _copy(source: BinaryIO, write: Callable[[bytes], int]) -> None:
    while part := source.read(_COPIED_AT_ONCE):
        write(part)


def _sweep_unfinished(index_dir: Path) -> None:
    """Removes what a killed writer left: nobody else writes while the caller holds the lock."""
    for leftover in index_dir.glob(UNFINISHED + "*"):
        shutil.rmtree(leftover, ignore_errors=True)
