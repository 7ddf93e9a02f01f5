"""Reads the named server-sent events of `POST /ask`, byte by byte.

Own reader, because common ones also split at U+2028, U+0085, \\x0b and \\x0c, which JSON may carry raw.
Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream. Non-scope: connections.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

# The largest answer (50 passages, a long list) is far below; a server that sends more is not one of ours.
MAX_EVENT_CHARS = 8 * 2**20

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class RawEvent:
    name: str
    data: str


class EventReader:
    """Bytes in, finished events out; what follows the last blank line waits for more."""

    def __init__(self, max_chars: int = MAX_EVENT_CHARS) -> None:
        self._max_chars = max_chars
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")  # puts cut characters together
        self._rest = ""
        self._name = ""
        self._data: list[str] = []
        self._kept = 0  # characters of `_data`

    def feed(self, chunk: bytes) -> Iterator[RawEvent]:
        """The events that end in this chunk.

        Raises: ValueError for one that is too long.
        """
        self._rest += self._decoder.decode(chunk)
        start = 0
        # A \r at the end may be half of \r\n: it waits.
        for end in _LINE_END.finditer(self._rest, 0, len(self._rest) - self._rest.endswith("\r")):
            yield from self._line(self._rest[start : end.start()])
            start = end.end()
        self._rest = self._rest[start:]
        if self._kept + len(self._rest) > self._max_chars:
            raise ValueError(f"An event is longer than {self._max_chars} characters.")

    def _line(self, line: str) -> Iterator[RawEvent]:
        field, _, value = line.partition(":")  # a comment begins with the colon
        value = value.removeprefix(" ")
        if field == "event":
            self._name = value
        elif field == "data":
            self._data.append(value)
            self._kept += len(value)
        elif not line:
            if self._data:
                yield RawEvent(self._name, "\n".join(self._data))
            self._name, self._data, self._kept = "", [], 0
