"""A web page as a tree: parsed within limits, freed of what no reader sees, and asked for what it says of itself.

Hidden is what the markup itself hides (`hidden`, `display:none`, white on white, …). Non-scope: style
sheets and scripts, which are never run; telling content from navigation (`html`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from lxml import etree
from lxml import html as lxml_html

from rag.errors import LoaderError
from rag.loaders.characters import cleaned, decode
from rag.loaders.loaded import Note
from rag.loaders.metadata import Known, found

MAX_BYTES = 10 * 2**20  # the longest pages that people write are some 2 MiB
MAX_DEPTH = 512  # browsers' own limit; honest pages stay under 60
MAX_ATTRIBUTES = 100_000
MAX_COMMENTS = 20_000
CHARSET_WITHIN = 1024  # https://html.spec.whatwg.org/#charset: it stands in the first 1,024 bytes

_CHARSET = re.compile(rb"<(?:meta|\?xml)\b[^>]*?(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_NEVER_READ = (
    "script",
    "style",
    "template",
    "noscript",
    "iframe",
    "object",
    "svg",
    "math",
    "select",
    "textarea",
    "button",
)
_UNSEEN = re.compile(
    r"display:none|visibility:(?:hidden|collapse)|opacity:0(?:\.0*)?(?:;|$|!)|font-size:0(?:px|pt|em|rem|%)?(?:;|$|!)"
)
_WHITE = re.compile(r"(?:^|;)color:(?:white|#fff(?:fff)?|rgba?\(255,255,255(?:,[\d.]+)?\)|transparent)\s*(?:;|$|!)")


class _Limits:
    """A parser target that only counts: nothing is built before a page is known to be within its limits."""

    def __init__(self) -> None:
        self._depth = self._attributes = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        self._attributes += len(attributes)
        if self._depth > MAX_DEPTH or self._attributes > MAX_ATTRIBUTES:
            raise LoaderError("its elements are nested too deep or are too many", code="parse_limit")

    def end(self, tag: str) -> None:
        self._depth -= 1

    def close(self) -> None:
        pass


def read_page(raw: bytes) -> tuple[Any, tuple[Note, ...]]:
    """The root element and a note where the bytes are not what they are said to be.

    Raises: LoaderError (parse_limit | encoding | type_mismatch | empty | no_text).
    """
    if len(raw) > MAX_BYTES or raw.count(b"<!--") > MAX_COMMENTS:
        message = f"it is larger than {MAX_BYTES >> 20} MiB or holds too many comments; save the page's text"
        raise LoaderError(message, code="parse_limit")
    declared = _CHARSET.search(raw[:CHARSET_WITHIN])
    text, notes = decode(raw, declared[1].decode("ascii") if declared else None)
    encoded = text.encode("utf-8", "replace")  # the parser then ignores what the page says of its encoding
    etree.fromstring(encoded, etree.HTMLParser(target=_Limits(), encoding="utf-8", huge_tree=True))
    try:
        # Without `huge_tree` everything below 254 elements is dropped without a word; the limits are those above.
        root = lxml_html.document_fromstring(encoded, lxml_html.HTMLParser(encoding="utf-8", huge_tree=True))
    except etree.ParserError:
        raise LoaderError("it holds no text; remove it", code="no_text") from None
    return root, notes


def facts(root: Any) -> Known:
    """What the page says in its head; only what it says in so many words, nothing is guessed."""
    metas = {
        (meta.get("property") or meta.get("name") or "").lower(): meta.get("content") or ""
        for meta in reversed(root.findall(".//meta"))
    }
    headings = root.findall(".//h1")
    title = metas.get("og:title") or (headings[0].text_content() if len(headings) == 1 else "")
    dated = (
        "article:published_time",
        "date",
        "dc.date",
        "dc.date.issued",
        "dcterms.issued",
        "citation_publication_date",
    )
    published = next((metas[name] for name in dated if metas.get(name)), None) or _linked_date(root)
    canonical = next((e.get("href") for e in root.findall(".//link") if e.get("rel") == "canonical"), None)
    return found(
        {
            "title": title.strip() or root.findtext(".//title"),
            "author": metas.get("author"),
            "published": (published or "").strip().replace("/", "-")[:10],
            "source": canonical or metas.get("og:url"),
            "publisher": metas.get("og:site_name"),
            "language": root.get("lang"),
        }
    )


def _linked_date(root: Any) -> str | None:
    """`datePublished` of the page's JSON-LD or microdata (https://schema.org/datePublished)."""
    for script in root.iterfind(".//script[@type='application/ld+json']"):
        try:
            items = json.loads(script.text or "")
        except (ValueError, RecursionError):
            continue
        for item in items if isinstance(items, list) else [items]:
            if isinstance(item, dict) and isinstance(item.get("datePublished"), str):
                return str(item["datePublished"])
    marked = root.find(".//*[@itemprop='datePublished']")
    return None if marked is None else marked.get("datetime") or marked.get("content")


def remove_unseen(root: Any) -> int:
    """Takes out of the tree what no reader sees; the number of characters of hidden text."""
    hidden = 0
    unseen = []
    walk = etree.iterwalk(root, ("start",))
    for _, element in walk:
        if element.tag in _NEVER_READ or _is_hidden(element):
            unseen.append(element)
            walk.skip_subtree()
    for element in unseen:
        hidden += 0 if element.tag in _NEVER_READ else len(cleaned(element.text_content()))
        element.drop_tree()
    for comment in list(root.iter(etree.Comment, etree.ProcessingInstruction)):
        if comment.getparent() is not None:
            comment.drop_tree()
    return hidden


def _is_hidden(element: Any) -> bool:
    if element.tag in ("html", "body") or element.getparent() is None:
        return False
    if element.get("hidden") is not None or (element.tag == "input" and element.get("type") == "hidden"):
        return True
    style = _style(element)
    white = _WHITE.search(style) or (
        element.tag == "font" and _WHITE.search(f"color:{element.get('color', '').lower()}")
    )
    return bool(_UNSEEN.search(style)) or bool(white and not any("background" in s for s in _styles(element)))


def _styles(element: Any) -> Iterator[str]:
    """Its own style and those of the elements around it: white is readable on a background."""
    while element is not None:
        yield _style(element) + ("background" if element.get("bgcolor") else "")
        element = element.getparent()


def _style(element: Any) -> str:
    return re.sub(r"\s+", "", element.get("style") or "").lower()
