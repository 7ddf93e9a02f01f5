"""Means over outcomes whose values a reader can count, and what is left out of which row."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from eval.judge import FAILED, Outcome, Verdict
from eval.summary import MEASURES, OVER, OVERALL, exclusions, summarise, summarise_row

Make = Callable[..., Outcome]


def refused(make: Make, number: int, **changed: object) -> Outcome:
    silent = {"contains": False, "citations": 0, "verbatim": 0, "citation_precision": 0.0, "citation_recall": 0.0}
    return make(number, **{"status": "not_found", "verdict": Verdict.REFUSED} | silent | changed)


def test_every_cell_of_a_small_row(outcome: Make) -> None:
    row = summarise_row(
        [
            outcome(1, probability=0.9, found=(0, 1), exact=1.0, f1=1.0),
            outcome(
                2, probability=0.6, verdict=Verdict.WRONG, contains=False, exact=0.0, f1=0.5, citations=3, verbatim=2
            ),
            refused(outcome, 3, probability=0.3),
            refused(outcome, 4, probability=0.4, answerable=False, verdict=Verdict.RIGHT, found=(), gold=0),
        ]
    )
    values = {name: (cell.n, cell.value) for name, cell in row.items()}
    assert values == {
        "right": (4, 0.5),
        "recall@1": (3, pytest.approx(2 / 3)),
        "recall@5": (3, 1.0),
        "mrr@10": (3, pytest.approx((0.5 + 1 + 1) / 3)),
        "ndcg@10": (3, pytest.approx((0.6309 + 1 + 1) / 3, abs=1e-4)),
        "contains": (3, pytest.approx(1 / 3)),
        "exact": (2, 0.5),
        "f1": (2, 0.75),
        "citation_precision": (3, pytest.approx(2 / 3)),
        "citation_recall": (3, pytest.approx(2 / 3)),
        "refusal": (1, 1.0),
        "false_refusal": (3, pytest.approx(1 / 3)),
        "score": (4, pytest.approx((1 - 1 + 0 + 1) / 4)),
        "verbatim": (4, 0.75),  # 3 of 4 citations
        "auroc": (4, pytest.approx(2 / 3)),  # .9 and .6 beat the unanswerable's .4, .3 does not
        "risk_area": (4, pytest.approx((0 + 1 / 2 + 2 / 3 + 3 / 4) / 4)),
        "calibration_error": (2, pytest.approx((0.1 + 0.6) / 2)),
        "median_ms": (4, 10.0),
    }
    assert list(row) == list(OVER)


def test_chinese_questions_are_in_their_own_row_only(outcome: Make) -> None:
    outcomes = [outcome(1), refused(outcome, 2, kind="chinese"), outcome(3, kind="typo")]
    summary = summarise(outcomes)
    assert list(summary) == [OVERALL, "fact", "typo", "chinese"]
    assert (summary[OVERALL]["right"].n, summary[OVERALL]["right"].value) == (2, 1.0)
    assert summary["chinese"]["false_refusal"].value == 1.0
    assert exclusions(outcomes)[0].startswith("1 of 3 questions are in Chinese")


def test_failed_questions_count_as_missed_and_are_said(outcome: Make) -> None:
    failed = outcome(
        2, status=FAILED, verdict=Verdict.WRONG, contains=False, found=(), citations=0, verbatim=0, latency_ms=0.0
    )
    row = summarise_row([outcome(1), failed])
    assert (row["contains"].value, row["recall@5"].value, row["score"].value) == (0.5, 0.5, 0.0)
    assert row["false_refusal"].value == 0.0
    assert (row["median_ms"].n, row["median_ms"].value) == (1, 10.0)
    assert "No answer at all came to 1 of 2 questions." in exclusions([outcome(1), failed])[-1]


def test_a_measure_that_applies_to_nothing_has_no_value(outcome: Make) -> None:
    row = summarise_row([refused(outcome, 1, answerable=False, kind="unanswerable", found=(), gold=0)])
    assert (row["contains"].n, row["contains"].value, row["contains"].low) == (0, None, None)
    assert (row["auroc"].value, row["verbatim"].value) == (None, None)


def test_intervals_hold_their_value(outcome: Make) -> None:
    row = summarise_row([outcome(n, verdict=Verdict.RIGHT if n % 3 else Verdict.WRONG) for n in range(1, 31)])
    cell = row["right"]
    assert cell.low is not None
    assert cell.high is not None
    assert cell.value is not None
    assert 0.4 < cell.low < cell.value < cell.high < 0.9


def test_every_measure_says_what_it_is_over() -> None:
    assert MEASURES.keys() <= OVER.keys()
