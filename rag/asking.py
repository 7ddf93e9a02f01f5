"""Takes each fact out of a sentence and asks the reader for it: it must mark the same words in the quote.

"Prague was represented by what?" finds the mayor of Prague, whatever mayor the sentence names.
Non-scope: what follows from it (`rag/support.py`). Source: Wang et al. 2020 (QAGS), with one question for each fact.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from rag.facts import Fact, Kind, places_of, things
from rag.reader import Reader
from rag.types import Span

# Facts that are asked for, each one pass of the reader: the first ones of a long sentence.
MAX_ASKED = 4
# Where a sentence has fewer facts, it is asked for its longest other words, too.
LEAST_ASKED = 2
# Log-odds beyond which the reader says no more, as in rag/read.py.
LIMIT = 8.0


def agreement(claim: str, facts: Sequence[Fact], text: str, title: str, reader: Reader) -> dict[str, float]:
    """How far the reader, asked over `text`, agrees with the facts of `claim`.

    odds: log-odds that the fact is the answer, ±LIMIT; margin: those less the odds of its best answer, −LIMIT..0.
    """
    further = things(claim, [fact.span for fact in facts])[: max(LEAST_ASKED - len(facts), 0)]
    margins, odds = [], []
    for fact in (*facts[:MAX_ASKED], *further):
        places = places_of(fact, text)
        if not places:
            continue  # it stands in the title alone, or is said in other words
        marks = reader.read(_question(claim, fact), [(title, text)])[0]
        best = marks.best(Span(0, len(text)))
        if best is None:
            continue
        if any(best.span.start < place.end and place.start < best.span.end for place in places):
            own = best.score
        else:
            own = max((found.score for place in places if (found := marks.best(place))), default=-math.inf)
        margins.append(max(own - best.score, -LIMIT))
        odds.append(min(max(own, -LIMIT), LIMIT))
    return {
        "worst_margin": min(margins, default=0.0),
        "mean_margin": sum(margins) / len(margins) if margins else 0.0,
        "disagreeing": float(sum(margin < 0 for margin in margins)),
        "worst_odds": min(odds, default=0.0),
        "mean_odds": sum(odds) / len(odds) if odds else 0.0,
    }


def _question(claim: str, fact: Fact) -> str:
    """The claim with a question word in the place of the fact."""
    key = fact.keys[0]
    word = "what" if fact.kind is not Kind.NUMBER else "when" if key.startswith("month") else "how many"
    if fact.kind is Kind.NUMBER and len(key) == 4 and key.isdigit() and key[0] in "12":
        word = "what year"
    return f"{claim[: fact.span.start]}{word}{claim[fact.span.end :]}".rstrip(".") + "?"
