"""How the index grows: build time, size, memory, speed and recall at up to a million passages.

Vectors have the shape of real ones: each is a real passage's, moved by half the difference of two others. Questions are
real. Non-scope: answers (`eval/bench/answers.py`), quality on real questions (`python -m eval beir`).
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from eval.scratch import ScratchText, document_name
from rag.chunk import ChunkParameters
from rag.dense import DenseSegment, Vectors
from rag.embed import Embedder
from rag.ingest import IngestReport, ingest_folder

TOP = 10
# How far a vector is moved: the nearest neighbour of a passage is then about as near as in the real set.
MOVED = 0.5
# Vectors made and compared at a time: 40 MB.
_AT_ONCE = 25_000


class ShapedEmbedder:
    """Gives texts vectors of the real shape without running a model: what is measured is the index.

    The same text has the same vector.
    """

    english_only = True

    def __init__(self, real: Vectors, model: Embedder) -> None:
        self.id = f"shaped-{model.id}"
        self.dimension = model.dimension
        self.embedded = 0
        self._real, self._model = real, model

    def encode(self, texts: Sequence[str]) -> Vectors:
        self.embedded += len(texts)
        seeds = [int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest()) for text in texts]
        chosen = np.array([np.random.default_rng(seed).integers(0, len(self._real), 3) for seed in seeds])
        return moved(self._real, chosen) if len(chosen) else np.empty((0, self.dimension), np.float32)

    def encode_question(self, text: str) -> Vectors:
        return self._model.encode_question(text)

    def count_tokens(self, text: str) -> int:
        return len(text) // 4  # characters of a wordpiece of English; the tokenizer is not what is measured


def moved(real: Vectors, chosen: NDArray[np.int64]) -> Vectors:
    """(rows, dimension), unit length, of (rows, 3) row numbers of `real`."""
    vectors = real[chosen[:, 0]] + MOVED * (real[chosen[:, 1]] - real[chosen[:, 2]])
    unit: Vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    return unit


def shaped(real: Vectors, rows: int) -> Vectors:
    """(rows, dimension)"""
    return np.concatenate(list(_parts(real, rows)))


def _parts(real: Vectors, rows: int) -> Iterator[Vectors]:
    chance = np.random.default_rng(20210323)
    for first in range(0, rows, _AT_ONCE):
        yield moved(real, chance.integers(0, len(real), (min(_AT_ONCE, rows - first), 3)))


def vectors_alone(real: Vectors, questions: Vectors, rows: int, folder: Path) -> dict[str, float | str]:
    """The vector file of one segment: made here, opened and searched in a fresh process."""
    vectors = shaped(real, rows)
    started = perf_counter()
    segment = DenseSegment.build(vectors)
    built_s = perf_counter() - started
    path = folder / "dense.faiss"
    with path.open("wb") as file:
        segment.write(file.write)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    kind = segment.kind
    del segment
    np.save(folder / "questions.npy", questions)
    opened = _in_a_fresh_process("vectors", str(path), sha256, str(folder / "questions.npy"))
    pairs = zip(opened["found"], _exact(vectors, questions), strict=True)
    recall = np.mean([len(set(found) & set(exact)) / TOP for found, exact in pairs])
    return {
        "kind": kind,
        "build s": round(built_s, 1),
        "file MiB": round(path.stat().st_size / 2**20, 1),
        "open s, hash included": round(opened["open_s"], 2),
        "resident MiB more": round(opened["mib"], 1),
        "search p50 ms": round(opened["p50_ms"], 2),
        f"recall@{TOP}": round(float(recall), 4),
    }


def _exact(vectors: Vectors, questions: Vectors) -> list[list[int]]:
    """The true TOP rows of each question, by comparing all."""
    best = np.full((len(questions), TOP), -1, np.int64)
    scores = np.full((len(questions), TOP), -np.inf, np.float32)
    for first in range(0, len(vectors), _AT_ONCE):
        part = questions @ vectors[first : first + _AT_ONCE].T
        rows = np.argpartition(-part, min(TOP, part.shape[1] - 1), axis=1)[:, :TOP]
        together = np.concatenate([scores, np.take_along_axis(part, rows, 1)], axis=1)
        numbers = np.concatenate([best, rows + first], axis=1)
        order = np.argsort(-together, axis=1, kind="stable")[:, :TOP]
        scores, best = (np.take_along_axis(array, order, 1) for array in (together, numbers))
    found: list[list[int]] = best.tolist()
    return found


@dataclass(frozen=True, slots=True)
class Corpus:
    """Documents to be made of real paragraphs: each is a run of sentences of several, so that none is a copy."""

    paragraphs: Sequence[ScratchText]

    def write(self, folder: Path, passages: int) -> None:
        """About so many passages, ten to a document."""
        folder.mkdir()
        for number in range(passages // 10):
            (folder / f"{document_name(number)}.txt").write_text(self.text(number), encoding="utf-8")

    def text(self, number: int) -> str:
        chance = np.random.default_rng(number)
        texts = [self.paragraphs[int(row)].text for row in chance.integers(0, len(self.paragraphs), 10)]
        return "\n\n".join(f"{text[:560]} ({number}.{part})" for part, text in enumerate(texts))


def whole_index(corpus: Corpus, embedder: ShapedEmbedder, rows: int, folder: Path) -> dict[str, float | str]:
    """Ingest as people use it: all, nothing new, one document more, one less; then opened in a fresh process."""
    documents, index = folder / "corpus", folder / "index"
    corpus.write(documents, rows)

    def ingest() -> tuple[IngestReport, float]:
        started = perf_counter()
        report = ingest_folder(documents, index, embedder, keep=2, chunking=ChunkParameters())
        return report, perf_counter() - started

    _, first_s = ingest()
    embedder.embedded = 0
    _, nothing_s = ingest()
    unchanged = embedder.embedded
    (documents / "one-more.txt").write_text(corpus.text(-1 % 2**32), encoding="utf-8")
    more, more_s = ingest()
    (documents / f"{document_name(0)}.txt").unlink()
    less, less_s = ingest()
    opened = _in_a_fresh_process("index", str(index))
    size = sum(path.stat().st_size for path in (index / less.snapshot).rglob("*") if path.is_file())
    return {
        "passages": opened["passages"],
        "first ingest s, without the model": round(first_s, 1),
        "nothing changed s": round(nothing_s, 2),
        "nothing changed, texts embedded": unchanged,
        "one document more s": round(more_s, 2),
        "one document more, texts embedded": more.embedded,
        "one document less s": round(less_s, 2),
        "snapshot MiB": round(size / 2**20, 1),
        "open s, all hashes included": round(opened["open_s"], 2),
        "resident MiB more": round(opened["mib"], 1),
        "search by words p50 ms": round(opened["words_ms"], 2),
        "search by meaning p50 ms": round(opened["meaning_ms"], 2),
    }


def _in_a_fresh_process(*arguments: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "eval.bench.opened", *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def growth(
    paragraphs: Sequence[ScratchText], questions: Sequence[str], embedder: Embedder, sizes: Sequence[int], whole: int
) -> dict[str, dict[str, float | str]]:
    """Section → name → number; the whole index for sizes up to `whole`."""
    real = embedder.encode([paragraph.text for paragraph in paragraphs])
    asked = np.stack([embedder.encode_question(question) for question in questions])
    found: dict[str, dict[str, float | str]] = {}
    for rows in sizes:
        with TemporaryDirectory() as folder:
            found[f"vectors of {rows:,} passages"] = vectors_alone(real, asked, rows, Path(folder))
        if rows <= whole:
            with TemporaryDirectory() as folder:
                shaped_embedder = ShapedEmbedder(real, embedder)
                found[f"index of about {rows:,} passages"] = whole_index(
                    Corpus(paragraphs), shaped_embedder, rows, Path(folder)
                )
    return found
