"""A summary as text for a terminal: all measures overall, then the main ones by kind."""

from __future__ import annotations

from collections.abc import Sequence

from eval.summary import MEDIAN_MS, OVER, OVERALL, Cell, Summary

# The columns by kind, with headings that fit one screen; the results file holds every measure of every kind.
BY_KIND = {
    "right": "right",
    "recall@1": "recall@1",
    "recall@5": "recall@5",
    "ndcg@10": "ndcg@10",
    "contains": "contains",
    "citation_precision": "cite prec.",
    "citation_recall": "cite recall",
    "refusal": "refusal",
    "false_refusal": "false ref.",
}


def format_number(name: str, value: float | None) -> str:
    """Three decimals for shares, one for milliseconds, a dash for nothing."""
    if value is None:
        return "–"
    return f"{value:.1f}" if name == MEDIAN_MS else f"{value:.3f}"


def format_interval(name: str, cell: Cell) -> str:
    if cell.low is None or cell.high is None:
        return "–"
    return f"{format_number(name, cell.low)} – {format_number(name, cell.high)}"


def format_table(summary: Summary, notes: Sequence[str]) -> str:
    """The whole table, as printed by `python -m eval run`."""
    lines = [f"{OVERALL:<20}{'n':>5}{'value':>9}   {'95 % interval':<18}over"]
    lines += [
        f"{name:<20}{cell.n:>5}{format_number(name, cell.value):>9}   {format_interval(name, cell):<18}{OVER[name]}"
        for name, cell in summary[OVERALL].items()
    ]
    lines += ["", f"{'by kind':<14}{'n':>4}  " + "".join(f"{heading:<15}" for heading in BY_KIND.values())]
    lines += [
        f"{kind:<14}{cells['right'].n:>4}  " + "".join(f"{_short(cells[name]):<15}" for name in BY_KIND)
        for kind, cells in summary.items()
        if kind != OVERALL
    ]
    return "\n".join([*(line.rstrip() for line in lines), "", *notes])


def _short(cell: Cell) -> str:
    if cell.value is None or cell.low is None or cell.high is None:
        return "–"
    return f"{cell.value:.2f} {cell.low:.2f}–{cell.high:.2f}"
