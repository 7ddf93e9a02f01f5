"""Limits hold, whatever happens to a child is a refusal, and nothing is left behind."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest

from rag.embed import HASH_MODEL
from rag.errors import LoaderError
from rag.loaders.loaded import Loaded, Note, from_json, to_json
from rag.loaders.metadata import Known
from rag.loaders.sandbox import Limits, load
from rag.settings import NO_READER
from rag.types import Section, Span, TimeMark
from tests.conftest import ROOT

SLOW_PAGE = b"<p>some words are said here</p>\n" * 60_000  # some five seconds of work


@pytest.mark.parametrize(
    ("suffix", "raw", "limits"),
    [
        (".html", SLOW_PAGE, Limits(cpu_s=1)),
        (".html", SLOW_PAGE, Limits(wall_s=0.3)),
    ],
    ids=["cpu", "wall"],
)
def test_a_file_that_takes_too_much_is_refused(suffix: str, raw: bytes, limits: Limits) -> None:
    with pytest.raises(LoaderError) as refusal:
        load(suffix, raw, limits)
    assert refusal.value.code == "parse_limit"


def test_a_file_that_takes_too_much_memory_is_refused() -> None:
    with pytest.raises(LoaderError) as refusal:
        load(".txt", b"word " * 4_000_000, Limits(memory_bytes=2**27))
    assert refusal.value.code in ("parse_limit", "corrupt")  # without memory even saying so may fail


def test_a_child_that_crashes_is_a_refusal() -> None:
    with pytest.raises(LoaderError) as refusal:
        load(".txt", b"word " * 4_000_000, Limits(open_files=0))  # it cannot even silence itself
    assert refusal.value.code == "corrupt"


def test_many_threads_may_load_at_once() -> None:
    texts = [f"Text {number}." for number in range(16)]
    with ThreadPoolExecutor(8) as pool:
        loaded = pool.map(lambda text: load(".txt", text.encode()).text, texts)
    assert list(loaded) == texts


def test_what_a_child_says_comes_back_as_it_was() -> None:
    loaded = Loaded(
        "Text 台北 😀\n",
        (Section(Span(0, 4), "A › B", page=3), Section(Span(5, 9), "0:01", time_s=1.5)),
        (TimeMark(0, 1.5),),
        Known(title="T", speaker="Ko"),
        (Note("encoding", "…"),),
    )
    assert from_json(to_json(loaded)) == loaded


@pytest.mark.parametrize("raw", [b"", b"{}", b'{"text": 1, "sections": [[1]]}', b"[]", b"\xff"])
def test_what_no_loader_says_is_an_error(raw: bytes) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        from_json(raw)


def test_the_parent_loads_no_parser() -> None:
    code = (
        "import sys\nfrom rag.loaders.document import load_bytes\n"
        "if __name__ == '__main__':\n"
        "    load_bytes('a.html', b'<p>Words.</p>')\n"
        "    print([m for m in ('lxml', 'pypdf', 'trafilatura', 'charset_normalizer') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_no_place_for_a_child_is_not_the_fault_of_the_file() -> None:
    code = (
        "import resource, signal\nfrom rag.errors import IndexWriteError\nfrom rag.loaders.document import load_bytes\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nresource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
        "try:\n    load_bytes('a.txt', b'Words.')\nexcept IndexWriteError as error:\n    print(error)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "make room in /tmp" in run.stdout


@pytest.mark.parametrize("start", [["-m", "rag"], ["script.py"]], ids=["module", "console script"])
def test_the_command_line_reads_and_leaves_nothing_running(tmp_path: Path, start: list[str]) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "a.html").write_text("<h1>Harbour</h1><p>The harbour is old.</p>")
    # What pip writes for an entry point.
    script = "import sys\nfrom rag.cli import main\nif __name__ == '__main__':\n    sys.exit(main())\n"
    (tmp_path / "script.py").write_text(script)
    command = [str(tmp_path / part) if part.endswith(".py") else part for part in start]
    mark = uuid4().hex
    environment = {
        **os.environ,
        "RAG_MODEL": HASH_MODEL,
        "RAG_READER": NO_READER,
        "PYTHONPATH": str(ROOT),
        "MARK": mark,
    }
    run = subprocess.run(
        [sys.executable, *command, "--corpus", str(corpus), "--index", str(tmp_path / "index"), "ingest"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert "1 added" in run.stdout
    deadline = time.monotonic() + 10  # the server of the sandbox notices the end by itself
    while processes_with(mark) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert processes_with(mark) == []


def processes_with(mark: str) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (process / "environ").read_bytes():
                found.append(process.name)
        except OSError:  # gone, or somebody else's
            continue
    return found
