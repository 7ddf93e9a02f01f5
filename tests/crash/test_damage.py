"""Damage is found before use: whatever happens to the bytes of a snapshot, the answers are those of a good one."""

from __future__ import annotations

import os
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.errors import IndexCorrupt
from rag.hashed import MAPPED_BYTES
from rag.segment import FILES
from rag.snapshot import CURRENT, open_snapshot, snapshot_names, verify
from tests.crash import children, material

# For each kind of FAISS index, files read and files mapped.
CASES = {"flip": material.count(500, 12), "cut": material.count(200, 5), "zero": material.count(200, 5)}


@pytest.fixture
def index(tmp_path: Path, kind: str) -> Path:
    """Two snapshots, both of two segments of this kind of FAISS index."""
    for version in (0, 1):
        parts = [{f"{part}{n}": t for n, t in material.texts(10 * version + part, 12).items()} for part in (0, 1)]
        material.publish_segment(tmp_path / "index", material.make_segment(parts[0], kind), keep=3)
        kept = material.kept_segments(tmp_path / "index")
        material.publish_segment(tmp_path / "index", material.make_segment(parts[1], kind), kept, keep=3)
    index = tmp_path / "index"
    for name in snapshot_names(index)[1::2]:
        shutil.rmtree(index / name)
    assert {s.dense.kind for name in snapshot_names(index) for s in open_snapshot(index).segments} == {kind}
    return index


def damaged(content: bytes, how: str, chance: random.Random) -> bytes:
    """Something else than `content`."""
    changed = bytearray(content)
    place = chance.randrange(len(content))
    if how == "flip":
        changed[place] ^= 1 << chance.randrange(8)
    elif how == "cut":
        del changed[place:]
    else:
        changed[place:] = bytes(len(content) - place)
        if changed == content:  # a tail of zeros already
            changed[chance.randrange(len(content))] ^= 1
    return bytes(changed)


@pytest.mark.parametrize("mapped_bytes", [0, MAPPED_BYTES], ids=["mapped", "read"])
@pytest.mark.parametrize("kind", material.KINDS)
def test_damaged_bytes_never_answer(index: Path, kind: str, mapped_bytes: int) -> None:
    new, old = snapshot_names(index)
    expected = material.answers(open_snapshot(index, mapped_bytes))
    shutil.move(index / new, index.parent / new)
    fallback = material.answers(open_snapshot(index, mapped_bytes))
    shutil.move(index.parent / new, index / new)
    assert fallback != expected
    files = sorted(path for path in (index / new).rglob("*") if path.is_file())
    chance = random.Random(20210323)
    for how, cases in CASES.items():
        for _ in range(cases):
            path = chance.choice(files)
            good = path.read_bytes()
            path.write_bytes(damaged(good, how, chance))
            snapshot = open_snapshot(index, mapped_bytes)
            assert snapshot.id == old
            assert path.name in snapshot.warnings[0]
            assert material.answers(snapshot) == fallback
            assert any(path.name in problem for problem in verify(index / new))
            path.write_bytes(good)
    assert verify(index / new) == []
    assert material.answers(open_snapshot(index, mapped_bytes)) == expected
    way = "read" if mapped_bytes else "mapped"
    print(f"\n{kind}, {way}: {CASES} all found, each named, 0 wrong answers, 0 crashes")


def swap(first: Path, second: Path) -> None:
    aside = first.with_name("aside")
    first.rename(aside)
    second.rename(first)
    aside.rename(second)


def between_snapshots(index: Path) -> list[tuple[Path, Path]]:
    new, old = ([p for p in sorted((index / n).iterdir()) if p.is_dir()] for n in snapshot_names(index))
    return [(a / name, b / name) for a in new for b in old for name in FILES]


def between_segments(index: Path) -> list[tuple[Path, Path]]:
    first, second = (p for p in (index / snapshot_names(index)[0]).iterdir() if p.is_dir())
    return [(first / name, second / name) for name in FILES] + [(first, second)]


def manifests(index: Path) -> list[tuple[Path, Path]]:
    new, old = snapshot_names(index)
    return [(index / new / "manifest.json", index / old / "manifest.json"), (index / new, index / old)]


@pytest.mark.parametrize("pairs", [between_snapshots, between_segments, manifests])
@pytest.mark.parametrize("kind", material.KINDS)
def test_files_that_are_swapped_never_answer(
    index: Path, pairs: Callable[[Path], list[tuple[Path, Path]]], kind: str
) -> None:
    new, old = snapshot_names(index)
    known = {name: material.answers(open_snapshot(folder)) for name, folder in alone(index).items()}
    for first, second in pairs(index):
        if first.is_file() and first.read_bytes() == second.read_bytes():
            continue
        swap(first, second)
        assert verify(index / new)
        try:
            snapshot = open_snapshot(index)
            assert snapshot.id == old, "the new one is damaged"
            assert material.answers(snapshot) == known[old]
        except IndexCorrupt:
            assert verify(index / old), "both are damaged"
        swap(first, second)
    assert material.answers(open_snapshot(index)) == known[new]


def alone(index: Path) -> dict[str, Path]:
    """Each snapshot in an index of its own."""
    copies = {name: index.with_name(f"only-{name}") for name in snapshot_names(index)}
    for name, folder in copies.items():
        shutil.copytree(index / name, folder / name)
    return copies


@pytest.mark.parametrize("name", FILES)
def test_damage_in_a_file_that_snapshots_share_is_found_in_each(name: str, tmp_path: Path) -> None:
    index = tmp_path / "index"
    first = material.publish_segment(index, material.make_segment(material.texts(0)))
    new = material.make_segment({"new": "Something new. It has two sentences."})
    second = material.publish_segment(index, new, material.kept_segments(index), disk=material.LINKED)
    shared = next((index / first).rglob(name))
    assert shared.stat().st_nlink == 2
    shared.write_bytes(damaged(shared.read_bytes(), "flip", random.Random(name)))
    assert all(name in verify(index / snapshot)[0] for snapshot in (first, second))
    with pytest.raises(IndexCorrupt, match=name):
        open_snapshot(index)


def open_without_compiling(index: Path) -> None:
    """Ends with 1 when opening an index compiles or parses Python."""

    def refuse(event: str, _: object) -> None:
        if event == "compile":
            os._exit(1)

    open_snapshot(index)  # imports what it needs
    sys.addaudithook(refuse)
    for mapped_bytes in (0, MAPPED_BYTES):
        open_snapshot(index, mapped_bytes)


@pytest.mark.parametrize("kind", ["flat"])
def test_opening_parses_no_python(index: Path) -> None:
    """Segments are read side by side, and the parser of Python 3.11 is not safe for threads."""
    assert children.ended(children.start(open_without_compiling, index)) == 0


@pytest.mark.parametrize("kind", ["flat"])
def test_a_pointer_that_is_damaged_in_any_bit_costs_nothing(index: Path) -> None:
    new = snapshot_names(index)[0]
    good = (index / CURRENT).read_bytes()
    for bit in range(0, 8 * len(good), material.count(1, 10)):
        changed = bytearray(good)
        changed[bit // 8] ^= 1 << bit % 8
        (index / CURRENT).write_bytes(changed)
        snapshot = open_snapshot(index)
        assert snapshot.id == new
        assert snapshot.warnings or bytes(changed).strip() == good.strip()
    (index / CURRENT).unlink()
    (index / CURRENT).mkdir()
    assert open_snapshot(index).id == new
