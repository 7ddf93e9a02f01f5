"""`rag serve` as a process of its own: cold start, memory (B10), and POST /ask from 1 to 32 clients at once (B7, B8).

Only loopback, and every loop is bounded in count and time.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from time import monotonic, perf_counter

import httpx
import numpy as np

CLIENTS = (1, 8, 32)
PATIENCE_S = 60.0
STARTS = 5  # one alone took 1.39 and 1.75 CPU seconds where the median of five was 1.30


@contextmanager
def served(index: Path, corpus: Path, further: Mapping[str, str] | None = None) -> Iterator[tuple[str, int]]:
    """(URL, process id) of a server on any free port, with `further` settings; stopped at the end."""
    command = [sys.executable, "-m", "server"]
    environment = {**os.environ, "RAG_PORT": "0", "RAG_INDEX_DIR": str(index), "RAG_CORPUS_DIR": str(corpus)}
    # All clients may wait: that is what is measured.
    environment |= {"RAG_QUEUE": str(4 * max(CLIENTS)), "RAG_QUEUE_WAIT_S": str(int(PATIENCE_S)), **(further or {})}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            found = re.search(r"http://\S+", line)
            if not found:
                raise RuntimeError(f"The server did not start: {line or process.wait(PATIENCE_S)}")
            yield found[0], process.pid
        finally:
            process.terminate()
            process.wait(PATIENCE_S)


def service(index: Path, corpus: Path, questions: Sequence[str], requests: int) -> dict[str, float]:
    """CPU seconds until the first answer, MiB resident, rates and latencies; `requests` per number of clients."""
    found: dict[str, float] = {"B10 CPU s to the first answer": round(median(_starts(index, corpus, questions[0])), 2)}
    with served(index, corpus) as (url, process), httpx.Client(base_url=url, timeout=PATIENCE_S) as client:
        until_ready(client)
        _ask(client, questions[0])
        found["B10 MiB after the first answer"] = round(_resident_mib(process), 1)
        for clients in CLIENTS:
            times, wall = _load(url, questions, clients, requests)
            found[f"requests/s at {clients}"] = round(len(times) / wall, 2)
            found[f"p50 ms at {clients}"] = round(float(np.percentile(times, 50)), 1)
            found[f"p99 ms at {clients}"] = round(float(np.percentile(times, 99)), 1)
        found["B10 MiB after the load"] = round(_resident_mib(process), 1)
    most = max(CLIENTS)
    found["B7 requests/s at 32 / at 1"] = round(found[f"requests/s at {most}"] / found["requests/s at 1"], 3)
    found["B8 p99 / p50 at 32"] = round(found[f"p99 ms at {most}"] / found[f"p50 ms at {most}"], 3)
    return found


def _starts(index: Path, corpus: Path, question: str) -> Iterator[float]:
    """CPU seconds until the first answer of `STARTS` servers, one after the other."""
    for _ in range(STARTS):
        with served(index, corpus) as (url, process), httpx.Client(base_url=url, timeout=PATIENCE_S) as client:
            until_ready(client)
            _ask(client, question)
            yield _cpu_s(process)


def until_ready(client: httpx.Client) -> None:
    end = monotonic() + PATIENCE_S
    while client.get("/readyz").status_code != 200:
        if monotonic() > end:
            raise RuntimeError("The server did not become ready.")
        threading.Event().wait(0.05)


def _ask(client: httpx.Client, question: str) -> None:
    client.post("/ask", json={"question": question}).raise_for_status()


def _load(url: str, questions: Sequence[str], clients: int, requests: int) -> tuple[list[float], float]:
    """Milliseconds of each request, and the seconds of all."""
    limits = httpx.Limits(max_connections=clients, max_keepalive_connections=clients)
    with httpx.Client(base_url=url, timeout=PATIENCE_S, limits=limits) as client, ThreadPoolExecutor(clients) as pool:

        def timed(question: str) -> float:
            started = perf_counter()
            _ask(client, question)
            return (perf_counter() - started) * 1000

        started = perf_counter()
        times = list(pool.map(timed, islice(cycle(questions), requests)))
        return times, perf_counter() - started


def _cpu_s(process: int) -> float:
    """User and system time so far. Source: proc(5), fields 14 and 15 of stat."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def busy_s(process: int) -> float:
    """What its threads have computed so far. Source: sched-stats of the kernel, field 1 of schedstat."""
    return _scheduled_s(process, 0)


def waited_s(process: int) -> float:
    """How long its threads could have run and had no core. Source: the same, field 2."""
    return _scheduled_s(process, 1)


def _scheduled_s(process: int, field: int) -> float:
    paths = Path(f"/proc/{process}/task").glob("*/schedstat")
    return sum(int(path.read_text().split()[field]) for path in paths) / 1e9


def _resident_mib(process: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    return int(found[1]) / 1024 if found else float("nan")
