"""Writers never interleave: one writes, the others say so at once, and a killed one is no obstacle."""

from __future__ import annotations

import random
import time
from pathlib import Path

from rag.publish import UNFINISHED, writer_lock
from rag.snapshot import open_snapshot, snapshot_names, verify
from tests.crash import children, material

ROUNDS = material.count(50, 3)
BUSY = 75


def ingest_at(moment: float, corpus: Path, index: Path, messages: Path) -> None:
    """`rag ingest` from a moment of the clock on, so that several begin together; says how long it took."""
    time.sleep(max(0.0, moment - time.monotonic()))
    begun = time.monotonic()
    try:
        children.ingest(corpus, index, messages)
    finally:
        messages.write_text(f"{time.monotonic() - begun:.3f}\n{messages.read_text()}")


def hold(index: Path, held: Path) -> None:
    with writer_lock(index):
        held.touch()
        time.sleep(children.ENDED_WITHIN_S)


def test_several_writers_at_once(tmp_path: Path) -> None:
    corpus, index = tmp_path / "corpus", tmp_path / "index"
    chance = random.Random(20210323)
    writers = wrote = 0
    slowest_s = 0.0
    for number in range(ROUNDS):
        material.write_corpus(corpus, number)
        together = chance.randint(2, 8)
        moment = time.monotonic() + 0.05 * together
        messages = [tmp_path / f"messages{n}" for n in range(together)]
        started = [children.start(ingest_at, moment, corpus, index, path) for path in messages]
        codes = [children.ended(child) for child in started]
        assert set(codes) <= {0, BUSY}
        assert 0 in codes
        for code, path in zip(codes, messages, strict=True):
            took, _, said = path.read_text().partition("\n")
            if code == BUSY:
                assert "Another `rag ingest` is writing this index" in said
                slowest_s = max(slowest_s, float(took))
        snapshot = open_snapshot(index)
        assert snapshot.warnings == ()
        assert {name: snapshot.documents[name].text for name in snapshot.documents} == material.texts(number)
        assert all(verify(index / name) == [] for name in snapshot_names(index))
        assert not list(index.glob(UNFINISHED + "*"))
        writers += together
        wrote += codes.count(0)
    print(
        f"\n{ROUNDS} rounds, {writers} writers: {wrote} wrote, {writers - wrote} were told that the index is busy, "
        f"after at most {slowest_s:.2f} s"
    )


def test_a_killed_writer_leaves_the_lock_free(tmp_path: Path) -> None:
    corpus, index, held = tmp_path / "corpus", tmp_path / "index", tmp_path / "held"
    material.write_corpus(corpus, 0)
    for _ in range(ROUNDS):
        holder = children.start(hold, index, held)
        while not held.exists():
            assert holder.is_alive()
            time.sleep(0.01)
        assert children.ended(children.start(children.ingest, corpus, index, tmp_path / "messages")) == BUSY
        holder.kill()
        children.ended(holder)
        assert children.ended(children.start(children.ingest, corpus, index, tmp_path / "messages")) == 0
        held.unlink()
    print(f"\nthe lock was free after {ROUNDS} of {ROUNDS} kills of its holder")
