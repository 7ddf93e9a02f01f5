"""The index on disk, read side: every byte is hashed before it is used, damage is named, and a good
older snapshot takes over.

    index/CURRENT                 name of the snapshot that answers
    index/<utc>-<hash>/           one immutable snapshot; the hash is that of its manifest
Non-scope: writing (`rag/publish.py`).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.dense import DenseIndex
from rag.errors import IndexCorrupt, IndexMissing, IndexModelMismatch
from rag.lexical import LexicalIndex
from rag.types import Document, IndexInfo, Metadata, Passage, Section, Span, TimeMark

FORMAT = 2  # raise it when a file is added, dropped or read differently

CURRENT = "CURRENT"
MANIFEST = "manifest.json"
DOCUMENTS = "documents.jsonl"
PASSAGES = "passages.jsonl"
DENSE = "dense.faiss"
SENTENCES = "sentences.npy"
LEXICAL = "lexical.npz"
FILES = (DOCUMENTS, PASSAGES, DENSE, SENTENCES, LEXICAL)
HASH_CHARS = 16  # of the manifest's SHA-256, in the folder's name

_NAME = re.compile(r"\d{8}T\d{12}Z-[0-9a-f]{16}")

REBUILD = "Run `rag ingest --force` to build it again."


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a snapshot was made from and by; `parameters` decide its passages and vectors."""

    created: str  # UTC, ISO 8601
    embedder: str
    dimension: int
    parameters: dict[str, int]
    corpus_sha256: str
    documents: int
    passages: int
    sentences: int
    files: dict[str, str]  # name → SHA-256

    def to_json(self) -> bytes:
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1, sort_keys=True).encode()


@dataclass(frozen=True)
class Snapshot:
    """One consistent state of the index, all in memory; safe to keep while newer ones are published."""

    id: str
    manifest: Manifest
    documents: Mapping[str, Document]
    passages: tuple[Passage, ...]
    dense: DenseIndex  # row i = passages[i]
    lexical: LexicalIndex  # row i = passages[i]
    sentence_vectors: NDArray[np.float32]  # (sentences, dimension), unit length, in passage order
    warnings: tuple[str, ...] = ()

    @property
    def info(self) -> IndexInfo:
        return IndexInfo(self.id, len(self.documents), len(self.passages))


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
    except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError):
        return None


def open_snapshot(index_dir: Path) -> Snapshot:
    """The current snapshot, or with a warning the newest good one.

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
            snapshot = read_snapshot(index_dir / name)
        except IndexCorrupt as error:
            damage.append(str(error))
            continue
        if damage:
            warnings += (f"{damage[0]} Answering from the older snapshot {name}.",)
        return Snapshot(**{**snapshot.__dict__, "warnings": warnings})
    raise IndexCorrupt(f"{damage[0]} No other snapshot is good. {REBUILD}")


def read_snapshot(folder: Path) -> Snapshot:
    """Raises: IndexCorrupt naming the file at fault; IndexModelMismatch for another format."""
    manifest = _read_manifest(folder)
    content = {name: _read_verified(folder, name, manifest.files[name]) for name in FILES}
    try:
        documents = {d.id: d for d in map(_document, _lines(content[DOCUMENTS]))}
        passages = tuple(_passages(_lines(content[PASSAGES]), documents))
        vectors = np.load(BytesIO(content[SENTENCES]), allow_pickle=False)
    except (ValueError, KeyError, TypeError) as error:
        raise IndexCorrupt(f"Snapshot {folder.name} holds a line that cannot be read ({error!r}).") from error
    snapshot = Snapshot(
        folder.name,
        manifest,
        documents,
        passages,
        DenseIndex.read(content[DENSE]),
        LexicalIndex.read(content[LEXICAL]),
        vectors,
    )
    for problem in inconsistencies(snapshot):
        raise IndexCorrupt(f"Snapshot {folder.name}: {problem}.")
    return snapshot


def inconsistencies(snapshot: Snapshot) -> Iterator[str]:
    """Counts and offsets that do not fit together."""
    manifest = snapshot.manifest
    sentences = sum(len(p.sentences) for p in snapshot.passages)
    counts = {
        "documents": (len(snapshot.documents), manifest.documents),
        "passages": (len(snapshot.passages), manifest.passages),
        "vectors": (len(snapshot.dense), manifest.passages),
        "word rows": (len(snapshot.lexical), manifest.passages),
        "sentences": (sentences, manifest.sentences),
        "sentence vectors": (len(snapshot.sentence_vectors), manifest.sentences),
        "dimension": (snapshot.dense.dimension, manifest.dimension),
    }
    for name, (found, promised) in counts.items():
        if found != promised:
            yield f"{name}: {found} instead of {promised}"
    for passage in snapshot.passages:
        document = snapshot.documents[passage.document_id]
        edges = [passage.span.start, *(o for s in passage.sentences for o in (s.start, s.end)), passage.span.end]
        if edges != sorted(edges) or passage.span.end > len(document.text) or passage.span.of(document.text) == "":
            yield f"passage {passage.id} lies outside its document"


def verify(folder: Path) -> list[str]:
    """Everything wrong with one snapshot, by file; empty = every hash, count and offset holds."""
    try:
        manifest = _read_manifest(folder)
    except (IndexCorrupt, IndexModelMismatch) as error:
        return [str(error)]
    problems = []
    for name in FILES:
        try:
            _read_verified(folder, name, manifest.files[name])
        except IndexCorrupt as error:
            problems.append(str(error))
    extra = {p.name for p in folder.glob("*")} - {*FILES, MANIFEST}
    problems += [f"{folder.name}/{name} does not belong to the snapshot." for name in sorted(extra)]
    if not problems:
        try:
            read_snapshot(folder)
        except IndexCorrupt as error:
            problems.append(str(error))
    return problems


def _read_manifest(folder: Path) -> Manifest:
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
    return Manifest(**fields)


def _read_verified(folder: Path, name: str, sha256: str) -> bytes:
    try:
        content = (folder / name).read_bytes()
    except OSError as error:
        raise IndexCorrupt(f"{folder.name}/{name} cannot be read ({error.strerror}).") from error
    if hashlib.sha256(content).hexdigest() != sha256:
        raise IndexCorrupt(f"{folder.name}/{name} is damaged: its hash is not the one in the manifest.")
    return content


def _lines(content: bytes) -> Iterator[dict[str, Any]]:
    # Only \n separates: str.splitlines would also cut at U+2028 inside a text.
    return (json.loads(line) for line in content.split(b"\n") if line)


def document_line(document: Document) -> dict[str, Any]:
    return asdict(document)


def passage_line(passage: Passage) -> dict[str, Any]:
    """Offsets only: the text is cut from the document again when it is read."""
    return {
        "document_id": passage.document_id,
        "start": passage.span.start,
        "end": passage.span.end,
        "context": passage.context,
        "sentences": [[s.start, s.end] for s in passage.sentences],
    }


def _document(line: dict[str, Any]) -> Document:
    sections = tuple(
        Section(Span(**s["span"]), label=s["label"], page=s["page"], time_s=s["time_s"]) for s in line["sections"]
    )
    times = tuple(TimeMark(**mark) for mark in line["times"])
    return Document(line["id"], line["text"], Metadata(**line["metadata"]), sections, line["sha256"], times)


def _passages(lines: Iterator[dict[str, Any]], documents: Mapping[str, Document]) -> Iterator[Passage]:
    first_sentence = 0
    for line in lines:
        sentences = tuple(Span(start, end) for start, end in line["sentences"])
        span = Span(line["start"], line["end"])
        yield make_passage(documents[line["document_id"]], span, sentences, line["context"], first_sentence)
        first_sentence += len(sentences)


def make_passage(
    document: Document, span: Span, sentences: tuple[Span, ...], context: str, first_sentence: int
) -> Passage:
    """A passage whose id and text follow from its place."""
    return Passage(
        f"{document.id}:{span.start}-{span.end}",
        document.id,
        span,
        span.of(document.text),
        context,
        sentences,
        first_sentence,
    )
