"""Notices that a folder has changed, by names, sizes and times. Non-scope: what is done then."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

# Between two looks: a person waits for the answer, and a thousand files are listed in a hundredth of it.
LOOK_S = 1.0


def changes(folder: Path, look_s: float = LOOK_S) -> Iterator[None]:
    """Yields at once, then whenever something has changed and then stayed the same for one look. Never ends."""
    seen = None
    before = state(folder)
    while True:
        if before != seen:
            seen = before
            yield
        while True:  # until two looks agree: a file that is still being copied grows
            time.sleep(look_s)
            now = state(folder)
            if now == before:
                break
            before = now


def state(folder: Path) -> frozenset[tuple[str, int, int]]:
    """(path, size, time of change in ns) of every file; empty while the folder is gone."""
    found = set()
    for directory, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(directory, name)
            try:
                status = os.lstat(path)
            except OSError:  # removed since it was listed
                continue
            found.add((path, status.st_size, status.st_mtime_ns))
    return frozenset(found)
