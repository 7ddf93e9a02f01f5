"""Corpus folder in, published snapshot and report out. Unchanged documents keep their vectors.

Non-scope: reading files (`rag/loaders`), writing the index (`rag/publish.py`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.chunk import ChunkParameters, passage_bounds
from rag.embed import Embedder
from rag.errors import CorpusError, IndexCorrupt, IndexMissing, IndexModelMismatch
from rag.lexical import LEXICAL_VERSION
from rag.loaders import LOADERS_VERSION
from rag.loaders.document import Read
from rag.loaders.folder import Skipped, read_folder
from rag.publish import Content, publish, writer_lock
from rag.sentences import SENTENCES_VERSION, sentence_spans
from rag.snapshot import Snapshot, make_passage, open_snapshot
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


@dataclass(frozen=True, slots=True)
class IngestReport:
    snapshot: str
    published: bool  # False: nothing had changed
    lines: tuple[ReportLine, ...]
    embedded: int  # texts that went through the model

    def count(self, change: Change) -> int:
        return sum(line.change is change for line in self.lines)


# A title is searched and embedded with every passage; a longer one would drown them.
MAX_TITLE_CHARS = 200
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
) -> IngestReport:
    """Brings the index up to date with the folder.

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
        documents, paths, skipped = _read(corpus_dir)
        corpus_sha256 = _corpus_hash(documents)
        known = {} if old is None else {d.id: d.sha256 for d in old.documents.values()}
        if base is not None and not base.warnings and base.manifest.corpus_sha256 == corpus_sha256:
            lines = _report(documents, paths, skipped, known, {p.id: p for p in base.passages}.values())
            return IngestReport(base.id, False, lines, 0)
        vectors = _vectorise(documents, base, embedder, chunking, progress)
        if not vectors.passages:
            raise CorpusError(f"No document in {corpus_dir} holds a sentence, so the index was left as it is.")
        content = Content(
            documents=documents,
            passages=vectors.passages,
            passage_vectors=vectors.of_passages,
            sentence_vectors=vectors.of_sentences,
            embedder=embedder.id,
            parameters=parameters,
            corpus_sha256=corpus_sha256,
        )
        snapshot = publish(index_dir, content, keep)
        return IngestReport(
            snapshot, True, _report(documents, paths, skipped, known, content.passages), vectors.embedded
        )


def _reusable(index_dir: Path, embedder: Embedder, parameters: dict[str, int]) -> Snapshot | None:
    """The present index if its passages and vectors would come out the same today."""
    try:
        snapshot = open_snapshot(index_dir)
    except (IndexMissing, IndexCorrupt, IndexModelMismatch):
        return None
    fits = snapshot.manifest.embedder == embedder.id and snapshot.manifest.parameters == parameters
    return snapshot if fits else None


def _read(corpus_dir: Path) -> tuple[list[Document], dict[str, str], list[ReportLine]]:
    documents: list[Document] = []
    paths: dict[str, str] = {}
    skipped: list[ReportLine] = []
    for path, result in read_folder(corpus_dir):
        if isinstance(result, Skipped):
            skipped.append(ReportLine(path, Change.SKIPPED, code=result.code, message=result.message))
        elif isinstance(result, Read):
            documents.append(result.document)
            paths[result.document.id] = path
    if not documents:
        reasons = "".join(f"\n  {line.path}: {line.message}" for line in skipped)
        raise CorpusError(
            f"{corpus_dir} holds no readable document, so the index was left as it is. Put documents there.{reasons}"
        )
    return documents, paths, skipped


def _corpus_hash(documents: Iterable[Document]) -> str:
    return hashlib.sha256("".join(f"{d.id}\n{d.sha256}\n" for d in documents).encode()).hexdigest()


def cut(document: Document, embedder: Embedder, chunking: ChunkParameters) -> Iterable[Passage]:
    """The passages of one document, `first_sentence` counted from its own beginning."""
    spans = sentence_spans(document.text)
    bounds = passage_bounds(document.text, spans, document.sections, embedder.count_tokens, chunking)
    for first, last in bounds:
        span = Span(spans[first].start, spans[last - 1].end)
        section = document.section_at(span)
        context = document.metadata.title[:MAX_TITLE_CHARS] + (f"\n{section.label}" if section else "")
        yield make_passage(document, span, tuple(spans[first:last]), context, first)


@dataclass(frozen=True)
class _Vectorised:
    passages: list[Passage]
    of_passages: Vectors
    of_sentences: Vectors
    embedded: int  # texts that went through the model


def _vectorise(
    documents: Sequence[Document],
    base: Snapshot | None,
    embedder: Embedder,
    chunking: ChunkParameters,
    progress: Progress | None,
) -> _Vectorised:
    """Passages and vectors of all documents; unchanged documents bring theirs along."""
    passages: list[Passage] = []
    sentences = 0
    old = _OldRows(base)
    passage_rows = _Rows(old.passage_vectors)
    sentence_rows = _Rows(old.sentence_vectors)
    for document in documents:
        reused = old.passages_of(document)
        for row, passage in reused or [(None, p) for p in cut(document, embedder, chunking)]:
            passage_rows.add(f"{passage.context}\n{passage.text}", row)
            for number, sentence in enumerate(passage.sentences):
                sentence_rows.add(sentence.of(document.text), None if row is None else passage.first_sentence + number)
            passages.append(replace(passage, first_sentence=sentences))
            sentences += len(passage.sentences)
    new = _embed([*passage_rows.texts, *sentence_rows.texts], embedder, progress)
    return _Vectorised(
        passages,
        passage_rows.vectors(new[: len(passage_rows.texts)]),
        sentence_rows.vectors(new[len(passage_rows.texts) :]),
        len(new),
    )


class _OldRows:
    """Passages and vectors of the present index, by document."""

    def __init__(self, base: Snapshot | None) -> None:
        self._documents = {} if base is None else base.documents
        self._rows: dict[str, list[tuple[int | None, Passage]]] = {}
        for row, passage in enumerate(() if base is None else base.passages):
            self._rows.setdefault(passage.document_id, []).append((row, passage))
        self.passage_vectors = None if base is None else base.dense.vectors()
        self.sentence_vectors = None if base is None else base.sentence_vectors

    def passages_of(self, document: Document) -> list[tuple[int | None, Passage]]:
        """(row, passage) of an unchanged document; empty for a new or changed one."""
        before = self._documents.get(document.id)
        return self._rows.get(document.id, []) if before and before.sha256 == document.sha256 else []


class _Rows:
    """Collects rows that are either taken from old vectors or still to be embedded."""

    def __init__(self, old: Vectors | None) -> None:
        self._old = old
        self._sources: list[int] = []  # old row, or -1 - number among the new texts
        self.texts: list[str] = []

    def add(self, text: str, old_row: int | None) -> None:
        if old_row is None:
            self._sources.append(-1 - len(self.texts))
            self.texts.append(text)
        else:
            self._sources.append(old_row)

    def vectors(self, new: Vectors) -> Vectors:
        """All rows in the order they were added, (rows, dimension)."""
        sources = np.array(self._sources, np.int64)
        result = np.empty((len(sources), new.shape[1]), np.float32)
        fresh = sources < 0
        result[fresh] = new[-1 - sources[fresh]]
        if self._old is not None:
            result[~fresh] = self._old[sources[~fresh]]
        return result


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


def _report(
    documents: Sequence[Document],
    paths: dict[str, str],
    skipped: Sequence[ReportLine],
    known: dict[str, str],
    passages: Iterable[Passage],
) -> tuple[ReportLine, ...]:
    """One line per document now or before, ordered by path."""
    sizes: dict[str, int] = {}
    for passage in passages:
        sizes[passage.document_id] = sizes.get(passage.document_id, 0) + 1
    lines = list(skipped)
    for document in documents:
        before = known.get(document.id)
        same = Change.UNCHANGED if before == document.sha256 else Change.CHANGED
        change = Change.ADDED if before is None else same
        lines.append(ReportLine(paths[document.id], change, sizes.get(document.id, 0)))
    lines += [ReportLine(gone, Change.REMOVED) for gone in known.keys() - paths.keys()]
    return tuple(sorted(lines, key=lambda line: line.path))
