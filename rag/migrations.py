"""The tables of the conversation store, as functions in order: the number of those that ran is `user_version`.

A function that has shipped is never changed; what changes the tables is a new one. Non-scope: reading and writing them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

Migration = Callable[[sqlite3.Connection], object]


def first_tables(connection: sqlite3.Connection) -> None:
    """A row of `answers` is one time of asking; without a conversation it is kept for its link alone.

    `searched`: folded text that searches look into. Times are UTC, ISO 8601 with microseconds, so that text order is
    time order. `feedback` holds the whole answer, because the answer itself may be deleted.
    """
    for statement in (
        "CREATE TABLE conversations (id TEXT PRIMARY KEY, owner TEXT NOT NULL, title TEXT, searched TEXT NOT NULL, "
        "created TEXT NOT NULL, updated TEXT NOT NULL) STRICT",
        "CREATE INDEX conversations_of_owner ON conversations (owner, updated)",
        "CREATE TABLE answers (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, "
        "conversation_id TEXT REFERENCES conversations ON DELETE CASCADE, asked TEXT NOT NULL, question TEXT NOT NULL, "
        "searched TEXT NOT NULL, body TEXT NOT NULL) STRICT",
        "CREATE INDEX answers_by_id ON answers (id)",
        "CREATE INDEX answers_of_conversation ON answers (conversation_id)",
        "CREATE TABLE feedback (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, "
        "given TEXT NOT NULL, verdict TEXT NOT NULL, comment TEXT NOT NULL, expected TEXT, body TEXT NOT NULL) STRICT",
    ):
        connection.execute(statement)


def reviews(connection: sqlite3.Connection) -> None:
    """`review`: accepted or rejected by a person; null = nobody has looked yet."""
    connection.execute("ALTER TABLE feedback ADD COLUMN review TEXT")


MIGRATIONS: tuple[Migration, ...] = (first_tables, reviews)


def version(connection: sqlite3.Connection) -> int:
    number: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return number


def migrate(connection: sqlite3.Connection) -> None:
    """Runs what has not run yet, all of it or nothing. `connection` is in no transaction of its own."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        for migration in MIGRATIONS[version(connection) :]:
            migration(connection)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def tables(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """(name, definition) of everything that is defined, to be compared."""
    return connection.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name").fetchall()


def expected_tables() -> list[tuple[str, str]]:
    """`tables` of a file that is up to date."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        migrate(connection)
        return tables(connection)
    finally:
        connection.close()
