import json
from pathlib import Path

import pytest

from eval.squad import load_squad
from training.sources import HELD_OUT, SOURCES, SQUAD, TRAIN, main, paragraphs_of, read_source


def write(data: Path, source: str, titles: list[str], start: int = 0) -> None:
    qa = {"id": "q", "question": " Who? ", "is_impossible": False, "answers": [{"text": "Ann", "answer_start": start}]}
    no = {"id": "n", "question": "Why?", "is_impossible": True, "answers": []}
    content = [{"title": t, "paragraphs": [{"context": "Ann did.", "qas": [qa, no]}]} for t in titles]
    (data / f"{source}.json").write_text(json.dumps({"data": content}))


def test_no_held_out_article_is_trained_on(tmp_path: Path):
    for source in SOURCES:
        write(tmp_path, source, [*HELD_OUT["dev"], "Other", *HELD_OUT["test"]])
    parts = {part: [p.article for p in paragraphs_of(tmp_path, part)] for part in (TRAIN, *HELD_OUT)}
    assert set(parts[TRAIN]) == {"Other"}
    assert len(parts[TRAIN]) == len(SOURCES)
    assert {split: set(parts[split]) for split in HELD_OUT} == {s: set(names) for s, names in HELD_OUT.items()}


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
        write(tmp_path, source, ["Other", *HELD_OUT["dev"]] if source == SQUAD else ["Other"])
    out = tmp_path / "dev.json"
    main(["--data", str(tmp_path), "--split", "dev", "--out", str(out)])
    titles = {article["title"] for article in json.loads(out.read_text())["data"]}
    assert titles == set(HELD_OUT["dev"])
    asked = [(question.answers, question.answerable) for question, _ in load_squad(out).questions[:2]]
    assert asked == [(("Ann",), True), ((), False)]


def test_web_questions_are_halved_by_their_ids(tmp_path: Path):
    def record(number: int, **output: object) -> str:
        passages = [{"title": "Port", "text": f"Port {number} is old . Ann built it ."}]
        return json.dumps({"id": str(number), "input": "who built it", "passages": passages, "output": [output]})

    answerable = [record(n, selected_sentences=["Ann built it .", "Not there ."]) for n in range(20)]
    unanswerable = [record(n, selected_sentences=[]) for n in range(20, 40)]
    (tmp_path / "clapnq_answerable.jsonl").write_text("\n".join(answerable))
    (tmp_path / "clapnq_unanswerable.jsonl").write_text("\n".join(unanswerable))
    asked = {}
    for split in HELD_OUT:
        main(["--clapnq", str(tmp_path), "--split", split, "--out", str(tmp_path / "out.json")])
        asked[split] = {question.id: question.answers for question, _ in load_squad(tmp_path / "out.json").questions}
    assert not asked["dev"].keys() & asked["test"].keys()
    assert asked["dev"] | asked["test"] == {str(n): ("Ann built it .",) if n < 20 else () for n in range(40)}
    assert min(len(half) for half in asked.values()) > 10
