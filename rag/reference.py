"""The reference runtime: sentence-transformers on torch. Every export is held against it once, and it serves what
cannot be exported.

Non-scope: everything light (`rag/encoder.py`).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rag.embed import Vectors
from rag.errors import ModelError
from rag.settings import DEFAULT_MODEL

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

_BATCH = 32


class SentenceTransformerEmbedder:
    """A sentence-transformers model from a folder, with the prompts of its own configuration.

    Loaded when first used: seconds of imports, which nobody needs whose model is exported.
    """

    def __init__(self, folder: Path, name: str, embedder_id: str, threads: int) -> None:
        self.id = embedder_id
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
