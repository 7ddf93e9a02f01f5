"""Walks the corpus folder: every file becomes a document or a skipped line with the reason.

Only regular files are opened (no link is followed), so nothing outside the folder is read.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import CorpusError, LoaderError
from rag.loaders import LOADERS
from rag.types import Document, Metadata

MAX_FILE_BYTES = 20 * 2**20  # a text of 20 MiB is a few thousand pages: more is a mistake
MAX_ID_CHARS = 100  # ids travel in URLs
SIDECAR = ".toml"
NOT_DOCUMENTS = ("readme.md", "glossary.csv")  # at the top: about the folder, and the words of rag/glossary.py
MAX_SIDECAR_BYTES = 64 * 2**10  # five short lines are needed
MAX_REASON_CHARS = 200
_METADATA_KEYS = ("title", "source", "publisher", "language", "published")
_UNDECODABLE = re.compile("[\ud800-\udfff]")  # how os.walk passes on bytes that are not UTF-8
_PUBLISHED = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that did not become a document; `code` in a word, `message` with what to do."""

    path: str
    code: str
    message: str


def read_folder(folder: Path) -> Iterator[tuple[str, Document | Skipped]]:
    """(relative path, document or reason), ordered by path. Hidden files are left out, and NOT_DOCUMENTS.

    Raises: CorpusError when the folder cannot be listed.
    """
    if not folder.is_dir():
        raise CorpusError(f"There is no folder {folder}. Create it and put the documents in, or set RAG_CORPUS_DIR.")
    taken: dict[str, str] = {}
    for relative in sorted(_files(folder)):
        if relative.endswith(SIDECAR):
            described = relative.removesuffix(SIDECAR)
            if not os.path.lexists(folder / described):
                message = f"there is no {described} that it describes; name it after its document, like a.txt{SIDECAR}"
                yield relative, Skipped(relative, "orphan_metadata", message)
            continue
        try:
            document = read_document(folder, relative)
        except LoaderError as error:
            yield relative, Skipped(relative, error.code, str(error))
            continue
        if document.id in taken:
            message = f"its name gives the same id as {taken[document.id]}; rename one of them"
            yield relative, Skipped(relative, "duplicate_id", message)
            continue
        taken[document.id] = relative
        yield relative, document


def read_document(folder: Path, relative: str) -> Document:
    """Raises: LoaderError."""
    path = folder / relative
    if _UNDECODABLE.search(relative):
        raise LoaderError("its name is not UTF-8; rename it", code="bad_name")
    loader = LOADERS.get(path.suffix.lower())
    if path.is_dir():
        raise LoaderError("it is a link to a folder; put the folder itself here", code="not_regular_file")
    if loader is None:
        raise LoaderError(f"this type is not supported; known are {', '.join(sorted(LOADERS))}", code="unsupported")
    raw = _read_regular(path)
    described = _read_sidecar(path.with_name(path.name + SIDECAR))
    loaded = loader(raw)
    known = _metadata(described)
    title = known.pop("title", None) or loaded.title or " ".join(path.stem.split())
    digest = hashlib.sha256(len(described).to_bytes(8, "big") + described + raw).hexdigest()
    return Document(document_id(relative), loaded.text, Metadata(title=title, **known), loaded.sections, digest)


def document_id(relative: str) -> str:
    """A readable id for a URL: the path without its extension, in lower case, words joined by `-`."""
    stem = relative.rpartition(".")[0] or relative
    slug = re.sub(r"[^\w.]+", "-", unicodedata.normalize("NFC", stem).lower()).strip("-.") or "document"
    if len(slug) <= MAX_ID_CHARS:
        return slug
    return slug[: MAX_ID_CHARS - 9] + "-" + hashlib.sha256(slug.encode()).hexdigest()[:8]


def _files(folder: Path) -> Iterator[str]:
    def fail(error: OSError) -> None:
        raise CorpusError(f"{error.filename} cannot be listed: {error.strerror}.")

    for directory, subfolders, names in os.walk(folder, onerror=fail):
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]
        linked = [name for name in subfolders if os.path.islink(os.path.join(directory, name))]
        for name in (*names, *linked):
            relative = os.path.relpath(os.path.join(directory, name), folder)
            if not name.startswith(".") and relative.lower() not in NOT_DOCUMENTS:
                yield relative


def _read_regular(path: Path) -> bytes:
    """The bytes of a regular file; links, pipes and devices are never opened for reading."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if path.is_symlink():
            raise LoaderError("it is a link; put the file itself into the folder", code="not_regular_file") from None
        raise LoaderError(f"it cannot be opened: {error.strerror}; check its permissions", code="unreadable") from None
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            raise LoaderError("it is not a regular file; remove it from the folder", code="not_regular_file")
        if status.st_size > MAX_FILE_BYTES:
            raise LoaderError(f"it is larger than {MAX_FILE_BYTES >> 20} MiB; split it", code="too_large")
        try:
            return file.read(MAX_FILE_BYTES + 1)
        except OSError as error:
            raise LoaderError(f"it cannot be read: {error.strerror}", code="unreadable") from None


def _read_sidecar(path: Path) -> bytes:
    if not os.path.lexists(path):
        return b""
    try:
        raw = _read_regular(path)
    except LoaderError as error:
        raise LoaderError(f"its {SIDECAR} file: {error}", code="metadata") from None
    if len(raw) > MAX_SIDECAR_BYTES:
        raise LoaderError(f"its {SIDECAR} file is larger than {MAX_SIDECAR_BYTES >> 10} KiB", code="metadata")
    return raw


def _metadata(raw: bytes) -> dict[str, Any]:
    """The sidecar's table. Raises: LoaderError (metadata) with the key at fault."""
    try:
        table = tomllib.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # tomllib also lets giant numbers and deep nesting through
        reason = str(error)[:MAX_REASON_CHARS]
        raise LoaderError(f"its {SIDECAR} file is not valid TOML: {reason}", code="metadata") from None
    for key, value in table.items():
        if key not in _METADATA_KEYS:
            raise LoaderError(
                f"its {SIDECAR} file has an unknown key {key!r}; known are {', '.join(_METADATA_KEYS)}",
                code="metadata",
            )
        if not isinstance(value, str) or not value.strip():
            raise LoaderError(f"{key} in its {SIDECAR} file must be a text in quotes", code="metadata")
    if (source := table.get("source")) and not re.match(r"https?://[^\s/]+", source):
        raise LoaderError(f"source in its {SIDECAR} file must be an http or https address", code="metadata")
    if (published := table.get("published")) and not _PUBLISHED.fullmatch(published):
        raise LoaderError(f"published in its {SIDECAR} file must be 2021, 2021-03 or 2021-03-25", code="metadata")
    return table
