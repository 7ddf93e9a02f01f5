"""`kill -9` at any moment leaves the old index or the new one."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.chunk import ChunkParameters
from rag.ingest import Growth, ingest_folder
from rag.publish import UNFINISHED
from rag.snapshot import current_name, open_snapshot, snapshot_names, verify
from tests.crash import children, material
from tests.crash.audit import linux_only

KILLS = material.count(200, 4)  # in each of the ways below


def ingest(folder: Path, version: int) -> None:
    """Everything written anew."""
    children.ingest(folder / "corpus", folder / "index", folder / "messages")


def grow(folder: Path, version: int) -> None:
    """The segment of what did not change is copied."""
    ingest_folder(
        folder / "corpus",
        folder / "index",
        material.EMBEDDER,
        keep=2,
        chunking=ChunkParameters(),
        growth=Growth(large_rows=3, most_deleted=1),
    )


def link(folder: Path, version: int) -> None:
    """The files of the kept segment are hard links."""
    index = folder / "index"
    new = material.make_segment(expected(link, version))
    material.publish_segment(index, new, material.kept_segments(index), disk=material.LINKED)


WAYS = [ingest, grow, link]


def expected(way: Callable[[Path, int], None], version: int) -> dict[str, str]:
    """The documents that the writer of a version changes."""
    return {("n" if way is link else "") + name: text for name, text in material.texts(version).items()}


def prepare(folder: Path, version: int) -> None:
    """What the next version is made from."""
    material.write_corpus(folder / "corpus", version)
    if not (folder / "index").exists():
        for _ in range(3):  # so that there is something to prune
            material.publish_segment(folder / "index", material.make_segment(material.texts(version)), keep=3)


def texts(folder: Path) -> dict[str, str]:
    snapshot = open_snapshot(folder / "index")
    assert snapshot.warnings == ()
    assert all(verify(folder / "index" / name) == [] for name in snapshot_names(folder / "index"))
    return {name: snapshot.documents[name].text for name in snapshot.documents}


def killed_in(folder: Path, before: str | None) -> str:
    """What the writer was about when it died."""
    index = folder / "index"
    unfinished = [path.name.removeprefix(UNFINISHED) for path in index.glob(UNFINISHED + "*")]
    if any(name.isdigit() for name in unfinished):
        return "writing"
    if current_name(index) == before:
        return "before writing, or between snapshot and pointer"
    return "removing old snapshots" if unfinished or len(snapshot_names(index)) > 3 else "after publishing"


@pytest.mark.parametrize("way", WAYS)
def test_killing_a_writer_leaves_the_old_or_the_new_index(way: Callable[[Path, int], None], tmp_path: Path) -> None:
    for version in (-1, 0):  # the first may have to wait for the process that children are forked from
        prepare(tmp_path, version)
        start = time.perf_counter()
        assert children.ended(children.start(way, tmp_path, version)) == 0
    whole_s = time.perf_counter() - start
    chance = random.Random(20210323)
    seen: Counter[str] = Counter()
    for version in range(1, KILLS + 1):
        prepare(tmp_path, version)
        before, name = texts(tmp_path), current_name(tmp_path / "index")
        child = children.start(way, tmp_path, version)
        time.sleep(chance.uniform(0, whole_s))
        child.kill()
        children.ended(child)
        after = texts(tmp_path)
        if current_name(tmp_path / "index") == name:
            assert after == before
        else:
            assert after == before | expected(way, version)
        seen[killed_in(tmp_path, name)] += 1
    prepare(tmp_path, KILLS + 1)
    assert children.ended(children.start(way, tmp_path, KILLS + 1)) == 0
    assert not list((tmp_path / "index").glob(UNFINISHED + "*")), "leftovers are swept by the next writer"
    print(f"\n{way.__name__}: {KILLS} of {KILLS} kills left the old or the new index; {dict(seen)}")


@linux_only
@pytest.mark.parametrize("way", WAYS)
def test_killing_a_writer_before_each_of_its_operations(way: Callable[[Path, int], None], tmp_path: Path) -> None:
    prepare(tmp_path, 0)
    operation, version, code = 0, 0, -9
    tried = 0
    while code == -9:
        version += 1
        prepare(tmp_path, version)
        before, name = texts(tmp_path), current_name(tmp_path / "index")
        code = children.ended(
            children.start(children.kill_oneself_at, operation, tmp_path / "index", way, tmp_path, version)
        )
        after = texts(tmp_path)
        assert after == (before if current_name(tmp_path / "index") == name else before | expected(way, version))
        operation += material.count(1, 7)
        tried += 1
    assert code == 0
    print(f"\n{way.__name__}: killed before {tried - 1} operations")
