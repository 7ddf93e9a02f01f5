"""The one place where settings become objects.

Non-scope: what the objects do.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from rag.abstain import load_calibration
from rag.answer import Answerer
from rag.chunk import ChunkParameters
from rag.embed import HASH_MODEL, Embedder, HashEmbedder, find_model
from rag.encoder import open_encoder
from rag.errors import IndexModelMismatch, SettingsError
from rag.glossary import load_glossary
from rag.ingest import IngestReport, Progress, ingest_folder
from rag.loaders.document import load_bytes
from rag.reader import JUDGE, SHIPPED, Reader, open_reader
from rag.retrieve import Retriever
from rag.settings import DEFAULT_MODEL, NO_READER, SHIPPED_READER, Settings
from rag.snapshot import open_snapshot
from rag.types import Models

if TYPE_CHECKING:
    from rag.generate import Writer

# Beside the snapshots: made by the same commands, as safe to delete.
EXPORTS = "models"


def load_embedder(settings: Settings, threads: int | None = None) -> Embedder:
    """The embedding model of the settings; `threads` overrides their number.

    Raises: ModelError.
    """
    if settings.model == HASH_MODEL:
        return HashEmbedder()
    folder, name = find_model(settings.model, download=settings.model_download)
    return open_encoder(folder, name, settings.runtime, threads or settings.threads, settings.index_dir / EXPORTS)


def load_reader(settings: Settings) -> Reader | None:
    """The reader of the settings; None where it is off.

    Raises: ModelError.
    """
    if settings.reader == NO_READER:
        return None
    base, _ = find_model(DEFAULT_MODEL, download=False)
    folder, name = SHIPPED, SHIPPED_READER
    if settings.reader != SHIPPED_READER:
        folder, name = find_model(settings.reader, download=settings.model_download)
    return open_reader(folder, name, base, settings.runtime, settings.threads, settings.index_dir / EXPORTS)


def ingest(
    settings: Settings,
    embedder: Embedder | None = None,
    progress: Progress | None = None,
    force: bool = False,
    dry_run: bool = False,
) -> IngestReport:
    """Brings the index up to date with the corpus folder, on all cores.

    Raises: ModelError, CorpusError, IndexBusy, IndexWriteError.
    """
    load_reader(settings)  # exports it, once, so that the first question need not wait
    if settings.llm_url:
        load_judge(settings)
    return ingest_folder(
        settings.corpus_dir,
        settings.index_dir,
        embedder or load_embedder(settings, threads=os.cpu_count()),
        keep=settings.keep_snapshots,
        chunking=ChunkParameters(),
        progress=progress,
        force=force,
        dry_run=dry_run,
    )


def load_judge(settings: Settings) -> Reader:
    """What judges the sentences of a language model, whichever reader is set. Raises: ModelError."""
    base, _ = find_model(DEFAULT_MODEL, download=False)
    exports = settings.index_dir / EXPORTS
    return open_reader(SHIPPED, "event-judge", base, settings.runtime, settings.threads, exports, JUDGE)


def load_writer(settings: Settings, embedder: Embedder) -> Writer | None:
    """The language model of the settings behind the check of its sentences; None where none is set.

    Raises: SettingsError, ModelError; no message holds the key.
    """
    if not settings.llm_url:
        return None
    from rag.completions import Endpoint, LanguageModel, Limits  # why not above: see rag/answer.py
    from rag.generate import Writer
    from rag.support import Verifier, load_support_model

    if not settings.llm_model:
        raise SettingsError("RAG_LLM_URL is set, so RAG_LLM_MODEL must name the model.")
    endpoint = Endpoint(settings.llm_url, settings.llm_model, _llm_key(settings))
    limits = Limits(
        settings.llm_timeout_s,
        settings.llm_first_byte_s,
        max_tokens=settings.llm_max_tokens,
        concurrency=settings.llm_concurrency,
    )
    model = LanguageModel(endpoint, limits)
    return Writer(model, Verifier(embedder, load_judge(settings), load_support_model()))


def _llm_key(settings: Settings) -> str:
    key = settings.llm_key
    if settings.llm_key_file:
        if key:
            raise SettingsError("RAG_LLM_KEY and RAG_LLM_KEY_FILE exclude each other.")
        try:
            key = Path(settings.llm_key_file).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            raise SettingsError(f"RAG_LLM_KEY_FILE cannot be read ({type(error).__name__}).") from None
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise SettingsError("The key of the language model holds characters that no HTTP header can carry.")
    return key


def open_answerer(
    settings: Settings,
    embedder: Embedder | None = None,
    reader: Reader | None = None,
    writer: Writer | None = None,
) -> Answerer:
    """Answers from the current index; models that are given are used instead of those of the settings.

    Raises: IndexMissing, IndexCorrupt, IndexModelMismatch, ModelError, SettingsError, CorpusError (a glossary that
    cannot be read).
    """
    snapshot = open_snapshot(settings.index_dir)
    embedder = embedder or load_embedder(settings)
    made_by = snapshot.manifest.embedder
    if (made_by, snapshot.manifest.dimension) != (embedder.id, embedder.dimension):
        raise IndexModelMismatch(
            f"The index was made with the model {made_by}, but {embedder.id} is set. "
            "Set RAG_MODEL and RAG_RUNTIME back, or run `rag ingest` to make the index again."
        )
    reader = reader or load_reader(settings)
    writer = writer or load_writer(settings, embedder)
    return Answerer(
        Retriever(snapshot, embedder),
        reader,
        Models(embedder.id, reader.id if reader else None, writer.endpoint.model if writer else None),
        load_calibration(reader=reader is not None),
        writer,
        glossary=load_glossary(settings.corpus_dir),
    )


class Reopener:
    """Opens the current index, time after time, with the models of the first time. Not thread-safe."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._embedder: Embedder | None = None
        self._reader: Reader | None = None
        self._writer: Writer | None = None

    def __call__(self) -> Answerer:
        """Raises: as `open_answerer`."""
        answerer = open_answerer(self._settings, self._embedder, self._reader, self._writer)
        self._embedder, self._reader, self._writer = answerer.retriever.embedder, answerer.reader, answerer.writer
        return answerer


def check_document(name: str, raw: bytes) -> None:
    """Raises: LoaderError where ingesting a file of that name and content would skip it."""
    load_bytes(name, raw)
