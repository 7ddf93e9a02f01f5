"""The one place where settings become objects.

Non-scope: what the objects do.
"""

from __future__ import annotations

import os

from rag.abstain import load_calibration
from rag.answer import Answerer
from rag.chunk import ChunkParameters
from rag.embed import HASH_MODEL, Embedder, HashEmbedder, SentenceTransformerEmbedder, find_model
from rag.errors import IndexModelMismatch
from rag.ingest import IngestReport, Progress, ingest_folder
from rag.retrieve import Retriever
from rag.settings import Settings
from rag.snapshot import open_snapshot
from rag.types import Models


def load_embedder(settings: Settings, threads: int | None = None) -> Embedder:
    """The embedding model of the settings; `threads` overrides their number.

    Raises: ModelError.
    """
    if settings.model == HASH_MODEL:
        return HashEmbedder()
    folder, name = find_model(settings.model, download=settings.model_download)
    return SentenceTransformerEmbedder(folder, name, threads or settings.threads)


def ingest(
    settings: Settings, embedder: Embedder | None = None, progress: Progress | None = None, force: bool = False
) -> IngestReport:
    """Brings the index up to date with the corpus folder, on all cores.

    Raises: ModelError, CorpusError, IndexBusy, IndexWriteError.
    """
    return ingest_folder(
        settings.corpus_dir,
        settings.index_dir,
        embedder or load_embedder(settings, threads=os.cpu_count()),
        keep=settings.keep_snapshots,
        chunking=ChunkParameters(),
        progress=progress,
        force=force,
    )


def open_answerer(settings: Settings, embedder: Embedder | None = None) -> Answerer:
    """Answers from the current index.

    Raises: IndexMissing, IndexCorrupt, IndexModelMismatch, ModelError.
    """
    snapshot = open_snapshot(settings.index_dir)
    embedder = embedder or load_embedder(settings)
    made_by = snapshot.manifest.embedder
    if (made_by, snapshot.manifest.dimension) != (embedder.id, embedder.dimension):
        raise IndexModelMismatch(
            f"The index was made with the model {made_by}, but {embedder.id} is set. "
            "Set RAG_MODEL back, or run `rag ingest` to make the index again."
        )
    return Answerer(Retriever(snapshot, embedder), Models(embedder=embedder.id), load_calibration())
