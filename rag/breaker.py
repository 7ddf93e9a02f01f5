"""A circuit breaker: leaves an endpoint alone for a while after repeated faults, so that no question waits in vain.

Closed → open after a refused key or several faults in a row → half open after a pause: one question tries again.
Non-scope: what a fault is. Source: Nygard, Release It! (2007), ch. 5.
"""

from __future__ import annotations

import logging
import threading
import time

from rag.errors import LanguageModelError

log = logging.getLogger("server")  # the one logger that is shown

FAULTS = 5  # in a row: one bad answer is chance
PAUSE_S = 30.0  # a restart of a local model takes about as long


class Breaker:
    """Thread-safe. Every `enter` is followed by `worked` or `failed` where something was learnt, then by `leave`."""

    def __init__(self, faults: int = FAULTS, pause_s: float = PAUSE_S) -> None:
        self._allowed, self._pause_s = faults, pause_s
        self._lock = threading.Lock()
        self._faults = 0
        self._open_until: float | None = None
        self._trying = False

    def enter(self) -> None:
        """Raises: LanguageModelError while the circuit is open, or half open and being tried."""
        with self._lock:
            if self._open_until is None:
                return
            if self._trying or time.monotonic() < self._open_until:
                raise LanguageModelError(
                    "The language model failed repeatedly and is left alone for a moment.", code="llm_paused"
                )
            self._trying = True

    def worked(self) -> None:
        with self._lock:
            self._faults, self._open_until, self._trying = 0, None, False

    def failed(self, *, at_once: bool = False) -> None:
        """`at_once`: a fault that waiting does not mend; it opens the circuit alone."""
        with self._lock:
            self._faults += 1
            self._trying = False
            if at_once or self._faults >= self._allowed:
                self._open_until = time.monotonic() + self._pause_s
                log.error("language model refused its key" if at_once else "language model left alone after faults")

    def leave(self) -> None:
        """The question is done, or its client left."""
        with self._lock:
            self._trying = False
