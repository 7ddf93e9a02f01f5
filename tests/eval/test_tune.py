"""The sweeps run over whole articles and keep what they measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from eval.__main__ import main
from rag.chunk import ChunkParameters


def test_every_constant_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_MODEL", "word-hash")
    articles = [
        {
            "title": f"City {n}",
            "paragraphs": [
                {
                    "context": f"City{n} has a harbour. It cost {n} crowns.",
                    "qas": [
                        {
                            "id": f"q{n}",
                            "question": f"What did the harbour of City{n} cost?",
                            "answers": [{"text": f"{n} crowns", "answer_start": 0}],
                        }
                    ],
                }
            ],
        }
        for n in range(10, 14)
    ]
    file = tmp_path / "squad.json"
    file.write_text(json.dumps({"data": articles}))
    out = tmp_path / "tuning.json"
    result = CliRunner().invoke(main, ["tune", str(file), "--articles", "3", "--out", str(out)])
    assert result.exit_code == 0, result.output
    stored = json.loads(out.read_text())
    assert (stored["questions"], len(stored["articles"])) == (3, 3)
    assert str(ChunkParameters().limit) in stored["chunk_limit"]
    assert set(stored["dense_weight"]) == {str(step / 10) for step in range(11)}
    assert stored["dense_weight"]["0.0"]["recall@5"] == 1.0
    assert set(stored["reading"]) <= set(stored["shipped"]["reading"])


def test_what_ships_was_measured() -> None:
    stored = json.loads((Path(__file__).parents[2] / "eval" / "tuning.json").read_text())
    assert stored["shipped"]["chunk"] == {"limit": ChunkParameters().limit, "target": ChunkParameters().target}
