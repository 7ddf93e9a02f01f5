import json
from pathlib import Path

import pytest

from eval.squad import load_squad
from training.sources import SOURCES, SQUAD, main, paragraphs_of, read_source, split_articles, splits


def write(data: Path, source: str, titles: list[str], start: int = 0) -> None:
    qa = {"id": "q", "question": " Who? ", "is_impossible": False, "answers": [{"text": "Ann", "answer_start": start}]}
    no = {"id": "n", "question": "Why?", "is_impossible": True, "answers": []}
    content = [{"title": t, "paragraphs": [{"context": "Ann did.", "qas": [qa, no]}]} for t in titles]
    (data / f"{source}.json").write_text(json.dumps({"data": content}))


def test_a_split_is_by_document_disjoint_and_repeatable():
    titles = [f"t{i}" for i in range(20)]
    split = split_articles([*titles, "t3"], 3, seed=1)
    assert split == split_articles(titles[::-1], 3, seed=1)
    assert len(split["dev"]) == len(split["test"]) == 3
    assert sorted(split["dev"] + split["test"] + split["train"]) == sorted(titles)
    assert split != split_articles(titles, 3, seed=2)


def test_no_held_out_article_is_trained_on(tmp_path: Path):
    for source in SOURCES:
        write(tmp_path, source, [f"{source}_{i}" for i in range(15)])
    parts = {part: {p.article for p in paragraphs_of(tmp_path, part, 0)} for part in ("train", "dev", "test")}
    assert not parts["train"] & (parts["dev"] | parts["test"])
    assert not parts["dev"] & parts["test"]
    assert len(parts["dev"]) == len(parts["test"]) == 8


def test_impossible_questions_have_no_answers(tmp_path: Path):
    write(tmp_path, "qamr", ["QAMR"])
    (paragraph,) = read_source(tmp_path, "qamr")
    assert [(q.text, len(q.answers)) for q in paragraph.questions] == [("Who?", 1), ("Why?", 0)]
    assert paragraph.title == ""


def test_an_answer_that_is_not_there_is_an_error(tmp_path: Path):
    write(tmp_path, "qamr", ["QAMR"], start=2)
    with pytest.raises(ValueError, match="not at its place"):
        read_source(tmp_path, "qamr")


def test_held_out_articles_are_written_in_the_form_of_squad(tmp_path: Path):
    for source in SOURCES:
        write(tmp_path, source, [f"{source}_{i}" for i in range(15)])
    out = tmp_path / "dev.json"
    main(["--data", str(tmp_path), "--split", "dev", "--out", str(out)])
    titles = {article["title"] for article in json.loads(out.read_text())["data"]}
    assert titles == set(splits(tmp_path, 0)[SQUAD]["dev"])
    asked = [(question.answers, question.answerable) for question, _ in load_squad(out).questions[:2]]
    assert asked == [(("Ann",), True), ((), False)]
