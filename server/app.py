"""The app, put together: what a request passes through, outermost first.

- Envelope: request id, security headers, log line, HEAD
- RequestLimits: headers, host, origin, media type, announced length
- a body limit that counts where no length is announced
- the page, open; then the API, behind the token
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

import rag
from rag.answer import Answerer
from rag.errors import RagError
from rag.settings import Settings
from server.auth import authorize, require_way_in
from server.deps import OpenOnDemand, RecentAnswers, Services
from server.envelope import Envelope
from server.errors import answer_error
from server.limits import MAX_BODY_BYTES, RequestLimits, allowed_hosts
from server.routes import answers, ask, documents, ops
from server.routes.page import page_routes
from server.schemas import ERROR_RESPONSES
from server.work import Workers

log = logging.getLogger("server")


def create_app(settings: Settings, open_answerer: Callable[[], Answerer]) -> FastAPI:
    """The service. It starts without a usable index, too, and says so at /readyz.

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
            # Not FastAPI(max_body_size=…), which answers in plain text.
            Middleware(RequestBodyLimitMiddleware, max_body_size=MAX_BODY_BYTES),
        ],
        exception_handlers={HTTPException: answer_error, RequestValidationError: answer_error, RagError: answer_error},
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.services = Services(
        settings,
        OpenOnDemand(open_answerer),
        Workers(settings.concurrency, settings.queue, settings.queue_wait_s),
        RecentAnswers(),
    )
    for router in (ask.router, documents.router, answers.router):
        app.include_router(router, dependencies=[Depends(authorize)])
    app.include_router(ops.router)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.services
    try:
        await run_in_threadpool(services.answerer.get)
    except RagError as error:  # served all the same: /readyz says it, too
        log.warning("not ready: %s", error)
    except Exception as error:
        log.error("not ready", exc_info=error)
    yield
    services.workers.close()
