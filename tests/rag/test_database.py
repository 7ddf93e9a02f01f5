"""A file that is shared, locked, full, read-only, cut off or damaged: nothing acknowledged is lost, nothing crashes."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from rag.database import Database
from rag.errors import StoreError
from rag.migrations import MIGRATIONS
from rag.store import FILE, Store
from tests.conftest import ROOT

WRITERS, EACH = 8, 10


def titles(folder: Path) -> set[str | None]:
    with closing(Store(folder)) as store:
        return {c.title for c in store.conversations("ada", limit=10_000)[0]}


def child(code: str, folder: Path, **options: object) -> subprocess.Popen[str]:
    """Runs `code` with `store` open on `folder`, in a process of its own."""
    opening = f"from pathlib import Path\nfrom rag.store import Store\nstore = Store(Path({str(folder)!r}))\n"
    return subprocess.Popen(
        [sys.executable, "-c", opening + code],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        **options,  # type: ignore[call-overload]
    )


@pytest.fixture(scope="session")
def fifty(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The file of fifty conversations."""
    folder = tmp_path_factory.mktemp("fifty")
    with closing(Store(folder)) as store:
        for number in range(50):
            store.begin("ada", f"{number} " + "x" * 180)
    return (folder / FILE).read_bytes()


@pytest.fixture
def filled(fifty: bytes, tmp_path: Path) -> Path:
    (tmp_path / FILE).write_bytes(fifty)
    return tmp_path


def test_eight_threads_write_at_once(tmp_path: Path) -> None:
    with closing(Store(tmp_path, busy_s=30)) as store, ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(lambda n: store.begin("ada", str(n)), range(WRITERS * EACH)))
        found, more = store.conversations("ada", limit=1000)
        assert ({c.title for c in found}, more) == ({str(n) for n in range(WRITERS * EACH)}, False)
        assert len({c.updated for c in found}) == len(found)


def test_eight_processes_write_at_once(tmp_path: Path) -> None:
    code = "store._database._busy_s = 30\nfor number in range({}):\n    store.begin('ada', f'{}-{{number}}')\n"
    with ExitStack() as stack:
        for process in [stack.enter_context(child(code.format(EACH, n), tmp_path)) for n in range(WRITERS)]:
            assert process.wait() == 0
    assert titles(tmp_path) == {f"{writer}-{number}" for writer in range(WRITERS) for number in range(EACH)}


def test_the_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    with closing(Store(tmp_path / "state")) as store:
        store.begin("ada")
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700


def test_a_lock_of_another_process_is_waited_for_then_said(filled: Path) -> None:
    holder = child(
        "import sqlite3\n"
        "held = sqlite3.connect(store._database.path, isolation_level=None)\n"
        "held.execute('BEGIN IMMEDIATE')\nprint('held', flush=True)\ninput()\nheld.execute('COMMIT')\n",
        filled,
    )
    with holder, closing(Store(filled, busy_s=0.2)) as hasty, closing(Store(filled, busy_s=30)) as patient:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(StoreError, match="locked"):
            hasty.begin("ada")
        assert len(hasty.conversations("ada")[0]) == 50  # reading goes on
        threading.Timer(0.3, lambda: (holder.stdin.write("\n"), holder.stdin.flush())).start()
        assert patient.begin("ada", "after").title == "after"
        assert hasty.begin("ada", "again").title == "again"


def test_a_file_that_cannot_be_made_or_opened_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with closing(Store(folder)) as store, pytest.raises(StoreError, match="cannot be used"):
            store.begin("ada")


@pytest.fixture
def nobody_folder() -> Iterator[Path]:
    """A folder that others may enter, outside of pytest's own, which they may not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_a_read_only_folder_is_said_and_what_it_holds_can_be_read(nobody_folder: Path) -> None:
    with closing(Store(nobody_folder)) as store:
        store.begin("ada", "before")
    user = os.geteuid()
    nobody_folder.chmod(0o555)
    (nobody_folder / FILE).chmod(0o444)
    if user == 0:
        os.seteuid(65534)  # root may write everywhere
    try:
        with closing(Store(nobody_folder)) as store, pytest.raises(StoreError):
            store.begin("ada")
        with closing(Store(nobody_folder / "new")) as store, pytest.raises(StoreError):
            store.begin("ada")
    finally:
        os.seteuid(user)
        nobody_folder.chmod(0o755)
    assert [path.name for path in nobody_folder.glob("*.corrupt*")] == []
    (nobody_folder / FILE).chmod(0o644)
    assert titles(nobody_folder) == {"before"}


def test_a_full_disk_loses_nothing_and_recovers(filled: Path) -> None:
    code = (
        "import resource, sys\nfrom rag.errors import StoreError\n"
        "hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]\n"
        "store.begin('ada', 'room')\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, hard))\n"
        "kept, refused = [], 0\n"
        "for number in range(200):\n"
        "    try:\n        store.begin('ada', f'full {number} ' + 'x' * 150)\n        kept.append(number)\n"
        "    except StoreError:\n        refused += 1\n"
        "assert refused, 'the limit was never met'\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))\n"
        "store.begin('ada', 'again')\nprint(kept)\n"
    )
    with child(code, filled) as full:
        out, _ = full.communicate()
        assert full.returncode == 0
    kept = {int(number) for number in out.strip("[]\n").split(", ") if number}
    found = titles(filled)
    assert {int(t.split()[1]) for t in found if t and t.startswith("full")} == kept
    assert {"room", "again"} <= found
    assert list(filled.glob("*.corrupt*")) == []


def test_a_kill_in_the_middle_of_writing_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    code = "for number in range(100_000):\n    store.begin('ada', str(number))\n    print(number, flush=True)\n"
    draw = random.Random(1)
    for turn in range(int(os.environ.get("KILLS", "5"))):
        folder = tmp_path / str(turn)
        with child(code, folder) as writer:
            assert writer.stdout is not None
            acknowledged = [int(writer.stdout.readline()) for _ in range(draw.randint(1, 60))]
            writer.send_signal(signal.SIGKILL)
            acknowledged += [int(line) for line in writer.stdout if line.endswith("\n")]
        assert {str(number) for number in acknowledged} <= titles(folder)
        with closing(sqlite3.connect(folder / FILE)) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def zero_header(content: bytearray, draw: random.Random) -> None:
    content[:100] = bytes(100)


def truncate(content: bytearray, draw: random.Random) -> None:
    del content[draw.randrange(len(content)) :]


def flip(content: bytearray, draw: random.Random) -> None:
    for _ in range(20):
        content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)


@pytest.mark.parametrize("harm", [zero_header, truncate, flip])
@pytest.mark.parametrize("seed", range(20))
def test_a_damaged_file_never_stops_the_store(filled: Path, harm, seed: int) -> None:
    content = bytearray((filled / FILE).read_bytes())
    harm(content, random.Random(seed))
    (filled / FILE).write_bytes(content)
    with closing(Store(filled)) as store:
        try:
            begun = store.begin("ada", "after")
        except StoreError:  # found only while writing: then the next one has a file of its own
            begun = store.begin("ada", "after")
        assert store.conversation("ada", begun.id)[0].title == "after"
        aside = [path for path in filled.iterdir() if ".corrupt-" in path.name and path.read_bytes() == content]
        assert bool(store.warnings) == bool(aside)  # nothing is thrown away


def test_a_file_damaged_while_it_is_open_is_set_aside(filled: Path) -> None:
    with closing(Store(filled)) as store:
        assert store.conversations("ada")[1] is False
        store._database.wipe()
        content = bytearray((filled / FILE).read_bytes())
        content[100:] = b"\xff" * (len(content) - 100)
        (filled / FILE).write_bytes(content)
        store._database.close()  # as after an hour without a question: nothing is cached
        with pytest.raises(StoreError, match="damaged"):
            store.conversations("ada")
        assert store.conversations("ada") == ([], False)
        assert "set aside" in store.warnings[0]
        assert store.begin("ada").turns == 0


@pytest.mark.parametrize("replaced", [False, True], ids=["deleted", "replaced"])
def test_a_file_taken_away_while_it_is_open_is_not_written_to(filled: Path, fifty: bytes, replaced: bool) -> None:
    with closing(Store(filled)) as store:
        store.begin("ada", "before")
        if replaced:
            (filled / "restored").write_bytes(fifty)
            (filled / "restored").rename(filled / FILE)
        else:
            (filled / FILE).unlink()
        store.begin("ada", "after")
        assert "deleted or replaced" in store.warnings[0]
        store.begin("ada", "later")
        assert len(store.warnings) == 1
    assert {"after", "later"} <= titles(filled)
    assert len(titles(filled)) == (52 if replaced else 2)


def test_a_file_that_goes_while_it_is_opened_is_missed_at_once(filled: Path) -> None:
    class Losing(Database):
        lost = False

        def _connect_first(self) -> sqlite3.Connection:
            connection = super()._connect_first()
            if not self.lost:
                self.lost = True
                self.path.unlink()
            return connection

    with closing(Losing(filled / FILE)) as database:
        for _ in range(3):
            with database.writing() as connection:
                connection.execute("CREATE TABLE IF NOT EXISTS mark (n)")
                connection.execute("INSERT INTO mark VALUES (1)")
        assert len(database.warnings) == 1
    with closing(sqlite3.connect(filled / FILE)) as connection:
        assert connection.execute("SELECT count(*) FROM mark").fetchone() == (2,)


def test_another_program_only_looks(filled: Path) -> None:
    (filled / FILE).write_bytes(b"not a database" * 100)
    with closing(Store(filled, mend=False)) as store, pytest.raises(StoreError, match="damaged"):
        store.feedback()
    assert [path.name for path in filled.iterdir() if "corrupt" in path.name] == []


def test_a_file_of_a_later_version_is_left_alone(filled: Path) -> None:
    with closing(sqlite3.connect(filled / FILE)) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with closing(Store(filled)) as store, pytest.raises(StoreError, match="later version"):
        store.begin("ada")
    assert list(filled.glob("*.corrupt*")) == []
