"""The printed table."""

from __future__ import annotations

from collections.abc import Callable

from eval.results import Results
from eval.table import format_table


def test_the_table_shows_n_value_and_interval_overall_and_by_kind(results: Callable[..., Results]) -> None:
    made = results()
    lines = format_table(made.summary, made.notes).split("\n")
    overall = next(line for line in lines if line.startswith("right"))
    assert overall.split()[:3] == ["right", "4", "0.500"]
    assert " – " in overall
    fact = next(line for line in lines if line.startswith("fact"))
    assert fact.split()[:3] == ["fact", "3", "0.33"]
    assert lines[-len(made.notes) :] == list(made.notes)
    assert max(len(line) for line in lines[: -len(made.notes)]) <= 160


def test_what_has_no_value_is_a_dash(results: Callable[..., Results]) -> None:
    exact = next(line for line in format_table(results().summary, ()).split("\n") if line.startswith("exact"))
    assert exact.split()[:4] == ["exact", "0", "–", "–"]
