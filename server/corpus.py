"""The corpus folder, write side: one file put or removed at a time, whole or not at all.

A name comes from a client, so it is checked to be one plain file name; no link is followed or replaced.
Non-scope: subfolders and metadata files, which only people with access to the folder make; the index.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import stat
import time
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rag.build import check_document
from rag.errors import NotFoundError
from rag.loaders.document import document_id
from rag.loaders.formats import SUFFIXES
from rag.loaders.metadata import SIDECAR
from server.errors import ApiError
from server.schemas import StoredWire

MAX_NAME_BYTES = 200  # file systems take 255, and the name of the metadata file is longer
INCOMING = ".incoming-"  # hidden, so that ingest passes it by
STALE_S = 3600.0  # no file takes so long to be written: one that is older was left by a killed process


def check_name(name: str) -> None:
    """Raises: ApiError 422 unless `name` is a plain file name of a type that can be read."""
    shown = all(c.isprintable() or unicodedata.category(c) == "Zs" for c in name)
    plain = shown and not set(name) & set("/\\\ufffd")  # U+FFFD stands for bytes that were not UTF-8
    if not plain or name != name.strip() or name.startswith(".") or not unicodedata.is_normalized("NFC", name):
        message = "The name must be one plain file name: printable, in NFC, without slashes, not beginning with a dot."
        raise ApiError(422, "bad_name", message, param="name")
    if len(name.encode()) > MAX_NAME_BYTES:
        message = f"The name is longer than {MAX_NAME_BYTES} bytes in UTF-8."
        raise ApiError(422, "bad_name", message, param="name")
    if name.lower() == "readme.md":
        raise ApiError(422, "bad_name", "README.md describes the folder; choose another name.", param="name")
    if Path(name).suffix.lower() not in SUFFIXES:
        message = f"This type is not supported; known are {', '.join(sorted(SUFFIXES))}."
        raise ApiError(422, "unsupported", message, param="name")


class Corpus:
    """Files directly in the corpus folder. Thread-safe, and safe beside other processes."""

    def __init__(self, folder: Path, check: Callable[[str, bytes], None] = check_document) -> None:
        self._folder = folder
        self._check = check

    def put(self, name: str, raw: bytes) -> tuple[StoredWire, bool]:
        """Stores a document; says whether it is new rather than replaced.

        Raises: LoaderError when it cannot be read; ApiError 422 for the name, 409 where something other than a file
        has it or another document has its id, 503 when it cannot be written. Then nothing is changed.
        """
        check_name(name)
        self._check(name, raw)
        self._require_own_id(name)
        with _writing(self._folder) as folder:
            _sweep(folder)
            created = not _is_file(folder, name)
            _replace(folder, name, raw)
        digest = hashlib.sha256(raw).hexdigest()
        return {"name": name, "document_id": document_id(name), "bytes": len(raw), "sha256": digest}, created

    def _require_own_id(self, name: str) -> None:
        """Raises: ApiError 409: names that differ only in their suffix are the same document to `rag ingest`."""
        for directory, _, names in os.walk(self._folder):
            for other in names:
                relative = os.path.relpath(os.path.join(directory, other), self._folder)
                readable = Path(other).suffix.lower() in SUFFIXES and not other.startswith(".")
                if readable and relative != name and document_id(relative) == document_id(name):
                    message = "Another document has the same id, which is the name without its suffix: choose another."
                    raise ApiError(409, "duplicate_id", message, param="name")

    def remove(self, name: str) -> None:
        """Removes a document and what is known about it.

        Raises: NotFoundError; ApiError 422 for the name, 409 and 503 as above.
        """
        check_name(name)
        with _writing(self._folder) as folder:
            if not _is_file(folder, name):
                raise NotFoundError("There is no file of this name directly in the corpus folder.")
            # The document last: killed in between, the same request can be sent again.
            for doomed in (name + SIDECAR, name):
                with suppress(FileNotFoundError):
                    os.unlink(doomed, dir_fd=folder)
            os.fsync(folder)


@contextmanager
def _writing(folder: Path) -> Iterator[int]:
    """A handle of the folder, made where there is none. Raises: ApiError 503 for whatever goes wrong with the disk."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            yield handle
        finally:
            os.close(handle)
    except OSError as error:
        message = f"The corpus folder cannot be written ({error.strerror}); free some space or mend the permissions."
        raise ApiError(503, "corpus_write_failed", message) from error


def _is_file(folder: int, name: str) -> bool:
    """Whether there is a regular file. Raises: ApiError 409 where there is something else."""
    try:
        mode = os.lstat(name, dir_fd=folder).st_mode
    except FileNotFoundError:
        return False
    if not stat.S_ISREG(mode):
        message = "Something of this name in the corpus folder is not a regular file; it is left alone."
        raise ApiError(409, "not_regular_file", message, param="name")
    return True


def _replace(folder: int, name: str, raw: bytes) -> None:
    """Written aside, synced, renamed: a reader or a kill meets the old file or the new one."""
    aside = INCOMING + secrets.token_hex(8)
    try:
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666, dir_fd=folder)
        with os.fdopen(handle, "wb") as file:
            file.write(raw)
            file.flush()
            os.fsync(file.fileno())
        os.rename(aside, name, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError:
        with suppress(OSError):
            os.unlink(aside, dir_fd=folder)
        raise
    os.fsync(folder)


def _sweep(folder: int) -> None:
    """Removes what killed writers left."""
    for left in (name for name in os.listdir(folder) if name.startswith(INCOMING)):
        with suppress(OSError):  # gone, or tried again by the next writer
            if os.lstat(left, dir_fd=folder).st_mtime < time.time() - STALE_S:
                os.unlink(left, dir_fd=folder)
