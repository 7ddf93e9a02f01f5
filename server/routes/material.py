"""Documents put and removed, and the index made anew from them: for whoever carries the admin token.

Without RAG_ADMIN_TOKEN there is nothing at these addresses. Non-scope: subfolders, metadata, fetching anything.
"""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from server.auth import authorize_admin
from server.corpus import check_name
from server.deps import CorpusDep, IngestionDep
from server.schemas import IngestStartedWire, IngestWire, StoredWire

router = APIRouter(tags=["material"], dependencies=[Depends(authorize_admin)])


@router.put(
    "/documents/{name}",
    status_code=201,
    response_description="Stored.",
    responses={200: {"model": StoredWire, "description": "Replaced."}},
)
async def put_document(name: str, request: Request, response: Response, corpus: CorpusDep) -> StoredWire:
    """The body is the file itself, at most 20 MiB, whatever its Content-Type. The index changes with `POST /ingest`."""
    check_name(name)  # before the body is read
    stored, created = await run_in_threadpool(corpus.put, name, await request.body())
    response.status_code = 201 if created else 200
    return stored


@router.delete("/documents/{name}", status_code=204)
def delete_document(name: str, corpus: CorpusDep) -> None:
    """Removes the file and what is known about it. It is answered from until the next `POST /ingest`."""
    corpus.remove(name)


@router.post("/ingest", status_code=202)
def start_ingest(ingestion: IngestionDep) -> IngestStartedWire:
    """Begins to bring the index up to date; 409 `index_busy` while another run goes on."""
    run = ingestion.start()
    return {"id": run.id or "", "status": "running"}


@router.get("/ingest")
async def get_ingest(ingestion: IngestionDep) -> IngestWire:
    """The present run, or the last one since the server started. `done` of `total` texts are embedded."""
    return ingestion.run.wire()
