"""One file's name, bytes and sidecar to one document, read in the sandbox.

Non-scope: where the bytes come from (`folder`, or a request).
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass

from rag.errors import LoaderError
from rag.loaders import sandbox
from rag.loaders.files import MAX_FILE_BYTES
from rag.loaders.formats import SUFFIXES, check_signature
from rag.loaders.loaded import Note
from rag.loaders.metadata import combined, parse_sidecar
from rag.types import Document

MAX_ID_CHARS = 100  # ids travel in URLs
MAX_NAME_BYTES = 255 - len(".toml")  # what Linux file systems allow, with room for the sidecar's suffix
_UNDECODABLE = re.compile("[\ud800-\udfff]")  # how os.walk passes on bytes that are not UTF-8


@dataclass(frozen=True, slots=True)
class Read:
    """A document, and what a person should know of how it was read."""

    document: Document
    notes: tuple[Note, ...]


def load_bytes(name: str, raw: bytes, sidecar: bytes = b"") -> Read:
    """A document that arrives over the network: `name` is a plain file name, `sidecar` the content of NAME.toml.

    Raises: LoaderError; IndexWriteError when no process can be started to read anything.
    """
    if (
        not name.isprintable()
        or name.startswith(".")
        or re.search(r"[/\\:]", name)
        or len(name.encode("utf-8", "replace")) > MAX_NAME_BYTES
    ):
        raise LoaderError("its name must be a plain file name, like programme.pdf", code="bad_name")
    check_name(name)
    if len(raw) > MAX_FILE_BYTES:
        raise LoaderError(f"it is larger than {MAX_FILE_BYTES >> 20} MiB; split it", code="too_large")
    return make_document(name, raw, sidecar)


def check_name(relative: str) -> None:
    """Raises: LoaderError (bad_name | unsupported)."""
    if _UNDECODABLE.search(relative):
        raise LoaderError("its name is not UTF-8; rename it", code="bad_name")
    if suffix_of(relative) not in SUFFIXES:
        message = f"this type is not supported; known are {', '.join(sorted(SUFFIXES))}"
        raise LoaderError(message, code="unsupported")


def make_document(relative: str, raw: bytes, described: bytes) -> Read:
    """`relative` has passed `check_name`; `described` is the sidecar, empty where there is none.

    Raises: LoaderError; IndexWriteError when no process can be started to read anything.
    """
    said = parse_sidecar(described)
    suffix = suffix_of(relative)
    check_signature(suffix, raw)
    loaded = sandbox.load(suffix, raw)
    metadata = combined(said, loaded.known, " ".join(_stem(relative.rpartition("/")[2]).split()))
    document = Document(
        document_id(relative),
        loaded.text,
        metadata,
        loaded.sections,
        content_hash(relative, raw, described),
        loaded.times,
    )
    return Read(document, loaded.notes)


def content_hash(relative: str, raw: bytes, described: bytes) -> str:
    """SHA-256 over the file's name, which decides how it is read, its sidecar's bytes and its own, in hexadecimal."""
    digest = hashlib.sha256()
    for part in (relative.rpartition("/")[2].encode(), described, raw):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def document_id(relative: str) -> str:
    """A readable id for a URL: the path without its extension, in lower case, words joined by `-`."""
    slug = re.sub(r"[^\w.]+", "-", unicodedata.normalize("NFC", _stem(relative)).lower()).strip("-.") or "document"
    if len(slug) <= MAX_ID_CHARS:
        return slug
    return slug[: MAX_ID_CHARS - 9] + "-" + hashlib.sha256(slug.encode()).hexdigest()[:8]


def suffix_of(relative: str) -> str:
    """`.pdf` of `Day 1.PDF`; empty without one."""
    stem, dot, suffix = relative.rpartition("/")[2].rpartition(".")
    return f".{suffix.lower()}" if stem and dot else ""


def _stem(relative: str) -> str:
    return relative.rpartition(".")[0] or relative
