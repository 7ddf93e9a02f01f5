"""PDF (`.pdf`): the text layer, page by page, with wrapped lines joined to paragraphs again.

A sentence that runs over a page's end belongs to the page on which it begins. Non-scope: recognising text
in pictures, tables as tables, outlines. Running heads are left out and reported.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Iterator

from pypdf import PageObject, PdfReader
from pypdf.errors import LimitReachedError, PyPdfError

from rag.errors import LoaderError
from rag.loaders.characters import cleaned, joint
from rag.loaders.headings import Draft
from rag.loaders.loaded import Loaded, Note
from rag.loaders.metadata import Known, found
from rag.types import Section, Span

MAX_PAGES = 5_000  # the thickest books have 2,000
# A line this much shorter than the page's longest ends its paragraph: ragged right margins stay above it.
FULL_LINE = 0.66
RUNNING_LINES = 2  # at either edge of a page: a running head and a rule, or a page number
RUNNING_FROM_PAGES = 3  # on two pages the same line may be said twice

# What printing writes into the title: a file's name, a program's name.
_PROGRAM_TITLE = re.compile(
    r"untitled|(?:microsoft )?(?:word|powerpoint|excel) - |.*\.(?:docx?|pptx?|xlsx?|pdf|indd)$", re.I
)
_SENTENCE_END = re.compile(r"[.!?…][\"'”’)]*(?=\s|$)\s*|[。！？][”」』）]*")
_ITEM = re.compile(r"(?:[•‣▪◦·*–-]|\d{1,3}(?:\.\d{1,3})*[.)]|\([a-z\d]{1,3}\))\s")
_HYPHENED = re.compile(r"[^\W\d_]{2}[-\u2010\u00ad]$")
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})


def load_pdf(raw: bytes) -> Loaded:
    """Raises: LoaderError."""
    try:
        return _load(PdfReader(io.BytesIO(raw)))
    except LimitReachedError as error:
        raise LoaderError(f"it is too large to be read ({error}); split it", code="parse_limit") from None
    except PyPdfError as error:
        raise LoaderError(f"it is damaged ({error}); print it to a new PDF", code="corrupt") from None


def _load(reader: PdfReader) -> Loaded:
    if reader.is_encrypted:
        raise LoaderError("it is encrypted; save a copy without a password", code="encrypted")
    if len(reader.pages) > MAX_PAGES:
        raise LoaderError(f"it has more than {MAX_PAGES:,} pages; split it", code="parse_limit")
    whole = [_lines(_text_of(page)) for page in reader.pages]
    bodies = whole
    for edge in (0, -1) * RUNNING_LINES:
        bodies = _without_running(bodies, edge)
    running = sum(map(len, whole)) - sum(map(len, bodies))
    pages = [list(_paragraphs(body)) for body in bodies]
    if not any(pages):
        message = "it has no text layer that can be read, only pictures perhaps; run text recognition (OCR) on it"
        raise LoaderError(message, code="no_text")
    empty = [str(number) for number, page in enumerate(pages, start=1) if not page]
    notes: tuple[Note, ...] = ()
    if empty:
        notes += (Note("empty_pages", f"no text on page {', '.join(empty)}: blank, a picture, or damaged"),)
    if running:
        notes += (Note("boilerplate", f"{running} lines of running heads and page numbers were left out"),)
    text, sections = _joined(pages)
    return Loaded(text, sections, known=_known(reader), notes=notes)


def _text_of(page: PageObject) -> str:
    """Empty where the page cannot be read: one damaged font must not hide the other pages."""
    try:
        return page.extract_text()
    except (LimitReachedError, RecursionError):
        raise
    except Exception:  # pypdf raises many kinds on content that is not as the standard says
        return ""


def _lines(text: str) -> list[str]:
    """Blank ones only between others."""
    return [line.strip() for line in text.translate(_LIGATURES).strip().splitlines()]


def _without_running(pages: list[list[str]], edge: int) -> list[list[str]]:
    """Pages without their first (edge 0) or last (-1) line where half of them have the same, numbers aside."""
    lines = [re.sub(r"\d+", "0", page[edge]) if len(page) > 1 else "" for page in pages]
    alike = Counter(lines)
    least = max(RUNNING_FROM_PAGES, len(pages) / 2)
    rest = slice(1, None) if edge == 0 else slice(None, -1)
    return [page[rest] if line and alike[line] >= least else page for page, line in zip(pages, lines, strict=True)]


def _paragraphs(lines: list[str]) -> Iterator[str]:
    """A page's lines as paragraphs: a blank or short line, or the next item of a list, ends one."""
    full = FULL_LINE * max(map(len, lines), default=0)
    paragraph = ""
    short = False
    for line in lines:
        if paragraph and (not line or _ITEM.match(line) or (short and not line[0].islower())):
            yield cleaned(paragraph)
            paragraph = ""
        if line:
            paragraph = _continued(paragraph, line)
        short = len(line) < full
    if words := cleaned(paragraph):
        yield words


def _continued(paragraph: str, line: str) -> str:
    """A word divided at the line's end is one word again."""
    if not paragraph:
        return line
    if _HYPHENED.search(paragraph) and line[0].islower():
        return paragraph[:-1] + line
    return paragraph + joint(paragraph, line) + line


def _joined(pages: list[list[str]]) -> tuple[str, tuple[Section, ...]]:
    """The whole text and one section a page; a page that goes on with a sentence starts behind it."""
    draft = Draft()
    starts: list[tuple[int, int]] = []  # (page, offset)
    before = ""
    for number, page in enumerate(pages, start=1):
        for place, words in enumerate(page):
            goes_on = place == 0 and _goes_on(before, words)
            start = draft.block(words, joint(before, words) if goes_on else "\n\n")
            if place == 0:
                end = _SENTENCE_END.search(words) if goes_on else None
                starts.append((number, start + (end.end() if end else len(words) * goes_on)))
            before = words
    ends = [start for _, start in starts[1:]] + [len(draft)]
    return draft.text(), tuple(
        Section(Span(start, end), f"Page {number}", page=number)
        for (number, start), end in zip(starts, ends, strict=True)
        if start < end
    )


def _goes_on(before: str, after: str) -> bool:
    """Whether a page goes on with the sentence of the page before: in small letters, or in Chinese."""
    return bool(before) and not _SENTENCE_END.search(before[-3:]) and (after[0].islower() or not joint(before, after))


def _known(reader: PdfReader) -> Known:
    said = reader.metadata
    if said is None:
        return Known()
    title = said.title
    # Its date is that of printing or scanning, not of publication.
    return found({"title": None if title is None or _PROGRAM_TITLE.match(title) else title, "author": said.author})
