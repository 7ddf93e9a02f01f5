"""MTRAG's follow-ups in five forms: reading the set, and what the forms are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from eval.__main__ import main
from eval.dialogue import FollowUp, compared, load_dialogues
from eval.errors import DatasetError
from rag.types import Turn

BEFORE = [{"speaker": "user", "text": "Who keeps the lamp?"}, {"speaker": "agent", "text": "Ada does."}]


def task(name: str, *said: dict[str, str], judged: list[int]) -> dict[str, Any]:
    return {
        "task_id": name,
        "input": list(said),
        "contexts": [{"document_id": "garden"}, {"document_id": "lamp"}],
        "annotations": {"context_relevance": {"system": judged}} if judged else {},
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    asked = {"speaker": "user", "text": "And the garden?"}
    stored = {
        "documents": [
            {"document_id": "lamp", "title": "Lamp", "text": "Ada keeps the lamp of the lighthouse."},
            {"document_id": "garden", "text": "The garden is kept by Noor."},
        ],
        "tasks": [
            task("a::2", *BEFORE, asked, judged=[0]),
            task("b::1", asked, judged=[0]),  # nothing before it
            task("c::2", *BEFORE, asked, judged=[]),  # no passage answers it
            task("d::2", *BEFORE, asked, judged=[0]),  # nobody put it so that it stands alone
        ],
    }
    (tmp_path / "mtrag_human_evaluated.json").write_text(json.dumps(stored), encoding="utf-8")
    rewritten = tmp_path / "mtrag_retrieval_tasks" / "any"
    rewritten.mkdir(parents=True)
    lines = [{"_id": f"{name}::{turn}", "text": "|user|: Who keeps the garden?"} for name, turn in (("a", 2), ("c", 2))]
    (rewritten / "any_rewrite.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return tmp_path


def test_only_judged_follow_ups_are_taken(folder: Path) -> None:
    texts, questions = load_dialogues(folder)
    assert [(text.title, text.text[:10]) for text in texts] == [("Lamp", "Ada keeps "), ("", "The garden")]
    history = (Turn("user", "Who keeps the lamp?"), Turn("assistant", "Ada does."))
    assert questions == [FollowUp("And the garden?", history, "Who keeps the garden?", frozenset({1}))]
    assert questions[0].forms() == {
        "asked": "And the garden?",
        "understood": "And the garden? (keeps lamp)",
        "after_one": "Who keeps the lamp? And the garden?",
        "after_all": "Who keeps the lamp? And the garden?",
        "rewritten": "Who keeps the garden?",
    }


def test_gains_are_those_over_the_question_as_asked() -> None:
    def row(asked: float, other: float) -> dict[str, dict[str, float]]:
        return {form: {"ndcg@10": value, "recall@5": value} for form, value in (("asked", asked), ("other", other))}

    found = compared([row(0.5, 1.0), row(0.0, 0.5)] * 5)
    assert found["asked"]["ndcg@10"] == 0.25
    assert found["other"]["recall@5"] == 0.75
    assert found["other"]["ndcg@10 gained, interval_95"] == [0.5, 0.5]
    assert found["asked"]["ndcg@10 gained, interval_95"] == [0.0, 0.0]


def test_the_command_prints_one_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_MODEL", "word-hash")
    monkeypatch.setenv("RAG_READER", "off")
    printed = json.loads(CliRunner().invoke(main, ["dialogue", str(folder)], catch_exceptions=False).stdout)
    assert (printed["passages"], printed["n"], printed["understood_otherwise"]) == (2, 1, 1)
    assert printed["rewritten"]["recall@5"] == 1.0


def test_another_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="does not hold MTRAG"):
        load_dialogues(tmp_path)
