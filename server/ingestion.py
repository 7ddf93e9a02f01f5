"""Ingests in the background, one run at a time, with the model that is loaded anyway; then the new index answers.

Runs are kept in memory only. A run that the end of the process cuts off leaves the old index.
Non-scope: what ingesting does (`rag/ingest.py`).
"""

from __future__ import annotations

import logging
import secrets
import threading
from dataclasses import dataclass, replace
from typing import Literal

from rag import build
from rag.errors import IndexBusy, RagError
from rag.ingest import ReportLine
from rag.publish import writer_lock
from rag.settings import Settings
from server.errors import ApiError, problem_of
from server.live import LiveIndex
from server.schemas import IngestErrorWire, IngestWire

log = logging.getLogger("server")


@dataclass(frozen=True, slots=True)
class Run:
    """One ingest, as far as it has come."""

    id: str | None = None
    status: Literal["idle", "running", "done", "failed"] = "idle"
    done: int = 0  # texts embedded
    total: int = 0  # texts to embed
    snapshot: str | None = None
    report: tuple[ReportLine, ...] = ()
    error: IngestErrorWire | None = None

    def wire(self) -> IngestWire:
        return {
            "id": self.id,
            "status": self.status,
            "done": self.done,
            "total": self.total,
            "snapshot": self.snapshot,
            "report": [
                {
                    "path": line.path,
                    "change": line.change.value,
                    "passages": line.passages,
                    "code": line.code,
                    "message": line.message,
                    "note": line.note,
                }
                for line in self.report
            ],
            "error": self.error,
        }


class Ingestion:
    """Thread-safe."""

    def __init__(self, settings: Settings, live: LiveIndex) -> None:
        self._settings = settings
        self._live = live
        self._starting = threading.Lock()
        self.run = Run()  # the present one, or the last; replaced as it goes on

    def start(self) -> Run:
        """A run that has begun.

        Raises: ApiError 409 index_busy while another one goes on, here or elsewhere; IndexWriteError.
        """
        with self._starting:
            if self.run.status == "running":
                raise _busy()
            try:
                with writer_lock(self._settings.index_dir):
                    pass  # the run takes it again; who comes in between makes it fail with the same code
            except IndexBusy:
                raise _busy() from None
            self.run = started = Run(f"ing_{secrets.token_hex(12)}", "running")
            # A daemon: the process ends without waiting for it.
            threading.Thread(target=self._ingest, name="ingest", daemon=True).start()
            return started

    def _ingest(self) -> None:
        try:
            report = build.ingest(self._settings, self._live.embedder, self._progress)
            self._live.refresh()  # before it is called done: whoever asks then is answered from the new index
            done = replace(self.run, status="done", snapshot=report.snapshot, report=report.lines)
            if not self._live.serves(report.snapshot):
                message = " ".join(("The new index was made but is not used.", *self._live.warnings))
                done = replace(done, status="failed", error={"code": "not_swapped", "message": message})
            self.run = done
        except Exception as error:
            log.error("ingest failed", exc_info=error)
            self.run = replace(self.run, status="failed", error=_told(error))

    def _progress(self, done: int, total: int) -> None:
        self.run = replace(self.run, done=done, total=total)


def _told(error: Exception) -> IngestErrorWire:
    """Every error of the library is the admin's to read, also one that would be our own mistake in a question."""
    if isinstance(error, RagError):
        return {"code": error.code, "message": str(error)}
    problem = problem_of(error)
    return {"code": problem.code, "message": problem.message}


def _busy() -> ApiError:
    message = "Documents are being ingested already, by this server or by `rag ingest`; try again when that is done."
    return ApiError(409, "index_busy", message)
