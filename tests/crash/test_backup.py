"""A copy of the index folder is a backup, also one that is taken while the index is written."""

from __future__ import annotations

import random
import shutil
import time
from collections import Counter
from pathlib import Path

from rag.snapshot import open_snapshot, snapshot_names
from tests.crash import children, material

COPIES = material.count(50, 5)


def copy(index: Path, to: Path) -> bool:
    """As `cp -r`: what disappears meanwhile is passed over. False when something did."""
    try:
        shutil.copytree(index, to)
    except shutil.Error:
        return False
    return True


def test_a_copy_taken_while_the_index_is_written(tmp_path: Path) -> None:
    corpus, index, messages = tmp_path / "corpus", tmp_path / "index", tmp_path / "messages"
    whole_s = 0.0
    for version in range(3):  # three, so that the next one has something to remove
        material.write_corpus(corpus, version)
        begun = time.perf_counter()
        assert children.ended(children.start(children.ingest, corpus, index, messages)) == 0
        whole_s = time.perf_counter() - begun
    chance = random.Random(20210323)
    seen: Counter[str] = Counter()
    for version in range(3, 3 + COPIES):
        material.write_corpus(corpus, version)
        old = open_snapshot(index)
        child = children.start(children.ingest, corpus, index, messages)
        time.sleep(chance.uniform(0, whole_s))
        backup = tmp_path / "backup"
        whole = copy(index, backup)
        assert children.ended(child) == 0
        new = open_snapshot(index)
        assert new.id != old.id
        restored = open_snapshot(backup)
        assert restored.id in (old.id, new.id)
        assert material.answers(restored) == material.answers(old if restored.id == old.id else new)
        seen["old" if restored.id == old.id else "new"] += 1
        seen["with files that disappeared"] += not whole
        seen["with a warning"] += bool(restored.warnings)
        shutil.rmtree(backup)
    assert len(snapshot_names(index)) == 3
    print(f"\n{COPIES} of {COPIES} copies open and answer alike: {dict(seen)}")
