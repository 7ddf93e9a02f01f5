"""A full or failing disk is an error in words, and the old index goes on answering."""

from __future__ import annotations

import errno
import os
import resource
import signal
from dataclasses import replace
from pathlib import Path

import pytest

from rag.errors import IndexWriteError
from rag.publish import DISK, UNFINISHED
from rag.segment import FILES
from rag.snapshot import CURRENT, MANIFEST, current_name, open_snapshot, snapshot_names, verify
from tests.crash import children, material
from tests.crash.audit import each_change, linux_only

pytestmark = linux_only

TENTHS = range(0, 10, material.count(1, 4))


def ingest_where_one_file_is_cut_off(index: Path, name: str, limit: int, corpus: Path, messages: Path) -> None:
    """The system refuses to write more than `limit` bytes into one file; others are not limited."""

    def limit_size(kind: str, path: Path, _: Path | None) -> None:
        if kind == "create":
            most = limit if path.name == name else resource.RLIM_INFINITY
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with each_change(index, limit_size):
        children.ingest(corpus, index, messages)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", [*FILES, MANIFEST, CURRENT + ".tmp"])
def test_a_disk_that_fills_up_within_any_file(name: str, tmp_path: Path) -> None:
    corpus, index, messages = tmp_path / "corpus", tmp_path / "index", tmp_path / "messages"
    material.write_corpus(corpus, 0)
    assert children.ended(children.start(children.ingest, corpus, index, messages)) == 0
    before, answers = contents(index), material.answers(open_snapshot(index))
    size = next(len(content) for path, content in before.items() if path.endswith(name.removesuffix(".tmp")))
    material.write_corpus(corpus, 1)
    for tenth in TENTHS:
        child = children.start(ingest_where_one_file_is_cut_off, index, name, size * tenth // 10, corpus, messages)
        assert children.ended(child) == 74, messages.read_text()
        assert "the old one is untouched" in messages.read_text()
        assert contents(index) == before, "nothing is left behind"
    assert material.answers(open_snapshot(index)) == answers
    print(f"\n{name}: the disk was full at {len(TENTHS)} of {len(TENTHS)} places, each told; nothing changed")


@pytest.mark.parametrize("name", FILES)
def test_a_full_device_is_noticed_for_every_file(name: str) -> None:
    """`faiss.write_index` would not notice."""
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        DISK.write(Path("/dev/full"), material.make_segment(material.texts(0)).writers()[name])


class Failure:
    """Fails at one change of a folder or one sync, counted together from 0."""

    def __init__(self, at: int) -> None:
        self.left = at

    def __call__(self, kind: str = "sync", path: Path = Path("disk"), other: Path | None = None) -> None:
        self.left -= 1
        if self.left == -1:
            raise OSError(errno.EIO, os.strerror(errno.EIO), str(path))

    def fsync(self, descriptor: int) -> None:
        self()
        os.fsync(descriptor)


def visible(index: Path) -> set[Path]:
    """What lies in an index, without what the next writer sweeps."""
    return set(index.iterdir()) - set(index.glob(UNFINISHED + "*"))


@pytest.mark.parametrize("shared", [False, True])
def test_any_operation_may_fail(shared: bool, tmp_path: Path) -> None:
    """Every create, mkdir, rename, link, removal and fsync of a publication, one after the other."""
    index = tmp_path / "index"
    for version in range(2):
        material.publish_segment(index, material.make_segment(material.texts(version)))
    told = unnoticed = 0
    failure = Failure(0)
    for at in range(0, 1000, material.count(1, 5)):
        before, name = visible(index), current_name(index)
        failure = Failure(at)
        disk = replace(material.LINKED if shared else DISK, fsync=failure.fsync)
        new = material.make_segment({f"n{at}": f"Number {at} is new. It has two sentences."})
        said = ""
        try:
            with each_change(index, failure):
                material.publish_segment(index, new, material.kept_segments(index), disk=disk)
        except IndexWriteError as error:
            said = str(error)
        told += bool(said)
        unnoticed += failure.left < 0 and not said  # old snapshots remain, or a copy was made instead of a link
        if current_name(index) == name:
            assert "the old one is untouched" in said or "cannot be written" in said
            assert visible(index) == before, "nothing is left behind"
        else:
            assert not said or "The new index is in use" in said
        snapshot = open_snapshot(index)
        assert snapshot.warnings == ()
        assert (f"n{at}" in snapshot.documents) == (snapshot.id != name)
        assert all(verify(index / each) == [] for each in snapshot_names(index))
        if failure.left >= 0:
            break
    assert failure.left >= 0
    print(f"\n{told} failing operations were told, {unnoticed} cost at most space")
