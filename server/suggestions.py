"""Questions to begin with, found once for each snapshot, beside the work of answering.

Begun by the first page that asks for them: a server that only other programs use spends nothing on it.
Non-scope: what they are (`rag/suggest.py`).
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from rag.answer import Answerer
from rag.suggest import suggestions

WAIT_S = 10.0  # on a slow or busy machine the page goes on without; whoever opens it next has them


class Suggestions:
    """Belongs to one event loop."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="suggest")
        self._snapshot: str | None = None
        self._found: asyncio.Future[list[str]] | None = None

    async def get(self, answerer: Answerer, wait_s: float = WAIT_S) -> list[str]:
        """Those of the answerer's snapshot; none while they are still looked for after `wait_s` seconds."""
        if self._found is None or self._snapshot != answerer.snapshot.id:
            self._snapshot = answerer.snapshot.id
            self._found = asyncio.get_running_loop().run_in_executor(self._pool, suggestions, answerer)
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                return await asyncio.shield(self._found)
        return []

    def close(self) -> None:
        """Drops what waits; what runs ends on its own."""
        self._pool.shutdown(wait=False, cancel_futures=True)
