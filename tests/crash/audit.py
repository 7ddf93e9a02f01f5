"""Sees every change of a folder just before it happens, through Python's own audit events.

What is written into an open file raises no event; files are written whole and synced, which `Disk.fsync` shows.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="descriptors are looked up in /proc")

# (operation, path, second path of rename and link). To raise OSError makes the operation fail.
Listener = Callable[[str, Path, Path | None], None]

_listeners: list[tuple[Path, Listener]] = []
_hooked = False


@contextmanager
def each_change(folder: Path, listener: Listener) -> Iterator[None]:
    """Calls `listener` before each create, mkdir, rename, link, remove and rmdir below the folder."""
    global _hooked
    if not _hooked:
        sys.addaudithook(_hear)  # for good: it cannot be taken away, and does nothing without listeners
        _hooked = True
    _listeners.append((folder, listener))
    try:
        yield
    finally:
        _listeners.pop()


def _hear(event: str, args: tuple[Any, ...]) -> None:
    if not _listeners:
        return
    change = _change(event, args)
    if change:
        folder, listener = _listeners[-1]
        if change[1].is_relative_to(folder):
            listener(*change)


def _change(event: str, args: tuple[Any, ...]) -> tuple[str, Path, Path | None] | None:
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wxa+") and not isinstance(args[0], int):
        return "create", Path(os.fsdecode(args[0])), None
    if event in ("os.rename", "os.link"):
        return event[3:], _path(args[0], args[2]), _path(args[1], args[3])
    if event == "os.mkdir":
        return "mkdir", _path(args[0], args[2]), None
    if event in ("os.remove", "os.rmdir"):
        return event[3:], _path(args[0], args[1]), None
    return None


def _path(name: Any, folder: int) -> Path:
    """`folder`: a descriptor that `name` is relative to, or -1."""
    path = Path(os.fsdecode(name))
    return path if folder == -1 else Path(os.readlink(f"/proc/self/fd/{folder}")) / path
