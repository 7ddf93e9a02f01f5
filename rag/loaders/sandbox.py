"""Runs a loader in a child process with limits, so that a hostile file fails alone and never its reader.

Raw bytes go to the child, JSON comes back; nothing that the child made is unpickled. The children are
forked by a server that has every parser loaded: milliseconds a file. It ends with the process that uses it,
whose main module must be safe to import (`if __name__ == "__main__"`), as always with multiprocessing.
Non-scope: hiding the disk or the network from the child, which would need privileges.
"""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
import resource
import signal
import threading
from dataclasses import dataclass
from multiprocessing.connection import Connection

from rag.errors import IndexWriteError, LoaderError
from rag.loaders.loaded import Loaded, from_json, to_json

MAX_TEXT_CHARS = 20 * 2**20  # as many as the largest text file may hold
MAX_RESULT_BYTES = 128 * 2**20  # such a text in UTF-8, with the sections and time marks of a crowded file


@dataclass(frozen=True, slots=True)
class Limits:
    """For one file. On two slow cores 500 pages of PDF take 3 s, 9 MiB of HTML in 290,000 paragraphs take 28 s."""

    cpu_s: int = 30
    wall_s: float = 90.0  # several children may share a core
    memory_bytes: int = 2**30  # of address space, of which the parsers themselves take about 100 MiB
    open_files: int = 32  # the pipes to the parent, and the modules that a parser loads late


DEFAULT_LIMITS = Limits()
_DONE, _FAILED = b"+", b"-"  # the first byte of a reply

# One server for the whole process; it starts with the first file. `__main__` is not preloaded.
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["rag.loaders.preload"])


def load(suffix: str, raw: bytes, limits: Limits = DEFAULT_LIMITS) -> Loaded:
    """What the loader for `suffix` makes of the file. May be called from any thread.

    Raises: LoaderError, with code parse_limit where the child ran into a limit and corrupt where it crashed;
    IndexWriteError where there is no room for a child.
    """
    ours, theirs = _context.Pipe()
    child = _context.Process(target=_work, args=(theirs, suffix, limits), daemon=True)
    with ours:
        with theirs:  # the child has its own copy; ours must not keep the pipe open when the child dies
            try:
                child.start()
            except (OSError, EOFError) as error:
                # No fault of the file: to skip it would take it out of the index.
                raise IndexWriteError(
                    f"No process could be started to read documents ({error}); the old index is untouched. "
                    "Free memory or make room in /tmp, then run `rag ingest` again."
                ) from None
        watch = threading.Timer(limits.wall_s, child.kill)
        watch.start()
        reply = _exchange(ours, raw)
    child.join()
    watch.cancel()
    watch.join()
    exit_code = child.exitcode
    child.close()
    return _understood(reply, exit_code)


def _exchange(connection: Connection, raw: bytes) -> bytes:
    """The child's reply; empty when it died, or would say more than MAX_RESULT_BYTES."""
    try:
        connection.send_bytes(raw)
        return connection.recv_bytes(MAX_RESULT_BYTES)
    except (EOFError, OSError):
        return b""


def _understood(reply: bytes, exit_code: int | None) -> Loaded:
    if not reply and exit_code in (-signal.SIGKILL, -signal.SIGXCPU):
        raise _too_much()
    try:
        kind, body = reply[:1], reply[1:]
        if kind == _DONE:
            return from_json(body)
        code, message = json.loads(body)
    except (ValueError, KeyError, TypeError):
        message = "its reader crashed, so it is damaged or hostile; open it and save it again"
        raise LoaderError(message, code="corrupt") from None
    raise LoaderError(str(message), code=str(code))


def _too_much() -> LoaderError:
    return LoaderError("reading it takes too much time or memory; split or simplify it", code="parse_limit")


def _work(connection: Connection, suffix: str, limits: Limits) -> None:
    """The child's whole life."""
    _confine(limits)
    raw = connection.recv_bytes()
    connection.send_bytes(_reply(suffix, raw))


def _reply(suffix: str, raw: bytes) -> bytes:
    # Only here: the parent never loads a parser.
    from rag.loaders.table import LOADERS

    try:
        loaded = LOADERS[suffix](raw)
        if len(loaded.text) > MAX_TEXT_CHARS:
            raise _too_much()
        return _DONE + to_json(loaded)
    except LoaderError as error:
        failure = error
    except (MemoryError, RecursionError):
        failure = _too_much()
    except Exception as error:  # whatever a parser raises on a file that nobody foresaw
        failure = LoaderError(f"it cannot be parsed ({type(error).__name__}); save it again", code="corrupt")
    return _FAILED + json.dumps([failure.code, str(failure)]).encode()


def _confine(limits: Limits) -> None:
    for kind, most in (
        (resource.RLIMIT_CPU, limits.cpu_s),
        (resource.RLIMIT_AS, limits.memory_bytes),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, limits.open_files),
    ):
        resource.setrlimit(kind, (most, most))
    # A parser's remarks are not for the console of the person who ingests.
    logging.disable()
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
