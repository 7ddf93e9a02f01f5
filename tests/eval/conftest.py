"""A tiny corpus through the real ingest, and answers written by hand in the form of the wire."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from eval.ask import Target, in_process
from eval.dataset import Question
from eval.judge import Outcome, Verdict
from eval.results import Results, line_of
from eval.summary import exclusions, summarise
from rag.build import ingest, open_answerer
from rag.settings import Settings
from rag.wire import AnswerWire

# Other work on the machine may slow one example down; the laws are about values, not time.
hypothesis.settings.register_profile("no_deadline", deadline=None)
hypothesis.settings.load_profile("no_deadline")

CORPUS = {
    "harbour.txt": "The harbour opened in 1911. It cost 2, 200 crowns. Mayor Zdeněk Hřib cut the ribbon.",
    "garden.txt": "The garden has 40 apple trees. Gardeners water them at dawn.",
    "library.txt": "The library lends 9,000 books. It closes on Mondays.",
}

Wire = Callable[..., AnswerWire]
MakeQuestion = Callable[..., Question]


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("RAG_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An index over CORPUS, made with the word-hash embedder."""
    home = tmp_path_factory.mktemp("tiny")
    (home / "corpus").mkdir()
    for name, text in CORPUS.items():
        (home / "corpus" / name).write_text(text, encoding="utf-8")
    tiny = Settings(corpus_dir=home / "corpus", index_dir=home / "index", model="word-hash", reader="off")
    ingest(tiny)
    return tiny


@pytest.fixture(scope="session")
def target(settings: Settings) -> Target:
    return in_process(open_answerer(settings))


@pytest.fixture
def environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny index as the one that the command line finds."""
    monkeypatch.setenv("RAG_CORPUS_DIR", str(settings.corpus_dir))
    monkeypatch.setenv("RAG_INDEX_DIR", str(settings.index_dir))
    monkeypatch.setenv("RAG_MODEL", settings.model)
    monkeypatch.setenv("RAG_READER", settings.reader)


def question_record(number: int = 1, **changed: Any) -> dict[str, Any]:
    """One line of a questions file; about the harbour's cost unless changed."""
    return {
        "id": f"q{number}",
        "question": "What did the harbour cost?",
        "kind": "fact",
        "group": "cost",
        "split": "dev",
        "answers": ["2, 200 crowns"],
        "gold": ["It cost 2, 200 crowns."],
        "history": [],
    } | changed


@pytest.fixture
def questions_file(tmp_path: Path) -> Callable[..., Path]:
    """Writes records as a questions file."""

    def write(*records: Mapping[str, Any]) -> Path:
        path = tmp_path / "questions.jsonl"
        path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), encoding="utf-8")
        return path

    return write


@pytest.fixture
def three_questions(questions_file: Callable[..., Path]) -> Path:
    return questions_file(
        question_record(1),
        question_record(
            2,
            question="How many apple trees has the garden?",
            group="trees",
            answers=["40"],
            gold=["The garden has 40 apple trees."],
        ),
        question_record(3, question="Who owns the moon?", kind="unanswerable", group="moon", answers=[], gold=[]),
    )


@pytest.fixture
def outcome() -> Callable[..., Outcome]:
    """An outcome that is right in everything, unless changed."""

    def make(number: int = 1, **changed: Any) -> Outcome:
        fields: dict[str, Any] = {
            "id": f"q{number}",
            "kind": "fact",
            "group": f"g{number}",
            "answerable": True,
            "status": "answered",
            "verdict": Verdict.RIGHT,
            "probability": 0.9,
            "found": (1,),
            "gold": 1,
            "contains": True,
            "exact": None,
            "f1": None,
            "citation_precision": 1.0,
            "citation_recall": 1.0,
            "citations": 1,
            "verbatim": 1,
            "latency_ms": 10.0,
            "said": "It cost 2, 200 crowns.",
        }
        return Outcome(**fields | changed)

    return make


@pytest.fixture
def results(outcome: Callable[..., Outcome]) -> Callable[..., Results]:
    """Results over the given outcomes, or over a few of every sort."""

    def make(*outcomes: Outcome, **changed: Any) -> Results:
        few = outcomes or (
            outcome(1),
            outcome(2, verdict=Verdict.WRONG, contains=False, said="It <b>opened</b> in 1911 | so."),
            outcome(3, status="not_found", verdict=Verdict.REFUSED, probability=0.2, citations=0, verbatim=0),
            outcome(4, kind="unanswerable", answerable=False, status="not_found", found=(), gold=0, probability=0.1),
            outcome(5, kind="chinese", status="not_found", verdict=Verdict.REFUSED, probability=0.0, found=()),
        )
        fields: dict[str, Any] = {
            "created": "2026-01-02T03:04:05+00:00",
            "commit": "abc123",
            "snapshot": "20260101T000000Z-abc",
            "models": {"embedder": "word-hash", "reader": None, "llm": None},
            "split": "dev",
            "questions_sha256": "0" * 64,
            "summary": summarise(few),
            "notes": tuple(exclusions(few)),
            "lines": tuple(line_of(o) for o in few),
        }
        return Results(**fields | changed)

    return make


@pytest.fixture
def make_question() -> MakeQuestion:
    def make(**changed: Any) -> Question:
        fields: dict[str, Any] = {
            "id": "q1",
            "text": "What did the harbour cost?",
            "kind": "fact",
            "group": "cost",
            "split": "dev",
            "answers": ("2, 200 crowns",),
            "every": False,
            "gold": ("It cost 2, 200 crowns.",),
            "history": (),
            "line": 1,
        }
        return Question(**fields | changed)

    return make


@pytest.fixture
def wire() -> Wire:
    """An answer that quotes `quotes`, each (document id, start, text), and considered the same places."""

    def build(*quotes: tuple[str, int, str], probability: float = 0.9, short: str | None = None) -> AnswerWire:
        places = [{"document_id": d, "start": s, "end": s + len(text)} for d, s, text in quotes]
        answer: Any = {
            "id": "ans_0",
            "status": "answered" if quotes else "not_found",
            "confidence": {"label": "high", "probability": probability},
            "short_answer": None if short is None else {"text": short, "citation": 1},
            "answer_plain": " ".join(text for _, _, text in quotes) or "Not found.",
            "sentences": [{"text": text, "citations": [1], "support": "verbatim"} for _, _, text in quotes],
            "citations": [place | {"quote": text} for place, (_, _, text) in zip(places, quotes, strict=True)],
            "consulted": places,
            "index": {"snapshot": "20260101T000000Z-abc", "documents": 1, "passages": 1},
            "models": {"embedder": "word-hash", "reader": None, "llm": None},
        }
        return answer

    return build
