"""What every loader returns, and how it travels from the child process that made it.

Non-scope: characters (`characters`), metadata that people write (`metadata`).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field

from rag.loaders.metadata import Known
from rag.types import Section, Span, TimeMark


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a person should know of a file that was read; `code` in a word."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """Canonical text with its sections (in order, not overlapping) and time marks, and what the file says of itself."""

    text: str
    sections: tuple[Section, ...] = ()
    times: tuple[TimeMark, ...] = ()
    known: Known = field(default_factory=Known)
    notes: tuple[Note, ...] = ()


def to_json(loaded: Loaded) -> bytes:
    # Lists, not objects: a file of a hundred thousand headings travels in a tenth of a second.
    line = {
        "text": loaded.text,
        "sections": [[s.span.start, s.span.end, s.label, s.page, s.time_s] for s in loaded.sections],
        "times": [[mark.start, mark.time_s] for mark in loaded.times],
        "known": asdict(loaded.known),
        "notes": [[note.code, note.message] for note in loaded.notes],
    }
    return json.dumps(line, ensure_ascii=False).encode()


def from_json(raw: bytes) -> Loaded:
    """Raises: ValueError, KeyError, TypeError when `raw` is not what `to_json` makes."""
    line = json.loads(raw)
    return Loaded(
        line["text"],
        tuple(Section(Span(start, end), label, page, time_s) for start, end, label, page, time_s in line["sections"]),
        tuple(TimeMark(*mark) for mark in line["times"]),
        Known(**line["known"]),
        tuple(Note(*note) for note in line["notes"]),
    )
