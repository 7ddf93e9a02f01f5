"""Follow-ups with and without their conversation, over the tiny index."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from eval.__main__ import main
from eval.ask import Target
from eval.dataset import CHINESE, FOLLOW_UP, QUESTIONS, load_questions
from eval.followups import disturbed, followups
from eval.judge import Verdict
from tests.eval.conftest import question_record


@pytest.fixture
def leaning(questions_file: Callable[..., Path]) -> Path:
    history = [{"role": "user", "content": "What did the harbour cost?"}, {"role": "assistant", "content": "Crowns."}]
    return questions_file(question_record(1, question="Really?", kind="follow_up", history=history), question_record(2))


def test_only_the_conversation_makes_it_right(leaning: Path, target: Target) -> None:
    question = load_questions(leaning)[0]
    ((with_it,), (without_it,)) = followups(target, [question])
    assert (with_it.verdict, without_it.verdict) == (Verdict.RIGHT, Verdict.REFUSED)


@pytest.mark.usefixtures("environment")
def test_both_numbers_are_printed_with_how_many_they_are_over(leaning: Path) -> None:
    done = CliRunner().invoke(main, ["followups", "--questions", str(leaning)])
    assert done.exit_code == 0, done.output
    assert done.stdout.count("n=1") == 4
    assert "right with the conversation   1.000" in done.stdout
    assert "right without it              0.000" in done.stdout
    assert "difference  +100 points" in done.stdout
    assert "changed by an unrelated question before them: 0 of 1 others" in done.stdout
    assert "q1  right    refused   Really?" in done.stdout


def test_no_other_question_is_taken_for_a_follow_up() -> None:
    others = [q for q in load_questions(QUESTIONS, "dev") if q.kind not in (FOLLOW_UP, CHINESE)]
    assert len(others) > 100
    assert disturbed(others) == []


@pytest.mark.usefixtures("environment")
def test_a_file_without_any_is_said(three_questions: Path) -> None:
    done = CliRunner().invoke(main, ["followups", "--questions", str(three_questions)])
    assert (done.exit_code, "no follow-up of the split dev" in done.stderr) == (2, True)
