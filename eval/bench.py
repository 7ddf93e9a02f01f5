"""`python -m eval bench`: what an answer costs, as a multiple of embedding its question once.

Both are timed in the same process, in turns, so that a busy or slow machine moves both and hardly the ratio.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import click
import numpy as np

from eval.ask import in_process
from eval.dataset import CHINESE, as_request, load_questions
from eval.run import questions_option
from rag.answer import Answerer
from rag.build import open_answerer
from rag.settings import read_settings


@dataclass(frozen=True, slots=True)
class Timing:
    """Per question the median over the rounds, in milliseconds."""

    ask_ms: tuple[float, ...]
    embed_ms: tuple[float, ...]


def time_both(answerer: Answerer, requests: Sequence[dict[str, object]], rounds: int) -> Timing:
    """Times an answer and a bare embedding of each question, in turns, `rounds` times."""
    ask, embed = in_process(answerer).ask, answerer.retriever.embedder.encode
    asked: list[list[float]] = [[] for _ in requests]
    embedded: list[list[float]] = [[] for _ in requests]
    for _ in range(2):  # the first calls allocate and cache
        ask(requests[0])
        embed([str(requests[0]["question"])])
    with click.progressbar(range(rounds), label="Timing", file=sys.stderr) as bar:
        for _ in bar:
            for row, request in enumerate(requests):
                embedded[row].append(_ms(embed, [str(request["question"])]))
                asked[row].append(_ms(ask, request))
    return Timing(
        tuple(float(np.median(times)) for times in asked), tuple(float(np.median(times)) for times in embedded)
    )


def _ms(call: Callable[[Any], object], argument: object) -> float:
    started = perf_counter()
    call(argument)
    return (perf_counter() - started) * 1000


def bench_line(timing: Timing) -> dict[str, float]:
    """The numbers of the JSON line; `ratio` is the median over questions of answer / embedding."""
    (ask_p50, ask_p95), (embed_p50, embed_p95) = (
        (float(np.percentile(times, 50)), float(np.percentile(times, 95))) for times in (timing.ask_ms, timing.embed_ms)
    )
    ratios = np.asarray(timing.ask_ms) / np.asarray(timing.embed_ms)
    return {
        "n": len(timing.ask_ms),
        "ask_p50_ms": round(ask_p50, 2),
        "ask_p95_ms": round(ask_p95, 2),
        "embed_p50_ms": round(embed_p50, 2),
        "embed_p95_ms": round(embed_p95, 2),
        "ratio": round(float(np.median(ratios)), 2),
    }


@click.command()
@click.option(
    "--rounds", type=click.IntRange(1), default=5, show_default=True, help="Times that each question is asked."
)
@questions_option
def command(rounds: int, questions: Path) -> None:
    """Time an answer against one bare embedding."""
    answerer = open_answerer(read_settings(os.environ))
    # A question in Chinese is refused early: it would make the answers look faster.
    asked = [as_request(q) for q in load_questions(questions, "dev") if q.kind != CHINESE]
    line = bench_line(time_both(answerer, asked, rounds))
    click.echo(f"{'':<14}{'p50 ms':>9}{'p95 ms':>9}")
    click.echo(f"{'answer':<14}{line['ask_p50_ms']:>9.2f}{line['ask_p95_ms']:>9.2f}")
    click.echo(f"{'one embedding':<14}{line['embed_p50_ms']:>9.2f}{line['embed_p95_ms']:>9.2f}")
    click.echo(f"An answer costs {line['ratio']:.2f} embeddings of its question.\n")
    click.echo(json.dumps(line))
