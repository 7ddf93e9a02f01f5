"""The benchmark: what its line says, and that the command runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from eval.__main__ import main
from eval.bench import Timing, bench_line


def test_the_ratio_is_the_median_over_questions() -> None:
    line = bench_line(Timing(ask_ms=(10.0, 30.0, 20.0), embed_ms=(10.0, 10.0, 10.0)))
    assert (line["n"], line["ask_p50_ms"], line["embed_p50_ms"], line["ratio"]) == (3, 20.0, 10.0, 2.0)
    assert line["ask_p95_ms"] == pytest.approx(29.0)


@pytest.mark.usefixtures("environment")
def test_the_command_prints_a_table_and_one_json_line(three_questions: Path) -> None:
    done = CliRunner().invoke(main, ["bench", "--rounds", "1", "--questions", str(three_questions)])
    assert done.exit_code == 0, done.output
    line = json.loads(done.stdout.strip().split("\n")[-1])
    assert line["n"] == 3
    assert line["ratio"] > 0
