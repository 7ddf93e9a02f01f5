"""What a language model gave for a question in another script: whether it can be asked.

It is shown and searched for, never believed; but nobody would see why nothing is found for a question that was not
asked, and no model may write more on the page this way. Non-scope: asking for it (`rag/translate.py`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from rag.check import MAX_QUESTION_CHARS
from rag.claims import plain, without_thoughts
from rag.facts import invented_links, numbers
from rag.glossary import written_numbers
from rag.lexical import tokenize

# What models add before the question; the question itself before an arrow, as in the example that they are given.
_LABEL = re.compile(r"^.*→\s*|^(?:q|[\w ,']*(?:english|translat\w+|question)[\w ,']*)\s*:\s*", re.IGNORECASE)
_QUOTES = "\"'“”‘’「」 "
_POLITE = re.compile(r"^(?:please|kindly)[ ,]+", re.IGNORECASE)
# An English question has one of these words; one without a question mark begins with it. "I am sorry, but I cannot
# translate this." and "Qui a représenté Prague ?" are none.
_ASKING = (
    r"\b(?:who|whom|whose|what|which|when|where|why|how|is|are|was|were|do|does|did|can|could|has|have|had|will|would"
    r"|shall|should|may|list|name|show|tell|give|describe|explain|summari[sz]e|compare|find|mention|state)\b"
)
_IMPERATIVE = re.compile(rf"(?:(?:on|in|for|from|at|by|to|with|of) )?{_ASKING}", re.IGNORECASE)
_INTERROGATIVE = re.compile(rf"{_ASKING}.*\?$", re.IGNORECASE)
# How many things are asked: by marks, or by what asks in Chinese.
_MARK = re.compile("[?？]")
_ASKS_IN_CHINESE = re.compile("[誰谁]|什[麼么]|何|多少|[幾几]|哪|怎|[嗎吗呢]")
_ORDINARY = re.compile(r"(?:[^\W_]|[\s.,;:?!'’\"“”()&/%$€£¥+–—-])*")  # no markup, no fence
_ROMAN = {roman: str(n) for n, roman in enumerate(["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X"], 1)}
_TWO = re.compile(r"\b(?:both|pair|couple|twice|double)\b", re.IGNORECASE)


def question_of(said: str, question: str, names: Mapping[str, str], before: str) -> str | None:
    """The English question in what a model said, one line without markup; None where there is none that may be asked.

    `names`: what the glossary knows of `question` and of `before`, which was said before it. It asks no more than
    `question`, has its numbers and no other but those of `names` and `before`, and a word of its names.
    """
    lines = [_LABEL.sub("", line.strip(_QUOTES)).strip(_QUOTES) for line in plain(without_thoughts(said)).splitlines()]
    parts = [_POLITE.sub("", part) for line in lines for part in re.split(r"(?<=\?)\s+", line)]
    most = max(1, len(_MARK.findall(question)), len(_ASKS_IN_CHINESE.findall(question)))
    asked = " ".join([part for part in parts if _asks(part)][:most])
    words = _words_of([english for foreign, english in names.items() if foreign in question])
    sound = (
        0 < len(asked) <= MAX_QUESTION_CHARS
        and _ORDINARY.fullmatch(asked) is not None
        and not invented_links(asked, f"{question} {before}")
        and _same_numbers(asked, question, " ".join([*names.values(), before]))
        and (not words or not words.isdisjoint(tokenize(asked)))
    )
    return asked if sound else None


def _asks(line: str) -> bool:
    latin = all(unicodedata.name(c, "").startswith("LATIN") for c in line if c.isalpha())
    return latin and bool(_IMPERATIVE.match(line) or _INTERROGATIVE.search(line))


def _words_of(terms: Sequence[str]) -> set[str]:
    """Search tokens of which a translation has one: of its proper names, else of its terms, where there are several; a
    single common word may be put in many ways."""
    proper = [term for term in terms if not term.islower()]
    return set(tokenize(" ".join(proper or (terms if len(terms) > 1 else ()))))


def _same_numbers(asked: str, question: str, context: str) -> bool:
    """Whether it has every number of the question, and no other but those of the context."""
    sure, single = ({str(number) for number in found} for found in written_numbers(question))
    shortened = re.sub(r"\d+(?:\.\d+)?\s*[万萬亿億]", " ", unicodedata.normalize("NFKC", question))
    wanted = sure | _values(shortened)
    held = _values(asked) | {_ROMAN[word] for word in re.findall(r"\b[IVX]+\b", asked) if word in _ROMAN}
    if re.search(r"\b(?:one|single)\b", asked, re.IGNORECASE):
        held.add("1")
    allowed = wanted | single | _values(context) | {"1"} | ({"2"} if _TWO.search(asked) else set())
    return wanted <= held and held <= allowed


def _values(text: str) -> set[str]:
    """Of numbers in digits or English words; a month is its number."""
    return {fact.keys[0].removeprefix("month ") for fact in numbers(text)}
