"""What a number counts: "264 participants" and "2,200 views" do not make 264 views.

Non-scope: whether the number is there at all (`rag/facts.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from rag.facts import Fact, numbers
from rag.lexical import tokenize

# Words behind a number among which is what it counts: "264 registered participants from …".
_IN_CLAIM, _IN_QUOTE = 3, 4
_END = re.compile(r"[.,;:()\[\]“”\"–—]|\b(?:and|or|but|while|whereas)\b")


def swapped_units(claim: str, quotes: str) -> bool:
    """Whether a number of the claim counts what in the quotes another number counts, and its own does not."""
    said, held = list(_units(claim, _IN_CLAIM)), list(_units(quotes, _IN_QUOTE))
    for number, words in said:
        unit = set(tokenize(" ".join(word for word in words if word.islower())))  # a name is no unit
        own = [set(tokenize(" ".join(theirs))) for other, theirs in held if other.keys == number.keys]
        if unit and own and all(own) and not any(unit & counted for counted in own):
            rivals = (tokenize(" ".join(theirs)) for other, theirs in held if other.keys != number.keys)
            if any(unit.intersection(counted) for counted in rivals):
                return True
    return False


def _units(text: str, most: int) -> Iterator[tuple[Fact, Sequence[str]]]:
    """Each number with the words behind it, up to the next number or the end of the clause."""
    found = sorted(numbers(text), key=lambda fact: fact.span)
    for fact, following in zip_longest(found, found[1:]):
        behind = text[fact.span.end : following.span.start if following else len(text)]
        yield fact, _END.split(behind, maxsplit=1)[0].split()[:most]
