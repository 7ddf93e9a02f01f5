"""Bytes to characters, and characters that no text should hold.

Non-scope: what the text says of itself (`metadata`).
"""

from __future__ import annotations

import codecs
import re

import charset_normalizer

from rag.errors import LoaderError
from rag.loaders.loaded import Note

MAX_TEXT_BYTES = 20 * 2**20  # a text of 20 MiB is a few thousand pages: more is a mistake

# Signs of an encoding, longest first: UTF-32 begins like UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What office programs still write; a guess among all hundred encodings finds exotic ones in short texts.
_GUESSES = ["cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "big5hkscs", "gb18030", "shift_jis", "euc_jp", "euc_kr"]
# No text holds them: C0 and C1 controls other than white space and NEL.
_CONTROLS = re.compile("[\0-\x08\x0e-\x1f\x7f\x80-\x84\x86-\x9f]")


def decode(raw: bytes, declared: str | None = None) -> tuple[str, tuple[Note, ...]]:
    """The text, line ends kept as they are, and a note where it was not UTF-8.

    A byte order mark is no character of the text. `declared` is an encoding that the file itself names.
    Raises: LoaderError (encoding | type_mismatch | empty | parse_limit).
    """
    if len(raw) > MAX_TEXT_BYTES:
        raise LoaderError(f"it is larger than {MAX_TEXT_BYTES >> 20} MiB; split it", code="parse_limit")
    text, notes = _decoded(raw, declared)
    if "\0" in text:
        raise LoaderError("the file holds NUL bytes, so it is not text; check its type", code="type_mismatch")
    if not text.strip():
        raise LoaderError("the file holds no text; fill it or remove it", code="empty")
    return text, notes


def _decoded(raw: bytes, declared: str | None) -> tuple[str, tuple[Note, ...]]:
    marked = next((name for mark, name in _MARKS if raw.startswith(mark)), None)
    for name in (marked, "utf-8", declared):
        try:
            if name:
                text = raw.decode(name)
                return text, () if name in ("utf-8", "utf-8-sig") or name == declared else (_note(name),)
        except (UnicodeDecodeError, LookupError):
            continue
    text, name = _guessed(raw)
    if not text or _CONTROLS.search(text):
        raise LoaderError("its encoding cannot be told; save the file as UTF-8 and ingest again", code="encoding")
    return text, (_note(name),)


def _guessed(raw: bytes) -> tuple[str, str]:
    """(text, encoding), or empty. Where it looks as good as the best, the most common one of the West is taken."""
    matches = charset_normalizer.from_bytes(raw, cp_isolation=_GUESSES)
    best = matches.best()
    if best is None:
        return "", ""
    for match in matches:
        if "cp1252" in match.could_be_from_charset and (match.chaos, -match.coherence) <= (best.chaos, -best.coherence):
            return str(match), "cp1252"
    return str(best), best.encoding


def _note(encoding: str) -> Note:
    name = encoding.replace("_", "-").upper()
    return Note("encoding", f"it is not UTF-8 and was read as {name}; save it as UTF-8 where characters look wrong")


_UNREADABLE = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufeff\u00ad]")


def cleaned(words: str) -> str:
    """Without controls, lone surrogates and soft hyphens, white space as single blanks: for texts made by a loader."""
    return " ".join(_UNREADABLE.sub(lambda found: "" if found[0] in "\u00ad\ufeff" else " ", words).split())


# No blank stands between two of these: CJK characters and their punctuation.
_UNSPACED = re.compile("[\u2e80-\u312f\u3190-\u9fff\uf900-\ufaff\uff00-\uffef]")


def joint(before: str, after: str) -> str:
    """What stands between two pieces of one text, neither of them empty: a blank, or nothing in Chinese."""
    return "" if _UNSPACED.match(before[-1]) and _UNSPACED.match(after[0]) else " "
