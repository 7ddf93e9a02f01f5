"""The conversation store beside the event loop, and the rule that it never costs an answer.

Non-scope: what is stored (`rag/store.py`).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from rag.errors import NotFoundError, StoreError
from rag.settings import Settings
from rag.store import Store
from rag.types import Turn
from rag.wire import AnswerWire
from server.owner import NOBODY

T = TypeVar("T")

log = logging.getLogger("server")

THREADS = 4  # one writes at a time; the others read, or wait for a locked file
SWEEP_S = 24 * 3600.0
UNREAD = "The conversation could not be read, so the question was taken by itself."


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer belongs: a turn of a conversation, or nowhere."""

    owner: str
    conversation_id: str | None = None
    read: bool = True  # False: its earlier turns could not be read


FOR_ITS_LINK = Place(NOBODY)  # of a client that keeps its conversations itself


class Talks:
    """The store, asynchronously."""

    def __init__(self, settings: Settings) -> None:
        self._store = Store(settings.state_dir)
        self._keep_days = settings.keep_days
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="store")

    @property
    def warnings(self) -> tuple[str, ...]:
        return self._store.warnings

    async def do(self, work: Callable[[Store], T]) -> T:
        """Raises: StoreError, and what `work` raises."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, self._store)

    async def history(self, owner: str, conversation_id: str) -> tuple[tuple[Turn, ...], bool]:
        """The earlier turns; whether they could be read. Raises: NotFoundError."""
        try:
            return await self.do(lambda store: store.history(owner, conversation_id)), True
        except StoreError as error:
            log.warning("conversation not read: %s", error)
            return (), False

    async def keep(self, answer: AnswerWire, place: Place) -> AnswerWire:
        """The answer as it goes out: with its conversation, and with whether it was stored."""
        warnings = answer["warnings"] if place.read else [*answer["warnings"], UNREAD]
        kept: AnswerWire = {
            **answer,
            "conversation_id": place.conversation_id,
            "stored": True,
            "warnings": warnings,
        }
        try:
            await self.do(lambda store: store.keep(kept, place.owner, place.conversation_id))
        except (StoreError, NotFoundError) as error:  # not found: deleted while the question was answered
            log.warning("answer not stored: %s", error)
            return {**kept, "stored": False}
        except Exception as error:
            log.error("answer not stored", exc_info=error)
            return {**kept, "stored": False}
        return kept

    async def sweep(self) -> None:
        """Deletes what is too old. At the start it also opens the file, so that a damaged one is known at once."""
        try:
            await self.do(lambda store: store.sweep(self._keep_days))
        except StoreError as error:
            log.warning("old conversations not deleted: %s", error)

    async def sweep_daily(self, pause_s: float = SWEEP_S) -> None:
        """Sweeps after every pause, by a clock that nobody sets, until cancelled."""
        while True:
            await asyncio.sleep(pause_s)
            await self.sweep()

    def close(self) -> None:
        """Waits for what is being stored."""
        self._pool.shutdown()
        self._store.close()
