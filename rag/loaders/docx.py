"""Word documents (`.docx`): paragraphs, headings, lists, tables and footnotes, as they read with changes accepted.

Non-scope: pictures, embedded files and macros (never opened), headers and footers of pages, hidden text.
Source: ECMA-376 part 1 §17 (WordprocessingML).
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator

from lxml import etree

from rag.errors import LoaderError
from rag.loaders.characters import cleaned
from rag.loaders.headings import Draft
from rag.loaders.loaded import Loaded
from rag.loaders.metadata import Known, found
from rag.loaders.word_parts import W, elements, open_parts, value
from rag.loaders.word_styles import Styles

MAX_BLOCKS = 200_000  # paragraphs and tables: some ten thousand pages

_DC = "{http://purl.org/dc/elements/1.1/}"
_SKIPPED = {W + "del", W + "moveFrom", W + "pPr", W + "tblPr", W + "instrText", W + "delText"} | {
    # A drawing's second form, for old programs; its first form is read.
    "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
}
_SIGNS = {W + "tab": " ", W + "br": " ", W + "cr": " ", W + "noBreakHyphen": "-"}
_SEPARATORS = ("separator", "continuationSeparator", "continuationNotice")  # lines, not notes


def load_docx(raw: bytes) -> Loaded:
    """Raises: LoaderError."""
    with open_parts(raw) as archive:
        if "word/document.xml" not in archive.NameToInfo:
            raise LoaderError("it is no Word document; give it its own suffix", code="type_mismatch")
        draft = Draft()
        _add_body(archive, draft)
        _add_footnotes(archive, draft)
        if not draft:
            raise LoaderError("it holds no text, only pictures perhaps; write the text in", code="no_text")
        sections = draft.sections()
        known = _known(archive, sections[0].label if sections else None)
    return Loaded(draft.text(), sections, known=known)


def _add_body(archive: zipfile.ZipFile, draft: Draft) -> None:
    styles = Styles(archive)
    in_list = False
    for number, block in enumerate(elements(archive, "word/document.xml", W + "p", W + "tbl")):
        if number == MAX_BLOCKS:
            raise LoaderError(f"it has more than {MAX_BLOCKS:,} paragraphs; split it", code="parse_limit")
        words = "" if block.tag == W + "tbl" else _words(block)
        style = styles.of(block)
        mark = styles.mark(style) if words and style.level is None else None
        if block.tag == W + "tbl":
            for row in _own(block, "tr"):
                draft.row(_words(cell) for cell in _own(row, "tc"))
        elif style.level is not None:
            draft.heading(words, style.level)
        else:
            draft.block(f"{mark} {words}" if mark else words, "\n" if mark and in_list else "\n\n")
        in_list = mark is not None


def _own(element: etree._Element, name: str) -> Iterator[etree._Element]:
    """Rows of a table or cells of a row, also in content controls; a table inside a cell is the cell's words."""
    for child in element.iter(W + name):
        if next(child.iterancestors(element.tag)) is element:
            yield child


def _words(element: etree._Element) -> str:
    return cleaned("".join(_pieces(element)))


def _pieces(element: etree._Element) -> Iterator[str]:
    for child in element:
        if child.tag == W + "t":
            yield child.text or ""
        elif child.tag in _SIGNS:
            yield _SIGNS[child.tag]
        elif child.tag in _SKIPPED or (child.tag == W + "r" and _hidden(child)):
            continue
        else:
            yield from _pieces(child)
            if child.tag in (W + "p", W + "tc"):
                yield " "


def _hidden(run: etree._Element) -> bool:
    vanish = run.find(f"{W}rPr/{W}vanish")
    return vanish is not None and value(vanish) not in ("0", "false", "off")


def _add_footnotes(archive: zipfile.ZipFile, draft: Draft) -> None:
    """At the end, one block each, as a section of their own."""
    notes = [
        words
        for note in elements(archive, "word/footnotes.xml", W + "footnote")
        if value(note, W + "type") not in _SEPARATORS and (words := _words(note))
    ]
    for number, words in enumerate(notes):
        start = draft.block(words)
        if number == 0:
            draft.open_section(start, "Footnotes")


def _known(archive: zipfile.ZipFile, heading: str | None) -> Known:
    tags = {
        _DC + "title": "title",
        _DC + "creator": "author",
        _DC + "language": "language",
    }
    said = {tags[str(e.tag)]: e.text for e in elements(archive, "docProps/core.xml", *tags)}
    # The date of creation is often that of the template: it says nothing about publication.
    return found({**said, "title": said.get("title") or heading})
