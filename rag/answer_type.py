"""What kind of thing a question asks for, and where a sentence offers one that the question lacks.

Pattern rules for English questions; a question they do not know expects nothing in particular.
Source of the idea: answer typing of factoid questions (Li & Roth 2002). Non-scope: finding the span.
"""

from __future__ import annotations

import re
from enum import StrEnum

from rag.lexical import words
from rag.types import Span

# Offered: a thing of this kind, which the question does not hold already; likely: something that may be one.
OFFERED = 1.0
LIKELY = 0.6
NOTHING_EXPECTED = 0.5
LACKING = 0.0


class AnswerType(StrEnum):
    NUMBER = "number"
    PERCENT = "percent"
    MONEY = "money"
    YEAR = "year"
    DATE = "date"
    PERSON = "person"
    NAME = "name"
    LINK = "link"


_ASKS: tuple[tuple[AnswerType, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(rf"\b(?:{asks})\b", re.IGNORECASE))
    for kind, asks in (
        (AnswerType.LINK, r"links?|urls?|web ?address|website|where can i (?:re)?watch"),
        (AnswerType.PERCENT, r"what percent(?:age)?|how many percent|which percentage|what (?:share|proportion)"),
        (
            AnswerType.MONEY,
            r"how much (?:money|(?:did|does|do|was|were|is|has|have)\b.{0,80}\b(?:costs?|spen[dt]|invest(?:ed)?|pay"
            r"|paid|budget|funding))|what (?:is|was|were) the (?:budget|cost|price|fee|funding)|what (?:sum|amount)",
        ),
        (AnswerType.NUMBER, r"how (?:many|large|big|old|long|often|far)|what number|(?:by )?how much"),
        (AnswerType.YEAR, r"(?:what|which) year"),
        (AnswerType.DATE, r"when|(?:on )?(?:what|which) (?:dates?|days?|months?)"),
        (AnswerType.PERSON, r"who|whom|whose"),
        (
            AnswerType.NAME,
            r"(?:what|which) (?:city|cities|country|countries|company|companies|place|road|organi[sz]ations?)",
        ),
    )
)

_NUMBER_WORDS = "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|thousands?|millions?"
_NUMBER = re.compile(rf"\d[\d,.]*|\b(?:{_NUMBER_WORDS})\b", re.IGNORECASE)
_PERCENT = re.compile(r"\d\s?%|\bpercent(?:age)?\b|\bper cent\b", re.IGNORECASE)
_MONEY = re.compile(r"[$€£¥]\s?\d|\b(?:USD|EUR|TWD|NT\$)\s?\d|\b(?:dollars?|euros?|pounds?|yen)\b", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:1[5-9]|20)\d\d\b")
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_DATE = re.compile(
    rf"\b(?:{_DAY}\s+(?:of\s+)?)?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)[a-z]*\.?\s+"
    rf"(?:\d{{4}}|{_DAY}(?:\s+and\s+{_DAY})?(?:,?\s+\d{{4}})?)\b|\b\d{{1,2}}(?:st|nd|rd|th)\b"
    r"|\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|\b(?:1[5-9]|20)\d\d\b|\b(?:today|yesterday|tomorrow)\b"
)
_LINK = re.compile(r"https?://\S+|\bwww\.\S+")
_CAPITAL = r"[^\W\d_a-z][\w'’-]+"
_ROLE = (
    r"(?:Mayor|Minister|President|Chair(?:man|woman|person)?|Commissioner|Director|Representative|Secretary|Governor"
    r"|Ambassador|Professor|Prof\.|Dr\.|Mr\.|Ms\.|Mrs\.|Sir|Queen|King|Pope|CEO|Chief|Officer|Speaker|Head)"
)
# "Mayor Zdeněk Hřib", "Andrew Pittam, Deputy Representative", "Mayor of Budapest Gábor Kerpel-Fronius".
_PERSON = re.compile(
    rf"\b{_ROLE}(?:\s+of\s+{_CAPITAL})?\s+(?P<after>{_CAPITAL}(?:\s+{_CAPITAL}){{0,3}})"
    rf"|\b(?P<before>{_CAPITAL}(?:\s+{_CAPITAL}){{1,3}}),\s+(?:{_CAPITAL}\s+){{0,3}}?{_ROLE}"
)
_NAMES = re.compile(rf"{_CAPITAL}(?:\s+{_CAPITAL})*")


def expected(question: str) -> AnswerType | None:
    """The kind of thing asked for; None when any sentence may answer."""
    return next((kind for kind, asks in _ASKS if asks.search(question)), None)


def offered(kind: AnswerType | None, question: str, sentence: str) -> tuple[Span, ...]:
    """Where `sentence` holds things of a `kind` that `question` lacks, in code points of the sentence.

    Any name may be that of a person: where none is known to be one, all names are given.
    """
    if kind is None:
        return ()
    asked = frozenset(words(question))
    if kind is AnswerType.PERSON:
        return _persons(asked, sentence) or _names(asked, sentence)
    if kind is AnswerType.NAME:
        return _names(asked, sentence)
    return tuple(Span(*m.span()) for m in _PATTERNS[kind].finditer(sentence) if _new(m[0], asked))


def match(kind: AnswerType | None, question: str, sentence: str) -> float:
    """OFFERED, LIKELY, NOTHING_EXPECTED or LACKING: whether `sentence` holds a `kind` that `question` lacks."""
    if kind is None:
        return NOTHING_EXPECTED
    if not offered(kind, question, sentence):
        return LACKING
    sure = kind is not AnswerType.PERSON or _persons(frozenset(words(question)), sentence)
    return OFFERED if sure else LIKELY


def says_more(answer: str, question: str) -> bool:
    """Whether an answer holds a word that the question does not."""
    return _new(answer, frozenset(words(question)))


def _new(found: str, asked: frozenset[str]) -> bool:
    """Whether it says something that the question does not say already."""
    return bool(set(words(found)) - asked)


def _persons(asked: frozenset[str], sentence: str) -> tuple[Span, ...]:
    groups = ((m, "after" if m["after"] else "before") for m in _PERSON.finditer(sentence))
    return tuple(Span(*m.span(group)) for m, group in groups if _new(m[group], asked))


def _names(asked: frozenset[str], sentence: str) -> tuple[Span, ...]:
    """Capitalised words past the sentence's first."""
    inside = _NAMES.finditer(sentence, pos=len(sentence) - len(sentence.lstrip("“\"'")) + 1)
    return tuple(Span(*m.span()) for m in inside if _new(m[0], asked))


_PATTERNS = {
    AnswerType.NUMBER: _NUMBER,
    AnswerType.PERCENT: _PERCENT,
    AnswerType.MONEY: _MONEY,
    AnswerType.YEAR: _YEAR,
    AnswerType.DATE: _DATE,
    AnswerType.LINK: _LINK,
}
