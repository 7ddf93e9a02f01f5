"""The index on disk, read side: every byte is hashed before it is used, damage is named, and a good
older snapshot takes over.

    index/CURRENT                    name of the snapshot that answers
    index/<utc>-<hash>/              one immutable snapshot; the hash is that of its manifest
        manifest.json                its segments, and which of their documents are gone
        <segment>/…                  see `rag/segment.py`
Non-scope: writing (`rag/publish.py`).
"""

from __future__ import annotations

import hashlib
import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import accumulate
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.bm25 import LexicalIndex
from rag.dense import DenseIndex, Rows
from rag.documents import Documents
from rag.errors import IndexCorrupt, IndexMissing, IndexModelMismatch
from rag.hashed import MAPPED_BYTES, read_verified
from rag.segment import FILES, Segment
from rag.types import IndexInfo, Passage

FORMAT = 2  # raise it when a file is added, dropped or read differently

CURRENT = "CURRENT"
MANIFEST = "manifest.json"
HASH_CHARS = 16  # of a SHA-256, in the names of folders

_NAME = re.compile(r"\d{8}T\d{12}Z-[0-9a-f]{16}")
_HASHING = 2  # segments hashed side by side

REBUILD = "Run `rag ingest --force` to build it again."


@dataclass(frozen=True, slots=True)
class SegmentEntry:
    """One segment as the manifest names it."""

    name: str
    deleted: tuple[str, ...]  # documents in it that are gone
    files: Mapping[str, str]  # name → SHA-256


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a snapshot was made from and by; `parameters` decide its passages and vectors."""

    created: str  # UTC, ISO 8601
    embedder: str
    dimension: int
    parameters: Mapping[str, int]
    corpus_sha256: str
    documents: int  # these three without what is deleted
    passages: int
    sentences: int
    segments: tuple[SegmentEntry, ...]

    def to_json(self) -> bytes:
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1, sort_keys=True).encode()


@dataclass(frozen=True)
class Snapshot:
    """One consistent state of the index; safe to keep while newer ones are published. Thread-safe.

    Passage rows run through the segments in order; those of deleted documents are never found.
    """

    id: str
    manifest: Manifest
    segments: tuple[Segment, ...]
    warnings: tuple[str, ...] = ()

    @cached_property
    def gone(self) -> tuple[frozenset[int], ...]:
        """For each segment the numbers of its deleted documents."""
        return tuple(
            frozenset(segment.number_of[name] for name in entry.deleted)
            for segment, entry in zip(self.segments, self.manifest.segments, strict=True)
        )

    @cached_property
    def documents(self) -> Documents:
        return Documents(list(zip(self.segments, self.gone, strict=True)))

    @cached_property
    def dense(self) -> DenseIndex:
        return DenseIndex([segment.dense for segment in self.segments], self._deleted_rows)

    @cached_property
    def lexical(self) -> LexicalIndex:
        return LexicalIndex([segment.words for segment in self.segments], self._deleted_rows)

    @cached_property
    def _deleted_rows(self) -> list[Rows]:
        return [
            np.concatenate([np.empty(0, np.int64), *(np.array(segment.rows_of(n), np.int64) for n in sorted(gone))])
            for segment, gone in zip(self.segments, self.gone, strict=True)
        ]

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *accumulate(len(segment) for segment in self.segments)]

    @cached_property
    def _first_sentences(self) -> list[int]:
        return [0, *accumulate(len(segment.sentences) for segment in self.segments)]

    @property
    def info(self) -> IndexInfo:
        return IndexInfo(self.id, self.manifest.documents, self.manifest.passages)

    def passage(self, row: int) -> Passage:
        number = bisect_right(self._starts, row) - 1
        segment, own = self.segments[number], row - self._starts[number]
        document = self.documents[segment.ids[int(segment.places[own, 0])]]
        return segment.passage(own, document, self._first_sentences[number])

    def passages(self) -> Iterator[Passage]:
        """All passages of all documents, by row."""
        for number, (segment, gone) in enumerate(zip(self.segments, self.gone, strict=True)):
            for own in range(len(segment)):
                if int(segment.places[own, 0]) not in gone:
                    yield self.passage(self._starts[number] + own)

    def rows_of(self, document_id: str) -> range:
        """The passage rows of a document; none for an unknown one."""
        for number, (segment, gone) in enumerate(zip(self.segments, self.gone, strict=True)):
            at = segment.number_of.get(document_id)
            if at is not None and at not in gone:
                rows, start = segment.rows_of(at), self._starts[number]
                return range(start + rows.start, start + rows.stop)
        return range(0)

    def sentence_vectors(self, passage: Passage) -> NDArray[np.float32]:
        """(sentences of the passage, dimension), unit length."""
        number = bisect_right(self._first_sentences, passage.first_sentence) - 1
        first = passage.first_sentence - self._first_sentences[number]
        vectors = self.segments[number].sentence_vectors[first : first + len(passage.sentences)]
        return vectors.astype(np.float32)


def snapshot_names(index_dir: Path) -> list[str]:
    """Finished snapshots, newest first."""
    if not index_dir.is_dir():
        return []
    return sorted((p.name for p in index_dir.iterdir() if _NAME.fullmatch(p.name) and p.is_dir()), reverse=True)


def require_snapshots(index_dir: Path) -> list[str]:
    """Finished snapshots, newest first. Raises: IndexMissing when there are none."""
    names = snapshot_names(index_dir)
    if not names:
        raise IndexMissing(f"There is no index in {index_dir} yet. Run `rag ingest` to make it.")
    return names


def current_name(index_dir: Path) -> str | None:
    try:
        return (index_dir / CURRENT).read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError):  # missing, or damaged: the caller says so
        return None


def open_snapshot(index_dir: Path, mapped_bytes: int = MAPPED_BYTES) -> Snapshot:
    """The current snapshot, or with a warning the newest good one; files larger than `mapped_bytes` stay on disk.

    Raises: IndexMissing, IndexCorrupt when none is good, IndexModelMismatch for another format.
    """
    current = current_name(index_dir)
    names = require_snapshots(index_dir)
    candidates = ([current] if current in names else []) + [n for n in names if n != current]
    warnings: tuple[str, ...] = (
        () if candidates[0] == current else (f"{CURRENT} names no snapshot; run `rag ingest` to mend it.",)
    )
    damage: list[str] = []
    for name in candidates:
        try:
            snapshot = read_snapshot(index_dir / name, mapped_bytes)
        except IndexCorrupt as error:
            damage.append(str(error))
            continue
        if damage:
            warnings += (f"{damage[0]} Answering from the older snapshot {name}.",)
        return replace(snapshot, warnings=warnings)
    raise IndexCorrupt(f"{damage[0]} No other snapshot is good. {REBUILD}")


def read_snapshot(folder: Path, mapped_bytes: int = MAPPED_BYTES) -> Snapshot:
    """Raises: IndexCorrupt naming the file at fault; IndexModelMismatch for another format."""
    manifest = read_manifest(folder)
    with ThreadPoolExecutor(_HASHING) as pool:
        segments = tuple(
            pool.map(lambda entry: Segment.read(folder / entry.name, entry.files, mapped_bytes), manifest.segments)
        )
    snapshot = Snapshot(folder.name, manifest, segments)
    for problem in inconsistencies(snapshot):
        raise IndexCorrupt(f"Snapshot {folder.name}: {problem}.")
    return snapshot


def inconsistencies(snapshot: Snapshot) -> Iterator[str]:
    """Counts and offsets that do not fit together."""
    manifest = snapshot.manifest
    for segment, entry in zip(snapshot.segments, manifest.segments, strict=True):
        if problem := next(segment.inconsistencies(), None):
            yield f"{entry.name}: {problem}"
            return
        if segment.dense.dimension != manifest.dimension:
            yield f"dimension: {segment.dense.dimension} instead of {manifest.dimension}"
        if unknown := set(entry.deleted) - set(segment.ids):
            yield f"{entry.name}: {len(unknown)} deleted documents that it does not hold"
            return
    kept = sum(len(s.ids) - len(gone) for s, gone in zip(snapshot.segments, snapshot.gone, strict=True))
    counts = {
        "documents": (len(snapshot.documents), manifest.documents),
        "documents, each once": (len(snapshot.documents), kept),
        "passages": (len(snapshot.dense) - sum(len(rows) for rows in snapshot._deleted_rows), manifest.passages),
    }
    for name, (found, promised) in counts.items():
        if found != promised:
            yield f"{name}: {found} instead of {promised}"


def ghosts(snapshot: Snapshot) -> int:
    """Passages that a search can find and whose document is gone."""
    findable = np.ones(len(snapshot.dense), bool)
    for start, rows in zip(snapshot._starts[:-1], snapshot._deleted_rows, strict=True):
        findable[start + rows] = False
    for name in snapshot.documents:
        findable[snapshot.rows_of(name)] = False
    return int(findable.sum())


def verify(folder: Path) -> list[str]:
    """Everything wrong with one snapshot, by file; empty = every hash, count and offset holds."""
    try:
        manifest = read_manifest(folder)
    except (IndexCorrupt, IndexModelMismatch) as error:
        return [str(error)]
    expected = {MANIFEST, *(entry.name for entry in manifest.segments)}
    expected |= {f"{entry.name}/{name}" for entry in manifest.segments for name in FILES}
    extra = {str(path.relative_to(folder)) for path in folder.rglob("*")} - expected
    problems = [f"{folder.name}/{name} does not belong to the snapshot." for name in sorted(extra)]
    try:
        if count := ghosts(read_snapshot(folder)):
            problems.append(f"{folder.name}: {count} passages of documents that are gone.")
    except IndexCorrupt as error:  # it names the first damaged file: all are wanted here
        damaged = [problem for entry in manifest.segments for problem in _damage(folder / entry.name, entry.files)]
        problems += damaged or [str(error)]
    return problems


def _damage(folder: Path, files: Mapping[str, str]) -> Iterator[str]:
    for name in FILES:
        try:
            read_verified(folder / name, files[name])
        except IndexCorrupt as error:
            yield str(error)


def read_manifest(folder: Path) -> Manifest:
    """Raises: IndexCorrupt, IndexModelMismatch for another format."""
    path = folder / MANIFEST
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise IndexCorrupt(f"{folder.name}/{MANIFEST} cannot be read ({error.strerror}).") from error
    if hashlib.sha256(raw).hexdigest()[:HASH_CHARS] != folder.name.rpartition("-")[2]:
        raise IndexCorrupt(f"{folder.name}/{MANIFEST} is damaged: its hash is not the one in the folder's name.")
    fields = json.loads(raw)
    if fields.pop("format") != FORMAT:
        raise IndexModelMismatch("The index was made by another version of this program. Run `rag ingest`.")
    segments = tuple(SegmentEntry(s["name"], tuple(s["deleted"]), s["files"]) for s in fields.pop("segments"))
    return Manifest(**fields, segments=segments)
