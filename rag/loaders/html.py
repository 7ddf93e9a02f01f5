"""Web pages (`.html`, `.htm`): the main content, found by trafilatura, as paragraphs under their headings.

What was left out is counted and reported. Non-scope: parsing, hidden text and the page's head (`html_page`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import trafilatura
from lxml import etree
from lxml.html import defs

from rag.errors import LoaderError
from rag.loaders.characters import cleaned
from rag.loaders.headings import Draft
from rag.loaders.html_page import facts, read_page, remove_unseen
from rag.loaders.loaded import Loaded, Note

_BLOCKS = ("p", "head", "list", "table", "quote")  # in trafilatura's tree; code stands in lines as well
_LATER_INLINE = {"label", "mark", "rp", "rt", "ruby", "td", "th", "time", "wbr"}
# Elements that do not end a block, as lxml lists them for HTML 4, and those that came later; cells make rows.
_INLINE = defs.phrase_tags | defs.font_style_tags | defs.special_inline_tags | _LATER_INLINE
_AROUND = ("nav", "footer", "aside", "form", "button", "dialog")
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def load_html(raw: bytes) -> Loaded:
    """Raises: LoaderError."""
    root, notes = read_page(raw)
    known = facts(root)
    hidden = remove_unseen(root)
    visible = _letters(_body(root).text_content())
    # For answering, a paragraph too many does less harm than one that is missing.
    content: Any = trafilatura.bare_extraction(root, favor_recall=True, include_comments=False)
    draft = Draft()
    # Of a short page it makes a single block, headings and all.
    if content is not None and len(content.body) > 1:
        _add(content.body, draft)
    else:
        _add_whole(_body(root), draft)
    if not draft:
        raise LoaderError("it holds no text that a reader sees; save the page's text instead", code="no_text")
    text = draft.text()
    if (left_out := visible - _letters(text)) > 0:
        notes += (Note("boilerplate", f"{left_out} characters of navigation, footers and the like were left out"),)
    if hidden:
        notes += (Note("hidden_text", f"{hidden} characters that the page hides from its readers were left out"),)
    return Loaded(text, draft.sections(), known=known, notes=notes)


def _letters(text: str) -> int:
    """Letters and digits: blanks and the marks of lists and tables differ between a page and its text."""
    return sum(map(str.isalnum, text))


def _body(root: Any) -> Any:
    body = root.find("body")
    return root if body is None else body


def _add(element: Any, draft: Draft) -> None:
    """The blocks of trafilatura's tree, in order."""
    if element.tag == "head":
        draft.heading(_words(element), int((element.get("rend") or "h1")[1:] or 1))
    elif element.tag == "list":
        _add_list(element, draft)
    elif element.tag == "table":
        for row in element.iter("row"):
            draft.row(_words(cell) for cell in row.iterchildren("cell"))
    elif any(child.tag in _BLOCKS for child in element):
        draft.block(cleaned(element.text or ""))
        for child in element:
            _add(child, draft)
            draft.block(cleaned(child.tail or ""))
    else:
        draft.block(_words(element))


def _add_list(element: Any, draft: Draft) -> None:
    for number, item in enumerate(element.iterchildren("item"), start=1):
        mark = f"{number}." if element.get("rend") == "ol" else "-"
        words = _words(item, without="list")
        draft.block(f"{mark} {words}" if words else "", "\n" if number > 1 else "\n\n")
        for nested in item.iterchildren("list"):
            _add_list(nested, draft)


def _add_whole(body: Any, draft: Draft) -> None:
    """Every block of the page itself but those that are marked as navigation and the like."""
    for around in list(body.iter(*_AROUND)):
        around.drop_tree()
    words: list[str] = []
    for event, element in etree.iterwalk(body, ("start", "end")):
        if element.tag not in _INLINE:
            _flush(words, str((element if event == "end" else element.getparent()).tag), draft)
        elif element.tag in ("td", "th") and event == "start" and any(map(str.strip, words)):
            words.append(" | ")
        elif element.tag == "br":
            words.append(" ")
        words.append((element.text if event == "start" else element.tail) or "")


def _flush(words: list[str], tag: str, draft: Draft) -> None:
    """Makes a block of the words that were collected in an element."""
    block = cleaned("".join(words))
    words.clear()
    if tag in _HEADINGS:
        draft.heading(block, int(tag[1]))
    else:
        draft.block(f"- {block}" if block and tag == "li" else block)


def _words(element: Any, without: str = "") -> str:
    return cleaned("".join(_pieces(element, without)))


def _pieces(element: Any, without: str) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        if child.tag == "lb":
            yield " "
        elif child.tag != without:
            yield from _pieces(child, without)
        yield child.tail or ""
