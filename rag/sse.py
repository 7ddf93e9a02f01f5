"""Reads server-sent events byte by byte, within limits.

Own reader because common ones also split at U+2028, U+0085, \\x0b and \\x0c, which JSON may carry raw, and have no
limit on a line. Non-scope: where the bytes come from, what the data means.
Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

# A completion of 600 tokens is about 200 KB of events; ten times that is no answer any more.
MAX_LINE_BYTES = 256 * 1024
MAX_STREAM_BYTES = 1024 * 1024

_LINE_END = re.compile(r"\r\n|\r|\n")


class OversizeError(ValueError):
    """A line or the whole stream is longer than allowed."""


class EventReader:
    """Bytes in, the data of finished events out; what follows the last blank line waits for more."""

    def __init__(self, max_line: int = MAX_LINE_BYTES, max_stream: int = MAX_STREAM_BYTES) -> None:
        self._max_line, self._max_stream = max_line, max_stream
        # Bad bytes become U+FFFD; a character that is cut between two chunks is put together again.
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        self._data: list[str] = []
        self._bytes = 0

    def feed(self, chunk: bytes) -> Iterator[str]:
        """The data of the events that end in this chunk.

        Raises: OversizeError, before the chunk is kept.
        """
        self._bytes += len(chunk)
        if self._bytes > self._max_stream:
            raise OversizeError("stream")
        self._rest += self._decoder.decode(chunk)
        # A \r at the end may be half of \r\n: it waits.
        usable = len(self._rest) - self._rest.endswith("\r")
        start = 0
        for end in _LINE_END.finditer(self._rest, 0, usable):
            line, start = self._rest[start : end.start()], end.end()
            if not line.startswith(":"):  # a comment; here, because a stream may be a million of them
                yield from self._line(line)
        self._rest = self._rest[start:]
        if len(self._rest) > self._max_line:
            raise OversizeError("line")

    def _line(self, line: str) -> Iterator[str]:
        if not line:
            if self._data:
                yield "\n".join(self._data)
            self._data = []
            return
        field, _, value = line.partition(":")
        if field == "data":  # the other fields do not matter here
            self._data.append(value.removeprefix(" "))
