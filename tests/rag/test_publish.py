"""Publishing keeps one writer, the newest snapshots and the folders of people; `tests/crash` breaks it on purpose."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from rag import build
from rag.errors import IndexBusy, IndexWriteError
from rag.publish import writer_lock
from rag.settings import Settings
from rag.snapshot import CURRENT, current_name, snapshot_names, verify
from tests.conftest import ROOT

Write = Callable[[Mapping[str, str | bytes]], Path]


def text(version: int) -> str:
    return f"Version {version} of the programme. " + "The summit has sessions. " * 200


def environment(settings: Settings) -> dict[str, str]:
    return {
        **os.environ,
        "RAG_CORPUS_DIR": str(settings.corpus_dir),
        "RAG_INDEX_DIR": str(settings.index_dir),
        "RAG_MODEL": settings.model,
        "RAG_READER": settings.reader,
    }


def ingest_process(settings: Settings) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "rag", "ingest", "--force"]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment(settings), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


def test_only_one_writer_at_a_time(write_corpus: Write, settings: Settings) -> None:
    write_corpus({"a.txt": "Text."})
    with writer_lock(settings.index_dir):
        with pytest.raises(IndexBusy, match="wait"):
            build.ingest(settings)
        with ingest_process(settings) as process:
            _, stderr = process.communicate()
        assert process.returncode == 75
        assert b"Another `rag ingest`" in stderr
    assert build.ingest(settings).published


def test_an_unwritable_folder_is_an_error_in_words(write_corpus: Write, settings: Settings, tmp_path: Path) -> None:
    write_corpus({"a.txt": "Text."})
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(IndexWriteError):
        build.ingest(replace(settings, index_dir=tmp_path / "file"))


def test_damaged_snapshots_are_swept_and_folders_of_people_are_not(write_corpus: Write, settings: Settings) -> None:
    write_corpus({"a.txt": text(1)})
    damaged = build.ingest(settings).snapshot
    next((settings.index_dir / damaged).rglob("dense.faiss")).write_bytes(b"broken")
    mine = settings.index_dir / "1notes"
    mine.mkdir()
    build.ingest(settings)
    build.ingest(settings, force=True)
    names = snapshot_names(settings.index_dir)
    assert damaged not in names
    assert len(names) == 2
    assert all(verify(settings.index_dir / name) == [] for name in names)
    assert mine.is_dir()


def test_only_the_newest_snapshots_are_kept(write_corpus: Write, settings: Settings) -> None:
    for version in range(5):
        write_corpus({"a.txt": text(version)})
        build.ingest(replace(settings, keep_snapshots=3))
    names = snapshot_names(settings.index_dir)
    assert len(names) == 3
    assert names[0] == current_name(settings.index_dir)
    assert {p.name for p in settings.index_dir.iterdir()} == {*names, CURRENT, ".lock"}


def test_a_snapshot_with_a_stray_file_is_not_swept(write_corpus: Write, settings: Settings) -> None:
    write_corpus({"a.txt": text(1)})
    old = build.ingest(settings).snapshot
    (settings.index_dir / old / ".DS_Store").write_text("x")
    write_corpus({"a.txt": text(2)})
    build.ingest(settings)
    assert old in snapshot_names(settings.index_dir)
