"""What the routes are given: settings, the answerer, the workers, the answers of late, the corpus and its ingesting.

Made once in `server/app.py`; nothing here is global.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from rag.answer import Answerer
from rag.errors import NotFoundError
from rag.settings import Settings
from rag.wire import AnswerWire
from server.corpus import Corpus
from server.ingestion import Ingestion
from server.live import LiveIndex
from server.work import Workers

MAX_ANSWERS = 1000  # about 20 KB each


class RecentAnswers:
    """The last `limit` answers by id, in memory only: they are gone after a restart."""

    def __init__(self, limit: int = MAX_ANSWERS) -> None:
        self._limit = limit
        self._answers: OrderedDict[str, AnswerWire] = OrderedDict()

    def add(self, answer: AnswerWire) -> None:
        self._answers[answer["id"]] = answer
        self._answers.move_to_end(answer["id"])
        if len(self._answers) > self._limit:
            self._answers.popitem(last=False)

    def get(self, answer_id: str) -> AnswerWire:
        """Raises: NotFoundError."""
        if answer_id not in self._answers:
            raise NotFoundError(
                f"No answer with this id is kept: only the last {self._limit} are, until a restart. Ask again."
            )
        return self._answers[answer_id]


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that lives as long as the app."""

    settings: Settings
    live: LiveIndex
    workers: Workers
    answers: RecentAnswers
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


async def answers(services: ServicesDep) -> RecentAnswers:
    return services.answers


async def corpus(services: ServicesDep) -> Corpus:
    return services.corpus


async def ingestion(services: ServicesDep) -> Ingestion:
    return services.ingestion


async def base_url(request: Request, settings: Annotated[Settings, Depends(settings)]) -> str:
    """What links for other programs begin with, without a slash at the end."""
    return (settings.public_url or str(request.base_url)).rstrip("/")


SettingsDep = Annotated[Settings, Depends(settings)]
LiveDep = Annotated[LiveIndex, Depends(live)]
AnswererDep = Annotated[Answerer, Depends(answerer)]
WorkersDep = Annotated[Workers, Depends(workers)]
AnswersDep = Annotated[RecentAnswers, Depends(answers)]
CorpusDep = Annotated[Corpus, Depends(corpus)]
BaseUrlDep = Annotated[str, Depends(base_url)]
IngestionDep = Annotated[Ingestion, Depends(ingestion)]
