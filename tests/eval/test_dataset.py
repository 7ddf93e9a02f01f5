"""Questions files: what is read, what is refused, where gold stands."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from eval.dataset import QUESTIONS, as_request, load_questions, resolve_gold
from eval.errors import DatasetError
from eval.metrics.places import Place
from rag.loaders.document import Read
from rag.loaders.folder import read_folder
from rag.types import Span, Turn

WriteQuestions = Callable[..., Path]
DOCUMENTS = {"harbour": "The harbour opened in 1911. It cost 2, 200 crowns.", "garden": "It has 40 trees. It has 40."}


def record(**changed: Any) -> dict[str, Any]:
    return {
        "id": "q1",
        "question": "Cost?",
        "kind": "fact",
        "group": "cost",
        "split": "dev",
        "answers": ["2,200"],
        "gold": ["It cost 2, 200 crowns."],
        "history": [],
    } | changed


def test_reads_every_field(questions_file: WriteQuestions) -> None:
    history = [{"role": "user", "content": "The harbour?"}]
    (question,) = load_questions(questions_file(record(history=history, all=True, kind="list")))
    assert (question.kind, question.every, question.answers) == ("list", True, ("2,200",))
    assert question.history == (Turn("user", "The harbour?"),)
    assert as_request(question) == {"question": "Cost?", "history": history}


def test_splits(questions_file: WriteQuestions) -> None:
    path = questions_file(record(), record(id="q2", split="test"))
    assert [q.id for q in load_questions(path, "test")] == ["q2"]
    assert [q.id for q in load_questions(path, "all")] == ["q1", "q2"]


def test_pending_questions_are_read_but_not_counted(questions_file: WriteQuestions) -> None:
    path = questions_file(record(), record(id="q2", pending=True))
    assert [q.id for q in load_questions(path)] == ["q1"]
    with pytest.raises(DatasetError, match="line 2: the id q1 is already used"):
        load_questions(questions_file(record(), record(pending=True)))
    with pytest.raises(DatasetError, match="pending is true or false"):
        load_questions(questions_file(record(pending="yes")))


def test_without_answers_is_unanswerable(questions_file: WriteQuestions) -> None:
    (question,) = load_questions(questions_file(record(answers=[], gold=[], kind="follow_up")))
    assert not question.answerable
    assert "history" not in as_request(question)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"kind": "riddle"}, "line 1: kind is one of fact"),
        ({"split": "train"}, "split is one of dev, test"),
        ({"question": " "}, "question must be a text"),
        ({"answers": "264"}, "answers must be a list"),
        ({"answers": []}, "either both given or both empty"),
        ({"gold": [3]}, "gold must be a list"),
        ({"all": "yes"}, "all is true or false"),
        ({"history": [{"role": "user"}]}, "history must be a list"),
        ({"answer": "264"}, "unknown key answer"),
    ],
)
def test_a_bad_field_is_named(questions_file: WriteQuestions, changed: dict[str, Any], message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        load_questions(questions_file(record(**changed)))


def test_bad_json_and_repeated_ids_name_their_line(tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text(json.dumps(record()) + "\n{nope\n", encoding="utf-8")
    with pytest.raises(DatasetError, match="line 2: not JSON"):
        load_questions(path)
    path.write_text(json.dumps(record()) + "\n\n" + json.dumps(record()) + "\n", encoding="utf-8")
    with pytest.raises(DatasetError, match="line 3: the id q1 is already used in line 1"):
        load_questions(path)


def test_a_missing_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="cannot be read"):
        load_questions(tmp_path / "none.jsonl")


def test_gold_is_found_in_its_document(questions_file: WriteQuestions) -> None:
    questions = load_questions(questions_file(record()))
    assert resolve_gold(questions, DOCUMENTS) == {"q1": (Place("harbour", Span(28, 50)),)}


@pytest.mark.parametrize(
    ("gold", "message"),
    [
        ("It cost 2,200 crowns.", "line 1, q1: .*found 0 times"),
        ("It has 40", "found 2 times"),
        ("opened in 1911", "the answer '2,200' stands in none of its gold quotes"),
    ],
)
def test_gold_that_cannot_be_used_is_named(questions_file: WriteQuestions, gold: str, message: str) -> None:
    questions = load_questions(questions_file(record(gold=[gold])))
    with pytest.raises(DatasetError, match=message):
        resolve_gold(questions, DOCUMENTS)


def test_the_questions_of_this_project_fit_its_corpus() -> None:
    corpus = Path(__file__).parents[2] / "corpus"
    read = (item.document for _, item in read_folder(corpus) if isinstance(item, Read))
    documents = {document.id: document.text for document in read}
    questions = load_questions(QUESTIONS)
    gold = resolve_gold(questions, documents)
    assert all(bool(gold[q.id]) == q.answerable for q in questions)
    groups = {(q.group, q.split) for q in questions}
    assert len(groups) == len({group for group, _ in groups}), "a group must not stand in two splits"
