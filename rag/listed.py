"""Which member of a list in one sentence a question is about: "signed a pact with Prague, a treaty with Bonn, and …".

Only lists whose members begin with an article or "and" are taken for such: other commas part a name from its title.
Non-scope: lists over several sentences (`rag/compose.py`).
"""

from __future__ import annotations

import re
from collections.abc import Set
from itertools import pairwise

from rag.lexical import tokenize
from rag.types import Span

_MEMBER = re.compile(r"(?<=,)\s+(?=(?:and\s+)?(?:an?|the)\s|and\s)", re.IGNORECASE)
# With fewer the comma is as likely that of an aside: "Bonn, a city on the Rhine".
LEAST_MEMBERS = 3


def member_about(names: Set[str], sentence: str) -> Span | None:
    """The member, in code points of `sentence`, that alone holds some of the names (search tokens); None where there
    is no list, no such member or more than one.
    """
    cuts = [0, *(found.end() for found in _MEMBER.finditer(sentence)), len(sentence)]
    members = [Span(start, end) for start, end in pairwise(cuts)]
    if len(members) < LEAST_MEMBERS:
        return None
    held = [names & set(tokenize(member.of(sentence))) for member in members]
    alone = {name for name in names if sum(name in tokens for tokens in held) == 1}
    # What the first member names besides its own is the subject of all: "Taipei signed a pact …, a treaty …".
    about = [member for member, tokens in zip(members[1:], held[1:], strict=True) if tokens & alone]
    return about[0] if len(about) == 1 else None
