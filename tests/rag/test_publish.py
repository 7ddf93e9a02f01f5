"""Publishing is atomic: a kill, a full disk or a second writer never costs the index."""

from __future__ import annotations

import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from rag import build
from rag.errors import IndexBusy, IndexWriteError
from rag.publish import UNFINISHED, writer_lock
from rag.settings import Settings
from rag.snapshot import CURRENT, current_name, open_snapshot, snapshot_names, verify
from tests.conftest import ROOT

Write = Callable[[Mapping[str, str | bytes]], Path]
KILLS = int(os.environ.get("KILLS", "8"))  # `KILLS=200 pytest tests/rag/test_publish.py` for a long run


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


def test_killing_ingest_leaves_the_old_or_the_new_index(write_corpus: Write, settings: Settings) -> None:
    write_corpus({"a.txt": text(0)})
    build.ingest(settings)
    start = time.perf_counter()
    with ingest_process(settings) as process:
        assert process.wait() == 0
    whole_s = time.perf_counter() - start
    chance = random.Random(20210323)
    for version in range(1, KILLS + 1):
        before = open_snapshot(settings.index_dir).documents["a"].text
        write_corpus({"a.txt": text(version)})
        with ingest_process(settings) as process:
            # Mostly in the last part, where files are written; the first part is imports.
            time.sleep(whole_s * chance.triangular(0, 1.1, 0.9))
            process.kill()
        snapshot = open_snapshot(settings.index_dir)
        assert snapshot.warnings == ()
        assert snapshot.documents["a"].text in (before, text(version))
    build.ingest(settings, force=True)
    assert not list(settings.index_dir.glob(UNFINISHED + "*")), "leftovers are swept by the next writer"
    assert all(verify(settings.index_dir / name) == [] for name in snapshot_names(settings.index_dir))


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


def test_a_full_disk_leaves_the_old_index(write_corpus: Write, settings: Settings) -> None:
    write_corpus({"a.txt": text(1)})
    build.ingest(settings)
    name = current_name(settings.index_dir)
    assert name
    largest = max(p.stat().st_size for p in (settings.index_dir / name).rglob("*"))
    write_corpus({"a.txt": text(2)})
    for tenth in range(0, 10, 3):
        limit = largest * tenth // 10

        def allow(size: int = limit) -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

        command = [
            sys.executable,
            "-c",
            "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
            "import sys; from rag.cli import main; sys.argv = ['rag', 'ingest']; main()",
        ]
        run = subprocess.run(
            command, cwd=ROOT, env=environment(settings), preexec_fn=allow, capture_output=True, text=True, check=False
        )
        assert run.returncode == 74, run.stderr
        assert "untouched" in run.stderr
        assert open_snapshot(settings.index_dir).id == name
    assert not list(settings.index_dir.glob(UNFINISHED + "*"))


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
