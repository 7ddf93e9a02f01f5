"""Losing power at any moment leaves the old index or the new one, and never costs one that was reported as written."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from rag.errors import IndexMissing
from rag.publish import DISK, Disk
from rag.snapshot import current_name, open_snapshot, snapshot_names, verify
from tests.crash import material
from tests.crash.audit import linux_only
from tests.crash.disk import Recorder, State, states_after, write_state

pytestmark = linux_only

WAYS = {"first": (0, DISK), "second": (1, DISK), "third": (2, DISK), "linked": (2, material.LINKED)}
# In the short form states are opened at every so manieth operation only, and every so manieth of them.
EVERY_OPERATION, EVERY_STATE = material.count(1, 4), material.count(1, 9)


def signature(state: State) -> int:
    return hash(frozenset((n, hash(c) if isinstance(c, bytes) else signature(c)) for n, c in state.items()))


def publish(index: Path, version: int, kept: bool, disk: Disk = DISK) -> str:
    new = material.make_segment({f"v{version}{name}": text for name, text in material.texts(version, 2).items()})
    return material.publish_segment(index, new, material.kept_segments(index) if kept else (), disk=disk)


def check(folder: Path, old: str | None, new: str, acknowledged: bool) -> None:
    """What is left opens to the old or the new snapshot, and no snapshot looks damaged."""
    index = folder / "index"
    try:
        snapshot = open_snapshot(index)
    except IndexMissing:
        assert old is None
        assert not acknowledged
        return
    assert snapshot.id in ((new,) if acknowledged else (old, new))
    assert old is None or snapshot.warnings == ()
    assert [verify(index / name) for name in snapshot_names(index)] == [[]] * len(snapshot_names(index))


@pytest.mark.parametrize("way", WAYS)
def test_every_prefix_of_a_publication_opens(way: str, tmp_path: Path) -> None:
    versions, disk = WAYS[way]
    root = tmp_path / "disk"
    root.mkdir()
    for version in range(versions):
        publish(root / "index", version, kept=version > 0)
    old = current_name(root / "index")
    shutil.copytree(root, tmp_path / "before")
    recorder = Recorder()
    disk = replace(disk, fsync=recorder.fsync)
    recorder.record(root, lambda: publish(root / "index", versions, versions > 0, disk))
    new = current_name(root / "index")
    assert new
    assert new != old
    seen: set[tuple[int, bool]] = set()
    states = 0
    operations = recorder.operations
    for done in [*range(0, len(operations), EVERY_OPERATION), len(operations)]:
        for number, state in enumerate(states_after(tmp_path / "before", root, operations[:done])):
            states += 1
            if number % EVERY_STATE:
                continue
            key = (signature(state), done == len(operations))
            if key in seen:
                continue
            seen.add(key)
            write_state(tmp_path / "left", state)
            try:
                check(tmp_path / "left", old, new, done == len(operations))
            except AssertionError:
                print(*operations[:done], sep="\n")
                raise
            shutil.rmtree(tmp_path / "left")
    print(f"\n{way}: {len(operations)} operations, {states} states, {len(seen)} of them different; all open")


def test_the_recorder_sees_everything(tmp_path: Path) -> None:
    """Replaying all operations, nothing lost, gives the very folder that was written."""
    root = tmp_path / "disk"
    root.mkdir()
    publish(root / "index", 0, kept=False)
    publish(root / "index", 1, kept=True)
    shutil.copytree(root, tmp_path / "before")
    recorder = Recorder()
    recorder.record(root, lambda: publish(root / "index", 2, True, replace(material.LINKED, fsync=recorder.fsync)))
    kept = next(states_after(tmp_path / "before", root, recorder.operations))
    write_state(tmp_path / "left", kept)
    assert files(tmp_path / "left") == files(root)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
