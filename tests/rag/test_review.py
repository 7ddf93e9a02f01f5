"""`rag feedback` and `rag gaps`, over what a server kept."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import cast

import pytest
from click.testing import CliRunner, Result

from rag import build
from rag.check import make_question
from rag.cli import main
from rag.settings import Settings
from rag.store import FILE, Expected, Store
from rag.wire import AnswerWire, answer_wire

Write = Callable[[Mapping[str, str | bytes]], Path]
TEXT = "The summit drew 264 people. Tartu won the first prize. It was 264 metres away.\n"


@pytest.fixture
def rag(settings: Settings) -> Callable[..., Result]:
    environment = {key: None for key in os.environ if key.startswith("RAG_")} | {
        "RAG_INDEX_DIR": str(settings.index_dir),
        "RAG_STATE_DIR": str(settings.state_dir),
        "RAG_MODEL": settings.model,
        "RAG_READER": settings.reader,
    }
    return lambda *arguments: CliRunner(env=environment).invoke(main, arguments)


@pytest.fixture
def store(settings: Settings, write_corpus: Write) -> Iterator[Store]:
    write_corpus({"a.txt": TEXT})
    build.ingest(settings)
    made = Store(settings.state_dir)
    yield made
    made.close()


def keep(store: Store, settings: Settings, question: str, **changes: object) -> str:
    answer = answer_wire(build.open_answerer(settings).answer(make_question(question)))
    store.keep(cast(AnswerWire, {**answer, **changes}))
    return answer["id"]


def test_feedback_is_listed_with_what_was_said(rag, store: Store, settings: Settings) -> None:
    asked = keep(store, settings, "Who won the first prize?")
    store.give_feedback(asked, "wrong_answer", "No,\x1b[31m Bilbao.", Expected("a", 28, 33, "Tartu"))
    listed = rag("feedback", "list")
    assert listed.exit_code == 0
    assert "wrong_answer" in listed.stdout
    assert "answered: Tartu won the first prize." in listed.stdout
    assert "expected: Tartu" in listed.stdout
    assert "comment: No,\ufffd[31m Bilbao." in listed.stdout


def test_an_export_is_pending_until_it_is_accepted(rag, store: Store, settings: Settings, tmp_path: Path) -> None:
    from eval.dataset import load_questions, resolve_gold

    asked = keep(store, settings, "Who won the first prize?")
    start = TEXT.index("264")
    right = store.give_feedback(asked, "right", "", None)
    wrong = store.give_feedback(asked, "wrong_answer", "", Expected("a", start, start + 3, "264"))
    vague = store.give_feedback(asked, "wrong_evidence", "Somewhere else.", None)
    refused = store.give_feedback(
        keep(store, settings, "Copper in Lima?", status="not_found", citations=[]), "right", "", None
    )
    result = rag("feedback", "export", "--unreviewed")
    assert result.exit_code == 0
    assert result.stderr.startswith(f"left out: {vague}: it says that the answer is not right")
    path = tmp_path / "questions.jsonl"
    path.write_text(result.stdout, encoding="utf-8")
    assert load_questions(path) == ()
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    path.write_text("\n".join(json.dumps({**line, "pending": False}) for line in lines), encoding="utf-8")
    questions = load_questions(path)
    assert [(q.id, q.kind, q.answers, q.gold) for q in questions] == [
        (right, "fact", ("Tartu won the first prize.",), ("Tartu won the first prize.",)),
        (wrong, "fact", ("264",), ("The summit drew 264 people.",)),
        (refused, "unanswerable", (), ()),
    ]
    assert resolve_gold(questions, {"a": TEXT})[wrong][0].span.of(TEXT) == "The summit drew 264 people."


def test_only_what_was_accepted_is_exported(rag, store: Store, settings: Settings) -> None:
    asked = keep(store, settings, "Who won the first prize?")
    accepted, rejected, new = (store.give_feedback(asked, "right", "", None) for _ in range(3))
    assert rag("feedback", "export").stdout == ""
    for given, verdict in ((accepted, "reject"), (accepted, "accept"), (rejected, "reject")):  # the last one counts
        assert rag("feedback", "review", given, verdict).exit_code == 0
    listed = [line.split()[:3] for line in rag("feedback", "list").stdout.splitlines() if line.startswith("fb_")]
    assert [(name, review) for name, _, review in listed] == [
        (accepted, "accepted"),
        (rejected, "rejected"),
        (new, "new"),
    ]
    exported = [
        [json.loads(line)["id"] for line in rag("feedback", "export", *more).stdout.splitlines()]
        for more in ((), ("--unreviewed",))
    ]
    assert exported == [[accepted], [accepted, new]]


def test_a_review_of_nothing_is_refused(rag, store: Store, settings: Settings) -> None:
    unknown = rag("feedback", "review", "fb_0", "accept")
    assert (unknown.exit_code, "rag feedback list" in unknown.stderr) == (2, True)
    assert rag("feedback", "review", "fb_0", "maybe").exit_code == 2


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "the document a is gone"),
        ("It has 40 trees.", "no longer holds what was quoted"),
        (TEXT + "Later: Tartu won the first prize.", "stands more than once"),
        ("New. " + TEXT, None),
        (TEXT + "\n" + TEXT, "stands more than once"),
    ],
)
def test_what_no_longer_stands_is_left_out(
    rag, store: Store, settings: Settings, write_corpus: Write, text: str | None, reason: str | None
) -> None:
    asked = keep(store, settings, "Who won the first prize?")
    store.give_feedback(asked, "missing", "", Expected("a", 28, 53, TEXT[28:53]))
    (settings.corpus_dir / "a.txt").unlink()
    write_corpus({"b.txt": "Nothing.", **({} if text is None else {"a.txt": text})})
    build.ingest(settings)
    result = rag("feedback", "export", "--unreviewed")
    assert (len(result.stdout.splitlines()), result.stderr.count("left out")) == ((0, 1) if reason else (1, 0))
    assert (reason or "") in result.stderr


def test_gaps_are_grouped_and_the_most_asked_come_first(rag, store: Store, settings: Settings) -> None:
    for question in (
        "Where is the copper of Lima",
        "Who sang last",
        "Where is the copper of Lima",
        "Where is the copper of Lima today",
        "Who sang last",
        "Is there tea",
    ):
        keep(store, settings, question, status="not_found")
    keep(store, settings, "Who won the first prize?")
    assert rag("gaps").stdout == (
        "    3  Where is the copper of Lima\n       Where is the copper of Lima today\n"
        "    2  Who sang last\n    1  Is there tea\n"
    )


def test_a_store_that_cannot_be_read_is_said_and_left_alone(rag, store: Store, settings: Settings) -> None:
    keep(store, settings, "Who won the first prize?")
    store.close()
    (settings.state_dir / FILE).write_bytes(b"no database" * 100)
    for command in (("gaps",), ("feedback", "list"), ("feedback", "export")):
        result = rag(*command)
        assert (result.exit_code, "damaged" in result.stderr) == (1, True)
    assert list(settings.state_dir.glob("*.corrupt*")) == []


def test_chinese_questions_are_not_compared_by_an_english_model(article) -> None:
    from rag.gaps import Gap, gaps

    embedder = article.retriever.embedder
    trees = ("How many trees are there?", "How many trees are there in all?")
    asked = ["有多少人參加？", "市長是誰？", "市長是誰？", *trees]
    assert gaps(asked, embedder) == [
        Gap(2, ("市長是誰？",)),
        Gap(2, trees),
        Gap(1, ("有多少人參加？",)),
    ]
