"""One part of a snapshot: documents, their passages, and all that is searched, in arrays that are written once.

    documents.jsonl        one document per line: its text, metadata and sections
    layout.safetensors     where documents, passages and sentences begin and end
    dense.faiss            passage vectors, row i = passage i
    sentences.npy          sentence vectors, half precision, in passage order
    words.safetensors      postings
Every file is hashed before it is used; large ones then stay on disk and are paged in.
Non-scope: which segments make an index (`rag/snapshot.py`), writing them safely (`rag/publish.py`).
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from numpy.typing import NDArray
from safetensors import SafetensorError

from rag.bm25 import LexicalSegment
from rag.dense import DenseSegment, Vectors
from rag.errors import IndexCorrupt
from rag.hashed import MAPPED_BYTES, read_verified
from rag.types import Document, Metadata, Passage, Section, Span, TimeMark

DOCUMENTS = "documents.jsonl"
LAYOUT = "layout.safetensors"
DENSE = "dense.faiss"
SENTENCES = "sentences.npy"
WORDS = "words.safetensors"
FILES = (DOCUMENTS, LAYOUT, DENSE, SENTENCES, WORDS)

# A title is searched and embedded with every passage; a longer one would drown them.
MAX_TITLE_CHARS = 200

Integers = NDArray[np.int64]
Sketches = NDArray[np.uint32]


@dataclass(frozen=True, eq=False)
class Segment:
    """Passage rows 0..n-1, those of a document next to each other. Thread-safe."""

    ids: tuple[str, ...]  # of the documents
    digests: tuple[str, ...]  # `Document.sha256`
    lines: bytes | mmap.mmap  # the documents
    line_ends: Integers  # (documents,)
    chars: Integers  # (documents,): length of each text
    sketches: Sketches  # (documents, SIGNATURE) of `rag.duplicates`
    places: Integers  # (passages, 4): document, start, end, first sentence
    sentences: Integers  # (sentences, 2): start, end
    dense: DenseSegment
    sentence_vectors: NDArray[np.float16]  # (sentences, dimension), unit length
    words: LexicalSegment

    @classmethod
    def build(
        cls,
        documents: Sequence[Document],
        passages: Sequence[Passage],
        passage_vectors: Vectors,
        sentence_vectors: Vectors,
        sketches: Sketches,
    ) -> Segment:
        """`passages` in the order of `documents`; row i of a vector array belongs to passage or sentence i."""
        numbers = {document.id: number for number, document in enumerate(documents)}
        lines = [document_line(document) for document in documents]
        places, first = [], 0
        for passage in passages:
            places.append((numbers[passage.document_id], passage.span.start, passage.span.end, first))
            first += len(passage.sentences)
        return cls(
            tuple(numbers),
            tuple(document.sha256 for document in documents),
            b"".join(lines),
            np.cumsum([len(line) for line in lines], dtype=np.int64),
            np.array([len(document.text) for document in documents], np.int64),
            sketches,
            np.array(places, np.int64).reshape(-1, 4),
            np.array([(s.start, s.end) for p in passages for s in p.sentences], np.int64).reshape(-1, 2),
            DenseSegment.build(passage_vectors),
            sentence_vectors.astype(np.float16),
            LexicalSegment.build([f"{p.context}\n{p.text}" for p in passages]),
        )

    @classmethod
    def merge(cls, parts: Sequence[tuple[Segment, frozenset[int]]]) -> Segment:
        """Several segments as one, without the documents whose numbers are given."""
        kept = [_Kept(part, gone) for part, gone in parts]
        lines = [k.segment.line(int(n)) for k in kept for n in k.documents]
        places, sentences, documents = [], 0, 0
        for k in kept:
            places.append(k.places(documents, sentences))
            documents += len(k.documents)
            sentences += len(k.sentence_rows)
        return cls(
            tuple(k.segment.ids[n] for k in kept for n in k.documents),
            tuple(k.segment.digests[n] for k in kept for n in k.documents),
            b"".join(lines),
            np.cumsum([len(line) for line in lines], dtype=np.int64),
            np.concatenate([k.segment.chars[k.documents] for k in kept]),
            np.concatenate([k.segment.sketches[k.documents] for k in kept]),
            np.concatenate(places),
            np.concatenate([k.segment.sentences[k.sentence_rows] for k in kept]),
            DenseSegment.build(np.concatenate([k.segment.dense.vectors()[k.passage_rows] for k in kept])),
            np.concatenate([k.segment.sentence_vectors[k.sentence_rows] for k in kept]),
            LexicalSegment.merge(
                [(k.segment.words, k.passage_rows) for k in kept], [text for k in kept for text in k.gone()]
            ),
        )

    @classmethod
    def read(cls, folder: Path, hashes: Mapping[str, str], mapped_bytes: int = MAPPED_BYTES) -> Segment:
        """Raises: IndexCorrupt naming the file at fault."""
        contents = {name: read_verified(folder / name, hashes[name], mapped_bytes) for name in FILES}
        try:
            layout = safetensors.numpy.load(_bytes(contents[LAYOUT]))
            ids, digests = (json.loads(layout[name].tobytes()) for name in ("ids", "digests"))
            names = ("line_ends", "chars", "sketches", "places", "sentences")
            line_ends, chars, sketches, places, sentences = (layout[name] for name in names)
            dense = contents[DENSE]
            vectors = DenseSegment.read(dense) if isinstance(dense, bytes) else DenseSegment.map(folder / DENSE)
            sentence_vectors = _array(contents[SENTENCES], vectors.dimension)
        except (SafetensorError, ValueError, KeyError) as error:
            raise IndexCorrupt(f"{folder.name} holds a file that cannot be read ({error!r}).") from error
        return cls(
            tuple(ids),
            tuple(digests),
            contents[DOCUMENTS],
            line_ends,
            chars,
            sketches,
            places,
            sentences,
            vectors,
            sentence_vectors,
            LexicalSegment.read(_bytes(contents[WORDS])),
        )

    def writers(self) -> dict[str, Callable[[Callable[[bytes], int]], Any]]:
        """What fills each file, through a function that takes bytes."""
        layout: dict[str, NDArray[Any]] = {
            "ids": _as_bytes(self.ids),
            "digests": _as_bytes(self.digests),
            "line_ends": self.line_ends,
            "chars": self.chars,
            "sketches": self.sketches,
            "places": np.ascontiguousarray(self.places),
            "sentences": self.sentences,
        }
        return {
            DOCUMENTS: lambda write: write(_bytes(self.lines)),
            LAYOUT: lambda write: write(safetensors.numpy.save(layout)),
            DENSE: self.dense.write,
            SENTENCES: lambda write: np.save(_File(write), self.sentence_vectors, allow_pickle=False),
            WORDS: self.words.write,
        }

    def __len__(self) -> int:
        return len(self.places)

    @cached_property
    def number_of(self) -> Mapping[str, int]:
        """Document id → its number."""
        return {name: number for number, name in enumerate(self.ids)}

    def line(self, number: int) -> bytes:
        return self.lines[int(self.line_ends[number - 1]) if number else 0 : int(self.line_ends[number])]

    def document(self, number: int) -> Document:
        return _document(json.loads(self.line(number)))

    def rows_of(self, number: int) -> range:
        """The passage rows of a document."""
        first, last = np.searchsorted(self.places[:, 0], [number, number + 1])
        return range(int(first), int(last))

    def sentences_of(self, numbers: Sequence[int]) -> int:
        """How many sentences the passages of these documents have."""
        counted = np.diff(self.places[:, 3], append=len(self.sentences))
        return int(counted[np.isin(self.places[:, 0], numbers)].sum())

    def passage(self, row: int, document: Document, first_sentence: int) -> Passage:
        """Passage `row`, cut from `document`, which holds it; its sentences are counted from `first_sentence` on."""
        _, start, end, first = (int(n) for n in self.places[row])
        last = int(self.places[row + 1, 3]) if row + 1 < len(self) else len(self.sentences)
        spans = tuple(Span(int(s), int(e)) for s, e in self.sentences[first:last])
        return make_passage(document, Span(start, end), spans, first_sentence + first)

    def inconsistencies(self) -> Iterator[str]:
        """Counts and offsets that do not fit together."""
        counts = {
            "documents": (len(self.line_ends), len(self.ids)),
            "hashes of documents": (len(self.digests), len(self.ids)),
            "vectors": (len(self.dense), len(self)),
            "word rows": (len(self.words), len(self)),
            "sentence vectors": (len(self.sentence_vectors), len(self.sentences)),
        }
        for name, (found, promised) in counts.items():
            if found != promised:
                yield f"{name}: {found} instead of {promised}"
                return
        document, start, end, first = self.places.T
        if len(self) and (document.min() < 0 or document.max() >= len(self.ids) or (np.diff(document) < 0).any()):
            yield "a passage of no document"
            return
        if ((start < 0) | (start >= end) | (end > self.chars[document])).any():
            yield "a passage that lies outside its document"
        counted = np.diff(first, append=len(self.sentences))
        edges = np.column_stack([self.sentences, np.repeat(np.column_stack([start, end]), counted, axis=0)]).T
        if (counted < 0).any() or ((edges[0] < edges[2]) | (edges[0] >= edges[1]) | (edges[1] > edges[3])).any():
            yield "a sentence that lies outside its passage"


class _Kept:
    """What stays of a segment when documents are gone."""

    def __init__(self, segment: Segment, gone: frozenset[int]) -> None:
        self.segment = segment
        self.documents = np.array([n for n in range(len(segment.ids)) if n not in gone], np.int64)
        stays = np.isin(segment.places[:, 0], self.documents)
        self.passage_rows = np.flatnonzero(stays)
        counted = np.diff(segment.places[:, 3], append=len(segment.sentences))
        self.sentence_rows = np.flatnonzero(np.repeat(stays, counted))
        self._counted = counted[self.passage_rows]
        self._gone = gone

    def places(self, documents: int, sentences: int) -> Integers:
        """As `Segment.places`, behind so many documents and sentences of other segments."""
        number, start, end, _ = self.segment.places[self.passage_rows].T
        first = sentences + np.cumsum(self._counted) - self._counted
        return np.column_stack([documents + np.searchsorted(self.documents, number), start, end, first])

    def gone(self) -> Iterator[str]:
        """The searched texts of what does not stay."""
        for number in sorted(self._gone):
            document = self.segment.document(number)
            for row in self.segment.rows_of(number):
                passage = self.segment.passage(row, document, 0)
                yield f"{passage.context}\n{passage.text}"


def make_passage(document: Document, span: Span, sentences: tuple[Span, ...], first_sentence: int) -> Passage:
    """A passage whose id, text and context follow from its place."""
    section = document.section_at(span)
    context = document.metadata.title[:MAX_TITLE_CHARS]
    if section and section.time_s is None and section.page is None:  # a time or page is not what a passage is about
        context += f"\n{section.label}"
    name = f"{document.id}:{span.start}-{span.end}"
    return Passage(name, document.id, span, span.of(document.text), context, sentences, first_sentence)


def document_line(document: Document) -> bytes:
    return json.dumps(asdict(document), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _document(line: dict[str, Any]) -> Document:
    sections = tuple(
        Section(Span(**s["span"]), label=s["label"], page=s["page"], time_s=s["time_s"]) for s in line["sections"]
    )
    times = tuple(TimeMark(**mark) for mark in line["times"])
    return Document(line["id"], line["text"], Metadata(**line["metadata"]), sections, line["sha256"], times)


class _File:
    """The part of a file that numpy.save needs."""

    def __init__(self, write: Callable[[bytes], int]) -> None:
        self.write = write


def _bytes(content: bytes | mmap.mmap) -> bytes:
    return content if isinstance(content, bytes) else content[:]


def _array(content: bytes | mmap.mmap, columns: int) -> NDArray[np.float16]:
    """(rows, columns) of a file by `numpy.save`.

    Not by `numpy.load`, which parses the header as Python: when two threads do so at once, Python 3.11 may raise
    SystemError (https://github.com/python/cpython/issues/106905). Raises: ValueError.
    """
    start = 10 + int.from_bytes(content[8:10], "little")  # magic, version and length of the header come before it
    return np.frombuffer(content, np.float16, offset=start).reshape(-1, columns)


def _as_bytes(texts: Sequence[str]) -> NDArray[np.uint8]:
    return np.frombuffer(json.dumps(texts, ensure_ascii=False).encode(), np.uint8)
