"""Results on disk: what is kept comes back, nothing names a machine or a path."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from eval.errors import ResultsError
from eval.results import Results, git_commit, load, newest, save, without_paths

Make = Callable[..., Results]


def test_what_is_saved_comes_back(results: Make, tmp_path: Path) -> None:
    save(results(), tmp_path / "made" / "r.json")
    again = load(tmp_path / "made" / "r.json")
    save(again, tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == (tmp_path / "made" / "r.json").read_bytes()
    assert again.lines == results().lines
    assert again.summary["overall"]["recall@5"] == results().summary["overall"]["recall@5"]


def test_every_question_has_one_line_and_only_wrong_ones_keep_words(results: Make, tmp_path: Path) -> None:
    save(results(), tmp_path / "r.json")
    lines = [line for line in (tmp_path / "r.json").read_text(encoding="utf-8").split("\n") if '"id"' in line]
    assert [json.loads(line.rstrip(","))["said"] for line in lines] == [
        None,
        "It <b>opened</b> in 1911 | so.",
        *[None] * 3,
    ]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("all-MiniLM-L6-v2@3c28", "all-MiniLM-L6-v2@3c28"),
        ("vendor/model@12", "vendor/model@12"),
        ("/home/someone/models/e5@12", "e5@12"),
        ("./models/e5@12", "e5@12"),
        ("~/e5@12", "e5@12"),
        (None, None),
    ],
)
def test_models_given_as_paths_keep_their_last_part(name: str | None, kept: str | None) -> None:
    assert without_paths({"embedder": name}) == {"embedder": kept}


def test_files_are_named_by_date_and_what_was_measured(results: Make) -> None:
    assert results().file_name == "2026-01-02-abc123-dev.json"
    assert results(commit="abc123+").file_name == "2026-01-02-abc123-changed-dev.json"
    assert results(commit=None, split="all").file_name == "2026-01-02-20260101T000000Z-abc-all.json"


def test_the_newest_file_is_by_its_own_date(results: Make, tmp_path: Path) -> None:
    save(results(created="2026-03-01T00:00:00+00:00"), tmp_path / "a.json")
    save(results(created="2026-02-01T00:00:00+00:00"), tmp_path / "b.json")
    assert newest(tmp_path).name == "a.json"


def test_unusable_files_are_said(tmp_path: Path) -> None:
    with pytest.raises(ResultsError, match="no results yet"):
        newest(tmp_path)
    for text in ("{", "[]", "{}", '{"format": 1}'):
        (tmp_path / "r.json").write_text(text, encoding="utf-8")
        with pytest.raises(ResultsError, match="cannot be read"):
            load(tmp_path / "r.json")
    (tmp_path / "r.json").write_text('{"format": 99}', encoding="utf-8")
    with pytest.raises(ResultsError, match="another format"):
        load(tmp_path / "r.json")


def test_the_commit_is_read_from_git_or_unknown() -> None:
    commit = git_commit()
    assert commit is None or len(commit.rstrip("+")) == 10
