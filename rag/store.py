"""Conversations, answers and feedback, kept in one SQLite file.

Every conversation has an owner, which stands in the WHERE of every statement: what belongs to others is not found.
Non-scope: opening and mending the file (`rag/database.py`), who the owner is (`server/owner.py`).
Search compares folded text (`rag/lexical.py`) and needs no index of words, which would keep deleted ones.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

from rag.database import BUSY_S, Database
from rag.errors import NotFoundError
from rag.lexical import fold
from rag.types import Status, Turn
from rag.wire import AnswerWire

FILE = "conversations.db"
MAX_TITLE_CHARS = 200  # one line of a list; also cuts the question that becomes a title
HISTORY_TURNS = 8  # questions that a follow-up may lean on; further back nobody points with "it"
MAX_SOUGHT = 1000  # answers of one owner that are looked through: tens of milliseconds
MAX_LOOSE_ANSWERS = 10_000  # outside conversations; 8 KB each over the article, so about 80 MB

_NEEDED = {"id", "question", "standalone_question", "status", "answer_plain", "citations"}  # of any version

_CONVERSATION = (
    "SELECT c.id, c.title, c.created, c.updated, (SELECT count(*) FROM answers a WHERE a.conversation_id = c.id) "
    "FROM conversations c WHERE c.owner = :owner"
)


@dataclass(frozen=True, slots=True)
class Conversation:
    id: str
    title: str | None  # None until the first question gives it one
    created: str  # times are UTC, ISO 8601 with microseconds
    updated: str  # distinct among the conversations of one owner
    turns: int


@dataclass(frozen=True, slots=True)
class KeptTurn:
    asked: str
    answer: AnswerWire


@dataclass(frozen=True, slots=True)
class Expected:
    """Where a reader says that the answer stands. `quote` was what stood there then."""

    document_id: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Feedback:
    id: str
    given: str
    verdict: str  # right | wrong_answer | wrong_evidence | missing
    comment: str
    expected: Expected | None
    answer: AnswerWire
    review: str | None  # accepted | rejected; None = nobody has looked yet


class Store:
    """Thread-safe. Every method raises StoreError where the file cannot be used."""

    def __init__(self, folder: Path, *, mend: bool = True, busy_s: float = BUSY_S) -> None:
        self._database = Database(folder / FILE, mend=mend, busy_s=busy_s)

    @property
    def warnings(self) -> tuple[str, ...]:
        return self._database.warnings

    def close(self) -> None:
        self._database.close()

    def begin(self, owner: str, title: str | None = None, answers: Sequence[str] = ()) -> Conversation:
        """A new conversation, with a turn for each of these answers, whoever was given it, that is kept."""
        with self._database.writing() as connection:
            now = _later(connection, owner)
            made = Conversation(secrets.token_hex(16), title, now, now, 0)
            connection.execute(
                "INSERT INTO conversations (id, owner, title, searched, created, updated) VALUES (?, ?, ?, ?, ?, ?)",
                (made.id, owner, title, fold(title or ""), now, now),
            )
        for answer_id in answers:
            with suppress(NotFoundError):
                self.keep(self.answer(answer_id), owner, made.id)
        return self.conversation(owner, made.id)[0] if answers else made

    def conversations(
        self, owner: str, query: str = "", limit: int = 50, before: str | None = None
    ) -> tuple[list[Conversation], bool]:
        """The latest first, those last changed `before` a time; whether there are more.

        `query`: text that the title, a question or an answer holds; case and accents do not count.
        """
        sql = (
            f"{_CONVERSATION} AND (:before IS NULL OR c.updated < :before) AND (:query = '' "
            "OR instr(c.searched, :query) OR EXISTS (SELECT 1 FROM answers a WHERE a.conversation_id = c.id "
            "AND instr(a.searched, :query))) ORDER BY c.updated DESC LIMIT :limit + 1"
        )
        values = {"owner": owner, "query": fold(query.strip()), "limit": limit, "before": before}
        with self._database.reading() as connection:
            found = [Conversation(*row) for row in connection.execute(sql, values)]
        return found[:limit], len(found) > limit

    def conversation(self, owner: str, conversation_id: str) -> tuple[Conversation, list[KeptTurn]]:
        """With its turns, oldest first. Raises: NotFoundError."""
        with self._database.reading() as connection:
            found = _find(connection, owner, conversation_id)
            rows = connection.execute(
                "SELECT asked, body FROM answers WHERE conversation_id = ? ORDER BY number", (conversation_id,)
            ).fetchall()
        turns = [KeptTurn(asked, answer) for asked, answer in _readable(rows)]
        return found, [KeptTurn(turn.asked, {**turn.answer, "conversation_id": conversation_id}) for turn in turns]

    def history(self, owner: str, conversation_id: str) -> tuple[Turn, ...]:
        """The last turns, oldest first, as a follow-up takes them: each question as it was understood, so that a
        follow-up to a follow-up, or to one in Chinese, finds what it leans on. Raises: NotFoundError."""
        _, turns = self.conversation(owner, conversation_id)
        answers = [kept.answer for kept in turns[-HISTORY_TURNS:]]
        return tuple(
            turn
            for answer in answers
            for turn in (Turn("user", answer["standalone_question"]), Turn("assistant", answer["answer_plain"]))
        )

    def rename(self, owner: str, conversation_id: str, title: str) -> Conversation:
        """Raises: NotFoundError."""
        with self._database.writing() as connection:
            connection.execute(
                "UPDATE conversations SET title = ?, searched = ? WHERE id = ? AND owner = ?",
                (title, fold(title), conversation_id, owner),
            )
            return _find(connection, owner, conversation_id)

    def remove(self, owner: str, conversation_id: str) -> None:
        """With all that was asked in it. Raises: NotFoundError."""
        with self._database.writing() as connection:
            _find(connection, owner, conversation_id)
            connection.execute("DELETE FROM conversations WHERE id = ? AND owner = ?", (conversation_id, owner))
        self._database.wipe()

    def remove_all(self, owner: str) -> None:
        with self._database.writing() as connection:
            connection.execute("DELETE FROM conversations WHERE owner = ?", (owner,))
        self._database.wipe()

    def keep(self, answer: AnswerWire, owner: str = "", conversation_id: str | None = None) -> None:
        """Keeps an answer, as a turn of a conversation or for its link alone.

        Raises: NotFoundError where the conversation is gone.
        """
        body = json.dumps({**answer, "conversation_id": None}, ensure_ascii=False)
        searched = fold(f"{answer['question']}\n{answer['answer_plain']}")
        with self._database.writing() as connection:
            now = _time()
            if conversation_id is not None:
                known, now = _find(connection, owner, conversation_id), _later(connection, owner)
                title = known.title or " ".join(answer["question"].split())[:MAX_TITLE_CHARS]
                connection.execute(
                    "UPDATE conversations SET updated = ?, title = ?, searched = ? WHERE id = ? AND owner = ?",
                    (now, title, fold(title), conversation_id, owner),
                )
            connection.execute(
                "INSERT INTO answers (id, conversation_id, asked, question, searched, body) VALUES (?, ?, ?, ?, ?, ?)",
                (answer["id"], conversation_id, now, answer["question"], searched, body),
            )

    def answer(self, answer_id: str) -> AnswerWire:
        """As it was last given, in whatever conversation, which is not told. Raises: NotFoundError."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT asked, body FROM answers WHERE id = ? ORDER BY number DESC LIMIT 1", (answer_id,)
            ).fetchall()
        for _, found in _readable(rows):
            return found
        raise NotFoundError("No answer with this id is kept. Ask again.")

    def quoting(self, owner: str, document_id: str, most: int = MAX_SOUGHT) -> list[KeptTurn]:
        """The owner's last `most` answers that quote this document, newest first."""
        sql = (
            "SELECT a.asked, a.body, c.id FROM answers a JOIN conversations c ON a.conversation_id = c.id "
            "WHERE c.owner = ? AND CASE WHEN json_valid(a.body) THEN EXISTS (SELECT 1 FROM "
            "json_each(a.body, '$.citations') q WHERE json_extract(q.value, '$.document_id') = ?) END "
            "ORDER BY a.number DESC LIMIT ?"
        )
        with self._database.reading() as connection:
            rows = connection.execute(sql, (owner, document_id, most)).fetchall()
        return [
            KeptTurn(asked, {**answer, "conversation_id": conversation_id})
            for asked, body, conversation_id in rows
            for _, answer in _readable([(asked, body)])
        ]

    def give_feedback(self, answer_id: str, verdict: str, comment: str, expected: Expected | None) -> str:
        """The id of the feedback, which holds the whole answer. Raises: NotFoundError."""
        answer = self.answer(answer_id)
        feedback_id = f"fb_{secrets.token_hex(8)}"
        where = None if expected is None else json.dumps(astuple(expected), ensure_ascii=False)
        with self._database.writing() as connection:
            connection.execute(
                "INSERT INTO feedback (id, given, verdict, comment, expected, body) VALUES (?, ?, ?, ?, ?, ?)",
                (feedback_id, _time(), verdict, comment, where, json.dumps(answer, ensure_ascii=False)),
            )
        return feedback_id

    def feedback(self) -> list[Feedback]:
        """All of it, oldest first."""
        sql = "SELECT given, body, id, verdict, comment, expected, review FROM feedback ORDER BY number"
        with self._database.reading() as connection:
            rows = connection.execute(sql).fetchall()
        return [
            Feedback(name, given, verdict, comment, where and Expected(*json.loads(where)), answer, review)
            for given, body, name, verdict, comment, where, review in rows
            for _, answer in _readable([(given, body)])
        ]

    def review(self, feedback_id: str, review: str) -> None:
        """`review`: accepted or rejected; the last one counts. Raises: NotFoundError."""
        with self._database.writing() as connection:
            changed = connection.execute("UPDATE feedback SET review = ? WHERE id = ?", (review, feedback_id)).rowcount
        if not changed:
            raise NotFoundError("No feedback with this id is kept; `rag feedback list` names them.")

    def refused(self) -> list[str]:
        """Every question that was not answered, as it was understood, oldest first; one asked twice stands twice."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT asked, body FROM answers ORDER BY number").fetchall()
        return [answer["standalone_question"] for _, answer in _readable(rows) if answer["status"] == Status.NOT_FOUND]

    def sweep(self, keep_days: int, max_loose: int = MAX_LOOSE_ANSWERS) -> int:
        """Deletes what is older than `keep_days` days (0 = nothing is) and all but the last `max_loose` loose answers.

        How many answers, conversations and feedbacks were deleted.
        """
        oldest = _time(datetime.now(UTC) - timedelta(days=keep_days)) if keep_days else ""
        with self._database.writing() as connection:
            before = connection.total_changes
            connection.execute("DELETE FROM conversations WHERE updated < ?", (oldest,))
            connection.execute("DELETE FROM feedback WHERE given < ?", (oldest,))
            connection.execute("DELETE FROM answers WHERE conversation_id IS NULL AND asked < ?", (oldest,))
            connection.execute(
                "DELETE FROM answers WHERE conversation_id IS NULL AND number <= (SELECT number FROM answers "
                "WHERE conversation_id IS NULL ORDER BY number DESC LIMIT 1 OFFSET ?)",
                (max_loose,),
            )
            deleted = connection.total_changes - before
        if deleted:
            self._database.wipe()
        return deleted


def _find(connection: sqlite3.Connection, owner: str, conversation_id: str) -> Conversation:
    row = connection.execute(f"{_CONVERSATION} AND c.id = :id", {"owner": owner, "id": conversation_id}).fetchone()
    if row is None:
        raise NotFoundError("There is no conversation with this id.")
    return Conversation(*row)


def _readable(rows: Iterable[tuple[str, str]]) -> Iterator[tuple[str, AnswerWire]]:
    """(asked, answer) of the rows whose body is still what was written: one damaged row costs only itself."""
    for asked, body in rows:
        try:
            answer = json.loads(body)
        except ValueError:
            continue
        if isinstance(answer, dict) and answer.keys() >= _NEEDED:
            yield asked, cast(AnswerWire, answer)


def _time(moment: datetime | None = None) -> str:
    """Now, or another moment."""
    return (moment or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _later(connection: sqlite3.Connection, owner: str) -> str:
    """Now, but after every change of this owner: a clock that is set back does not change the order."""
    last = connection.execute("SELECT max(updated) FROM conversations WHERE owner = ?", (owner,)).fetchone()[0]
    if last is None:
        return _time()
    return max(_time(), _time(datetime.fromisoformat(last) + timedelta(microseconds=1)))
