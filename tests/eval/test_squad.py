"""A SQuAD-shaped file through the real pipeline."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from eval.__main__ import main
from eval.errors import DatasetError
from eval.squad import load_squad, sample

HARBOUR = "The harbour opened in 1911. It cost 2, 200 crowns."
GARDEN = "The garden has 40 apple trees. Gardeners water them at dawn."


def qa(number: int, question: str, *answers: str) -> dict[str, Any]:
    found = [{"text": text, "answer_start": 0} for text in answers]
    return {"id": f"s{number}", "question": question, "is_impossible": not answers, "answers": found}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    data = [
        {
            "title": "Old_harbour",
            "paragraphs": [
                {
                    "context": HARBOUR,
                    "qas": [qa(1, "When has the harbour opened?", "1911"), qa(2, "Who built the harbour?")],
                },
                {"context": HARBOUR, "qas": [qa(3, "What did the harbour cost?", "2, 200 crowns", "2, 200 crowns")]},
            ],
        },
        {
            "title": "Garden",
            "paragraphs": [{"context": GARDEN, "qas": [qa(4, "How many apple trees?", "40", "40 trees")]}],
        },
    ]
    path = tmp_path / "squad.json"
    path.write_text(json.dumps({"version": "2.0", "data": data}), encoding="utf-8")
    return path


def test_a_paragraph_that_comes_twice_is_one_document(file: Path) -> None:
    squad = load_squad(file)
    assert [(p.title, p.text) for p in squad.paragraphs] == [("Old harbour", HARBOUR), ("Garden", GARDEN)]
    assert [(q.id, row, q.answers) for q, row in squad.questions] == [
        ("s1", 0, ("1911",)),
        ("s2", 0, ()),
        ("s3", 0, ("2, 200 crowns",)),
        ("s4", 1, ("40", "40 trees")),
    ]


def test_articles_choose_corpus_and_questions(file: Path) -> None:
    squad = load_squad(file, ["Garden"])
    assert len(squad.paragraphs) == 1
    assert [q.id for q, _ in squad.questions] == ["s4"]
    with pytest.raises(DatasetError, match="no article 'Moon'"):
        load_squad(file, ["Moon"])


def test_a_sample_is_seeded_and_keeps_the_corpus(file: Path) -> None:
    squad = load_squad(file)
    assert sample(squad, 2, seed=1) == sample(squad, 2, seed=1)
    assert len(sample(squad, 2, seed=1).questions) == 2
    assert sample(squad, 2, seed=1).paragraphs == squad.paragraphs
    assert sample(squad, 99, seed=1) is squad


def test_another_format_is_said(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"rows": []}', encoding="utf-8")
    with pytest.raises(DatasetError, match="not in SQuAD format"):
        load_squad(tmp_path / "x.json")


def test_the_command_prints_one_json_line(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_MODEL", "word-hash")
    done = CliRunner().invoke(main, ["squad", str(file), "--scratch", str(tmp_path / "scratch")])
    assert done.exit_code == 0, done.output
    line = json.loads(done.stdout)
    assert (line["file"], line["paragraphs"], line["n"], line["answerable"], line["failed"]) == (
        "squad.json",
        2,
        4,
        3,
        0,
    )
    assert line["recall@1"] == line["ndcg@10"] == line["mrr@10"] == 1.0
    assert line["verbatim"] in (None, 1.0)
    assert line["interval_95"]["recall@1"] == [1.0, 1.0]
    assert 0.0 <= line["auroc"] <= 1.0
