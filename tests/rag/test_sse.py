"""Events come out whole, however the bytes are cut, and nothing grows without end: the rules of the standard, and
nothing that Python alone calls a line end."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.sse import EventReader, OversizeError, ServerEvent

ODD = "a\u2028b\u0085c\x0bd\x0ce 台北 🎉"
STREAM = (
    f"\ufeff: ping\n\nevent: sources\ndata: {ODD}\n\nevent: sentence\r\ndata: one\r\ndata:two\r\ndata:  lines\r\n\r\n"
    "id: 7\rdata: three\r\revent: empty\n\ndata\n\ndata: five\n\ndata: unfinished\n"
).encode()
EVENTS = [
    ServerEvent("sources", ODD),
    ServerEvent("sentence", "one\ntwo\n lines"),
    ServerEvent("", "three"),
    ServerEvent("", ""),
    ServerEvent("", "five"),
]


def events_of(*chunks: bytes) -> list[ServerEvent]:
    reader = EventReader(max_event=1000)
    return [event for chunk in chunks for event in reader.feed(chunk)]


def test_events_have_names_and_all_their_data() -> None:
    assert events_of(STREAM) == EVENTS


@given(st.lists(st.integers(0, len(STREAM)), max_size=30))
def test_events_do_not_depend_on_how_the_bytes_are_cut(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    assert events_of(*(STREAM[a:b] for a, b in pairwise(edges))) == EVENTS


def test_byte_by_byte() -> None:
    assert events_of(*(bytes([byte]) for byte in STREAM)) == EVENTS


def test_bad_bytes_become_replacement_characters() -> None:
    assert events_of(b"data: a\xff\xe2b\n\n") == [ServerEvent("", "a\ufffd\ufffdb")]


@pytest.mark.parametrize(
    "endless",
    [b"data: " + b"x" * 120, b": " + b"x" * 120, b"data: xxxxxxxxx\n" * 20, b"data: " + b"x" * 120 + b"\n\n"],
    ids=["line", "comment", "lines", "finished"],
)
@pytest.mark.parametrize("chunk", [1, 50, 1000])
def test_an_event_has_a_limit(endless: bytes, chunk: int) -> None:
    reader = EventReader(max_event=100)
    chunks = (endless[at : at + chunk] for at in range(0, len(endless), chunk))
    with pytest.raises(OversizeError, match="event"):
        [list(reader.feed(part)) for part in chunks]


def test_a_stream_has_a_limit_where_one_is_set() -> None:
    comments = b": x\n" * 30
    assert list(EventReader(max_event=100).feed(comments)) == []
    with pytest.raises(OversizeError, match="stream"):
        list(EventReader(max_event=100, max_stream=100).feed(comments))
