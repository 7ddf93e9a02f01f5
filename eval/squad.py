"""`python -m eval squad FILE`: a SQuAD-shaped file as a corpus, one document per paragraph; one JSON line.

Each question is asked without saying which paragraph it belongs to. An impossible question of SQuAD 2.0
is only known to be unanswerable from its own paragraph, so another one may rightly answer it.
Source of the data's form: Rajpurkar et al. (2016, 2018).
"""

from __future__ import annotations

import json
import os
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from eval.ask import Ask, Target, in_process
from eval.dataset import Question
from eval.errors import DatasetError
from eval.judge import Outcome, measure
from eval.metrics.places import Place, documents_found
from eval.metrics.ranking import DEPTH
from eval.scratch import ScratchText, document_name, limit_option, scratch_answerer, scratch_option, seed_option
from eval.summary import AUROC, CALIBRATION_ERROR, MEDIAN_MS, VERBATIM, Cell, Measure, mean_cell, summarise_row
from rag.settings import read_settings
from rag.types import Span
from rag.wire import AnswerWire

# What is reported of a summary row, and the two measures that count every answerable question here.
REPORTED = (
    "recall@1",
    "recall@5",
    "mrr@10",
    "ndcg@10",
    "contains",
    "exact",
    "f1",
    "refusal",
    "false_refusal",
    AUROC,
    CALIBRATION_ERROR,
    VERBATIM,
)
SHORT_ANSWER = {
    "exact": Measure(lambda o: o.answerable, lambda o: o.exact or 0.0, "answerable"),
    "f1": Measure(lambda o: o.answerable, lambda o: o.f1 or 0.0, "answerable"),
}


@dataclass(frozen=True, slots=True)
class Squad:
    """Paragraphs, and questions with the row of their paragraph."""

    paragraphs: tuple[ScratchText, ...]
    questions: tuple[tuple[Question, int], ...]


def load_squad(path: Path, articles: Sequence[str] = ()) -> Squad:
    """The file, or only the articles with these titles; a paragraph that comes twice is kept once.

    Raises: DatasetError.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))["data"]
        titles = {article["title"] for article in data}
        if missing := [title for title in articles if title not in titles]:
            raise DatasetError(f"{path.name} has no article {missing[0]!r}; it has {', '.join(sorted(titles)[:5])}, ….")
        chosen = [article for article in data if not articles or article["title"] in articles]
        rows: dict[ScratchText, int] = {}
        questions = []
        for article in chosen:
            for paragraph in article["paragraphs"]:
                text = ScratchText(article["title"].replace("_", " "), paragraph["context"])
                row = rows.setdefault(text, len(rows))
                questions += [(_question(qa, row), row) for qa in paragraph["qas"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{path.name} is not in SQuAD format: {error!r}.") from error
    return Squad(tuple(rows), tuple(questions))


def _question(qa: Mapping[str, Any], row: int) -> Question:
    impossible = qa.get("is_impossible", False)
    return Question(
        id=str(qa["id"]),
        text=qa["question"],
        kind="unanswerable" if impossible else "fact",
        group=document_name(row),
        split="test",
        answers=() if impossible else tuple(dict.fromkeys(answer["text"] for answer in qa["answers"])),
        every=False,
        gold=(),
        history=(),
        line=0,
    )


def with_top_k(ask: Ask, top_k: int) -> Ask:
    """`ask` that considers `top_k` passages."""

    def asking(request: Mapping[str, Any]) -> AnswerWire:
        return ask({**request, "top_k": top_k})

    return asking


def ask_squad(target: Target, squad: Squad) -> list[Outcome]:
    """One outcome per question; gold is the whole paragraph, and documents are ranked by their best passage."""
    outcomes = []
    with click.progressbar(squad.questions, label="Asking", file=sys.stderr) as bar:
        for question, row in bar:
            gold = (Place(document_name(row), Span(0, len(squad.paragraphs[row].text))),)
            outcomes.append(measure(target, question, gold if question.answerable else (), documents_found))
    return outcomes


def sample(squad: Squad, limit: int | None, seed: int) -> Squad:
    """At most `limit` questions at random, in their order; all paragraphs."""
    if limit is None or limit >= len(squad.questions):
        return squad
    rows = sorted(random.Random(seed).sample(range(len(squad.questions)), limit))
    return replace(squad, questions=tuple(squad.questions[row] for row in rows))


def squad_line(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The numbers of the JSON line, with the 95 % intervals (by paragraph) under one key."""
    cells: dict[str, Cell] = summarise_row(outcomes)
    cells |= {name: mean_cell(measure, outcomes) for name, measure in SHORT_ANSWER.items()}
    return {
        "n": len(outcomes),
        "answerable": sum(o.answerable for o in outcomes),
        "failed": sum(o.failed for o in outcomes),
        "short_answers": sum(o.exact is not None for o in outcomes),
        **{name: _rounded(cells[name].value) for name in REPORTED},
        "p50_ms": _rounded(cells[MEDIAN_MS].value),
        "interval_95": {name: [_rounded(cells[name].low), _rounded(cells[name].high)] for name in REPORTED},
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


@click.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@limit_option
@seed_option
@click.option("--articles", multiple=True, metavar="TITLE", help="Only this article, corpus and questions; repeatable.")
@click.option(
    "--top-k", type=click.IntRange(1, 50), default=DEPTH, show_default=True, help="Passages considered per question."
)
@scratch_option
def command(
    file: Path, limit_questions: int | None, seed: int, articles: tuple[str, ...], top_k: int, scratch: Path | None
) -> None:
    """Ask the questions of a SQuAD-shaped FILE; one JSON line."""
    squad = sample(load_squad(file, articles), limit_questions, seed)
    with scratch_answerer(squad.paragraphs, read_settings(os.environ), scratch) as answerer:
        target = in_process(answerer)
        outcomes = ask_squad(replace(target, ask=with_top_k(target.ask, top_k)), squad)
    line = {"file": file.name, "paragraphs": len(squad.paragraphs), "seed": seed, "top_k": top_k}
    click.echo(json.dumps(line | squad_line(outcomes), ensure_ascii=False))
