"""The confidence is fitted on dev questions and distractors only, and says which run chose it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner

from eval.__main__ import main
from rag.abstain import WITHOUT_READER, Calibration
from rag.linear import Linear
from tests.eval.conftest import question_record


@pytest.mark.usefixtures("environment")
def test_fits_on_dev_and_distractors(questions_file: Callable[..., Path], tmp_path: Path) -> None:
    asked = [
        ("What did the harbour cost?", ["2, 200 crowns"], ["It cost 2, 200 crowns."]),
        ("When has the harbour opened?", ["1911"], ["The harbour opened in 1911."]),
        ("Who cut the ribbon?", ["Zdeněk Hřib"], ["Mayor Zdeněk Hřib cut the ribbon."]),
        ("How many apple trees has the garden?", ["40"], ["The garden has 40 apple trees."]),
        ("How many books lends the library?", ["9,000"], ["The library lends 9,000 books."]),
        ("When does the library closes?", ["Mondays"], ["It closes on Mondays."]),
    ]
    records = [
        question_record(n, question=q, answers=a, gold=g, group=f"dev{n % 12}") for n, (q, a, g) in enumerate(asked * 3)
    ]
    unanswerable = [
        question_record(
            100 + n, question=f"Who owns moon number {n}?", kind="unanswerable", answers=[], gold=[], group=f"moon{n}"
        )
        for n in range(8)
    ]
    # A question of the test split that would spoil the fit if it were read.
    test = question_record(200, split="test", group="test", answers=["crowns"], gold=["It cost 2, 200 crowns."])
    questions = questions_file(*records, *unanswerable, test)
    squad = {
        "data": [
            {
                "title": "T",
                "paragraphs": [
                    {
                        "context": "x",
                        "qas": [
                            {
                                "id": f"d{n}",
                                "question": f"Which quark has charge {n}?",
                                "is_impossible": True,
                                "answers": [],
                            }
                            for n in range(40)
                        ],
                    }
                ],
            }
        ]
    }
    distractors = tmp_path / "squad.json"
    distractors.write_text(json.dumps(squad))
    out = tmp_path / "calibration.json"
    articles = tmp_path / "articles.json"
    asked_articles = squad_of(
        [(f"The bell number {n} weighs {n} tonnes.", f"What weighs {n} tonnes?", f"bell number {n}") for n in range(12)]
    )
    articles.write_text(json.dumps(asked_articles))
    arguments = ["calibrate", "--distractors", str(distractors), "--questions", str(questions), "--out", str(out)]
    result = CliRunner().invoke(main, [*arguments, "--articles", str(articles)])
    assert result.exit_code == 0, result.output
    for name, stored in json.loads(out.read_text()).items():
        assert name in ("with_reader", "without_reader")
        assert list(stored["weights"]) == list(WITHOUT_READER), "no reader is set here"
        run = stored["run"]
        assert run["dev"]["questions"] == len(records) + len(unanswerable)
        assert run["dev"]["answerable"] == len(records)
        assert run["far"]["refused"] > 0.9
        assert run["far"]["auroc_answerable"] > 0.9
        held_out = run["held out: articles"]
        assert held_out == {**held_out, "questions": 12, "answerable": 12, "refused": None}
        assert 0 < stored["threshold"] < 1
        fitted = Calibration(Linear(stored["weights"], stored["bias"]), stored["threshold"])
        good = dict.fromkeys(WITHOUT_READER, 1.0) | {"name_elsewhere": 0.0, "name_unknown": 0.0, "type_lacking": 0.0}
        bad = dict.fromkeys(WITHOUT_READER, 0.0) | {"name_elsewhere": 1.0, "name_unknown": 1.0, "type_lacking": 1.0}
        assert fitted.probability(good) > fitted.probability(bad)


def squad_of(asked: Sequence[tuple[str, str, str]]) -> dict[str, object]:
    """A SQuAD-shaped file of (paragraph, question, answer)."""
    paragraphs = [
        {
            "context": text,
            "qas": [{"id": question, "question": question, "answers": [{"text": a, "answer_start": text.index(a)}]}],
        }
        for text, question, a in asked
    ]
    return {"data": [{"title": "T", "paragraphs": paragraphs}]}
