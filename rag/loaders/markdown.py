"""Markdown: the file's own characters; ATX headings (`# …`) become sections labelled by their path.

Non-scope: rendering. Emphasis, links and tables stay in the text as they are written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.loaders.loaded import Loaded, decode
from rag.types import Section, Span

# CommonMark 0.31 §4.2: up to 3 spaces, 1-6 signs, then a space or the line's end.
_HEADING = re.compile(r" {0,3}(#{1,6})(?=[ \t]|$)")
MAX_LABEL_CHARS = 200  # a label is repeated with every passage of its section
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
PATH_SEPARATOR = " › "


def load_markdown(raw: bytes) -> Loaded:
    """Raises: LoaderError."""
    text = decode(raw)
    headings = list(_headings(text))
    sections = []
    path: list[tuple[int, str]] = []
    for number, (start, level, label) in enumerate(headings):
        path = [*(step for step in path if step[0] < level), (level, label)]
        end = headings[number + 1][0] if number + 1 < len(headings) else len(text)
        sections.append(Section(Span(start, end), PATH_SEPARATOR.join(name for _, name in path if name)))
    title = next((label for _, level, label in headings if level == 1 and label), None)
    return Loaded(text, tuple(s for s in sections if s.label), title)


def _label(rest: str) -> str:
    """The words of a heading, without its closing signs."""
    words = rest.strip()
    unsigned = words.rstrip("#")
    if unsigned != words and (not unsigned or unsigned[-1] in " \t"):
        words = unsigned.rstrip()
    return words if len(words) <= MAX_LABEL_CHARS else words[: MAX_LABEL_CHARS - 1] + "…"


def _headings(text: str) -> Iterator[tuple[int, int, str]]:
    """(offset of the line, level, label) of each heading outside fenced code."""
    fence: str | None = None
    start = 0
    for line in text.splitlines(keepends=True):
        bare = line.rstrip("\r\n")
        mark = _FENCE.match(bare)
        if mark and fence is None:
            fence = mark[1]
        elif mark and fence and mark[1][0] == fence[0] and len(mark[1]) >= len(fence):
            fence = None
        elif fence is None and (heading := _HEADING.match(bare)):
            yield start, len(heading[1]), _label(bare[heading.end() :])
        start += len(line)
