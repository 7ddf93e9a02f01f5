"""Streams one answer of a language model from any endpoint that speaks OpenAI's `/chat/completions`.

The endpoint is not trusted: it may be slow, huge, broken or hostile, and every fault becomes a `LanguageModelError`
in time. Answers come from worker threads; the connection lives in an event loop of its own, because only there can a
read be given up at any moment. Non-scope: what is asked and what is made of it (`rag/generate.py`).
"""

from __future__ import annotations

import asyncio
import queue
import random
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from rag.breaker import Breaker
from rag.errors import LanguageModelError, LanguageModelTimeout, SettingsError
from rag.spoken import Spoken, broken_off
from rag.sse import OversizeError
from rag.types import Stopped

# How often a worker that waits for words looks whether anybody still wants them: half of the second within which the
# endpoint's connection must be closed.
LOOK_S = 0.25
RETRIED = frozenset({500, 502, 503})
LONGEST_RETRY_AFTER_S = 2.0
# Before the retry; jitter, so that many clients do not come back at once.
RETRY_PAUSE_S = (0.2, 0.6)


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds, but for the last two. Own clocks, because httpx times each read alone and a trickle then never ends."""

    total_s: float = 60.0
    first_byte_s: float = 20.0
    gap_s: float = 15.0  # between two chunks: no model that is worth waiting for thinks longer inside an answer
    connect_s: float = 3.0
    max_tokens: int = 600
    concurrency: int = 8  # completions at the same time


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the passages are sent. `url` is the base, such as http://localhost:11434/v1.

    Raises: SettingsError for an address that is none, or that carries a password.
    """

    url: str
    model: str
    key: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        try:
            url = httpx.URL(self.url)
        except httpx.InvalidURL:
            url = httpx.URL("")
        if url.scheme not in ("http", "https") or not url.host or url.userinfo or url.query or url.fragment:
            raise SettingsError("RAG_LLM_URL must be an address such as http://localhost:11434/v1, without a password.")

    @property
    def host(self) -> str:
        """As shown to people: host and port, nothing else of the address."""
        return httpx.URL(self.url).netloc.decode("ascii")


@dataclass(frozen=True, slots=True)
class _End:
    error: LanguageModelError | None = None


class LanguageModel:
    """A chat model behind an endpoint. Thread-safe; one for the whole process, as is its circuit breaker."""

    def __init__(self, endpoint: Endpoint, limits: Limits | None = None, breaker: Breaker | None = None) -> None:
        self.endpoint = endpoint
        self._limits = limits or Limits()
        self._breaker = breaker or Breaker()
        self._lock = threading.Lock()
        self._places = threading.Semaphore(self._limits.concurrency)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: httpx.AsyncClient | None = None  # of that loop

    def deadline(self) -> float:
        """Until when a question that is taken up now may use the model, in seconds of `time.monotonic`."""
        return time.monotonic() + self._limits.total_s

    def complete(self, messages: Sequence[dict[str, str]], stopped: Stopped, until: float) -> Iterator[str]:
        """The words as they come; ends early where `stopped()` becomes true or the iterator is closed.

        `until`: the deadline of the question. Raises: LanguageModelError, also after words: a stream that breaks off
        is not complete.
        """
        if not self._places.acquire(blocking=False):
            raise LanguageModelError("The language model is busy with other questions.", code="llm_busy")
        try:
            yield from self._completed(messages, stopped, until)
        finally:
            self._places.release()

    def _completed(self, messages: Sequence[dict[str, str]], stopped: Stopped, until: float) -> Iterator[str]:
        self._breaker.enter()
        arrived: queue.SimpleQueue[str | _End] = queue.SimpleQueue()
        future = asyncio.run_coroutine_threadsafe(self._pump(messages, until, arrived.put), self._running_loop())
        try:
            while not stopped():
                try:
                    item = arrived.get(timeout=LOOK_S)
                except queue.Empty:
                    continue
                if isinstance(item, _End):
                    if item.error:
                        raise item.error
                    return
                yield item
        finally:
            future.cancel()  # closes the connection
            self._breaker.leave()

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="language-model", daemon=True).start()
            return self._loop

    async def _pump(self, messages: Sequence[dict[str, str]], until: float, put: Callable[[str | _End], None]) -> None:
        """Puts the words of one completion, then how it ended."""
        try:
            async with asyncio.timeout(until - time.monotonic()):
                async for words in self._words(messages):
                    put(words)
        except Exception as error:
            fault = fault_of(error)
            self._breaker.failed(at_once=fault.code == "llm_auth")
            put(_End(fault))
        else:
            self._breaker.worked()
            put(_End())

    async def _words(self, messages: Sequence[dict[str, str]]) -> AsyncIterator[str]:
        content = {
            "model": self.endpoint.model,
            "messages": list(messages),
            "temperature": 0,
            "max_tokens": self._limits.max_tokens,
            "stream": True,
        }
        clock = asyncio.get_running_loop().time
        until = clock() + self._limits.first_byte_s
        async with self._answered(content, until) as (response, until):
            spoken = Spoken(self._limits.max_tokens)
            chunks = response.aiter_raw()
            while not spoken.done:
                try:
                    async with asyncio.timeout_at(until):
                        chunk = await anext(chunks)
                except StopAsyncIteration:
                    break
                except httpx.TransportError as error:
                    raise broken_off() from error
                until = clock() + self._limits.gap_s
                for words in spoken.feed(chunk):
                    yield words
            spoken.check_complete()

    def _new_client(self) -> httpx.AsyncClient:
        headers = {"Accept": "text/event-stream", "Accept-Encoding": "identity"}
        if self.endpoint.key:
            headers["Authorization"] = f"Bearer {self.endpoint.key}"
        # No proxy or .netrc of the environment, no redirect: passages and key go to the one host that was set. No
        # connection outlives its answer, so that none hands its faults on to the next. Certificates are read (30 ms)
        # only where there are any.
        return httpx.AsyncClient(
            headers=headers,
            verify=httpx.URL(self.endpoint.url).scheme != "http",
            timeout=httpx.Timeout(self._limits.total_s, connect=self._limits.connect_s),
            limits=httpx.Limits(max_keepalive_connections=0),
            trust_env=False,
            follow_redirects=False,
        )

    @asynccontextmanager
    async def _answered(self, content: dict[str, Any], until: float) -> AsyncIterator[tuple[httpx.Response, float]]:
        """A response whose body is worth reading, after at most one retry, and when its first byte must be there.

        `until`: that, in time of the loop; a pause before the retry is ours, so it is not counted.
        """
        self._client = client = self._client or self._new_client()
        request = client.build_request("POST", self.endpoint.url.rstrip("/") + "/chat/completions", json=content)
        for last in (False, True):
            async with asyncio.timeout_at(until):
                response = await client.send(request, stream=True)
            try:
                pause_s = None if last else _pause_before_retry(response)
                if pause_s is None:
                    check_response(response)
                    yield response, until
                    return
            finally:
                await response.aclose()
            until += pause_s
            await asyncio.sleep(pause_s)


def _pause_before_retry(response: httpx.Response) -> float | None:
    """Seconds; None where asking again is of no use."""
    jitter_s = random.uniform(*RETRY_PAUSE_S)
    if response.status_code in RETRIED:
        return jitter_s
    after = response.headers.get("retry-after", "")
    if response.status_code == 429 and after.isascii() and after.isdigit() and int(after) <= LONGEST_RETRY_AFTER_S:
        return int(after) + jitter_s
    return None


def check_response(response: httpx.Response) -> None:
    """Raises: LanguageModelError for all but a stream of events that is sent as it is."""
    status = response.status_code
    if status in (401, 403):
        raise LanguageModelError("The language model refuses the key (RAG_LLM_KEY).", code="llm_auth")
    if status == 429:
        raise LanguageModelError("The language model answers too many requests.", code="llm_rate_limited")
    if status >= 500:
        raise LanguageModelError(f"The language model's server failed (status {status}).", code="llm_error")
    if status == 404:
        raise LanguageModelError(
            "The endpoint knows no such address or model (RAG_LLM_URL, RAG_LLM_MODEL).", code="llm_bad_response"
        )
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if status != 200 or kind != "text/event-stream" or "content-encoding" in response.headers:
        raise LanguageModelError(
            f"The endpoint sent something else than a stream of events (status {status}).", code="llm_bad_response"
        )


def too_late() -> LanguageModelError:
    return LanguageModelTimeout("The language model did not answer in time.", code="llm_timeout")


def fault_of(error: Exception) -> LanguageModelError:
    """Any exception of a completion as ours. No message repeats what was sent or received."""
    match error:
        case LanguageModelError():
            return error
        case TimeoutError() | httpx.ReadTimeout() | httpx.WriteTimeout() | httpx.PoolTimeout():
            return too_late()
        case httpx.ConnectError() | httpx.ConnectTimeout():
            return LanguageModelError("The language model cannot be reached (RAG_LLM_URL).", code="llm_unreachable")
        case OversizeError():
            return LanguageModelError("The language model sent more than allowed.", code="llm_oversize")
        case httpx.TransportError():
            return LanguageModelError("The endpoint does not answer as HTTP servers do.", code="llm_bad_response")
        case _:
            return LanguageModelError(
                f"The language model could not be asked ({type(error).__name__}).", code="llm_error"
            )
