"""Reads a file only where its hash is the promised one, so that no damaged byte is ever used.

Non-scope: which files there are (`rag/segment.py`), where the hashes come from (`rag/snapshot.py`).
"""

from __future__ import annotations

import hashlib
import mmap
from pathlib import Path

from rag.errors import IndexCorrupt

# A larger file is mapped, a smaller one is read: what was hashed is then also in memory what is used.
MAPPED_BYTES = 32 * 2**20
_HASHED_AT_ONCE = 1 << 20  # bytes


def read_verified(path: Path, sha256: str, mapped_bytes: int = MAPPED_BYTES) -> bytes | mmap.mmap:
    """The content of a file whose hash is as promised, mapped where it is large. Raises: IndexCorrupt."""
    place = f"{path.parent.name}/{path.name}"
    try:
        with path.open("rb") as file:
            large = path.stat().st_size > mapped_bytes
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if large else file.read()
            if large:
                digest = hashlib.sha256()
                while part := file.read(_HASHED_AT_ONCE):  # not through the map, whose pages would count as memory
                    digest.update(part)
            else:
                digest = hashlib.sha256(content)
    except OSError as error:
        raise IndexCorrupt(f"{place} cannot be read ({error.strerror}).") from error
    if digest.hexdigest() != sha256:
        raise IndexCorrupt(f"{place} is damaged: its hash is not the one in the manifest.")
    return content
