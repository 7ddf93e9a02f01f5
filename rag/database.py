"""One SQLite file that several threads and processes use, and that may be locked, full, read-only or damaged.

Whatever SQLite raises comes out as StoreError. A damaged file is set aside and a new one begun.
Non-scope: what the tables hold (`rag/migrations.py`, `rag/store.py`).
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rag.errors import StoreError
from rag.migrations import MIGRATIONS, expected_tables, migrate, tables, version

# A writer holds the file for milliseconds; longer than this is a backup or a stuck process, and the answer waits.
BUSY_S = 2.0
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_SETTINGS = (
    "PRAGMA journal_mode = WAL",  # readers never wait for a writer
    "PRAGMA synchronous = FULL",  # what was acknowledged survives a power cut, too
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # what is deleted is overwritten
)


class _Damaged(Exception):
    """The file does not hold what was written."""


class Database:
    """Thread-safe. Connections are opened as needed, at most one for each thread at work, and kept."""

    def __init__(self, path: Path, *, mend: bool = True, busy_s: float = BUSY_S) -> None:
        """`mend`: whether a damaged file may be set aside; for the one process that owns it."""
        self.path = path
        self.warnings: tuple[str, ...] = ()  # what a person should know about the file
        self._mend = mend
        self._busy_s = busy_s
        self._lock = threading.Lock()
        self._idle: list[sqlite3.Connection] = []
        self._checked = False  # whether the file was looked over since it was last found damaged
        self._file = 0  # which file it is: counts those that were set aside or taken away
        self._known_as = self._inodes()  # of the file that was looked over

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Raises: StoreError, also for what the caller's statements meet."""
        try:
            connection, file = self._take()
            try:
                yield connection
            finally:
                self._give_back(connection, file)
        except (sqlite3.Error, _Damaged, OSError) as error:
            raise self._failed(error) from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of it or nothing. Raises: StoreError."""
        with self.reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def wipe(self) -> None:
        """After deleting: empties the log file, which still holds what was deleted. Does its best while others read.

        Raises: StoreError.
        """
        with self.reading() as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Of the connections that nobody uses."""
        with self._lock:
            while self._idle:
                self._idle.pop().close()

    def _take(self) -> tuple[sqlite3.Connection, int]:
        with self._lock:
            inode = self._inodes()[0]
            if self._checked and (inode is None or inode != self._known_as[0]):
                self._let_go()
            if self._idle:
                return self._idle.pop(), self._file
            if self._checked:
                return self._connect(), self._file
            try:
                connection = self._connect_first()
            except (sqlite3.DatabaseError, _Damaged) as error:
                if not (self._mend and _is_damage(error)):
                    raise
                self._set_aside()
                connection = self._connect_first()
            self._checked = True
            return connection, self._file

    def _inodes(self) -> tuple[int | None, int | None]:
        """Of the file and its log; None where there is none."""
        return _inode(self.path), _inode(self._log)

    @property
    def _log(self) -> Path:
        return self.path.with_name(self.path.name + "-wal")

    def _let_go(self) -> None:
        """Of a file that somebody deleted or replaced: what is written to it from now on would be kept nowhere.

        SQLite would replay the log that it left over whatever lies there now.
        """
        while self._idle:
            self._idle.pop().close()
        if _inode(self._log) == self._known_as[1]:
            self._log.unlink(missing_ok=True)
        self._checked = False
        self._file += 1
        warning = (
            f"{self.path.name} was deleted or replaced while it was in use. What lies there now is used: earlier "
            "conversations may not be shown."
        )
        if warning not in self.warnings:
            self.warnings += (warning,)

    def _give_back(self, connection: sqlite3.Connection, file: int) -> None:
        with self._lock:
            if self._checked and file == self._file:
                self._idle.append(connection)
            else:
                connection.close()

    def _connect(self) -> sqlite3.Connection:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        connection = sqlite3.connect(self.path, self._busy_s, isolation_level=None, check_same_thread=False)
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")  # a flipped bit spoils its own text alone
        try:
            for setting in _SETTINGS:
                connection.execute(setting)
        except BaseException:
            connection.close()
            raise
        return connection

    def _connect_first(self) -> sqlite3.Connection:
        """A connection to a file that was looked over and brought up to date."""
        connection = self._connect()
        # Before it is looked over, which takes long: a file that goes meanwhile is then another one.
        self._known_as = self._inodes()
        try:
            if version(connection) > len(MIGRATIONS):
                raise StoreError(f"{self.path.name} was written by a later version of this program.")
            # Not quick_check, which does not compare indexes with their tables: a row could be there and not be found.
            found = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if found != "ok":
                raise _Damaged(found)
            if version(connection) < len(MIGRATIONS):
                migrate(connection)
            if tables(connection) != expected_tables():
                raise _Damaged("its tables are not those that were made")
        except BaseException:
            connection.close()
            raise
        return connection

    def _set_aside(self) -> None:
        """Renames the damaged file with what belongs to it. Raises: OSError."""
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
        for end in ("", "-wal", "-shm"):
            file = self.path.with_name(self.path.name + end)
            if file.exists():
                file.rename(self.path.with_name(f"{self.path.name}.corrupt-{stamp}{end}"))
        self._file += 1
        self.warnings += (
            f"{self.path.name} was damaged. It was set aside as {self.path.name}.corrupt-{stamp}, and an empty one "
            "took its place: earlier conversations are not shown.",
        )

    def _failed(self, error: Exception) -> StoreError:
        """What is raised instead; a damaged file is left for the next to set aside."""
        if _is_damage(error):
            with self._lock:
                self._checked = False
                while self._idle:
                    self._idle.pop().close()
            return StoreError(f"{self.path.name} is damaged ({error}).")
        return StoreError(f"{self.path.name} cannot be used: {error}.")


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except OSError:
        return None


def _is_damage(error: Exception) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the upper bits say more than is asked here
    return isinstance(error, _Damaged) or code in _DAMAGED
