"""Nothing can silently break the index: the material of these tests, and how many cases they try.

    make test-crash                      every count in full, about ten minutes on two cores
    CRASH=full pytest -s tests/crash     the same; -s shows the counts
Without CRASH=full about a tenth of the cases runs, which is part of the ordinary suite.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from rag.abstain import load_calibration
from rag.answer import Answerer
from rag.chunk import ChunkParameters
from rag.dense import DenseSegment
from rag.duplicates import sketch
from rag.embed import HashEmbedder
from rag.ingest import cut
from rag.lexical import tokenize
from rag.publish import DISK, Content, Disk, Kept, publish, writer_lock
from rag.retrieve import Retriever
from rag.segment import Segment
from rag.snapshot import Snapshot, open_snapshot
from rag.types import Document, Metadata, Models, Question

FULL = os.environ.get("CRASH") == "full"
LINKED = Disk(shared_bytes=0)  # every kept file is a hard link

EMBEDDER = HashEmbedder()
# Row limits of `DenseSegment.build` that make each kind of FAISS index out of a few rows.
KINDS = {"flat": (1 << 30, 1 << 30), "fp16": (0, 1 << 30), "lists": (0, 0)}
TOPICS = ("budget", "harbour", "railway", "library", "weather", "museum", "hospital", "election", "football", "energy")
QUESTIONS = [f"What was decided about the {topic}?" for topic in TOPICS]


def count(full: int, quick: int) -> int:
    """How many cases to try."""
    return full if FULL else quick


def texts(version: int, documents: int = 4) -> dict[str, str]:
    """Documents whose every sentence names its version, so that no two versions can be mixed unseen."""
    return {
        f"d{number}": " ".join(
            f"On day {day} the council decided in version {version} that the {topic} of district {number} comes first."
            for day, topic in enumerate(TOPICS)
        )
        for number in range(documents)
    }


def write_corpus(folder: Path, version: int) -> None:
    folder.mkdir(exist_ok=True)
    for name, text in texts(version).items():
        (folder / f"{name}.txt").write_text(text)


def make_segment(of: Mapping[str, str], kind: str = "flat") -> Segment:
    documents = [Document(name, text, Metadata(name), (), name) for name, text in of.items()]
    passages = [passage for document in documents for passage in cut(document, EMBEDDER, ChunkParameters())]
    vectors = EMBEDDER.encode([passage.text for passage in passages])
    sentences = EMBEDDER.encode([s.of(of[p.document_id]) for p in passages for s in p.sentences])
    sketches = np.array([sketch(text) for text in of.values()], np.uint32)
    segment = Segment.build(documents, passages, vectors, sentences, sketches)
    return replace(segment, dense=DenseSegment.build(vectors, *KINDS[kind]))


def publish_segment(index: Path, new: Segment, kept: Sequence[Kept] = (), keep: int = 2, disk: Disk = DISK) -> str:
    content = Content(kept, new, EMBEDDER.id, EMBEDDER.dimension, {}, "")
    with writer_lock(index):
        return publish(index, content, keep, disk)


def kept_segments(index: Path) -> list[Kept]:
    """The first segment of the current snapshot, to be kept by the next one."""
    base = open_snapshot(index)
    return [Kept(index / base.id, base.segments[0], base.manifest.segments[0])]


def answers(snapshot: Snapshot) -> list[object]:
    """What each fixed question finds by meaning and by words in a snapshot, and what the first three get as answers."""
    retriever = Retriever(snapshot, EMBEDDER)
    answerer = Answerer(retriever, None, Models(EMBEDDER.id, None), load_calibration(reader=False), None)
    found: list[object] = []
    for text in QUESTIONS:
        found.append(snapshot.dense.search(EMBEDDER.encode_question(text), 20))
        found.append(snapshot.lexical.search(tokenize(text), 20))
    for text in QUESTIONS[:3]:
        answer = answerer.answer(Question(text, top_k=2))
        found.append((answer.status, answer.text, answer.citations, answer.short_answers))
    return found
