from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from rag.errors import LoaderError, NotFoundError
from server.corpus import INCOMING, STALE_S, Corpus, check_name
from server.errors import ApiError
from tests.conftest import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "corpus"


@pytest.fixture
def corpus(folder: Path) -> Corpus:
    return Corpus(folder)


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize(
    "name",
    [
        "a.txt",
        "Summit Day 1.md",
        "台北.TXT",
        "高峰　會.md",
        "Hřib’s speech (final).md",
        "x" * 196 + ".txt",
    ],
)
def test_plain_names(name: str):
    check_name(name)


@pytest.mark.parametrize(
    "name",
    [
        ".",
        "..",
        ".a.txt",
        "../a.txt",
        "a/b.txt",
        "/a.txt",
        "a\\b.txt",
        "..\\a.txt",
        "a\0.txt",
        "a\n.txt",
        "a\x7f.txt",
        "a\u0085.txt",
        "a\u2028.txt",
        "a\u202etxt.md",  # turns the writing direction: shows as another name
        "a\ufffd.txt",
        " a.txt",
        "a.txt ",
        "Hr\u030cib.txt",  # not NFC
        "x" * 197 + ".txt",
        "台" * 66 + ".txt",
        "README.md",
        "ReadMe.MD",
    ],
)
def test_anything_else_is_no_name(name: str):
    with pytest.raises(ApiError) as raised:
        check_name(name)
    assert (raised.value.status_code, raised.value.code, raised.value.param) == (422, "bad_name", "name")


@pytest.mark.parametrize("name", ["", "a", "a.exe", "a.txt.toml", "a.md.gz", "txt"])
def test_names_of_other_types(name: str):
    with pytest.raises(ApiError, match=r"\.txt") as raised:
        check_name(name)
    assert (raised.value.status_code, raised.value.code) == (422, "unsupported")


def test_put_makes_the_folder_and_the_file(corpus: Corpus, folder: Path):
    raw = "Día 1".encode()
    stored = {"name": "Day 1.txt", "document_id": "day-1", "bytes": 6, "sha256": hashlib.sha256(raw).hexdigest()}
    assert corpus.put("Day 1.txt", raw) == (stored, True)
    assert files(folder) == {"Day 1.txt": raw}


def test_put_again_replaces_and_keeps_what_is_known_about_it(corpus: Corpus, folder: Path):
    corpus.put("a.txt", b"old")
    (folder / "a.txt.toml").write_text('title = "A"')
    assert corpus.put("a.txt", b"new")[1] is False
    assert files(folder) == {"a.txt": b"new", "a.txt.toml": b'title = "A"'}


@pytest.mark.parametrize(("raw", "code"), [(b"", "empty"), (b" \n", "empty"), (b"PK\x03\x04\0", "type_mismatch")])
def test_what_cannot_be_read_is_not_stored(corpus: Corpus, folder: Path, raw: bytes, code: str):
    corpus.put("a.txt", b"old")
    with pytest.raises(LoaderError) as raised:
        corpus.put("a.txt", raw)
    assert raised.value.code == code
    assert files(folder) == {"a.txt": b"old"}


def test_a_reader_sees_the_old_file_or_the_new_one(corpus: Corpus, folder: Path):
    versions = {letter * 300_000 for letter in (b"a", b"b")}
    corpus.put("a.txt", b"a" * 300_000)
    stop = threading.Event()

    def replace_on() -> None:
        while not stop.is_set():
            for version in versions:
                corpus.put("a.txt", version)

    writers = [threading.Thread(target=replace_on) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        seen = {(folder / "a.txt").read_bytes() for _ in range(200)}
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert seen <= versions
    assert list(files(folder)) == ["a.txt"]


def test_what_a_killed_writer_left_is_swept(corpus: Corpus, folder: Path):
    folder.mkdir()
    (folder / f"{INCOMING}left").write_bytes(b"half")
    (folder / f"{INCOMING}going-on").write_bytes(b"half")
    os.utime(folder / f"{INCOMING}left", (0, time.time() - STALE_S - 1))
    corpus.put("a.txt", b"new")
    assert files(folder) == {"a.txt": b"new", f"{INCOMING}going-on": b"half"}


def test_a_full_disk_leaves_the_old_file(tmp_path: Path):
    program = (
        "import resource, signal; from pathlib import Path; from server.corpus import Corpus\n"
        "from server.errors import ApiError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"folder = Path({str(tmp_path)!r})\n"
        "Corpus(folder).put('a.txt', b'old')\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: Corpus(folder).put('a.txt', b'x' * 2000)\n"
        "except ApiError as error: print(error.status_code, error.code)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["503", "corpus_write_failed"]
    assert files(tmp_path) == {"a.txt": b"old"}


@pytest.mark.parametrize("target", ["outside.txt", "nowhere.txt"])
def test_links_are_neither_followed_nor_replaced(corpus: Corpus, folder: Path, tmp_path: Path, target: str):
    folder.mkdir()
    (tmp_path / "outside.txt").write_bytes(b"mine")
    (folder / "a.txt").symlink_to(tmp_path / target)
    for attempt in (lambda: corpus.put("a.txt", b"new"), lambda: corpus.remove("a.txt")):
        with pytest.raises(ApiError) as raised:
            attempt()
        assert (raised.value.status_code, raised.value.code) == (409, "not_regular_file")
    assert (folder / "a.txt").is_symlink()
    assert {p.name: p.read_bytes() for p in tmp_path.glob("*.txt")} == {"outside.txt": b"mine"}


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["folder", "pipe"])
def test_whatever_is_no_file_is_left_alone(corpus: Corpus, folder: Path, make):
    folder.mkdir()
    make(folder / "a.txt")
    for attempt in (lambda: corpus.put("a.txt", b"new"), lambda: corpus.remove("a.txt")):
        with pytest.raises(ApiError) as raised:
            attempt()
        assert raised.value.code == "not_regular_file"
    assert [path.name for path in folder.iterdir()] == ["a.txt"]


def test_remove_takes_what_is_known_about_it_along(corpus: Corpus, folder: Path):
    for name in ("a.txt", "b.md"):
        corpus.put(name, b"text")
        (folder / f"{name}.toml").write_text('title = "A"')
    with pytest.raises(ApiError) as taken:
        corpus.put("a.md", b"text")
    assert (taken.value.status_code, taken.value.code) == (409, "duplicate_id")
    corpus.remove("a.txt")
    assert set(files(folder)) == {"b.md", "b.md.toml"}
    with pytest.raises(NotFoundError):
        corpus.remove("a.txt")


def test_a_folder_that_cannot_be_written_is_said(corpus: Corpus, folder: Path):
    folder.write_bytes(b"a file, not a folder")
    with pytest.raises(ApiError) as raised:
        corpus.put("a.txt", b"new")
    assert (raised.value.status_code, raised.value.code) == (503, "corpus_write_failed")
