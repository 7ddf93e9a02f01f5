"""`python -m eval support`: how well the check of a language model's sentences tells true ones from false ones.

Of two sources, over documents that reader and judge never saw (`training/sources.py` splits them): sentences as a
language model writes them, and sentences made by rule. With `--fit`, on the dev split alone, chooses the numbers in
rag/support.json by the former. Non-scope: making the sentences (`training/sentences.py`, `eval/claims.py`).
"""

from __future__ import annotations

import json
import os
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import numpy as np

from eval.claims import ELSEWHERE, FALSE_KINDS, TRUE_KINDS, Labelled, labelled
from eval.logistic import fitted
from eval.results import git_commit
from eval.scratch import ScratchText, document_name, scratch_answerer, scratch_option, seed_option
from rag.answer import Answerer
from rag.build import load_judge
from rag.linear import Linear
from rag.reader import Marks, Reader
from rag.settings import read_settings
from rag.support import FEATURES, JUDGED, Backing, SupportModel, Verifier, load_support_model
from rag.types import Evidence, Hit
from training.sentences import written
from training.sources import Paragraph, paragraphs_of

OUT = Path(__file__).parents[1] / "rag" / "support.json"
PER_KIND = 200  # the share of a kind is then known within ±3 %
# False sentences that may be shown, as the share of all: as many true ones are shown as that allows.
FALSE_SHOWN = 0.05
# What the written sentences weigh in the fit, against those made by rule. Of the true written ones of dev are shown,
# with the quotes chosen once for all: 0.40 with their share by count (0.29), 0.48 with 0.7, 0.50 with 0.85; but then
# two facts in each other's place are shown in 13 of 100 sentences made by rule instead of in 10.
WRITTEN_SHARE = 0.7
LOOSENESS = 1.0  # with 0.1, two of a hundred true sentences fewer are shown
PASSAGES = 8  # as many as a question brings
NEVER = 2.0  # as a threshold: every quote is judged
# Kinds of sentences that were written: true, and false in what follows.
WRITTEN = "written"
CHANGES = ("number", "name", "relation", "negation", "other")


@dataclass(frozen=True, slots=True)
class Judged:
    """One sentence and what was found for it."""

    claim: Labelled
    backing: Backing | None

    @property
    def right_place(self) -> bool:
        """Whether the quotes are of the document that the sentence is about."""
        own = document_name(self.claim.paragraph)
        return self.backing is not None and all(q.passage.document_id == own for q in self.backing.quotes)


class Remembering:
    """A reader that reads nothing twice: judging again with other weights is then quick."""

    def __init__(self, reader: Reader) -> None:
        self.id, self.judges_claims = reader.id, reader.judges_claims
        self._reader = reader
        self._read: dict[tuple[str, tuple[tuple[str, str], ...]], list[Marks]] = {}

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Marks]:
        key = (question, tuple(passages))
        if key not in self._read:
            self._read[key] = self._reader.read(question, passages)
        return self._read[key]


@click.command()
@click.option(
    "--data", type=click.Path(path_type=Path, exists=True, file_okay=False), required=True, help="Question sets."
)
@click.option(
    "--clapnq", type=click.Path(path_type=Path, exists=True, file_okay=False), help="Folder of ClapNQ: more sentences."
)
@click.option(
    "--split", type=click.Choice(["dev", "test"]), default="dev", show_default=True, help="Look at test once."
)
@click.option(
    "--per-kind", type=click.IntRange(1), default=PER_KIND, show_default=True, help="Made by rule, of a kind."
)
@click.option("--fit", "fitting", is_flag=True, help="Choose the numbers of rag/support.json on the dev split.")
@scratch_option
@seed_option
def command(
    data: Path, clapnq: Path | None, split: str, per_kind: int, fitting: bool, scratch: Path | None, seed: int
) -> None:
    """Share of true sentences shown and of false ones left out, by kind."""
    if fitting and split != "dev":
        raise click.UsageError("--fit looks at the dev split only.")
    paragraphs = list(paragraphs_of(data, split))
    claims = labelled(paragraphs, per_kind, seed)
    for sentence in written(data, clapnq, split):
        if sentence.paragraph not in paragraphs:  # of ClapNQ
            paragraphs.append(sentence.paragraph)
        kind = WRITTEN if sentence.true else f"{WRITTEN}: {sentence.changed}"
        row = paragraphs.index(sentence.paragraph)
        claims.append(Labelled(sentence.text, kind, sentence.true, row, sentence.quote.start))
    settings = read_settings(os.environ)
    texts = [ScratchText(p.title or p.article, p.text) for p in paragraphs]
    with scratch_answerer(texts, settings, scratch) as answerer:
        judge = Remembering(load_judge(settings))
        if fitting:
            model, judged = _fitted(claims, paragraphs, answerer, judge, seed)
        else:
            model = load_support_model()
            judged = _judge(claims, Verifier(answerer.retriever.embedder, judge, model), answerer, seed)
        result = table(judged, model.threshold)
        click.echo(f"{split}: threshold {model.threshold:.3f}\n{shown(result)}")
        if fitting:
            run = {
                "date": datetime.now(UTC).date().isoformat(), "commit": git_commit(),
                "embedder": answerer.models.embedder, "judge": judge.id, "dev": result,
            }  # fmt: skip
            stored = {"weights": model.model.weights, "bias": model.model.bias, "threshold": model.threshold}
            OUT.write_text(json.dumps(stored | {"run": run}, indent=1) + "\n", encoding="utf-8")


def _judge(claims: Sequence[Labelled], verifier: Verifier, answerer: Answerer, seed: int) -> list[Judged]:
    judged = []
    with click.progressbar(claims, label="Judging", file=sys.stderr) as bar:
        for claim in bar:
            evidence, cited = _evidence(claim, answerer, random.Random(f"{seed} {claim.kind} {claim.text}"))
            judged.append(Judged(claim, verifier.judged(claim.text, [cited], evidence, answerer.snapshot)))
    return judged


def _evidence(claim: Labelled, answerer: Answerer, chance: random.Random) -> tuple[Evidence, int]:
    """What a search for the sentence finds, its own passage among it, and the number of the passage that it cites."""
    rows = answerer.snapshot.rows_of(document_name(claim.paragraph))
    own = next(p for p in map(answerer.snapshot.passage, rows) if claim.place < p.span.end)
    found = [p for p in answerer.retriever.search(claim.text, PASSAGES).passages if p.id != own.id][: PASSAGES - 1]
    place = chance.randrange(len(found) + 1)
    passages = [*found[:place], own, *found[place:]]
    cited = place + 1
    if claim.kind == ELSEWHERE:
        cited = chance.choice([n for n in range(1, len(passages) + 1) if n != cited])
    hits = tuple(Hit(p.id, 1.0, None, None, None, None) for p in passages)
    return Evidence(tuple(passages), hits), cited


def _fitted(
    claims: Sequence[Labelled], paragraphs: Sequence[Paragraph], answerer: Answerer, judge: Reader, seed: int
) -> tuple[SupportModel, list[Judged]]:
    """The model, its threshold, and all sentences as judged by models that were fitted without their article: the
    threshold is chosen by these, so that it holds for both sources.

    Fitted twice: over the quotes most like each sentence, then over those that the first model takes, as the check
    does.
    """
    features = (*FEATURES, JUDGED)
    untrained = Verifier(answerer.retriever.embedder, judge, SupportModel(Linear({}, 0.0), NEVER))
    # What cites another passage is looked up there first, and would teach that true sentences are unlike their quotes.
    named = [claim for claim in claims if claim.kind != ELSEWHERE]
    first = _model(_judge(named, untrained, answerer, seed), features)
    rows = _judge(named, replace(untrained, model=SupportModel(first, NEVER)), answerer, seed)
    judged = []
    articles = [paragraph.article for paragraph in paragraphs]
    for article in dict.fromkeys(articles):
        model = _model([row for row in rows if articles[row.claim.paragraph] != article], features)
        held_out = [claim for claim in claims if articles[claim.paragraph] == article]
        judged += _judge(held_out, replace(untrained, model=SupportModel(model, NEVER)), answerer, seed)
    threshold = max(_least_shown([row for row in judged if _is_written(row.claim) is kind]) for kind in (True, False))
    return SupportModel(_model(rows, features), round(threshold + 0.0001, 4)), judged


def _least_shown(rows: Sequence[Judged]) -> float:
    """The probability above which no more than `FALSE_SHOWN` of the false ones are."""
    false = [row.backing.probability if row.backing else 0.0 for row in rows if not row.claim.true]
    return float(np.quantile(false, 1 - FALSE_SHOWN, method="higher"))


def _is_written(claim: Labelled) -> bool:
    return claim.kind.startswith(WRITTEN)


def _model(rows: Sequence[Judged], features: Sequence[str]) -> Linear:
    """As if of either source every other sentence were false."""
    backed = [(row.claim, row.backing.features) for row in rows if row.backing]
    true = np.array([claim.true for claim, _ in backed])
    written = np.array([_is_written(claim) for claim, _ in backed])
    values = np.array([[found[name] for name in features] for _, found in backed])
    weights = np.zeros(len(backed))
    for source, share in ((written, WRITTEN_SHARE), (~written, 1 - WRITTEN_SHARE)):
        for label in (true, ~true):
            alike = source & label
            weights[alike] = share / 2 / max(alike.mean(), 1 / len(backed))
    return fitted(values, true, weights, features, LOOSENESS)


def table(judged: Sequence[Judged], threshold: float) -> dict[str, dict[str, Any]]:
    """By kind, those made by rule last: how many sentences, the share shown, and of those shown the share quoted from
    their own document.

    "half are lies": the share of true ones among those shown of a model whose every other sentence is false.
    """
    result: dict[str, dict[str, Any]] = {}
    ours = [row for row in judged if _is_written(row.claim)]
    made = [row for row in judged if not _is_written(row.claim)]
    kinds = [(WRITTEN, *(f"{WRITTEN}: {changed}" for changed in CHANGES)), (*TRUE_KINDS, *FALSE_KINDS)]
    for rows, names, group in ((ours, kinds[0], "written"), (made, kinds[1], "by rule")):
        sorts = [(kind, [row for row in rows if row.claim.kind == kind]) for kind in names]
        if group == "by rule":
            sorts.append(("by rule, all true", [row for row in rows if row.claim.true]))
        sorts.append((f"{group}, all false", [row for row in rows if not row.claim.true]))
        for name, some in sorts:
            passed = [row for row in some if row.backing and row.backing.probability >= threshold]
            result[name] = {
                "sentences": len(some),
                "shown": round(len(passed) / len(some), 4) if some else None,
                "right_document": round(sum(r.right_place for r in passed) / len(passed), 4) if passed else None,
            }
        true = result[WRITTEN if group == "written" else "by rule, all true"]["shown"] or 0.0
        false = result[f"{group}, all false"]["shown"] or 0.0
        precision = round(true / (true + false), 4) if true + false else None
        result[f"{group}, half are lies"] = {"sentences": len(rows), "shown": precision, "right_document": None}
    return result


def shown(result: dict[str, dict[str, Any]]) -> str:
    """As a table of text."""
    lines = [f"{'kind':<24} {'n':>5} {'shown':>8} {'own document':>13}"]
    for kind, row in result.items():
        share, own = (f"{row[k]:.3f}" if row[k] is not None else "–" for k in ("shown", "right_document"))
        lines.append(f"{kind:<24} {row['sentences']:>5} {share:>8} {own:>13}")
    return "\n".join(lines)
