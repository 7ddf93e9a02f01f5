"""What a number counts: "264 participants" and "2,200 views" do not make 264 views.

By the words behind it in its clause, or before it where it ends one ("views reached 264").
Non-scope: whether the number is there at all (`rag/facts.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from rag.facts import Fact, numbers
from rag.lexical import tokenize

# Words beside a number among which is what it counts: "264 registered participants from …".
_IN_CLAIM, _IN_QUOTE = 3, 4
_YEAR = re.compile(r"1\d{3}s?|20\d\ds?")  # without a comma
_END = re.compile(r"[.,;:()\[\]“”\"–—]|\b(?:and|or|but|while|whereas)\b")


def swapped_units(claim: str, quotes: str) -> bool:
    """Whether a number of the claim counts what in the quotes another number counts, and its own does not."""
    names = {word.lower() for word in quotes.split()} - set(quotes.split())  # a name is no unit, "Views" of a claim is
    held = [(number, set(tokenize(" ".join(behind)))) for number, behind, _ in _counted(quotes, _IN_QUOTE)]
    for number, behind, ahead in _counted(claim, _IN_CLAIM):
        unit = set(tokenize(" ".join(word for word in behind or ahead if word.lower() not in names)))
        own = [counted for other, counted in held if other.keys == number.keys and counted]
        rivals = [counted for other, counted in held if other.keys != number.keys]
        if own and not any(unit & counted for counted in own) and any(unit & counted for counted in rivals):
            return True
    return False


def _counted(text: str, most: int) -> Iterator[tuple[Fact, Sequence[str], Sequence[str]]]:
    """Each number but years and months, with the words behind and before it in its clause, up to another number."""
    found = sorted(numbers(text), key=lambda fact: fact.span)
    edges = [0, *(fact.span.end for fact in found)]
    for before, fact, following in zip_longest(edges[:-1], found, found[1:]):
        if not _YEAR.fullmatch(fact.span.of(text)) and not fact.keys[0].startswith("month"):
            behind = _END.split(text[fact.span.end : following.span.start if following else len(text)], maxsplit=1)[0]
            ahead = _END.split(text[before : fact.span.start])[-1]
            yield fact, behind.split()[:most], ahead.split()[-most:]
