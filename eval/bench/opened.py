"""`python -m eval.bench.opened vectors FILE SHA256 QUESTIONS | index FOLDER`: what opening and searching cost a fresh
process; one JSON line. Run by `eval/bench/index.py`.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

from rag.dense import DenseSegment
from rag.hashed import read_verified
from rag.lexical import tokenize
from rag.snapshot import open_snapshot

TOP = 10
QUESTIONS = 200  # passages of the index that are asked for by their own words
DEPTH = 100  # candidates that a question takes from each search: `rag.retrieve.CANDIDATES`


def vectors(path: Path, sha256: str, questions: Path) -> dict[str, Any]:
    asked = np.load(questions)
    before, started = resident_mib(), perf_counter()
    content = read_verified(path, sha256)
    segment = DenseSegment.read(content) if isinstance(content, bytes) else DenseSegment.map(path)
    open_s = perf_counter() - started
    found = [_rows(segment.search(question, TOP)) for question in asked]
    p50_ms = _median_ms(lambda question: segment.search(question, TOP), asked)
    return {"open_s": open_s, "mib": resident_mib() - before, "p50_ms": p50_ms, "found": found}


def index(folder: Path) -> dict[str, Any]:
    before, started = resident_mib(), perf_counter()
    snapshot = open_snapshot(folder)
    dense, lexical = snapshot.dense, snapshot.lexical
    open_s = perf_counter() - started
    some = list(snapshot.documents)[:: max(1, len(snapshot.documents) // QUESTIONS)]
    passages = [snapshot.passage(snapshot.rows_of(name)[0]) for name in some]
    asked = [tokenize(passage.text)[:8] for passage in passages]
    at = [snapshot.sentence_vectors(passage)[0] for passage in passages]
    return {
        "passages": snapshot.info.passages,
        "open_s": open_s,
        "words_ms": _median_ms(lambda tokens: lexical.search(tokens, DEPTH), asked),
        "meaning_ms": _median_ms(lambda vector: dense.search(vector, DEPTH), at),
        "mib": resident_mib() - before,
    }


def _rows(found: Iterable[tuple[int, float]]) -> list[int]:
    return [row for row, _ in sorted(found, key=lambda pair: (-pair[1], pair[0]))]


def _median_ms(search: Callable[[Any], object], asked: Iterable[Any]) -> float:
    times = []
    for question in asked:
        started = perf_counter()
        search(question)
        times.append(1000 * (perf_counter() - started))
    return median(times)


def resident_mib() -> float:
    """Of this process, mapped pages that were touched included."""
    status = Path("/proc/self/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


def main(arguments: list[str]) -> None:
    kind, path, *rest = arguments
    measured = index(Path(path)) if kind == "index" else vectors(Path(path), rest[0], Path(rest[1]))
    print(json.dumps(measured))


if __name__ == "__main__":
    main(sys.argv[1:])
