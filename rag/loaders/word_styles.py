"""What the styles of a Word document make of a paragraph: a heading of some level, an item of some list.

Style ids are in the language of the program that wrote them; outline levels and English style names are not.
Non-scope: looks.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, replace

from lxml import etree

from rag.loaders.word_parts import W, elements, value

_HEADING = re.compile(r"heading ?([1-9])", re.IGNORECASE)
MAX_LEVEL = 9  # ECMA-376 §17.3.1.20: outline levels 0-8 are headings, 9 is body text
MAX_ANCESTORS = 10  # of a style; Word stops there as well, and a ring of styles ends


@dataclass(frozen=True, slots=True)
class Style:
    """None where nothing is said."""

    level: int | None = None  # of a heading, 1 = the highest
    list_id: str | None = None  # "0" = expressly no list
    list_level: str | None = None
    parent: str | None = None


class Styles:
    """Styles of paragraphs by id, and the marks of lists."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._styles: dict[str, Style] = {}
        for element in elements(archive, "word/styles.xml", W + "style"):
            style = replace(_said(element.find(W + "pPr")), parent=value(element.find(W + "basedOn")))
            named = _HEADING.fullmatch(value(element.find(W + "name")) or "")
            if named and style.level is None:
                style = replace(style, level=int(named[1]))
            self._styles[element.get(W + "styleId", "")] = style
        self._formats = _formats(archive)
        self._counts: dict[tuple[str, int], int] = {}

    def of(self, paragraph: etree._Element) -> Style:
        """What the paragraph says itself, then its style, then that style's ancestors."""
        properties = paragraph.find(W + "pPr")
        style = _said(properties)
        parent = None if properties is None else value(properties.find(W + "pStyle"))
        if named := _HEADING.fullmatch(parent or ""):
            style = replace(style, level=style.level or int(named[1]))
        for _ in range(MAX_ANCESTORS):
            if parent is None:
                break
            above = self._styles.get(parent, Style())
            style = Style(
                style.level or above.level, style.list_id or above.list_id, style.list_level or above.list_level
            )
            parent = above.parent
        return style if style.level is None or style.level <= MAX_LEVEL else replace(style, level=None)

    def mark(self, style: Style) -> str | None:
        """`-` or the next number of the list, as `3.`; None for what is no item."""
        if style.list_id is None or style.list_id == "0":
            return None
        level = int(style.list_level or 0)
        if self._formats.get((style.list_id, level), "bullet") in ("bullet", "none"):
            return "-"
        for key in [key for key in self._counts if key[0] == style.list_id and key[1] > level]:
            del self._counts[key]
        count = self._counts.get((style.list_id, level), 0) + 1
        self._counts[style.list_id, level] = count
        return f"{count}."


def _said(properties: etree._Element | None) -> Style:
    """What a paragraph's or a style's own properties say."""
    if properties is None:
        return Style()
    outline = _number(value(properties.find(W + "outlineLvl")))
    level = _number(value(properties.find(f"{W}numPr/{W}ilvl")))
    return Style(
        None if outline is None else outline + 1,
        value(properties.find(f"{W}numPr/{W}numId")),
        None if level is None else str(level),
    )


def _number(digits: str | None) -> int | None:
    return int(digits) if digits and digits.isascii() and digits.isdigit() and len(digits) < 4 else None


def _formats(archive: zipfile.ZipFile) -> dict[tuple[str, int], str]:
    """(list id, level) → bullet, decimal, …"""
    abstract: dict[str, dict[int, str]] = {}
    formats: dict[tuple[str, int], str] = {}
    for element in elements(archive, "word/numbering.xml", W + "abstractNum", W + "num"):
        if element.tag == W + "abstractNum":
            levels = {
                _number(value(level, W + "ilvl")) or 0: value(level.find(W + "numFmt")) or "decimal"
                for level in element.iterchildren(W + "lvl")
            }
            abstract[element.get(W + "abstractNumId", "")] = levels
        else:
            source = value(element.find(W + "abstractNumId")) or ""
            for number, format_ in abstract.get(source, {}).items():
                formats[element.get(W + "numId", ""), number] = format_
    return formats
