"""The steps of an answer against the bare model computations inside it, in one process, question by question in turns.

A busy or slow machine moves all of them and hardly their ratios. Non-scope: HTTP (`eval/bench/service.py`).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from statistics import median
from time import perf_counter

import click

from rag.answer import Answerer
from rag.check import make_question
from rag.embed import Embedder
from rag.read import read

# What is timed for every question.
FORWARD, READER, SEARCH, ANSWER, REFERENCE = "embedding", "reader", "search", "answer", "sentence-transformers"
TOP_K = 8

Times = Mapping[str, Sequence[float]]


def time_answers(answerer: Answerer, reference: Embedder | None, questions: Sequence[str], rounds: int) -> Times:
    """Step → per question the median over `rounds`, milliseconds.

    The reader's step reads exactly the passages that the answer reads; it is left out where there is no reader.
    """
    steps = {
        step: [_one(answerer, reference, step, question) for question in questions]
        for step in (FORWARD, SEARCH, ANSWER, *([READER] * bool(answerer.reader)), *([REFERENCE] * bool(reference)))
    }
    found: dict[str, list[list[float]]] = {step: [[] for _ in questions] for step in steps}
    for calls in steps.values():
        calls[0]()  # the first call allocates
    with click.progressbar(range(rounds), label="Timing answers", file=sys.stderr) as bar:
        for _ in bar:
            for row in range(len(questions)):
                for step, calls in steps.items():
                    started = perf_counter()
                    calls[row]()
                    found[step][row].append((perf_counter() - started) * 1000)
    return {step: [median(times) for times in rows] for step, rows in found.items()}


def _one(answerer: Answerer, reference: Embedder | None, step: str, text: str) -> Callable[[], object]:
    """What is timed of one step for one question."""
    retriever, reader = answerer.retriever, answerer.reader
    asked = make_question(text, top_k=TOP_K)
    alone = answerer.resolve(asked)
    if step == FORWARD:
        return partial(retriever.embedder.encode_question, alone)
    if step == SEARCH:
        return partial(retriever.search, alone, TOP_K)
    if step == READER and reader:
        return partial(reader.read, alone, _passages_read(answerer, alone))
    if step == REFERENCE and reference:
        return partial(reference.encode_question, alone)
    return partial(answerer.answer, asked)


def _passages_read(answerer: Answerer, text: str) -> list[tuple[str, str]]:
    """(title, text) of what the reader is shown for a question."""
    query = answerer.retriever.query(text)
    evidence = answerer.retriever.find(query, TOP_K)
    documents = answerer.snapshot.documents
    count = read(query, evidence, answerer.snapshot, answerer.reader).passages_read
    return [(documents[p.document_id].metadata.title, p.text) for p in evidence.passages[:count]]


def ratios(times: Times) -> dict[str, float]:
    """Medians over questions: B1 and B2 of the definitions, and the whole answer against its model computations."""
    rows = range(len(times[ANSWER]))

    def ratio(above: Callable[[int], float], below: Callable[[int], float]) -> float:
        return round(median(above(i) / below(i) for i in rows), 3)

    found = {
        "B1 search / embedding": ratio(lambda i: times[SEARCH][i], lambda i: times[FORWARD][i]),
        "answer / (embedding + reader)": ratio(
            lambda i: times[ANSWER][i], lambda i: times[FORWARD][i] + (times[READER][i] if READER in times else 0)
        ),
    }
    if REFERENCE in times:
        found["B2 sentence-transformers / search"] = ratio(lambda i: times[REFERENCE][i], lambda i: times[SEARCH][i])
    return found
