"""`python -m eval gate`: quality may not fall below the committed baseline, and never below the floors.

Names every question whose verdict changed, better or worse, so that a person can look at them.
Time is not gated: it says more about the machine than about the code (`eval/bench.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from eval.errors import ResultsError
from eval.judge import FAILED
from eval.results import FORMAT, Results, git_commit, load
from eval.run import evaluate, open_target, questions_option, split_option, token_option, url_option
from eval.summary import AUROC, OVERALL, VERBATIM

BASELINE = Path(__file__).parent / "baseline.json"

# measure: how far it may worsen. The system is deterministic; what remains is floating-point noise between
# machines, which can swap two near-equal passages or tip one question: about one question of a split.
TOLERANCES = {
    "right": 0.01,
    "recall@1": 0.02,
    "recall@5": 0.012,
    "mrr@10": 0.02,
    "ndcg@10": 0.02,
    "contains": 0.012,
    "citation_precision": 0.02,
    "citation_recall": 0.02,
    "refusal": 0.035,
    "false_refusal": 0.012,
    AUROC: 0.01,
    "score": 0.02,
}
LOWER_IS_BETTER = frozenset({"false_refusal"})
# What must hold whatever the baseline says: a quote is a quote, and the reader can only answer from what
# the search brings.
FLOORS = {VERBATIM: 1.0, "recall@5": 0.95}


@dataclass(frozen=True, slots=True)
class Baseline:
    split: str
    questions_sha256: str
    measures: Mapping[str, float]  # overall
    verdicts: Mapping[str, str]  # question id → right | wrong | refused


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the gate's report; `closes` the gate or only informs."""

    text: str
    closes: bool


def baseline_of(results: Results) -> Baseline:
    overall = results.summary[OVERALL]
    return Baseline(
        split=results.split,
        questions_sha256=results.questions_sha256,
        measures={name: round(v, 4) for name in TOLERANCES if (v := overall[name].value) is not None},
        verdicts={line.id: line.verdict.value for line in results.lines},
    )


def load_baseline(path: Path) -> Baseline:
    """Raises: ResultsError."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if record.pop("format") != FORMAT:
            raise ResultsError(f"{path.name} has another format; run `python -m eval gate --update`.")
        return Baseline(**record)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ResultsError(f"{path.name} cannot be read: {error}. Run `python -m eval gate --update`.") from error


def save_baseline(baseline: Baseline, path: Path) -> None:
    record = {
        "format": FORMAT,
        "split": baseline.split,
        "questions_sha256": baseline.questions_sha256,
        "measures": dict(baseline.measures),
        "verdicts": dict(baseline.verdicts),
    }
    path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8", newline="\n")


def compare(results: Results, baseline: Baseline) -> list[Finding]:
    """What differs from the baseline. Raises: ResultsError where the two are not about the same questions."""
    if (results.split, results.questions_sha256) != (baseline.split, baseline.questions_sha256):
        raise ResultsError(
            "The baseline was made with other questions or another split; look at the new numbers and then run "
            "`python -m eval gate --update`."
        )
    return [*_measures(results, baseline), *floors(results), *_changes(results, baseline)]


def _measures(results: Results, baseline: Baseline) -> list[Finding]:
    findings = []
    for name, tolerance in TOLERANCES.items():
        before, now = baseline.measures.get(name), results.summary[OVERALL][name].value
        if before is None:
            continue
        if now is None:
            findings.append(Finding(f"{name} was {before:.3f} and is no longer defined", closes=True))
            continue
        better = (before - now) if name in LOWER_IS_BETTER else (now - before)
        fell = better < -tolerance - 1e-9  # the baseline is rounded, so equality is a pass
        if fell or abs(better) > 5e-5:
            limit = f", more than the {tolerance:g} allowed" if fell else ""
            findings.append(Finding(f"{name} {before:.3f} → {now:.3f} ({better:+.3f}{limit})", closes=fell))
    return findings


def floors(results: Results) -> list[Finding]:
    """Which absolute floors do not hold. A measure without any value is below its floor."""
    overall = results.summary[OVERALL]
    low = [
        Finding(f"{name} is {overall[name].value}, below the floor of {floor:g}", closes=True)
        for name, floor in FLOORS.items()
        if (overall[name].value or 0.0) < floor
    ]
    failures = [line.id for line in results.lines if line.status == FAILED]
    return low + ([Finding(f"{len(failures)} failed: {' '.join(failures)}", closes=True)] if failures else [])


def _changes(results: Results, baseline: Baseline) -> list[Finding]:
    """The questions that are newly right, wrong or refused. They inform; the measures decide."""
    return [
        Finding(f"newly {line.verdict.value}: {line.id} ({line.kind}), was {before}", closes=False)
        for line in results.lines
        if (before := baseline.verdicts.get(line.id, "not asked")) != line.verdict
    ]


@click.command()
@click.option(
    "--results", "file", type=click.Path(path_type=Path), help="Compare this results file instead of running."
)
@click.option(
    "--baseline", "path", type=click.Path(path_type=Path), default=BASELINE, help="Instead of eval/baseline.json."
)
@click.option("--update", is_flag=True, help="Make the present numbers the baseline.")
@split_option
@url_option
@token_option
@questions_option
@click.pass_context
def command(
    ctx: click.Context,
    file: Path | None,
    path: Path,
    update: bool,
    split: str,
    url: str | None,
    token: str,
    questions: Path,
) -> None:
    """Exit 0 where quality holds, 1 where it fell, 2 where it cannot be compared."""
    if file:
        results = load(file)
    else:
        with open_target(url, token) as target:
            results = evaluate(target, questions, split, commit=None if url else git_commit())
    findings = floors(results) if update else compare(results, load_baseline(path))
    for finding in findings:
        click.echo(("FAIL  " if finding.closes else "      ") + finding.text)
    if any(finding.closes for finding in findings):
        click.echo("The gate is closed.")
        ctx.exit(1)
    if update:
        save_baseline(baseline_of(results), path)
    click.echo("The baseline is updated." if update else "The gate is open.")
