"""The gate: open, closed, and the questions that it names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from eval.__main__ import main
from eval.errors import ResultsError
from eval.gate import FLOORS, TOLERANCES, baseline_of, compare, floors, load_baseline, save_baseline
from eval.judge import FAILED, Outcome, Verdict
from eval.results import Results, save
from eval.summary import OVER

Make = Callable[..., Outcome]
MakeResults = Callable[..., Results]


def twenty(make: Make, *, refused: int = 0) -> list[Outcome]:
    """Twenty right outcomes, of which the first few are refused instead."""
    change = {"status": "not_found", "verdict": Verdict.REFUSED, "contains": False}
    return [make(n, **change if n <= refused else {}) for n in range(1, 21)]


def closing(results: Results, before: Results) -> list[str]:
    return [finding.text for finding in compare(results, baseline_of(before)) if finding.closes]


def test_the_same_results_leave_the_gate_open_and_say_nothing(results: MakeResults, outcome: Make) -> None:
    same = results(*twenty(outcome))
    assert compare(same, baseline_of(same)) == []


def test_a_fall_beyond_the_tolerance_closes_and_names_the_questions(results: MakeResults, outcome: Make) -> None:
    before, after = results(*twenty(outcome)), results(*twenty(outcome, refused=2))
    findings = [finding.text for finding in compare(after, baseline_of(before))]
    assert "contains 1.000 → 0.900 (-0.100, more than the 0.012 allowed)" in closing(after, before)
    assert "newly refused: q1 (fact), was right" in findings
    assert "newly refused: q2 (fact), was right" in findings


def test_false_refusals_close_when_they_rise_not_when_they_fall(results: MakeResults, outcome: Make) -> None:
    few, many = results(*twenty(outcome)), results(*twenty(outcome, refused=2))
    assert any(text.startswith("false_refusal 0.000 → 0.100 (-0.100") for text in closing(many, few))
    assert closing(few, many) == []
    improved = [finding.text for finding in compare(few, baseline_of(many))]
    assert "newly right: q1 (fact), was refused" in improved


def test_a_fall_within_the_tolerance_is_said_but_does_not_close(results: MakeResults, outcome: Make) -> None:
    before = results(*(outcome(n) for n in range(1, 201)))
    after = results(*(outcome(n, found=(0, 1) if n == 1 else (1,)) for n in range(1, 201)))
    findings = compare(after, baseline_of(before))
    assert [finding.text for finding in findings if finding.text.startswith("recall@1")] == [
        "recall@1 1.000 → 0.995 (-0.005)"
    ]
    assert not any(finding.closes for finding in findings)


def test_a_measure_that_vanishes_closes(results: MakeResults, outcome: Make) -> None:
    unanswerable = outcome(21, kind="unanswerable", answerable=False, verdict=Verdict.WRONG, found=(), gold=0)
    before, after = results(*twenty(outcome), unanswerable), results(*twenty(outcome))
    assert "refusal was 0.000 and is no longer defined" in closing(after, before)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"verbatim": 0}, "verbatim is 0.95, below the floor of 1"),
        ({"found": ()}, None),  # 19 of 20 is the floor
        ({"status": FAILED}, "1 failed: q1"),
    ],
)
def test_floors_hold_whatever_the_baseline_says(
    results: MakeResults, outcome: Make, change: dict[str, object], says: str | None
) -> None:
    low = results(outcome(1, **change), *twenty(outcome)[1:])
    assert [finding.text for finding in floors(low)] == ([says] if says else [])


def test_no_citation_at_all_is_below_the_floor(results: MakeResults, outcome: Make) -> None:
    silent = results(*(replace(o, citations=0, verbatim=0) for o in twenty(outcome)))
    assert [finding.text for finding in floors(silent)] == ["verbatim is None, below the floor of 1"]


def test_other_questions_or_another_split_cannot_be_compared(results: MakeResults) -> None:
    baseline = baseline_of(results())
    for changed in ({"split": "test"}, {"questions_sha256": "1" * 64}):
        with pytest.raises(ResultsError, match="gate --update"):
            compare(results(**changed), baseline)


def test_the_baseline_comes_back_from_disk(results: MakeResults, tmp_path: Path) -> None:
    save_baseline(baseline_of(results()), tmp_path / "baseline.json")
    assert load_baseline(tmp_path / "baseline.json") == baseline_of(results())
    with pytest.raises(ResultsError, match="gate --update"):
        load_baseline(tmp_path / "none.json")


def test_gated_measures_exist() -> None:
    assert TOLERANCES.keys() | FLOORS.keys() <= OVER.keys()


def test_the_command_updates_opens_and_closes(results: MakeResults, outcome: Make, tmp_path: Path) -> None:
    good, bad, baseline = tmp_path / "good.json", tmp_path / "bad.json", tmp_path / "baseline.json"
    save(results(*twenty(outcome)), good)
    save(results(*twenty(outcome, refused=2)), bad)

    def gate(*arguments: object) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["gate", "--baseline", str(baseline), *map(str, arguments)])
        return done.exit_code, done.output

    assert gate("--results", good)[0] == 2  # no baseline yet
    assert gate("--results", good, "--update") == (0, "The baseline is updated.\n")
    assert gate("--results", good) == (0, "The gate is open.\n")
    code, output = gate("--results", bad)
    assert code == 1
    assert "FAIL  contains 1.000" in output
    assert output.endswith("The gate is closed.\n")


def test_an_update_below_the_floors_is_refused(results: MakeResults, outcome: Make, tmp_path: Path) -> None:
    save(results(*(replace(o, verbatim=0) for o in twenty(outcome))), tmp_path / "r.json")
    arguments = ["gate", "--update", "--results", str(tmp_path / "r.json"), "--baseline", str(tmp_path / "b.json")]
    assert CliRunner().invoke(main, arguments).exit_code == 1
    assert not (tmp_path / "b.json").exists()
