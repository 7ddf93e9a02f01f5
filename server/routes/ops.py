"""Is it alive, can it answer. Open to everyone: neither says anything about the documents' content."""

from __future__ import annotations

from fastapi import APIRouter

from server.deps import AnswererDep, LiveDep, TalksDep
from server.schemas import HealthWire, ReadyWire

router = APIRouter(tags=["operations"])


@router.get("/healthz")
async def healthz() -> HealthWire:
    """200 while the process lives."""
    return {"status": "alive"}


@router.get("/readyz")
async def readyz(answerer: AnswererDep, live: LiveDep, talks: TalksDep) -> ReadyWire:
    """200 when questions can be answered; otherwise 503 with the command to run."""
    info, models, writer = answerer.snapshot.info, answerer.models, answerer.writer
    return {
        "status": "ready",
        "index": {"snapshot": info.snapshot, "documents": info.documents, "passages": info.passages},
        "models": {"embedder": models.embedder, "reader": models.reader, "llm": models.llm},
        "llm": {"host": writer.endpoint.host, "model": writer.endpoint.model} if writer else None,
        "warnings": [*live.warnings, *talks.warnings],
    }
