"""A change of the folder is noticed once it has come to rest."""

from __future__ import annotations

from pathlib import Path

from rag.loaders.watch import changes, state


def test_the_state_follows_names_sizes_and_times(tmp_path: Path) -> None:
    empty = state(tmp_path)
    (tmp_path / "a.txt").write_text("one")
    one = state(tmp_path)
    (tmp_path / "a.txt").write_text("three")
    three = state(tmp_path)
    (tmp_path / "a.txt").rename(tmp_path / "b.txt")
    assert len({empty, one, three, state(tmp_path)}) == 4
    assert state(tmp_path / "missing") == frozenset()


def test_every_change_is_one_turn(tmp_path: Path) -> None:
    turns = changes(tmp_path, look_s=0.01)
    next(turns)
    for number in range(3):
        (tmp_path / f"{number}.txt").write_text("text")
        next(turns)  # comes back only because something changed
