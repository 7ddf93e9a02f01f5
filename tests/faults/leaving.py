"""Clients that leave while the language model speaks: its connection must be closed within a second, in every way of
asking."""

from __future__ import annotations

import json
import os
import random
import time
from itertools import cycle, islice
from typing import Any

from eval.bench.service import waited_s
from rag.answer import Answerer
from rag.completions import Limits
from rag.settings import Settings
from server.__main__ import server_config
from server.app import create_app
from tests.faults.llm_server import OK, LlmServer, event, then_silence
from tests.faults.table import ASKED, TOLD, Fault, asked_of
from tests.server.conftest import Live, running

CLOSED_S = 1.0
LONGEST_STAY_S = 0.5  # from the model's first words on

_CHAT: dict[str, Any] = {"messages": [{"role": "user", "content": ASKED}]}
_CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "ask", "arguments": {"question": ASKED}}}
# Way → address, what is accepted, and the body.
WAYS = {
    "ask": ("/ask", "application/json", {"question": ASKED}),
    "ask, events": ("/ask", "text/event-stream", {"question": ASKED}),
    "chat completion": ("/v1/chat/completions", "application/json", _CHAT),
    "chat completion, chunks": ("/v1/chat/completions", "text/event-stream", _CHAT | {"stream": True}),
    "mcp": ("/mcp", "application/json, text/event-stream", _CALL),
}


def leave(settings: Settings, answerer: Answerer, times: int) -> list[bool]:
    """For each of `times` clients whether the model was let go in time; the ways take turns."""
    fault = Fault("client leaves", then_silence(OK, event(TOLD[:20])), "")
    chance = random.Random(0)
    with (
        asked_of(fault, answerer, Limits()) as (asked, model),
        running(server_config(create_app(settings, lambda: asked), settings)) as live,
    ):
        return [_left(live, model, way, chance.uniform(0, LONGEST_STAY_S)) for way in islice(cycle(WAYS), times)]


def _left(live: Live, model: LlmServer, way: str, stay_s: float) -> bool:
    path, accept, content = WAYS[way]
    body = json.dumps(content).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Accept: {accept}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    model.calls.clear()
    client = live.connect()
    client.send(head.encode() + body)
    call = model.wait_for_call()
    time.sleep(stay_s)
    started, waited = time.monotonic(), waited_s(os.getpid())
    client.close()
    call.closed.wait(10)
    return time.monotonic() - started - (waited_s(os.getpid()) - waited) <= CLOSED_S
