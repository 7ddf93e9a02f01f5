"""Reads a regular file whole, and only such: no link is followed, no pipe or device is read.

Non-scope: what the bytes mean.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from rag.errors import LoaderError

MAX_FILE_BYTES = 64 * 2**20  # illustrated books as PDF reach some 50 MiB; formats of text have lower limits
TRIES = 2  # a file that is just being saved is whole a moment later


def _whole(file: BinaryIO) -> bytes:
    return file.read(MAX_FILE_BYTES + 1)


def read_regular(path: Path, read: Callable[[BinaryIO], bytes] = _whole) -> bytes:
    """The bytes of a file that stayed the same while `read` read it.

    Raises: LoaderError (not_regular_file | unreadable | too_large | changed_while_reading).
    """
    for _ in range(TRIES):
        content = _read_once(path, read)
        if content is not None:
            return content
    raise LoaderError("it changed while it was read; ingest again when it is saved", code="changed_while_reading")


def _read_once(path: Path, read: Callable[[BinaryIO], bytes]) -> bytes | None:
    """None when the file changed, was replaced or removed in the meantime."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if path.is_symlink():
            raise LoaderError("it is a link; put the file itself into the folder", code="not_regular_file") from None
        raise LoaderError(f"it cannot be opened: {error.strerror}; check its permissions", code="unreadable") from None
    with os.fdopen(handle, "rb") as file:
        before = os.fstat(file.fileno())
        if not stat.S_ISREG(before.st_mode):
            raise LoaderError("it is not a regular file; remove it from the folder", code="not_regular_file")
        if before.st_size > MAX_FILE_BYTES:
            raise LoaderError(f"it is larger than {MAX_FILE_BYTES >> 20} MiB; split it", code="too_large")
        try:
            content = read(file)
            same = _state(before) == _state(os.stat(path, follow_symlinks=False)) and len(content) == before.st_size
        except FileNotFoundError:
            same = False
        except OSError as error:
            raise LoaderError(f"it cannot be read: {error.strerror}", code="unreadable") from None
    return content if same else None


def _state(status: os.stat_result) -> tuple[int, int, int, int]:
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
