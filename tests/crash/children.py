"""Children to be killed: forked from a process that has imported everything, so that one costs milliseconds.

Non-scope: what they do while they live (each test says it).
"""

from __future__ import annotations

import contextlib
import io
import multiprocessing
import os
import resource
import signal
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import rag
from rag.embed import HASH_MODEL
from rag.settings import NO_READER
from tests.crash.audit import each_change

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["pytest", "rag.cli", "rag.build", "tests.crash.material"])
ENDED_WITHIN_S = 120


def start(work: Callable[..., None], *args: Any) -> ForkServerProcess:
    """Runs `work(*args)`, a function of a module, in a child."""
    child = _CONTEXT.Process(target=_checked, args=(rag.__file__, work, args))
    child.start()
    return child


def ended(child: ForkServerProcess) -> int:
    """The exit code, negative for a signal."""
    child.join(ENDED_WITHIN_S)
    assert child.exitcode is not None, "the child hangs"
    return child.exitcode


def _checked(where: str, work: Callable[..., None], args: tuple[Any, ...]) -> None:
    assert rag.__file__ == where, "the child imported another copy of the program"
    work(*args)


def kill_oneself_at(number: int, folder: Path, work: Callable[..., None], *args: Any) -> None:
    """Ends by SIGKILL just before the given change (0 = the first) in the folder."""
    left = number

    def count_down(*_: object) -> None:
        nonlocal left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1

    with each_change(folder, count_down):
        work(*args)


def ingest(corpus: Path, index: Path, messages: Path, force: bool = True) -> None:
    """`rag ingest`, from its arguments to its exit code; what it says goes into a file."""
    from rag.cli import main

    os.environ |= {"RAG_MODEL": HASH_MODEL, "RAG_READER": NO_READER}
    arguments = ["--corpus", str(corpus), "--index", str(index), "ingest", *(["--force"] if force else [])]
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            main(arguments)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        messages.write_text(said.getvalue())
