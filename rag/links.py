"""Links to the place of a quote where it was published: a time of a recording, a page of a PDF, a phrase of a page.

Non-scope: links within this service (`wire`).
"""

from __future__ import annotations

import re
from urllib.parse import quote, urlsplit

from rag.types import Citation

FRAGMENT_WORDS = 6  # words at either end of a text fragment: unique in practice, short in a link
FRAGMENT_SIGNS = 10  # the same for Chinese and Japanese, which write about two signs for a word
MAX_SIGNS = 24  # how far a phrase may reach for the punctuation that ends it

_WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
_UNIT = re.compile(rf"[{_WIDE}]|[^\s{_WIDE}]+")
_STOP = re.compile(r"[，、。；：！？（）「」『』《》]+")

_YOUTUBE = ("youtube.com", "youtu.be")


def deep_link(citation: Citation) -> str | None:
    """None where nothing is known about where the document was published."""
    section = citation.section
    if citation.media and section and section.time_s is not None:
        return media_url(citation.media, section.time_s)
    if citation.source is None:
        return None
    if section and section.page is not None and urlsplit(citation.source).path.lower().endswith(".pdf"):
        return f"{citation.source.partition('#')[0]}#page={section.page}"  # RFC 8118 §3
    return text_fragment_url(citation.source, citation.quote)


def media_url(media: str, time_s: float) -> str:
    """The recording from `time_s` on: YouTube's parameter, else a media fragment.

    Source: https://www.w3.org/TR/media-frags/ §4.2.1.
    """
    address = media.partition("#")[0]
    parts = urlsplit(address)
    host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    if host in _YOUTUBE:
        kept = [pair for pair in parts.query.split("&") if pair and pair.partition("=")[0] not in ("t", "start")]
        return parts._replace(query="&".join([*kept, f"t={int(time_s)}s"])).geturl()
    return f"{address}#t={int(time_s)}"


def text_fragment_url(source: str, passage: str) -> str:
    """The public page, scrolled to `passage` by browsers that know text fragments.

    Source: https://wicg.github.io/scroll-to-text-fragment/ (`-`, `&` and `,` have a meaning there).
    """
    phrases = (quote(phrase, safe="").replace("-", "%2D") for phrase in _ends(" ".join(passage.split())))
    return source.partition("#")[0] + "#:~:text=" + ",".join(phrases)


def _ends(text: str) -> list[str]:
    """The whole of a short text, else its first and last phrase.

    Browsers match whole words. Chinese has no blanks between them, so a phrase reaches to its punctuation.
    """
    units = [unit.span() for unit in _UNIT.finditer(text)]
    size = FRAGMENT_SIGNS if re.search(f"[{_WIDE}]", text) else FRAGMENT_WORDS
    if len(units) <= 2 * size:
        return [text]
    head, tail = units[size - 1][1], units[-size][0]
    middle = units[len(units) // 2][0]
    stops = [stop.span() for stop in _STOP.finditer(text)]
    first = next((end for _, end in stops if head <= end <= min(middle, head + MAX_SIGNS)), head)
    last = next((end for _, end in reversed(stops) if max(middle, tail - MAX_SIGNS) <= end <= tail), tail)
    return [text[:first], text[last:].strip()]
