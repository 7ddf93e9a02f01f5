"""Events come out whole, however the bytes are cut, and nothing grows without end."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.sse import EventReader, OversizeError

STREAM = (
    b': hello\ndata: one\r\n\r\ndata: {"a": "\xe2\x80\xa8\xc2\x85 H\xc5\x99ib"}\n\n'
    b"event: x\ndata:two\rdata:  lines\r\rid: 3\n\ndata: unfinished"
)
EVENTS = ["one", '{"a": "\u2028\x85 Hřib"}', "two\n lines"]


@given(st.lists(st.integers(0, len(STREAM)), max_size=30))
def test_events_do_not_depend_on_how_the_bytes_are_cut(cuts: list[int]) -> None:
    reader = EventReader()
    edges = [0, *sorted(cuts), len(STREAM)]
    found = [event for a, b in pairwise(edges) for event in reader.feed(STREAM[a:b])]
    assert found == EVENTS


def test_bad_bytes_become_replacement_characters() -> None:
    assert list(EventReader().feed(b"data: a\xff\xe2b\n\n")) == ["a\ufffd\ufffdb"]


@pytest.mark.parametrize(
    ("chunk", "what"), [(b"data: " + b"x" * 30, "line"), (b": x\n" * 30, "stream")], ids=["line", "stream"]
)
def test_a_line_and_a_stream_have_a_limit(chunk: bytes, what: str) -> None:
    with pytest.raises(OversizeError, match=what):
        list(EventReader(max_line=20, max_stream=100).feed(chunk))
