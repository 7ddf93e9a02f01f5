"""What is known about a document beside its text: the sidecar NAME.toml, Markdown front matter, the file itself.

What people write is checked and refused with the key at fault; what a program wrote into a file is dropped
where it is not usable.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from rag.errors import LoaderError
from rag.types import Metadata

SIDECAR = ".toml"
MAX_SIDECAR_BYTES = 64 * 2**10  # a few short lines are needed
MAX_FRONT_MATTER_LINES = 64  # more lines are no front matter but a text between two rules
MAX_VALUE_CHARS = 300  # of a value found in a file: a longer "title" is a paragraph
MAX_REASON_CHARS = 200
_PUBLISHED = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_ADDRESS = re.compile(r"https?://[^\s/]+\S*")
_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(?=[A-Za-z_]+[ \t]*:)")
_PAIR = re.compile(r"([A-Za-z_]+)[ \t]*:[ \t]*(.*)")


@dataclass(frozen=True, slots=True)
class Known:
    """The fields of `rag.types.Metadata`, each None where nothing says it."""

    title: str | None = None
    source: str | None = None
    publisher: str | None = None
    author: str | None = None
    language: str | None = None
    published: str | None = None
    speaker: str | None = None
    media: str | None = None


KEYS = tuple(field.name for field in fields(Known))


def combined(first: Known, then: Known, title: str) -> Metadata:
    """`first` where it says something, else `then`; `title` where neither names one."""
    values = {key: getattr(first, key) or getattr(then, key) for key in KEYS}
    return Metadata(**{**values, "title": values["title"] or title})


def found(values: Mapping[str, str | None]) -> Known:
    """What a file says of itself: values that are empty, over long or of the wrong form are left out."""
    usable: dict[str, str] = {}
    for key, value in values.items():
        words = " ".join((value or "").split())
        if words and len(words) <= MAX_VALUE_CHARS and words.isprintable() and _fault(key, words) is None:
            usable[key] = words
    return Known(**usable)


def parse_sidecar(raw: bytes) -> Known:
    """The table of NAME.toml. Raises: LoaderError (metadata) with the key at fault."""
    name = f"its {SIDECAR} file"
    if len(raw) > MAX_SIDECAR_BYTES:
        raise LoaderError(f"{name} is larger than {MAX_SIDECAR_BYTES >> 10} KiB", code="metadata")
    try:
        table = tomllib.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # tomllib also lets giant numbers and deep nesting through
        reason = str(error)[:MAX_REASON_CHARS]
        raise LoaderError(f"{name} is not valid TOML: {reason}", code="metadata") from None
    for key in table.keys() - set(KEYS):
        message = f"{name} has an unknown key {key!r}; known are {', '.join(KEYS)}"
        raise LoaderError(message, code="metadata")
    return _checked(table, name)


def front_matter(text: str) -> tuple[Known, tuple[str, ...], int]:
    """(what it says, keys that it has and nothing here knows, offset of the text behind it; 0 = there is none).

    It is a first line `---`, lines `key: value`, and a line `---`: no YAML beyond that.
    Raises: LoaderError (metadata) with the key at fault.
    """
    opening = _FRONT_MATTER.match(text)
    if not opening:
        return Known(), (), 0
    table: dict[str, str] = {}
    for number, (line, end) in enumerate(_lines(text, opening.end())):
        if line == "---":
            known = {key: value for key, value in table.items() if key in KEYS}
            return _checked(known, "its front matter"), tuple(table.keys() - known.keys()), end
        if number == MAX_FRONT_MATTER_LINES:
            break
        if pair := _PAIR.fullmatch(line):
            table[pair[1].lower()] = _unquoted(pair[2].strip())
    return Known(), (), 0


def _lines(text: str, start: int) -> Iterator[tuple[str, int]]:
    """(line without its end and trailing blanks, offset behind it) from `start` on."""
    while start < len(text):
        stop = text.find("\n", start)
        end = len(text) if stop < 0 else stop + 1
        yield text[start:end].rstrip(), end
        start = end


def _unquoted(value: str) -> str:
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if quoted else value


def _checked(table: Mapping[str, Any], name: str) -> Known:
    for key, value in table.items():
        if not isinstance(value, str) or not value.strip():
            raise LoaderError(f"{key} in {name} must be a text in quotes", code="metadata")
        if fault := _fault(key, value):
            raise LoaderError(f"{key} in {name} must be {fault}", code="metadata")
    return replace(Known(), **table)


def _fault(key: str, value: str) -> str | None:
    """What the value must be and is not."""
    if key in ("source", "media") and not _ADDRESS.fullmatch(value):
        return "an http or https address"
    if key == "published" and not _PUBLISHED.fullmatch(value):
        return "2021, 2021-03 or 2021-03-25"
    return None
