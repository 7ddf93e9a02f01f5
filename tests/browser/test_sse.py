"""The page's reader of server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html"""

from __future__ import annotations

from typing import Any

import pytest

from tests.browser.harness import Open

pytestmark = pytest.mark.browser

# Bytes go in one by one, then in twos, …: no split may change what comes out.
READ_IN_PIECES = """async ([bytes, size, maxChars]) => {
    const { readEvents } = await import("/ui/js/sse.js");
    const body = new ReadableStream({ start(control) {
        for (let i = 0; i < bytes.length; i += size) control.enqueue(new Uint8Array(bytes.slice(i, i + size)));
        control.close();
    } });
    const events = [];
    for await (const { event, data } of readEvents(body, maxChars)) events.push([event, data]);
    return events;
}"""

STREAM = (
    "\ufeff: awake\n\n"
    'event: sentence\r\ndata: {"text": "陳小姐 𝄞\u2028\u0085\x0b end"}\r\n\r\n'
    "data:one\rdata: two\rdata\r\r"
    "event: nothing\n\n"
    "id: 7\nretry: 5\nunknown: x\ndata:  spaced: out \n\n"
    "data: never finished"
)
EVENTS = [
    ["sentence", '{"text": "陳小姐 𝄞\u2028\u0085\x0b end"}'],
    ["message", "one\ntwo\n"],
    ["message", " spaced: out "],
]


def read(page: Any, text: str, size: int, max_chars: int = 1000) -> Any:
    return page.evaluate(READ_IN_PIECES, [list(text.encode()), size, max_chars])


def test_events_are_the_same_however_the_bytes_are_split(open_page: Open) -> None:
    page = open_page().page
    for size in (1, 2, 3, 5, 7, 1000):
        assert read(page, STREAM, size) == EVENTS


@pytest.mark.parametrize("text", ["data: " + "x" * 2000, "data: xxxx\n" * 500], ids=["one line", "many lines"])
def test_an_event_without_end_is_refused(open_page: Open, text: str) -> None:
    page = open_page().page
    with pytest.raises(Exception, match="too large"):
        read(page, text, 100)
