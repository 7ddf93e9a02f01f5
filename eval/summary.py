"""Numbers over many questions: each with how many it is over and a 95 % interval.

Every measure says which questions it applies to; among those, a refused or failed one counts as missed.
Questions in Chinese form a row of their own and are in no other row: for them a refusal in words is the
present contract, and with an English corpus and encoder they would measure that contract, not quality.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from eval.dataset import CHINESE, KINDS
from eval.judge import POINTS, Outcome, Verdict
from eval.metrics import confidence, places, ranking
from eval.metrics.intervals import Statistic, bootstrap, mean_of, ratio_of, value_of
from rag.types import Status

OVERALL = "overall"


@dataclass(frozen=True, slots=True)
class Cell:
    """One number over `n` items; None where nothing applies or, for the interval, none is stated."""

    n: int
    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """The mean of `value` over the outcomes that it `applies` to."""

    applies: Callable[[Outcome], bool]
    value: Callable[[Outcome], float]
    over: str  # which questions, in words


def _answerable(outcome: Outcome) -> bool:
    return outcome.answerable


def _unanswerable(outcome: Outcome) -> bool:
    return not outcome.answerable


def _any(outcome: Outcome) -> bool:
    return True


def _ndcg(outcome: Outcome) -> float:
    return ranking.ndcg(*places.passage_gains(outcome.found, outcome.gold))


def _refused(outcome: Outcome) -> float:
    return float(outcome.status == Status.NOT_FOUND)


# In the order in which they are shown. 1 is best, but 0 for `false_refusal`; `score` runs from -1 to 1.
# What lies beyond the passages that the service considers (`top_k`, 8 by default) is not found at any rank.
MEASURES: dict[str, Measure] = {
    "right": Measure(_any, lambda o: float(o.verdict is Verdict.RIGHT), "all"),
    "recall@1": Measure(_answerable, lambda o: ranking.recall_at(o.found, o.gold, 1), "answerable"),
    "recall@5": Measure(_answerable, lambda o: ranking.recall_at(o.found, o.gold, 5), "answerable"),
    "mrr@10": Measure(_answerable, lambda o: ranking.reciprocal_rank(o.found), "answerable"),
    "ndcg@10": Measure(_answerable, _ndcg, "answerable"),
    "contains": Measure(_answerable, lambda o: float(o.contains), "answerable"),
    "exact": Measure(lambda o: o.exact is not None, lambda o: o.exact or 0.0, "with a short answer, no lists"),
    "f1": Measure(lambda o: o.f1 is not None, lambda o: o.f1 or 0.0, "with a short answer, no lists"),
    "citation_precision": Measure(_answerable, lambda o: o.citation_precision, "answerable"),
    "citation_recall": Measure(_answerable, lambda o: o.citation_recall, "answerable"),
    "refusal": Measure(_unanswerable, _refused, "unanswerable"),
    "false_refusal": Measure(_answerable, _refused, "answerable"),
    "score": Measure(_any, lambda o: POINTS[o.verdict], "all"),
}
# These are no means over questions.
VERBATIM = "verbatim"
AUROC = "auroc"
RISK_AREA = "risk_area"
CALIBRATION_ERROR = "calibration_error"
MEDIAN_MS = "median_ms"
OVER = {name: measure.over for name, measure in MEASURES.items()} | {
    VERBATIM: "citations",
    AUROC: "all: answerable against not",
    RISK_AREA: "all, a refusal is no right answer",
    CALIBRATION_ERROR: "answered",
    MEDIAN_MS: "all but failed",
}

Summary = Mapping[str, Mapping[str, Cell]]  # row → measure → cell


def summarise(outcomes: Sequence[Outcome]) -> dict[str, dict[str, Cell]]:
    """`overall` (all but Chinese), then each kind that is present."""
    rows = {OVERALL: [o for o in outcomes if not o.chinese]}
    rows |= {kind: [o for o in outcomes if o.kind == kind] for kind in KINDS}
    return {name: summarise_row(row) for name, row in rows.items() if row}


def summarise_row(outcomes: Sequence[Outcome]) -> dict[str, Cell]:
    """Every measure over one set of outcomes."""
    cells = {name: mean_cell(measure, outcomes) for name, measure in MEASURES.items()}
    cited = [o for o in outcomes if o.citations]
    verbatim = ratio_of([o.verbatim for o in cited], [o.citations for o in cited])
    answered = [o for o in outcomes if o.given]
    curve = confidence.risk_coverage([o.probability for o in outcomes], [not o.rightly_answered for o in outcomes])
    bins = confidence.calibration_bins([o.probability for o in answered], [o.rightly_answered for o in answered])
    auroc = confidence.auroc_of([o.probability for o in outcomes], [o.answerable for o in outcomes])
    times = [o.latency_ms for o in outcomes if not o.failed]
    return cells | {
        VERBATIM: _cell(sum(o.citations for o in cited), verbatim, cited),
        AUROC: _cell(len(outcomes), auroc, outcomes),
        RISK_AREA: Cell(len(outcomes), confidence.risk_area(curve)),
        CALIBRATION_ERROR: Cell(len(answered), confidence.calibration_error(bins)),
        MEDIAN_MS: Cell(len(times), statistics.median(times) if times else None),
    }


def mean_cell(measure: Measure, outcomes: Iterable[Outcome]) -> Cell:
    """The mean and its interval over the outcomes that the measure applies to."""
    counted = [o for o in outcomes if measure.applies(o)]
    return _cell(len(counted), mean_of([measure.value(o) for o in counted]), counted)


def _cell(n: int, statistic: Statistic, outcomes: Sequence[Outcome]) -> Cell:
    value = value_of(statistic, len(outcomes))
    interval = None if value is None else bootstrap(statistic, [o.group for o in outcomes])
    return Cell(n, value, *(interval or (None, None)))


def exclusions(outcomes: Sequence[Outcome]) -> list[str]:
    """What the overall row leaves out or counts in a way that a reader should know, in sentences."""
    chinese = [o for o in outcomes if o.kind == CHINESE]
    failures = sum(o.failed for o in outcomes)
    overall = [o for o in outcomes if not o.chinese]
    short = sum(o.exact is not None for o in overall)
    asked = sum(o.answerable for o in overall)
    lines = [
        f"{len(chinese)} of {len(outcomes)} questions are in Chinese and in no row but their own; "
        f"{sum(o.status == Status.NOT_FOUND for o in chinese)} were refused.",
        f"exact and f1 count the {short} of {asked} answerable questions that got a short answer and are no lists.",
        "Everything else counts a refused or failed question as missed.",
    ]
    return lines + ([f"No answer at all came to {failures} of {len(outcomes)} questions."] if failures else [])
