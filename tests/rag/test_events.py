"""Server-sent events by bytes: the rules of the standard, and nothing that Python alone calls a line end."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.events import EventReader, RawEvent

ODD = "a\u2028b\u0085c\x0bd\x0ce 台北 🎉"
STREAM = (
    f": ping\n\nevent: sources\ndata: {ODD}\n\nevent: sentence\r\ndata: one\r\ndata:two\r\n\r\n"
    "id: 7\rdata: three\r\revent: empty\n\ndata: four\n\ndata: unfinished\n"
).encode()
EVENTS = [RawEvent("sources", ODD), RawEvent("sentence", "one\ntwo"), RawEvent("", "three"), RawEvent("", "four")]


def events_of(*chunks: bytes) -> list[RawEvent]:
    reader = EventReader()
    return [event for chunk in chunks for event in reader.feed(chunk)]


def test_events_have_names_and_all_their_data() -> None:
    assert events_of(STREAM) == EVENTS


@given(st.lists(st.integers(0, len(STREAM)), max_size=6))
def test_wherever_the_bytes_are_cut(cuts: list[int]) -> None:
    places = [0, *sorted(cuts), len(STREAM)]
    assert events_of(*(STREAM[a:b] for a, b in pairwise(places))) == EVENTS


def test_byte_by_byte() -> None:
    assert events_of(*(bytes([byte]) for byte in STREAM)) == EVENTS


@pytest.mark.parametrize("endless", [b"data: " + b"x" * 200, b"data: xxxxxxxxx\n" * 20])
def test_an_event_without_an_end_is_refused(endless: bytes) -> None:
    with pytest.raises(ValueError, match="longer than 100"):
        list(EventReader(max_chars=100).feed(endless))
