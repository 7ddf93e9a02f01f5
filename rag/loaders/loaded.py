"""What every loader returns, and the decoding that they share."""

from __future__ import annotations

from dataclasses import dataclass

from rag.errors import LoaderError
from rag.types import Section


@dataclass(frozen=True, slots=True)
class Loaded:
    """Canonical text with its sections; `title` where the file itself names one."""

    text: str
    sections: tuple[Section, ...] = ()
    title: str | None = None


def decode(raw: bytes) -> str:
    """UTF-8 text, line ends kept as they are; a leading byte order mark is no character of the text.

    Raises: LoaderError (encoding | type_mismatch | empty).
    """
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LoaderError(
            f"byte {error.start} is not UTF-8; save the file as UTF-8 and ingest again", code="encoding"
        ) from None
    if "\0" in text:
        raise LoaderError("the file holds NUL bytes, so it is not text; check its type", code="type_mismatch")
    if not text.strip():
        raise LoaderError("the file holds no text; fill it or remove it", code="empty")
    return text
