"""What a language model says in one streamed completion: events in, words out, and whether it came to an end.

Non-scope: the connection (`rag/completions.py`), sentences (`rag/claims.py`).
Source: https://platform.openai.com/docs/api-reference/chat/streaming
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from rag.errors import LanguageModelError
from rag.sse import EventReader, OversizeError

# A completion of 600 tokens is about 200 KB of events: more than that in one event, or five times in all, is none.
MAX_EVENT_CHARS, MAX_STREAM_BYTES = 2**18, 2**20
# Halves of a pair, which no UTF-8 holds: from models that cut a sign in two.
_HALVES = re.compile(r"[\ud800-\udfff]")
# Events without words that are forgiven: real servers send a few (roles, usage, empty choices).
MAX_BAD_EVENTS = 3
# Characters for each token asked for: above it the endpoint does not keep to max_tokens. English has 4, code 3.
CHARS_PER_TOKEN = 12


class Spoken:
    """The events of one completion."""

    def __init__(self, max_tokens: int) -> None:
        self._events = EventReader(MAX_EVENT_CHARS, MAX_STREAM_BYTES)
        self._chars_left = CHARS_PER_TOKEN * max_tokens
        self._bad = 0
        self._finish: str | None = None
        self.done = False  # [DONE] was seen

    def feed(self, chunk: bytes) -> Iterator[str]:
        for event in self._events.feed(chunk):
            if event.data.strip() == "[DONE]":
                self.done = True
                return
            if words := self._words(event.data):
                self._chars_left -= len(words)
                if self._chars_left < 0:
                    raise OversizeError("answer")
                yield words

    def _words(self, data: str) -> str:
        """What the model says in one event; nothing where the event is bad or about other things."""
        try:
            event = json.loads(data)
            choices = event.get("choices") or []
            if not choices:
                return ""
            self._finish = choices[0].get("finish_reason") or self._finish
            words = (choices[0].get("delta") or {}).get("content") or ""
            if isinstance(words, str):
                return _HALVES.sub("", words)
        except (ValueError, AttributeError, TypeError, KeyError, IndexError, RecursionError):
            pass
        self._bad += 1
        if self._bad > MAX_BAD_EVENTS:
            raise LanguageModelError("The language model sends events that make no sense.", code="llm_bad_response")
        return ""

    def check_complete(self) -> None:
        """A stream that is cut looks like one that ended: only these two say that it did.

        Raises: LanguageModelError.
        """
        if self._finish == "length":
            raise LanguageModelError("The language model's answer was longer than allowed.", code="llm_truncated")
        if not self.done and self._finish is None:
            raise broken_off()


def broken_off() -> LanguageModelError:
    return LanguageModelError("The language model's answer broke off.", code="llm_truncated")
