"""`python -m eval calibrate`: fits the confidence of answers and chooses the threshold of refusal.

A logistic regression (Platt 1999) over `rag.abstain.features`, on the dev questions and, so that it also
learns what lies outside the documents, on questions about other things and on dev questions about a name
that no document holds. The test split is never read. Chinese questions are left out: they are refused by rule.
"""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict

from eval.dataset import CHINESE, Question, load_questions
from eval.metrics.confidence import auroc, calibration_bins, calibration_error
from eval.metrics.wording import contains
from eval.results import git_commit
from eval.run import questions_option
from eval.scratch import seed_option
from eval.squad import load_squad
from rag.abstain import FEATURES, features
from rag.answer import Answerer
from rag.build import open_answerer
from rag.check import make_question
from rag.read import choose, read
from rag.settings import read_settings

OUT = Path(__file__).parents[1] / "rag" / "calibration.json"
# Answerable questions that may be refused, as the share of all answerable ones: a little below the
# 0.12 that is promised, because a handful of questions decides it.
FALSE_REFUSALS = 0.11
DISTRACTORS = 20  # enough to learn "about something else" without drowning the harder questions
# Put in the place of a name, they make a question that the documents cannot answer.
STRANGERS = ("Lisbon", "Nairobi", "Osaka", "Vilnius", "Montevideo", "Leipzig", "Auckland", "Tashkent")
SWAPPED = 20
FOLDS = 10  # by group, so that no question is judged by its own paraphrase
INVERSE_REGULARISATION = 10.0  # six features and some 145 questions need little


@click.command()
@click.option(
    "--distractors",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    required=True,
    help="SQuAD-shaped file about other things; its questions are not answerable here.",
)
@seed_option
@questions_option
@click.option("--out", type=click.Path(path_type=Path), default=OUT, show_default=False)
def command(distractors: Path, seed: int, questions: Path, out: Path) -> None:
    """Fit the confidence of answers; writes rag/calibration.json."""
    answerer = open_answerer(read_settings(os.environ))
    dev = [q for q in load_questions(questions, "dev") if q.kind != CHINESE]
    chance = random.Random(seed)
    others = chance.sample([q for q, _ in load_squad(distractors).questions], DISTRACTORS)
    rows = [_row(answerer, question) for question in dev]
    strangers = swapped(dev)
    others += chance.sample(strangers, min(SWAPPED, len(strangers)))
    rows += [(values, False) for values, _ in (_row(answerer, question) for question in others)]
    values = np.array([[row[name] for name in FEATURES] for row, _ in rows])
    right = np.array([held for _, held in rows])
    groups = [question.group for question in (*dev, *others)]
    model = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=10_000)
    held_out = cross_val_predict(model, values, right, groups=groups, cv=GroupKFold(FOLDS), method="predict_proba")[
        :, 1
    ]
    answerable = np.array([q.answerable for q in dev] + [False] * len(others))
    threshold = float(np.quantile(held_out[answerable], FALSE_REFUSALS))
    model.fit(values, right)
    calibration = {
        "weights": {name: round(float(w), 4) for name, w in zip(FEATURES, model.coef_[0], strict=True)},
        "bias": round(float(model.intercept_[0]), 4),
        "threshold": round(threshold, 4),
        "run": {
            "date": datetime.now(UTC).date().isoformat(),
            "commit": git_commit(),
            "embedder": answerer.models.embedder,
            "distractors": f"{DISTRACTORS} of {distractors.name}, seed {seed}",
            **_quality(held_out, right, answerable, len(dev), threshold),
        },
    }
    out.write_text(json.dumps(calibration, indent=1) + "\n", encoding="utf-8")
    click.echo(json.dumps(calibration, indent=1))


def swapped(questions: Sequence[Question]) -> list[Question]:
    """Each question that names somebody or something past its first word, about a stranger instead."""
    names = [(q, [w for w in re.findall(r"[^\W\d_][\w-]*", q.text)[1:] if w[0].isupper()]) for q in questions]
    return [
        replace(q, text=q.text.replace(named[-1], STRANGERS[number % len(STRANGERS)]), answers=())
        for number, (q, named) in enumerate(names)
        if named
    ]


def _row(answerer: Answerer, question: Question) -> tuple[dict[str, float], bool]:
    """Features of the reading, and whether the chosen sentences hold the answer."""
    asked = make_question(question.text, history=question.history)
    query = answerer.retriever.query(answerer.resolve(asked))
    evidence = answerer.retriever.find(query, asked.top_k)
    reading = read(query, evidence, answerer.snapshot)
    chosen = choose(reading)
    said = " ".join(s.span.of(answerer.snapshot.documents[s.passage.document_id].text) for s in chosen)
    return features(reading), contains(said, question.answers, question.every)


def _quality(
    probability: NDArray[np.float64],
    right: NDArray[np.bool_],
    answerable: NDArray[np.bool_],
    dev: int,
    threshold: float,
) -> dict[str, Any]:
    """How the held-out probabilities did; `near` = questions about the documents' topic that they
    do not answer, `far` = about other things."""
    stated = [float(p) for p in probability]
    refused = probability < threshold
    near, far = ~answerable[:dev], slice(dev, dev + DISTRACTORS)
    return {
        "questions": int(dev),
        "answerable": int(answerable.sum()),
        "false_refusals": _share(refused[answerable]),
        "near_refused": _share(refused[:dev][near]),
        "far_refused": _share(refused[far]),
        "swapped_refused": _share(refused[far.stop :]) if far.stop < len(refused) else None,
        "auroc_right": round(auroc(stated, right.tolist()) or 0.0, 4),
        "calibration_error": round(calibration_error(calibration_bins(stated, right.tolist())) or 0.0, 4),
    }


def _share(flags: NDArray[np.bool_]) -> float:
    return round(float(flags.mean()), 4)
