"""Headings to sections labelled by their path (`Programme › Day 1`), and a draft that collects blocks of text.

Non-scope: finding headings, which each format does in its own way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from rag.types import Section, Span

MAX_LABEL_CHARS = 200  # a label is repeated with every passage of its section
PATH_SEPARATOR = " › "


@dataclass(frozen=True, slots=True)
class Heading:
    start: int  # offset of its line
    level: int  # 1 = the highest
    label: str


def shortened(label: str) -> str:
    return label if len(label) <= MAX_LABEL_CHARS else label[: MAX_LABEL_CHARS - 1] + "…"


def sections_of(headings: Iterable[Heading], end: int) -> tuple[Section, ...]:
    """From each heading to the next one, the last to `end`; text before the first has no section."""
    sections = []
    path: list[Heading] = []
    for heading, following in pairwise([*headings, Heading(end, 0, "")]):
        path = [*(step for step in path if step.level < heading.level), heading]
        label = PATH_SEPARATOR.join(step.label for step in path if step.label)
        if label:
            sections.append(Section(Span(heading.start, following.start), label))
    return tuple(sections)


class Draft:
    """Canonical text in the making: blocks apart by a blank line, items of a list by a line end."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._headings: list[Heading] = []

    def __len__(self) -> int:
        """Offset at which the next part starts, without the gap before it."""
        return self._length

    def block(self, words: str, gap: str = "\n\n") -> int:
        """Adds words, nothing where they are empty; the offset at which they start."""
        if not words:
            return self._length
        if self._parts:
            self._add(gap)
        start = self._length
        self._add(words)
        return start

    def row(self, cells: Iterable[str]) -> None:
        """A row of a table as a block: `cell | cell`."""
        words = list(cells)
        self.block(" | ".join(words).strip() if any(words) else "")

    def heading(self, words: str, level: int) -> None:
        if words:
            self._headings.append(Heading(self.block(words), level, shortened(words)))

    def open_section(self, start: int, label: str) -> None:
        """A section of the highest level whose label is not part of the text."""
        self._headings.append(Heading(start, 1, label))

    def text(self) -> str:
        return "".join(self._parts)

    def sections(self) -> tuple[Section, ...]:
        return sections_of(self._headings, self._length)

    def _add(self, part: str) -> None:
        self._parts.append(part)
        self._length += len(part)
