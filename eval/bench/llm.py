"""How long a reader waits for the first sentence of a language model after the model has said it (B14).

`rag serve` as a process of its own, asked over its stream of events; the model is scripted, on loopback, and says true
sentences about the article word by word. Non-scope: how good the check is (`python -m eval support`).
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle, islice
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import click
import httpx
import numpy as np

from eval.bench.service import PATIENCE_S, busy_s, served, until_ready
from rag.client import Client

# Between two words: 50 words a second, as fast as hosted models write. A sentence is shown once the next has begun.
WORD_S = 0.02
FIRST_SENTENCE = "first sentence shown after it was said"


@dataclass(frozen=True, slots=True)
class Script:
    """What the model says to a question, and words of the passage that it takes it from."""

    question: str
    said: tuple[str, str]
    held: str


SCRIPTS = (
    Script(
        "How many people registered?",
        (
            "In total, the two sessions drew 264 registered participants from across 30 countries",
            "They accumulated over 2, 200 views",
        ),
        "264 registered participants",
    ),
    Script(
        "Who represented Prague?",
        ("The city of Prague was represented by Mayor Zdeněk Hřib", "Prague is another sister city of Taipei"),
        "Zdeněk Hřib",
    ),
    Script(
        "Who is Rene Beerepoot?",
        (
            "Rene Beerepoot is the Deputy Representative of Netherlands Office Taipei",
            "He remarked that Netherlands is facilitating city management with technologies such as 5G network",
        ),
        "Rene Beerepoot",
    ),
)


@dataclass(frozen=True, slots=True)
class Moment:
    """`busy_s`: what all threads of this process and the server have computed so far."""

    at_s: float
    busy_s: float


class Model(ThreadingHTTPServer):
    """An endpoint that says what the scripts say to the server whose process it is told.

    `said` is when the first sentence of the last answer was sent.
    """

    def __init__(self, scripts: Sequence[Script]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.scripts = scripts
        self.process = os.getpid()
        self.said: Moment | None = None

    def now(self) -> Moment:
        return Moment(monotonic(), sum(map(busy_s, {self.process, os.getpid()})))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class _Handler(BaseHTTPRequestHandler):
    server: Model

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked = body["messages"][-1]["content"]
        script = next(script for script in self.server.scripts if script.question in asked)
        passage = re.findall(r"^\[(\d+)\] ", asked[: asked.index(script.held)], re.MULTILINE)[-1]
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for sentence in script.said:
            for word in f"{sentence} [{passage}].".split():
                self._send({"choices": [{"index": 0, "delta": {"content": f"{word} "}}]})
                sent = self.server.now()
                sleep(WORD_S)
            if sentence is script.said[0]:
                self.server.said = sent
        self._send({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        self.wfile.write(b"data: [DONE]\n\n")

    def _send(self, event: dict[str, Any]) -> None:
        self.wfile.write(b"data: " + json.dumps(event).encode() + b"\n\n")

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def scripted(scripts: Sequence[Script]) -> Iterator[Model]:
    with Model(scripts) as model:
        thread = threading.Thread(target=model.serve_forever)
        thread.start()
        try:
            yield model
        finally:
            model.shutdown()
            thread.join(PATIENCE_S)


def first_sentence(index: Path, corpus: Path, runs: int, scripts: Sequence[Script] = SCRIPTS) -> dict[str, float]:
    """Milliseconds over `runs` answers. Raises: click.ClickException where a true sentence is not shown."""
    with (
        scripted(scripts) as model,
        served(index, corpus, {"RAG_LLM_URL": model.url, "RAG_LLM_MODEL": "scripted"}) as (url, process),
        Client(url, timeout_s=PATIENCE_S) as client,
    ):
        with httpx.Client(base_url=url) as plain:
            until_ready(plain)
        model.process = process
        for script in scripts:
            _timed(client, model, script)  # the first answers load and allocate
        times = [_timed(client, model, script) for script in islice(cycle(scripts), runs)]
    took, busy = ([1000 * getattr(each, name) for each in times] for name in ("took_s", "busy_s"))
    return {
        "runs": runs,
        f"B14 {FIRST_SENTENCE}, p50 ms": _percentile(took, 50),
        f"{FIRST_SENTENCE}, p95 ms": _percentile(took, 95),
        "computed meanwhile, p50 ms": _percentile(busy, 50),
        "computed meanwhile, p95 ms": _percentile(busy, 95),
    }


@dataclass(frozen=True, slots=True)
class Shown:
    """How long the first sentence took, and what was computed for it, which an idle machine would have waited for."""

    took_s: float
    busy_s: float


def _timed(client: Client, model: Model, script: Script) -> Shown:
    model.said = shown = None
    for event in client.stream(script.question, mode="llm"):
        if event.name == "sentence" and shown is None and event.data["support"] == "supported":
            shown = model.now()
    said = model.said
    if shown is None or said is None:
        raise click.ClickException(f"No sentence of the language model was shown for: {script.question}")
    return Shown(shown.at_s - said.at_s, shown.busy_s - said.busy_s)


def _percentile(values: Sequence[float], percent: float) -> float:
    return round(float(np.percentile(values, percent)), 1)
