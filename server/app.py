"""The app, put together: what a request passes through, outermost first.

- Envelope: request id, security headers, log line, HEAD
- RequestLimits: headers, host, origin, media type, length of the body
- the page, open; then the API, behind the token; changing documents, behind that of the admin
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

import rag
from rag.answer import Answerer
from rag.errors import RagError
from rag.settings import Settings
from server.auth import authorize, require_way_in
from server.corpus import Corpus
from server.deps import Services
from server.envelope import Envelope
from server.errors import answer_error
from server.ingestion import Ingestion
from server.limits import RequestLimits, allowed_hosts
from server.live import LiveIndex, follow
from server.routes import answers, ask, conversations, documents, material, mcp, openai, ops, suggestions
from server.routes.page import page_routes
from server.schemas import ERROR_RESPONSES
from server.suggestions import Suggestions
from server.talks import Talks
from server.work import Workers


def create_app(settings: Settings, open_answerer: Callable[[], Answerer]) -> FastAPI:
    """The service. It starts without a usable index, too, and says so at /readyz; `open_answerer` is called again
    whenever the index has changed, one call at a time.

    Raises: SettingsError when `settings.host` would be open to other machines by accident.
    """
    require_way_in(settings)
    app = FastAPI(
        title="event-rag",
        summary="Answers questions about event material with verbatim, located quotes.",
        version=rag.__version__,
        docs_url=None,  # both load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
        routes=page_routes(),
        responses=ERROR_RESPONSES,
        middleware=[
            Middleware(Envelope),
            Middleware(RequestLimits, hosts=allowed_hosts(settings)),
        ],
        exception_handlers={HTTPException: answer_error, RequestValidationError: answer_error, RagError: answer_error},
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        generate_unique_id_function=lambda route: route.name,
    )
    live = LiveIndex(settings.index_dir, open_answerer)
    # Who waits for a language model computes nothing: as many threads more as may wait.
    threads = settings.concurrency + (settings.llm_concurrency if settings.llm_url else 0)
    app.state.services = Services(
        settings,
        live,
        Workers(threads, settings.queue, settings.queue_wait_s),
        Talks(settings),
        Suggestions(),
        Corpus(settings.corpus_dir),
        Ingestion(settings, live),
    )
    for router in (
        ask.router,
        openai.router,
        mcp.router,
        suggestions.router,
        conversations.router,
        documents.router,
        answers.router,
    ):
        app.include_router(router, dependencies=[Depends(authorize)])
    for router in (material.router, ops.router):
        app.include_router(router)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.services
    await run_in_threadpool(services.live.refresh)
    await services.talks.sweep()
    tasks = [asyncio.create_task(follow(services.live)), asyncio.create_task(services.talks.sweep_daily())]
    yield
    for task in tasks:
        task.cancel()
    services.workers.close()
    services.suggestions.close()
    await run_in_threadpool(services.talks.close)
