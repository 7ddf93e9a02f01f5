"""Which files are read, told by their suffix, and whether their first bytes can be that.

Loads no parser: the parent process knows the formats, only its children read them (`table`).
"""

from __future__ import annotations

from rag.errors import LoaderError

TEXT_SUFFIXES = frozenset({".htm", ".html", ".md", ".srt", ".txt", ".vtt"})
# First bytes that a format must have, and how far into the file they may stand.
SIGNATURES: dict[str, tuple[bytes, int]] = {
    ".docx": (b"PK\x03\x04", 0),
    ".pdf": (b"%PDF-", 1024),  # ISO 32000-1 annex H.3.4.1: readers look at the first 1,024 bytes
}
SUFFIXES = TEXT_SUFFIXES | SIGNATURES.keys()

# What text never starts with: the files that are most often misnamed as text.
_NOT_TEXT = {
    b"%PDF-": "a PDF",
    b"PK\x03\x04": "a ZIP archive or Office file",
    b"\xd0\xcf\x11\xe0": "an old Office file",
    b"\x89PNG": "a picture",
    b"GIF8": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"\x1f\x8b": "a compressed file",
    b"\x7fELF": "a program",
    b"MZ\x90\x00": "a program",
}


def check_signature(suffix: str, raw: bytes) -> None:
    """`suffix` is one of SUFFIXES, in lower case. Raises: LoaderError (empty | type_mismatch)."""
    if not raw:
        raise LoaderError("the file is empty; fill it or remove it", code="empty")
    if suffix in SIGNATURES:
        mark, within = SIGNATURES[suffix]
        if mark not in raw[: within + len(mark)]:
            raise LoaderError(f"its content is not that of a {suffix} file; {_advice(raw)}", code="type_mismatch")
    elif kind := _kind(raw):
        raise LoaderError(f"its content is {kind}, not text; give it its own suffix", code="type_mismatch")


def _kind(raw: bytes) -> str | None:
    return next((kind for mark, kind in _NOT_TEXT.items() if raw.startswith(mark)), None)


def _advice(raw: bytes) -> str:
    if raw.startswith(b"\xd0\xcf\x11\xe0"):
        return "it is an old Office file or one with a password; save it as .docx without a password"
    return f"it is {kind}; give it its own suffix" if (kind := _kind(raw)) else "open it and save it again"
