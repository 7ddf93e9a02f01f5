"""The questions with known answers, and where their gold quotes stand in the documents.

Gold is kept as quotes, not offsets, so that it survives another cut of the documents; a quote that is not
found exactly once is an error, because silently missing gold would count every answer as wrong.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.errors import DatasetError
from eval.metrics.places import Place
from eval.metrics.wording import contains
from rag.types import Span, Turn

QUESTIONS = Path(__file__).parent / "questions.jsonl"
CHINESE = "chinese"
FOLLOW_UP = "follow_up"
KINDS = (
    "fact",
    "paraphrase",
    "descriptive",
    "list",
    "typo",
    "no_diacritics",
    FOLLOW_UP,
    "unanswerable",
    "false_premise",
    CHINESE,
)
SPLITS = ("dev", "test")
KEYS = frozenset({"id", "question", "kind", "group", "split", "answers", "gold", "history", "all", "pending"})


@dataclass(frozen=True, slots=True)
class Question:
    """One line of the file. Without `answers` the material does not hold the answer and refusing is right."""

    id: str
    text: str
    kind: str
    group: str  # questions about the same fact; resampled together
    split: str
    answers: tuple[str, ...]
    every: bool  # a list: an answer is right when it holds every one of `answers`
    gold: tuple[str, ...]
    history: tuple[Turn, ...]
    line: int
    pending: bool = False  # made from feedback, and not accepted yet by a person

    @property
    def answerable(self) -> bool:
        return bool(self.answers)


def load_questions(path: Path, split: str = "all") -> tuple[Question, ...]:
    """The questions of `path`, those of one `split` or of all; pending ones are read but left out.

    Raises: DatasetError naming the line.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"{path} cannot be read: {error}.") from error
    questions = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                questions.append(_parse(line, number))
            except ValueError as error:
                raise DatasetError(f"{path.name}, line {number}: {error}.") from error
    first: dict[str, int] = {}
    for question in questions:
        if question.id in first:
            raise DatasetError(
                f"{path.name}, line {question.line}: the id {question.id} is already used in line {first[question.id]}."
            )
        first[question.id] = question.line
    return tuple(q for q in questions if split in ("all", q.split) and not q.pending)


def fingerprint(path: Path) -> str:
    """SHA-256 of the file: results over other questions are not comparable."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def resolve_gold(questions: Iterable[Question], documents: Mapping[str, str]) -> dict[str, tuple[Place, ...]]:
    """Where the gold quotes of each question stand, by question id; `documents` maps ids to texts.

    Raises: DatasetError naming line and id where a quote is not found exactly once in all documents, or
    where quoting all gold would not hold the answers.
    """
    places = {}
    for question in questions:
        found = tuple(_place(question, quote, documents) for quote in question.gold)
        for answer in question.answers:
            if not any(contains(quote, [answer]) for quote in question.gold):
                raise _gold_fault(question, f"the answer {answer!r} stands in none of its gold quotes")
        places[question.id] = found
    return places


def _place(question: Question, quote: str, documents: Mapping[str, str]) -> Place:
    found = [
        Place(document_id, Span(start, start + len(quote)))
        for document_id, text in documents.items()
        for start in _occurrences(text, quote)
    ]
    if len(found) != 1:
        raise _gold_fault(
            question, f"the quote {quote!r} is found {len(found)} times in {len(documents)} documents, not once"
        )
    return found[0]


def _occurrences(text: str, quote: str) -> list[int]:
    starts, start = [], text.find(quote)
    while start >= 0:
        starts.append(start)
        start = text.find(quote, start + 1)
    return starts


def _gold_fault(question: Question, problem: str) -> DatasetError:
    return DatasetError(f"Questions, line {question.line}, {question.id}: {problem}.")


def _parse(line: str, number: int) -> Question:
    """The question of one line. Raises: ValueError that names what is wrong with it."""
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON ({error.msg} at character {error.colno})") from error
    if not isinstance(record, dict):
        raise ValueError("not a JSON object")
    if unknown := record.keys() - KEYS:
        raise ValueError(f"unknown key {min(unknown)}")
    question = Question(
        id=_text(record, "id"),
        text=_text(record, "question"),
        kind=_one_of(record, "kind", KINDS),
        group=_text(record, "group"),
        split=_one_of(record, "split", SPLITS),
        answers=_texts(record, "answers"),
        every=record.get("all", False),
        gold=_texts(record, "gold"),
        history=_history(record.get("history", [])),
        line=number,
        pending=record.get("pending", False),
    )
    if bool(question.answers) != bool(question.gold):
        raise ValueError("answers and gold are either both given or both empty")
    if not isinstance(question.every, bool):
        raise ValueError("all is true or false")
    if not isinstance(question.pending, bool):
        raise ValueError("pending is true or false")
    return question


def _text(record: Mapping[str, Any], key: str) -> str:
    value = record.get(key)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{key} must be a text that is not empty")
    return value


def _one_of(record: Mapping[str, Any], key: str, choices: tuple[str, ...]) -> str:
    value = _text(record, key)
    if value not in choices:
        raise ValueError(f"{key} is one of {', '.join(choices)}")
    return value


def _texts(record: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = record.get(key)
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        raise ValueError(f"{key} must be a list of texts that are not empty")
    return tuple(value)


def _history(turns: Any) -> tuple[Turn, ...]:
    if not isinstance(turns, list) or not all(
        isinstance(t, dict) and t.keys() == {"role", "content"} and all(isinstance(v, str) for v in t.values())
        for t in turns
    ):
        raise ValueError('history must be a list of {"role", "content"}')
    return tuple(Turn(t["role"], t["content"]) for t in turns)


def as_request(question: Question) -> dict[str, Any]:
    """The body of `POST /ask` for one question; everything not said keeps the service's default."""
    request: dict[str, Any] = {"question": question.text}
    if question.history:
        request["history"] = [{"role": t.role, "content": t.content} for t in question.history]
    return request
