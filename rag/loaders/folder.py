"""Walks the corpus folder: every file becomes a document or a skipped line with the reason.

Only regular files are opened (no link is followed), so nothing outside the folder is read. Files are
read side by side and come out in the order of their paths. Non-scope: what a file says (`document`).
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rag.errors import CorpusError, LoaderError
from rag.loaders.document import Read, check_name, content_hash, document_id, make_document
from rag.loaders.files import read_regular
from rag.loaders.metadata import SIDECAR

_NOTHING_KNOWN: Mapping[str, str] = {}
NOT_DOCUMENTS = ("readme.md", "glossary.csv")  # at the top: about the folder, and the words of rag/glossary.py


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that did not become a document; `code` in a word, `message` with what to do."""

    path: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Unchanged:
    """A document that is known with this content; its file was hashed, not loaded."""

    id: str
    sha256: str


Result = Read | Unchanged | Skipped


def read_folder(folder: Path, known: Mapping[str, str] = _NOTHING_KNOWN) -> Iterator[tuple[str, Result]]:
    """(relative path, result), ordered by path. Hidden files are left out, and NOT_DOCUMENTS.

    `known` maps ids of documents to the sha256 with which they need not be loaded again.
    Raises: CorpusError when the folder cannot be listed, IndexWriteError when no process can be started to read it.
    """
    if not folder.is_dir():
        raise CorpusError(f"There is no folder {folder}. Create it and put the documents in, or set RAG_CORPUS_DIR.")
    taken: dict[str, str] = {}
    for relative, result in _results(folder, _documents(folder), known):
        if not isinstance(result, Skipped):
            id_ = result.document.id if isinstance(result, Read) else result.id
            first = taken.setdefault(id_, relative)
            if first != relative:
                message = f"its name gives the same id as {first}; rename one of them"
                result = Skipped(relative, "duplicate_id", message)
        yield relative, result


def _results(folder: Path, paths: Iterable[str], known: Mapping[str, str]) -> Iterator[tuple[str, Result]]:
    """In the order of `paths`, read by as many children at a time as there are cores."""
    workers = os.cpu_count() or 1
    ahead = 2 * workers  # enough that no core waits for a slow file, few enough to hold their texts
    waiting: deque[tuple[str, Future[Result]]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix="loader") as pool:
        for relative in paths:
            waiting.append((relative, pool.submit(_result, folder, relative, known)))
            if len(waiting) == ahead:
                path, future = waiting.popleft()
                yield path, future.result()
        for path, future in waiting:
            yield path, future.result()


def _result(folder: Path, relative: str, known: Mapping[str, str]) -> Result:
    try:
        if relative.endswith(SIDECAR):
            message = f"there is no {relative.removesuffix(SIDECAR)} that it describes; name it like a.txt{SIDECAR}"
            raise LoaderError(message, code="orphan_metadata")
        path = folder / relative
        if path.is_dir():
            raise LoaderError("it is a link to a folder; put the folder itself here", code="not_regular_file")
        check_name(relative)
        raw = read_regular(path)
        described = _read_sidecar(path.with_name(path.name + SIDECAR))
        id_, sha256 = document_id(relative), content_hash(relative, raw, described)
        return Unchanged(id_, sha256) if known.get(id_) == sha256 else make_document(relative, raw, described)
    except LoaderError as error:
        return Skipped(relative, error.code, str(error))


def _documents(folder: Path) -> Iterator[str]:
    """Relative paths in order, without the sidecars of files that are there."""
    for relative in sorted(_files(folder)):
        if not (relative.endswith(SIDECAR) and os.path.lexists(folder / relative.removesuffix(SIDECAR))):
            yield relative


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


def _read_sidecar(path: Path) -> bytes:
    if not os.path.lexists(path):
        return b""
    try:
        return read_regular(path)
    except LoaderError as error:
        raise LoaderError(f"its {SIDECAR} file: {error}", code="metadata") from None
