"""The answerer that serves now: it follows `CURRENT`, and its reference is swapped while questions are answered.

A request takes the answerer once and keeps it, so an answer comes from one snapshot.
Non-scope: making snapshots (`server/ingestion.py`); which of several damaged ones is opened (`rag/snapshot.py`).
"""

from __future__ import annotations

import asyncio
import logging
import math
import threading
import time
from collections.abc import Callable
from pathlib import Path

from starlette.concurrency import run_in_threadpool

from rag.answer import Answerer
from rag.embed import Embedder
from rag.errors import IndexCorrupt, IndexMissing, RagError
from rag.snapshot import CURRENT, current_name

log = logging.getLogger("server")

POLL_S = 1.0  # one read of some 40 bytes, so it costs nothing; nobody waits longer for a new index
RETRY_S = 30.0  # every try hashes the whole index; mending it by `rag ingest` changes CURRENT, which is seen at once


class LiveIndex:
    """The answerer of the snapshot that `CURRENT` names, or of the last one that could be opened. Thread-safe."""

    def __init__(self, index_dir: Path, open_answerer: Callable[[], Answerer], retry_s: float = RETRY_S) -> None:
        self._index_dir = index_dir
        self._open_answerer = open_answerer
        self._retry_s = retry_s
        self._lock = threading.Lock()  # held by whoever refreshes; readers need none
        self._answerer: Answerer | None = None
        self._failure: Exception | None = None  # of the last try
        self._tried: str | None = None  # what CURRENT said then
        self._retry_at = -math.inf  # monotonic time

    def get(self) -> Answerer:
        """Raises: UnusableIndex, ModelError while none could be opened; their messages say what to do."""
        if self._answerer is None:
            raise (self._failure or IndexMissing("The index has not been opened yet.")).with_traceback(None)
        return self._answerer

    @property
    def embedder(self) -> Embedder | None:
        """The loaded model, to be shared; None while nothing could be opened."""
        return self._answerer.retriever.embedder if self._answerer else None

    def serves(self, snapshot: str) -> bool:
        """Whether answers come from this snapshot now."""
        return self._answerer is not None and self._answerer.snapshot.id == snapshot

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know about the index that answers."""
        if self._answerer is None:
            return ()
        if self._failure is None:
            return self._answerer.snapshot.warnings
        reason = str(self._failure) if isinstance(self._failure, RagError) else type(self._failure).__name__
        return (f"The newest index is not used; answers come from {self._answerer.snapshot.id}. {reason}",)

    def refresh(self) -> None:
        """Swaps where `CURRENT` has changed; what cannot be opened is tried again after a pause. Raises nothing."""
        with self._lock:
            named = self._named()
            if named == self._tried and time.monotonic() < self._retry_at:
                return
            self._tried, self._retry_at = named, math.inf
            try:
                self._answerer = self._open(named)
                self._failure = None
            except Exception as error:
                self._failure = error
                self._retry_at = time.monotonic() + self._retry_s
                if isinstance(error, RagError):
                    log.warning("not ready: %s" if self._answerer is None else "not swapped: %s", error)
                else:
                    log.error("index not opened", exc_info=error)

    def _named(self) -> str | None:
        try:
            return current_name(self._index_dir)
        except OSError:
            return None  # opening the index says what is wrong

    def _open(self, named: str | None) -> Answerer:
        opened = self._open_answerer()
        if self._answerer is not None and opened.snapshot.warnings and opened.snapshot.id != named:
            # Some older snapshot took over. That is for a start; what serves now may be another, chosen on purpose.
            subject = f"the snapshot {named}, which cannot be used" if named else "no snapshot"
            raise IndexCorrupt(f"{CURRENT} names {subject}: `rag verify` says more, `rag ingest` mends it.")
        if self._answerer is not None:
            log.info("answers come from %s now", opened.snapshot.id)
        return opened


async def follow(live: LiveIndex, poll_s: float = POLL_S) -> None:
    """Refreshes until cancelled; opening takes place in a worker thread."""
    while True:
        await asyncio.sleep(poll_s)
        await run_in_threadpool(live.refresh)
