"""Reads server-sent events byte by byte, within limits: those of a language model, and those of `POST /ask`.

Own reader because common ones also split at U+2028, U+0085, \\x0b and \\x0c, which JSON may carry raw, and have no
limit on a line. Non-scope: where the bytes come from, what the data means.
Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass

_LINE_END = re.compile(r"\r\n|\r|\n")


class OversizeError(ValueError):
    """An event or the whole stream is longer than allowed."""


@dataclass(frozen=True, slots=True)
class ServerEvent:
    name: str  # empty where the stream names none
    data: str


class EventReader:
    """Bytes in, finished events out; what follows the last blank line waits for more.

    `max_event`: characters of an event, and so of each line, comments too. `max_stream`: bytes of all, where limited.
    """

    def __init__(self, max_event: int, max_stream: int | None = None) -> None:
        self._max_event, self._max_stream = max_event, max_stream
        # Bad bytes become U+FFFD; a character that is cut between two chunks is put together again.
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._rest = ""
        self._name = ""
        self._data: list[str] = []
        self._kept = 0  # characters of `_data`
        self._bytes = 0

    def feed(self, chunk: bytes) -> Iterator[ServerEvent]:
        """The events that end in this chunk.

        Raises: OversizeError, for the whole stream before the chunk is kept.
        """
        self._bytes += len(chunk)
        if self._max_stream is not None and self._bytes > self._max_stream:
            raise OversizeError("stream")
        # A \r at the end may be half of \r\n: it waits. What was looked through before it holds no end of a line.
        looked = len(self._rest) - self._rest.endswith("\r")
        self._rest += self._decoder.decode(chunk)
        start = 0
        for end in _LINE_END.finditer(self._rest, looked, len(self._rest) - self._rest.endswith("\r")):
            line, start = self._rest[start : end.start()], end.end()
            if not line.startswith(":"):  # a comment; here, because a stream may be a million of them
                yield from self._line(line)
        self._rest = self._rest[start:]
        self._check(len(self._rest))

    def _line(self, line: str) -> Iterator[ServerEvent]:
        if not line:
            if self._data:
                yield ServerEvent(self._name, "\n".join(self._data))
            self._name, self._data, self._kept = "", [], 0
            return
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            self._name = value
        elif field == "data":  # the other fields do not matter here
            self._data.append(value)
            self._kept += len(line)
            self._check(0)

    def _check(self, more: int) -> None:
        if self._kept + more > self._max_event:
            raise OversizeError("event")
