"""What the routes are given: settings, the answerer, the workers, what is kept, the corpus and its ingesting.

Made once in `server/app.py`; nothing here is global.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from rag.answer import Answerer
from rag.errors import NotFoundError
from rag.settings import Settings
from rag.types import Document
from server.corpus import Corpus
from server.ingestion import Ingestion
from server.live import LiveIndex
from server.suggestions import Suggestions
from server.talks import Talks
from server.work import Workers


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that lives as long as the app."""

    settings: Settings
    live: LiveIndex
    workers: Workers
    talks: Talks
    suggestions: Suggestions
    corpus: Corpus
    ingestion: Ingestion


async def services(request: Request) -> Services:
    found: Services = request.app.state.services
    return found


ServicesDep = Annotated[Services, Depends(services)]


async def settings(services: ServicesDep) -> Settings:
    return services.settings


async def live(services: ServicesDep) -> LiveIndex:
    return services.live


async def answerer(live: Annotated[LiveIndex, Depends(live)]) -> Answerer:
    """Once for a request, which so sees one snapshot from beginning to end."""
    return live.get()


async def workers(services: ServicesDep) -> Workers:
    return services.workers


async def talks(services: ServicesDep) -> Talks:
    return services.talks


async def suggestions(services: ServicesDep) -> Suggestions:
    return services.suggestions


async def corpus(services: ServicesDep) -> Corpus:
    return services.corpus


async def ingestion(services: ServicesDep) -> Ingestion:
    return services.ingestion


async def base_url(request: Request, settings: Annotated[Settings, Depends(settings)]) -> str:
    """What links for other programs begin with, without a slash at the end."""
    return (settings.public_url or str(request.base_url)).rstrip("/")


def document_of(answerer: Answerer, document_id: str) -> Document:
    """Raises: NotFoundError."""
    found = answerer.snapshot.documents.get(document_id)
    if found is None:
        raise NotFoundError("There is no document with this id; GET /documents lists them.")
    return found


SettingsDep = Annotated[Settings, Depends(settings)]
LiveDep = Annotated[LiveIndex, Depends(live)]
AnswererDep = Annotated[Answerer, Depends(answerer)]
WorkersDep = Annotated[Workers, Depends(workers)]
TalksDep = Annotated[Talks, Depends(talks)]
SuggestionsDep = Annotated[Suggestions, Depends(suggestions)]
CorpusDep = Annotated[Corpus, Depends(corpus)]
BaseUrlDep = Annotated[str, Depends(base_url)]
IngestionDep = Annotated[Ingestion, Depends(ingestion)]
