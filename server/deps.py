"""What the routes are given: settings, the answerer, the workers, the answers of late.

Made once in `server/app.py`; nothing here is global.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from rag.answer import Answerer
from rag.errors import NotFoundError
from rag.settings import Settings
from rag.wire import AnswerWire
from server.errors import RETRY_AFTER_S
from server.work import Workers

MAX_ANSWERS = 1000  # about 20 KB each


class OpenOnDemand:
    """The answerer, opened when first needed. After a failure it is tried again, at most every `retry_s` seconds,
    so that `rag ingest` mends a server that runs. Thread-safe."""

    def __init__(self, open_answerer: Callable[[], Answerer], retry_s: float = RETRY_AFTER_S) -> None:
        self._open = open_answerer
        self._retry_s = retry_s
        self._lock = threading.Lock()
        self._answerer: Answerer | None = None
        self._failure: tuple[float, Exception] | None = None  # monotonic time, error

    def get(self) -> Answerer:
        """Raises: UnusableIndex, ModelError; their messages say what to do."""
        with self._lock:
            if self._answerer is not None:
                return self._answerer
            if self._failure is not None and time.monotonic() - self._failure[0] < self._retry_s:
                raise self._failure[1].with_traceback(None)
            try:
                self._answerer = self._open()
            except Exception as error:
                self._failure = (time.monotonic(), error)
                raise
            return self._answerer


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
    answerer: OpenOnDemand
    workers: Workers
    answers: RecentAnswers


async def services(request: Request) -> Services:
    found: Services = request.app.state.services
    return found


ServicesDep = Annotated[Services, Depends(services)]


async def settings(services: ServicesDep) -> Settings:
    return services.settings


def answerer(services: ServicesDep) -> Answerer:  # not async: opening reads files and loads a model
    return services.answerer.get()


async def workers(services: ServicesDep) -> Workers:
    return services.workers


async def answers(services: ServicesDep) -> RecentAnswers:
    return services.answers


SettingsDep = Annotated[Settings, Depends(settings)]
AnswererDep = Annotated[Answerer, Depends(answerer)]
WorkersDep = Annotated[Workers, Depends(workers)]
AnswersDep = Annotated[RecentAnswers, Depends(answers)]
