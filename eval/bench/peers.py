"""`python -m eval bench peers`: hybrid search of other libraries over the same passages and questions, in turns (B3).

Every peer has the same embedding model, one thread and five passages to find, as its own documentation does it.
Each is installed into an environment of its own: hundreds of packages that nothing here needs, and that do not agree.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from eval.bench.peer import TOP_K
from eval.errors import EvalError

HOME = Path(__file__).parent
CONSTRAINTS = HOME.parents[1] / "constraints.txt"
TORCH = "torch"  # its pinned build, before anything asks for another
OURS = "event-rag"
REQUIREMENTS = {
    "txtai": ("txtai", "faiss-cpu", "sentence-transformers"),
    "langchain": (
        "langchain-classic",
        "langchain-community",
        "langchain-huggingface",
        "sentence-transformers",
        "faiss-cpu",
        "rank_bm25",
    ),
    "llama-index": (
        "llama-index-core",
        "llama-index-embeddings-huggingface",
        "llama-index-retrievers-bm25",
        "llama-index-vector-stores-faiss",
        "faiss-cpu",
    ),
    # Later ones have no embedder for sentence-transformers any more.
    "haystack": ("haystack-ai<3", "sentence-transformers"),
}

AskPeer = Callable[[str], tuple[float, list[int]]]


def install(folder: Path, name: str) -> Path | None:
    """The interpreter of a peer's environment in `folder`, made when it is not there; None when it cannot be."""
    python = folder / "bin" / "python"
    done = folder / "installed"
    if done.exists():
        return python
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    pinned = next(line for line in CONSTRAINTS.read_text().splitlines() if line.startswith(f"{TORCH}=="))
    for command in (
        [sys.executable, "-m", "venv", str(folder)],
        [*pip, pinned],
        [*pip, pinned, *REQUIREMENTS[name]],
    ):
        if subprocess.run(command, stdout=sys.stderr, check=False).returncode:
            print(f"{name} cannot be installed, see above; it is left out.", file=sys.stderr)
            return None
    done.touch()
    return python


@contextmanager
def started(name: str, python: Path, model: Path, passages: Sequence[str]) -> Iterator[AskPeer | None]:
    """A peer that has indexed `passages`; None where it cannot."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}
    command = [str(python), str(HOME / "peer.py"), name, str(model)]
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:

        def exchange(message: Any) -> Any:
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                process.stdin.write(json.dumps(message) + "\n")
                process.stdin.flush()
            except BrokenPipeError:
                return None
            line = process.stdout.readline()
            return json.loads(line) if line else None

        try:
            if exchange(list(passages)) is None:
                yield None
                return

            def ask(question: str) -> tuple[float, list[int]]:
                answer = exchange(question)
                if answer is None:
                    raise EvalError(f"{name} stopped in the middle; its message stands above.")
                milliseconds, rows = answer
                return float(milliseconds), list(rows)

            yield ask
        finally:
            process.terminate()


def compare(
    pythons: Mapping[str, Path],
    model: Path,
    passages: Sequence[str],
    questions: Sequence[tuple[str, frozenset[int]]],
    search: Callable[[str], list[int]],
) -> dict[str, dict[str, float]]:
    """Peer → p50 ms, share of questions with one of their rows among the first five, median of its time ÷ ours."""
    times: dict[str, list[float]] = {OURS: []}
    hits: dict[str, list[bool]] = {OURS: []}

    def ours(question: str) -> tuple[float, list[int]]:
        began = perf_counter()
        rows = search(question)
        return (perf_counter() - began) * 1000, rows

    with ExitStack() as stack:
        asked: dict[str, AskPeer] = {OURS: ours}
        for name, python in pythons.items():
            peer = stack.enter_context(started(name, python, model, passages))
            if peer is None:
                print(f"{name} could not be started; its message stands above.", file=sys.stderr)
            else:
                asked[name] = peer
        for ask in asked.values():
            ask(questions[0][0])  # the first call allocates
        for question, right in questions:
            for name, ask in asked.items():
                milliseconds, rows = ask(question)
                times.setdefault(name, []).append(milliseconds)
                hits.setdefault(name, []).append(not right.isdisjoint(rows[:TOP_K]))
    return {
        name: {
            "p50 ms": round(median(values), 2),
            "hit@5": round(sum(hits[name]) / len(values), 3),
            "B3 time / ours": round(median(t / o for t, o in zip(values, times[OURS], strict=True)), 2),
        }
        for name, values in times.items()
    }
