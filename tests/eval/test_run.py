"""The whole evaluation on the tiny corpus: table, file, and what stops it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from eval.__main__ import main
from eval.ask import Target
from eval.errors import AskError, EvalError
from eval.results import load
from eval.run import evaluate
from rag.wire import AnswerWire


@pytest.mark.usefixtures("environment")
def test_run_prints_a_table_and_stores_results(three_questions: Path, tmp_path: Path) -> None:
    out = tmp_path / "r.json"
    done = CliRunner().invoke(main, ["run", "--questions", str(three_questions), "--out", str(out)])
    assert done.exit_code == 0, done.output
    results = load(out)
    assert [line.id for line in results.lines] == ["q1", "q2", "q3"]
    assert results.summary["overall"]["recall@1"].value == 1.0
    assert results.summary["overall"]["verbatim"].value in (None, 1.0)
    for word in ("overall", "recall@5", "95 % interval", "unanswerable", results.snapshot):
        assert word in done.stdout
    assert str(tmp_path) not in out.read_text(encoding="utf-8")


@pytest.mark.usefixtures("environment")
def test_two_runs_differ_in_times_only(three_questions: Path, target: Target) -> None:
    one, two = (evaluate(target, three_questions, "all", None) for _ in range(2))
    assert one.lines == two.lines
    drop = {"median_ms"}
    assert [{k: v for k, v in cells.items() if k not in drop} for cells in one.summary.values()] == [
        {k: v for k, v in cells.items() if k not in drop} for cells in two.summary.values()
    ]


def test_an_empty_split_is_said(three_questions: Path, target: Target) -> None:
    with pytest.raises(EvalError, match="no question of the split test"):
        evaluate(target, three_questions, "test", None)


def test_nothing_answering_is_said_at_once(three_questions: Path) -> None:
    def fail(request: object) -> AnswerWire:
        raise AskError("HTTP 500")

    with pytest.raises(EvalError, match="Nothing answers: HTTP 500"):
        evaluate(Target(fail, {}), three_questions, "dev", None)


def test_a_missing_index_is_a_message_not_a_traceback(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, three_questions: Path
) -> None:
    monkeypatch.setenv("RAG_INDEX_DIR", str(tmp_path / "none"))
    monkeypatch.setenv("RAG_MODEL", "word-hash")
    done = CliRunner().invoke(main, ["run", "--questions", str(three_questions)])
    assert done.exit_code == 2
    assert "rag ingest" in done.stderr
