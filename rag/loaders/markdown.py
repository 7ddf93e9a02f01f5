"""Markdown: the file's own characters; ATX headings (`# …`) become sections labelled by their path.

Front matter is metadata, not text. Non-scope: rendering. Emphasis, links and tables stay in the text as
they are written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from rag.errors import LoaderError
from rag.loaders.characters import decode
from rag.loaders.headings import Heading, sections_of, shortened
from rag.loaders.loaded import Loaded, Note
from rag.loaders.metadata import front_matter

# CommonMark 0.31 §4.2: up to 3 spaces, 1-6 signs, then a space or the line's end.
_HEADING = re.compile(r" {0,3}(#{1,6})(?=[ \t]|$)")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")


def load_markdown(raw: bytes) -> Loaded:
    """Raises: LoaderError."""
    whole, notes = decode(raw)
    known, unknown, start = front_matter(whole)
    text = whole[start:]
    if not text.strip():
        raise LoaderError("the file holds nothing but front matter; add the text or remove it", code="empty")
    if unknown:
        notes += (Note("metadata", f"of its front matter was not used: {', '.join(sorted(unknown))}"),)
    headings = list(_headings(text))
    title = next((heading.label for heading in headings if heading.level == 1 and heading.label), None)
    known = replace(known, title=known.title or title)
    return Loaded(text, sections_of(headings, len(text)), known=known, notes=notes)


def _label(rest: str) -> str:
    """The words of a heading, without its closing signs."""
    words = rest.strip()
    unsigned = words.rstrip("#")
    if unsigned != words and (not unsigned or unsigned[-1] in " \t"):
        words = unsigned.rstrip()
    return shortened(words)


def _headings(text: str) -> Iterator[Heading]:
    """The headings outside fenced code."""
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
            yield Heading(start, len(heading[1]), _label(bare[heading.end() :]))
        start += len(line)
