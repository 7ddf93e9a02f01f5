"""The report: everything of the results is there, nothing of an answer becomes markup."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from eval.__main__ import main
from eval.dataset import fingerprint
from eval.results import Results, save

VOID = {"meta", "line", "rect", "circle", "polyline"}


@pytest.fixture
def made(results: Callable[..., Results], questions_file: Callable[..., Path], tmp_path: Path) -> Path:
    """The folder with the report over five questions."""

    def record(number: int, **changed: Any) -> dict[str, Any]:
        return {
            "id": f"q{number}", "question": f"Question <{number}>?", "kind": "fact", "group": "g", "split": "dev",
            "answers": ["1911"], "gold": ["opened in *1911*"], "history": [],
        } | changed  # fmt: skip

    history = [{"role": "user", "content": "And before?"}]
    questions = questions_file(
        record(1),
        record(2, history=history),
        record(3),
        record(4, kind="unanswerable", answers=[], gold=[]),
        record(5, kind="chinese"),
    )
    save(results(questions_sha256=fingerprint(questions)), tmp_path / "r.json")
    arguments = ["--results", str(tmp_path / "r.json"), "--questions", str(questions), "--out", str(tmp_path)]
    done = CliRunner().invoke(main, ["report", *arguments])
    assert done.exit_code == 0, done.output
    return tmp_path


class Balance(HTMLParser):
    """Fails on a tag that is not closed where it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.add(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_needs_nothing_else(made: Path) -> None:
    page = (made / "report.html").read_text(encoding="utf-8")
    balance = Balance()
    balance.feed(page)
    assert balance.open == []
    assert balance.seen & {"script", "link", "img", "iframe"} == set()
    assert not re.search(r"https?://|url\(|@import", page)
    assert page.count("<svg") == 3


def test_the_page_shows_what_was_not_right_as_text(made: Path) -> None:
    page = (made / "report.html").read_text(encoding="utf-8")
    assert "3 questions that were not right" in page
    assert "It &lt;b&gt;opened&lt;/b&gt; in 1911 | so." in page
    assert "Question &lt;2&gt;?" in page
    assert "And before?" in page
    assert "Question &lt;1&gt;?" not in page
    assert page.index("Question &lt;2&gt;?") < page.index("Question &lt;3&gt;?")  # wrong before refused


def test_the_markdown_escapes_markup(made: Path) -> None:
    text = (made / "report.md").read_text(encoding="utf-8")
    assert "answered: It \\<b\\>opened\\</b\\> in 1911 \\| so." in text
    assert "gold: opened in \\*1911\\*" in text
    assert "| recall@5 |" in text
    assert "answered: refused" in text


def test_other_questions_are_refused(made: Path, questions_file: Callable[..., Path]) -> None:
    questions = questions_file()
    done = CliRunner().invoke(main, ["report", "--results", str(made / "r.json"), "--questions", str(questions)])
    assert done.exit_code == 2
    assert "other questions" in done.stderr
