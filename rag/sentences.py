"""Cuts a text into sentence spans: sentencex finds the ends, this module keeps exact offsets.

Added here, because real pages need it: captions glued to the next sentence (`TaipeiThe`), list and
heading marks left outside, link-to-content page chrome left out, and a bound on the length.
Non-scope: tokens and passages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

import sentencex

from rag.types import Span

# Part of what decides whether an index fits; raise it when the spans change.
SENTENCES_VERSION = 1

# Longer runs without an end are tables or logs: they are cut so that a passage stays readable
# and fits the encoder (1,000 characters are about 250 wordpieces).
MAX_SENTENCE_CHARS = 1000

# The segmenter sees one block at a time: its time grows with the square of the length.
MAX_BLOCK_CHARS = 2_000
# Blank lines; a heading with its line; the start of a list item.
_BLOCK_EDGES = re.compile(r"\n[^\S\n]*\n\s*|^ {0,3}#{1,6}\s.*$|^(?=[^\S\n]*(?:[-*+•‣▪◦]|\d{1,3}[.)])\s)", re.MULTILINE)
_STOP = re.compile(r"[.!?]\s+|[。！？\n]")

# A word, then a capitalised word that opens sentences, without a space: a caption ran into the text.
# Only function words of three letters and more count, so that EasyCard, LinkedIn and McDonald stay whole.
_GLUE = re.compile(
    r"(?<=[a-z)\]”])(?=(?:The|This|That|These|Those|For|With|After|During|Through|While|When"
    r"|She|They|There|According|However|Although)[ \u00a0])"
)
# White space, bullets and numbers of lists, quote marks of e-mail and the signs of a Markdown heading.
_LEADING_MARKS = re.compile(r"(?:\s|[•‣▪◦·]|[-*+>](?=\s)|#{1,6}(?=\s)|\d{1,3}[.)](?=\s))+")
_CHROME = re.compile(
    r"(?:jump|skip|go)\s+(?:directly\s+)?to\s+(?:the\s+)?(?:main\s+)?(?:content|navigation|menu|search)\b.{0,40}",
    re.IGNORECASE,
)


def sentence_spans(text: str) -> list[Span]:
    """Sentences in order, without overlap, white space or marks around them. Page chrome is left out."""
    spans: list[Span] = []
    for block in _blocks(text):
        position = block.start
        for segment in _segments(block.of(text)):
            found = text.find(segment, position, block.end)
            if found < 0:  # the segmenter changed a character: keep the rest whole rather than lose it
                break
            spans += _trimmed(text, found, found + len(segment))
            position = found + len(segment)
        spans += _trimmed(text, position, block.end)
    return spans


def _segments(text: str) -> list[str]:
    """Empty where the segmenter gives up, as it does on "I\u00a0.In": the text is kept whole then."""
    try:
        return list(sentencex.segment("en", text))
    except BaseException as error:  # a panic of its Rust code, which is no Exception and cannot be imported
        if type(error).__name__ != "PanicException":
            raise
        return []


def _blocks(text: str) -> Iterator[Span]:
    """The text between blank lines, headings and list items, in pieces of at most MAX_BLOCK_CHARS."""
    start = 0
    for end in [*sorted({edge for mark in _BLOCK_EDGES.finditer(text) for edge in mark.span()}), len(text)]:
        while end - start > MAX_BLOCK_CHARS:
            stops = [m.end() for m in _STOP.finditer(text, start, start + MAX_BLOCK_CHARS)]
            cut = stops[-1] if stops else start + MAX_BLOCK_CHARS
            yield Span(start, cut)
            start = cut
        if start < end:
            yield Span(start, end)
        start = end


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    """The sentences inside one segment: cut at glue and at the length limit, marks stripped."""
    cuts = [start, *(m.start() for m in _GLUE.finditer(text, start, end)), end]
    for first, last in pairwise(cuts):
        marks = _LEADING_MARKS.match(text, first, last)
        first = marks.end() if marks else first
        while last > first and text[last - 1].isspace():
            last -= 1
        if first < last and not _CHROME.fullmatch(text, first, last):
            yield from _bounded(text, first, last)


def _bounded(text: str, start: int, end: int) -> Iterator[Span]:
    """Pieces of at most MAX_SENTENCE_CHARS, cut at white space where there is any."""
    while end - start > MAX_SENTENCE_CHARS:
        cut = start + MAX_SENTENCE_CHARS
        space = next((i for i in range(cut, start + MAX_SENTENCE_CHARS // 2, -1) if text[i].isspace()), None)
        stop = space if space is not None else cut
        yield Span(start, stop)
        start = stop
        while text[start].isspace():
            start += 1
    yield Span(start, end)
