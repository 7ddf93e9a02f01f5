"""`python -m eval calibrate`: fits the confidence of answers and chooses the threshold of refusal.

A logistic regression (Platt 1999) over `rag.abstain.features`, once for answers with the reader and once without: on
the dev questions, on questions about texts that the reader never saw (real ones that their passage does not answer
among them), on questions about other things and on dev questions about a name that no document holds. The test split
is never read. Chinese questions are left out: they are refused by rule.
"""

from __future__ import annotations

import json
import os
import random
import re
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray

from eval.dataset import CHINESE, Question, load_questions
from eval.logistic import fitted, held_out
from eval.metrics.confidence import auroc, calibration_bins, calibration_error
from eval.metrics.wording import contains
from eval.results import git_commit
from eval.run import questions_option
from eval.scratch import scratch_answerer, scratch_option, seed_option
from eval.squad import load_squad, sample
from rag.abstain import WITH_READER, WITHOUT_READER, features
from rag.answer import Answerer
from rag.build import open_answerer
from rag.check import make_question
from rag.compose import choose
from rag.read import read
from rag.settings import NO_READER, Settings, read_settings

OUT = Path(__file__).parents[1] / "rag" / "calibration.json"
# Answerable dev questions that may be refused, as the share of all answerable ones.
FALSE_REFUSALS = 0.08
DISTRACTORS = 40  # enough to learn "about something else" without drowning the harder questions
ARTICLE_QUESTIONS = 1200  # of each file of held-out texts: all there are, because few of them are impossible
# Put in the place of a name, they make a question that the documents cannot answer.
STRANGERS = ("Lisbon", "Nairobi", "Osaka", "Vilnius", "Montevideo", "Leipzig", "Auckland", "Tashkent")
SWAPPED = 40
# What the impossible ones count among them: an answer is as sure as if every other question had none, as in SQuAD 2.0.
IMPOSSIBLE = 1 / 2
# Inverse strength of the regularisation: the rows are of few documents, and must say something about others.
LOOSENESS = 0.03
FOLDS = 10  # by group, so that no question is judged by its own paraphrase

# Where a question comes from.
DEV, FAR, STRANGER = "dev", "far", "stranger"
HELD_OUT = "held out: "  # and the name of the file


@dataclass(frozen=True, slots=True)
class Row:
    """One question, what was read for it, and whether the chosen sentences hold its answer."""

    source: str
    group: str
    answerable: bool
    values: dict[str, float]
    right: bool


@click.command()
@click.option(
    "--distractors",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=True,
    help="SQuAD-shaped file about other things; its questions are not answerable here.",
)
@click.option(
    "--articles",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    multiple=True,
    help="SQuAD-shaped file that the reader never saw, asked over its own paragraphs (`python -m training.sources`); "
    "repeatable.",
)
@seed_option
@questions_option
@scratch_option
@click.option("--out", type=click.Path(path_type=Path), default=OUT, show_default=False)
def command(
    distractors: Path, articles: tuple[Path, ...], seed: int, questions: Path, scratch: Path | None, out: Path
) -> None:
    """Fit the confidence of answers; writes rag/calibration.json."""
    settings = read_settings(os.environ)
    asked = _questions(questions, distractors, seed)
    stored = {}
    for name, chosen in (("with_reader", settings), ("without_reader", replace(settings, reader=NO_READER))):
        answerer = open_answerer(chosen)
        rows = [_row(answerer, source, question) for source, question in _watched(asked)]
        for path in articles:
            rows += _article_rows(path, chosen, seed, scratch)
        stored[name] = {**fit(rows, WITH_READER if answerer.reader else WITHOUT_READER)}
        stored[name]["run"] = {
            "date": datetime.now(UTC).date().isoformat(),
            "commit": git_commit(),
            "embedder": answerer.models.embedder,
            "reader": answerer.models.reader,
            "distractors": f"{DISTRACTORS} of {distractors.name}, seed {seed}",
            **stored[name]["run"],
        }
    out.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
    click.echo(json.dumps(stored, indent=1))


def _questions(path: Path, distractors: Path, seed: int) -> list[tuple[str, Question]]:
    """Those that are asked over the corpus, with their source."""
    dev = [q for q in load_questions(path, "dev") if q.kind != CHINESE]
    chance = random.Random(seed)
    far = chance.sample([q for q, _ in load_squad(distractors).questions], DISTRACTORS)
    far = [replace(q, id=f"far-{q.id}", group=f"far-{q.id}", kind="unanswerable", answers=()) for q in far]
    strangers = swapped(dev)
    strangers = chance.sample(strangers, min(SWAPPED, len(strangers)))
    return [(source, q) for source, qs in ((DEV, dev), (FAR, far), (STRANGER, strangers)) for q in qs]


def _watched(asked: Sequence[tuple[str, Question]]) -> Any:
    """`asked`, with a progress bar."""
    with click.progressbar(asked, label="Reading", file=sys.stderr) as bar:
        yield from bar


def _article_rows(path: Path, settings: Settings, seed: int, scratch: Path | None) -> list[Row]:
    """Questions about texts of their own."""
    source = HELD_OUT + path.stem
    squad = sample(load_squad(path), ARTICLE_QUESTIONS, seed)
    with scratch_answerer(squad.paragraphs, settings, scratch) as answerer:
        return [_row(answerer, source, question) for _, question in _watched([(source, q) for q, _ in squad.questions])]


def fit(rows: Sequence[Row], names: Sequence[str]) -> dict[str, Any]:
    """Weights, bias, threshold, and under `run` how the held-out probabilities did."""
    values = np.array([[row.values[name] for name in names] for row in rows])
    right = np.array([row.right for row in rows])
    groups = [f"{row.source}/{row.group}" for row in rows]
    weights = _weights(rows)
    probability = held_out(values, right, weights, groups, FOLDS, LOOSENESS)
    answerable = [p for p, row in zip(probability, rows, strict=True) if row.source == DEV and row.answerable]
    threshold = float(np.quantile(answerable, FALSE_REFUSALS))
    model = fitted(values, right, weights, names, LOOSENESS)
    return {
        "weights": model.weights,
        "bias": model.bias,
        "threshold": round(threshold, 4),
        "run": _quality(probability, rows, threshold),
    }


def _weights(rows: Sequence[Row]) -> NDArray[np.float64]:
    """Each file of held-out texts counts as much as all that is asked over the corpus."""
    counts = Counter((row.source, row.answerable) for row in rows)
    total = sum(count for (source, _), count in counts.items() if not source.startswith(HELD_OUT))

    def weight(row: Row) -> float:
        if not row.source.startswith(HELD_OUT):
            return 1.0
        both = counts[row.source, not row.answerable] > 0
        share = (1 - IMPOSSIBLE if row.answerable else IMPOSSIBLE) if both else 1.0
        return total * share / counts[row.source, row.answerable]

    return np.array([weight(row) for row in rows])


def swapped(questions: Sequence[Question]) -> list[Question]:
    """Each question that names somebody or something past its first word, about a stranger instead."""
    names = [(q, [w for w in re.findall(r"[^\W\d_][\w-]*", q.text)[1:] if w[0].isupper()]) for q in questions]
    return [
        replace(q, text=q.text.replace(named[-1], STRANGERS[number % len(STRANGERS)]), answers=())
        for number, (q, named) in enumerate(names)
        if named
    ]


def _row(answerer: Answerer, source: str, question: Question) -> Row:
    asked = make_question(question.text, history=question.history)
    query = answerer.retriever.query(answerer.resolve(asked))
    evidence = answerer.retriever.find(query, asked.top_k)
    reading = read(query, evidence, answerer.snapshot, answerer.reader)
    chosen = choose(reading, query.text)
    said = " ".join(s.span.of(answerer.snapshot.documents[s.passage.document_id].text) for s in chosen)
    right = contains(said, question.answers, question.every)
    return Row(source, question.group, bool(question.answers), features(reading), right)


def _quality(probability: NDArray[np.float64], rows: Sequence[Row], threshold: float) -> dict[str, Any]:
    """How the held-out probabilities did, by source of the question."""
    asked = list(zip(map(float, probability), rows, strict=True))
    answered_here = [(p, row) for p, row in asked if row.source == DEV and row.answerable]

    def quality(source: str) -> dict[str, Any]:
        found = [(p, row) for p, row in asked if row.source == source]
        refused = {
            answerable: [p < threshold for p, row in found if row.answerable is answerable]
            for answerable in (True, False)
        }
        stated, right = [p for p, _ in found], [row.right for _, row in found]
        compared = found if refused[True] else found + answered_here  # those that have no answer, with dev's that have
        return {
            "questions": len(found),
            "answerable": len(refused[True]),
            "false_refusals": _share(refused[True]),
            "refused": _share(refused[False]),
            "auroc_answerable": _rounded(auroc([p for p, _ in compared], [row.answerable for _, row in compared])),
            "auroc_right": _rounded(auroc(stated, right)),
            "calibration_error": _rounded(calibration_error(calibration_bins(stated, right))),
        }

    return {source: quality(source) for source in dict.fromkeys(row.source for row in rows)}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


def _share(flags: Sequence[bool]) -> float | None:
    return round(float(np.mean(flags)), 4) if flags else None
