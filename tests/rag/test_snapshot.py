"""Any changed byte is found before use, and a good older snapshot takes over."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from rag import build
from rag.errors import IndexCorrupt, IndexMissing, IndexModelMismatch
from rag.segment import FILES
from rag.settings import Settings
from rag.snapshot import CURRENT, MANIFEST, open_snapshot, read_snapshot, snapshot_names, verify

Write = Callable[[Mapping[str, str | bytes]], Path]


@pytest.fixture
def two_snapshots(write_corpus: Write, settings: Settings) -> tuple[Path, Path]:
    """(old, new) folders of one index."""
    for text in ("The old text. It has two sentences.", "The new text. It has two sentences."):
        write_corpus({"a.txt": text, "b.md": "# Other\n\nOther document."})
        build.ingest(settings)
    new, old = snapshot_names(settings.index_dir)
    return settings.index_dir / old, settings.index_dir / new


def damage(path: Path, how: str, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    if how == "flip":
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    elif how == "truncate":
        del content[chance.randrange(len(content)) :]
    elif how == "zero":
        first = chance.randrange(len(content))
        content[first:] = bytes(len(content) - first)
        if bytes(content) == path.read_bytes():
            content[-1] ^= 1
    else:
        content += b"\0"
    path.write_bytes(content)


@pytest.mark.parametrize("how", ["flip", "truncate", "zero", "append"])
@pytest.mark.parametrize("name", [MANIFEST, *FILES])
def test_damage_is_found_named_and_survived(two_snapshots: tuple[Path, Path], name: str, how: str) -> None:
    old, new = two_snapshots
    chance = random.Random(f"{name} {how}")
    path = next(new.rglob(name))
    good = path.read_bytes()
    for _ in range(12):
        damage(path, how, chance)
        assert any(name in problem for problem in verify(new))
        with pytest.raises(IndexCorrupt, match=name):
            read_snapshot(new)
        fallback = open_snapshot(new.parent)
        assert fallback.id == old.name
        assert fallback.documents["a"].text.startswith("The old text")
        assert name in fallback.warnings[0]
        path.write_bytes(good)
    assert verify(new) == []
    assert open_snapshot(new.parent).id == new.name


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_another_snapshot_is_found(two_snapshots: tuple[Path, Path], name: str) -> None:
    old, new = two_snapshots
    theirs, ours = next(old.rglob(name)), next(new.rglob(name))
    if theirs.read_bytes() == ours.read_bytes():
        pytest.skip("both snapshots hold the same bytes")
    shutil.copy(theirs, ours)
    assert verify(new) != []


def test_missing_and_extra_files_are_found(two_snapshots: tuple[Path, Path]) -> None:
    _, new = two_snapshots
    (new / "stray.txt").write_text("x")
    assert any("stray.txt" in problem for problem in verify(new))
    next(new.rglob(FILES[0])).unlink()
    assert any(FILES[0] in problem for problem in verify(new))


def test_nothing_good_left_says_what_to_do(two_snapshots: tuple[Path, Path]) -> None:
    for folder in two_snapshots:
        damage(next(folder.rglob(FILES[1])), "flip", random.Random(1))
    with pytest.raises(IndexCorrupt, match="rag ingest"):
        open_snapshot(two_snapshots[0].parent)


@pytest.mark.parametrize("pointer", [b"", b"nonsense\n", b"../../etc", b"\xff\xfe", None])
def test_a_bad_pointer_costs_nothing(two_snapshots: tuple[Path, Path], pointer: bytes | None) -> None:
    _, new = two_snapshots
    path = new.parent / CURRENT
    path.unlink() if pointer is None else path.write_bytes(pointer)
    snapshot = open_snapshot(new.parent)
    assert snapshot.id == new.name
    assert "CURRENT" in snapshot.warnings[0]


def test_no_index_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(IndexMissing, match="rag ingest"):
        open_snapshot(tmp_path)


def test_another_format_is_refused_in_words(two_snapshots: tuple[Path, Path]) -> None:
    import hashlib

    _, new = two_snapshots
    raw = json.dumps(json.loads((new / MANIFEST).read_bytes()) | {"format": 999}).encode()
    (new / MANIFEST).write_bytes(raw)
    renamed = new.rename(new.with_name(f"{new.name.rpartition('-')[0]}-{hashlib.sha256(raw).hexdigest()[:16]}"))
    with pytest.raises(IndexModelMismatch, match="another version"):
        read_snapshot(renamed)


def test_a_copied_index_is_a_backup(two_snapshots: tuple[Path, Path], tmp_path: Path) -> None:
    _, new = two_snapshots
    copy = tmp_path / "backup"
    shutil.copytree(new.parent, copy)
    assert dict(open_snapshot(copy).documents) == dict(open_snapshot(new.parent).documents)
