"""Corpus folder in, published snapshot and report out. Unchanged documents keep their vectors.

Non-scope: reading files (`rag/loaders`), writing the index (`rag/publish.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.chunk import ChunkParameters, passage_bounds
from rag.duplicates import SIGNATURE, near_duplicates, sketch
from rag.embed import Embedder
from rag.errors import CorpusError, IndexCorrupt, IndexMissing, IndexModelMismatch
from rag.lexical import LEXICAL_VERSION
from rag.loaders import LOADERS_VERSION
from rag.loaders.document import Read
from rag.loaders.folder import Skipped, read_folder
from rag.publish import Content, Kept, publish, writer_lock
from rag.segment import Segment, make_passage
from rag.sentences import SENTENCES_VERSION, sentence_spans
from rag.snapshot import Snapshot, open_snapshot
from rag.types import Document, Passage, Span

Vectors = NDArray[np.float32]
Progress = Callable[[int, int], None]  # (texts embedded, texts to embed)


class Change(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REMOVED = "removed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class ReportLine:
    """What happened to one document; `message` says what to do about a skipped one."""

    path: str
    change: Change
    passages: int = 0
    code: str | None = None
    message: str | None = None
    note: str | None = None  # what is worth knowing about one that was not skipped


@dataclass(frozen=True, slots=True)
class Growth:
    """When a segment of before is kept as it is, and when it is written again."""

    # From so many passages on it is kept, with a list of the documents that are gone; smaller ones are joined with
    # what is new, which takes about a second at this size.
    large_rows: int = 20_000
    # A large one is written again when more than this share of it is gone: it would only be searched in vain.
    most_deleted: float = 0.25
    # More large ones than this are joined into one: each costs every question some tenths of a millisecond.
    most_segments: int = 8


@dataclass(frozen=True, slots=True)
class IngestReport:
    snapshot: str  # "" after a dry run that would have published one
    published: bool
    lines: tuple[ReportLine, ...]
    embedded: int  # texts that went through the model

    def count(self, change: Change) -> int:
        return sum(line.change is change for line in self.lines)


GROWTH = Growth()
# Texts per call of the model: enough to sort by length into full batches, few enough to show progress.
_EMBED_SLICE = 512


def ingest_folder(
    corpus_dir: Path,
    index_dir: Path,
    embedder: Embedder,
    *,
    keep: int,
    chunking: ChunkParameters,
    progress: Progress | None = None,
    force: bool = False,
    dry_run: bool = False,
    growth: Growth = GROWTH,
) -> IngestReport:
    """Brings the index up to date with the folder; with `dry_run` only says what that would mean.

    Raises: IndexBusy, IndexWriteError, CorpusError (no folder, or nothing readable in it: the old index stays).
    """
    with writer_lock(index_dir):
        parameters = {
            "chunk_limit": chunking.limit,
            "chunk_target": chunking.target,
            "lexical": LEXICAL_VERSION,
            "loaders": LOADERS_VERSION,
            "sentences": SENTENCES_VERSION,
        }
        old = _reusable(index_dir, embedder, parameters)
        base = None if force else old
        known = {} if old is None else old.documents.digests()
        read = _read(corpus_dir, known if base else {})
        corpus_sha256 = _corpus_hash(read.digests)
        if base is not None and not base.warnings and base.manifest.corpus_sha256 == corpus_sha256:
            sizes = {name: len(base.rows_of(name)) for name in base.documents}
            return IngestReport(base.id, False, _report(read, known, sizes), 0)
        cut_up = [(document, list(cut(document, embedder, chunking))) for document in read.documents]
        sizes = {document.id: len(passages) for document, passages in cut_up}
        if base is not None:
            sizes |= {name: len(base.rows_of(name)) for name in read.digests.keys() - sizes.keys()}
        lines = _report(read, known, sizes)
        if not any(sizes.values()):
            raise CorpusError(f"No document in {corpus_dir} holds a sentence, so the index was left as it is.")
        if dry_run:
            return IngestReport("", False, lines, 0)
        fresh, embedded = _segment(cut_up, embedder, progress)
        kept, merged = _arranged(index_dir, base, fresh, read.digests, growth)
        content = Content(kept, merged, embedder.id, embedder.dimension, parameters, corpus_sha256)
        twins = _twins(kept, merged, {d.id for d in read.documents})
        return IngestReport(publish(index_dir, content, keep), True, _with_twins(lines, read, twins), embedded)


def _reusable(index_dir: Path, embedder: Embedder, parameters: dict[str, int]) -> Snapshot | None:
    """The present index if its passages and vectors would come out the same today."""
    try:
        snapshot = open_snapshot(index_dir)
    except (IndexMissing, IndexCorrupt, IndexModelMismatch):
        return None
    fits = snapshot.manifest.embedder == embedder.id and snapshot.manifest.parameters == parameters
    return snapshot if fits else None


@dataclass(frozen=True, slots=True)
class _Folder:
    """What lies in the corpus folder."""

    documents: list[Document]  # new and changed ones, read
    notes: dict[str, str]  # what a person should know of how they were read, by path
    digests: dict[str, str]  # of all documents by id
    paths: dict[str, str]  # of all documents by id
    skipped: list[ReportLine]


def _read(corpus_dir: Path, known: Mapping[str, str]) -> _Folder:
    """Reads what is not `known` by its hash. Raises: CorpusError when no document can be read."""
    found = _Folder([], {}, {}, {}, [])
    for path, result in read_folder(corpus_dir, known):
        if isinstance(result, Skipped):
            found.skipped.append(ReportLine(path, Change.SKIPPED, code=result.code, message=result.message))
            continue
        if isinstance(result, Read):
            found.documents.append(result.document)
            if result.notes:
                found.notes[path] = "; ".join(note.message for note in result.notes)
        document = result.document if isinstance(result, Read) else result
        found.digests[document.id] = document.sha256
        found.paths[document.id] = path
    if not found.digests:
        reasons = "".join(f"\n  {line.path}: {line.message}" for line in found.skipped)
        raise CorpusError(
            f"{corpus_dir} holds no readable document, so the index was left as it is. Put documents there.{reasons}"
        )
    return found


def _corpus_hash(digests: Mapping[str, str]) -> str:
    return hashlib.sha256("".join(f"{name}\n{digests[name]}\n" for name in sorted(digests)).encode()).hexdigest()


def cut(document: Document, embedder: Embedder, chunking: ChunkParameters) -> Iterable[Passage]:
    """The passages of one document, `first_sentence` counted from its own beginning."""
    spans = sentence_spans(document.text)
    bounds = passage_bounds(document.text, spans, document.sections, embedder.count_tokens, chunking)
    for first, last in bounds:
        yield make_passage(document, Span(spans[first].start, spans[last - 1].end), tuple(spans[first:last]), first)


def _segment(
    cut_up: Sequence[tuple[Document, list[Passage]]], embedder: Embedder, progress: Progress | None
) -> tuple[Segment, int]:
    """The segment of these documents, and how many texts were embedded for it."""
    passages = [passage for _, own in cut_up for passage in own]
    texts = [f"{p.context}\n{p.text}" for p in passages]
    texts += [s.of(document.text) for document, own in cut_up for p in own for s in p.sentences]
    vectors = _embed(texts, embedder, progress)
    sketches = np.array([sketch(document.text) for document, _ in cut_up], np.uint32).reshape(-1, SIGNATURE)
    documents = [document for document, _ in cut_up]
    segment = Segment.build(documents, passages, vectors[: len(passages)], vectors[len(passages) :], sketches)
    return segment, len(texts)


def _arranged(
    index_dir: Path, base: Snapshot | None, fresh: Segment, digests: Mapping[str, str], growth: Growth
) -> tuple[list[Kept], Segment | None]:
    """Which segments of `base` stay as they are, and the one that holds everything else."""
    kept: list[Kept] = []
    joined: list[tuple[Segment, frozenset[int]]] = []
    if base is None:
        return [], fresh
    new = set(fresh.ids)
    for segment, entry in zip(base.segments, base.manifest.segments, strict=True):
        gone = {n for n, name in enumerate(segment.ids) if name in new or name not in digests or name in entry.deleted}
        lost = sum(len(segment.rows_of(n)) for n in gone)
        if len(segment) - lost < growth.large_rows or lost > growth.most_deleted * len(segment):
            joined.append((segment, frozenset(gone)))
        else:
            deleted = tuple(sorted(segment.ids[n] for n in gone))
            kept.append(Kept(index_dir / base.id, segment, replace(entry, deleted=deleted)))
    if len(kept) > growth.most_segments:
        joined = [(k.segment, frozenset(k.segment.number_of[n] for n in k.entry.deleted)) for k in kept] + joined
        kept = []
    merged = Segment.merge([*joined, (fresh, frozenset())]) if joined else fresh
    return kept, merged if len(merged.ids) else None


def _twins(kept: Sequence[Kept], merged: Segment | None, new: set[str]) -> dict[str, tuple[str, float]]:
    """For new documents the other one that says nearly the same, and how nearly (0..1)."""
    parts = [(k.segment, set(k.entry.deleted)) for k in kept] + ([(merged, set())] if merged else [])
    alive = [(s.ids[n], s.sketches[n]) for s, gone in parts for n in range(len(s.ids)) if s.ids[n] not in gone]
    ids = [name for name, _ in alive]
    rows = [row for row, name in enumerate(ids) if name in new]
    near = near_duplicates(np.array([own for _, own in alive], np.uint32).reshape(-1, SIGNATURE), rows)
    return {ids[row]: (ids[other], similarity) for row, other, similarity in near}


def _embed(texts: Sequence[str], embedder: Embedder, progress: Progress | None) -> Vectors:
    """(len(texts), dimension) float32."""
    parts = [np.empty((0, embedder.dimension), np.float32)]
    for first in range(0, len(texts), _EMBED_SLICE):
        if progress:
            progress(first, len(texts))
        parts.append(embedder.encode(texts[first : first + _EMBED_SLICE]))
    if progress:
        progress(len(texts), len(texts))
    return np.concatenate(parts)


def _report(read: _Folder, known: Mapping[str, str], sizes: Mapping[str, int]) -> tuple[ReportLine, ...]:
    """One line per document now or before, ordered by path. `sizes`: passages by document."""
    lines = list(read.skipped)
    for name, path in read.paths.items():
        before = known.get(name)
        same = Change.UNCHANGED if before == read.digests[name] else Change.CHANGED
        change = Change.ADDED if before is None else same
        lines.append(ReportLine(path, change, sizes[name], note=read.notes.get(path)))
    lines += [ReportLine(gone, Change.REMOVED) for gone in known.keys() - read.paths.keys()]
    return tuple(sorted(lines, key=lambda line: line.path))


def _with_twins(
    lines: Sequence[ReportLine], read: _Folder, twins: Mapping[str, tuple[str, float]]
) -> tuple[ReportLine, ...]:
    """The report with a note at documents that say nearly the same as another."""
    twin_notes = {
        read.paths[name]: f"about {similarity:.0%} the same as {read.paths[other]}; remove one if it is a copy"
        for name, (other, similarity) in twins.items()
    }
    return tuple(
        replace(line, note="; ".join(filter(None, (line.note, twin_notes.get(line.path)))) or None) for line in lines
    )
