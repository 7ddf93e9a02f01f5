"""Chooses what is shown of a reading: the sentence that answers, further ones where the question wants them.

Non-scope: scoring (`rag/read.py`), quoting (`rag/cite.py`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.read import Reading, ScoredSentence

# Further sentences are shown when they score nearly as well as the best one.
MAX_SENTENCES = 3
NEARLY_AS_GOOD = 0.85
# A list is collected from further down, but only where the reader marks something.
MAX_ITEMS = 8
ITEM_AS_GOOD = 0.6
# Log-odds from which on marked words are given as the short answer: below, they are more often a fragment.
LEAST_LOG_ODDS = -2.0

_PLURAL = r"(?!(?:was|does|has|this|its|his|always)\b)(?:\w+(?:[^su\W]s|ies|[cx]hes)|people|persons)"
_LIST = re.compile(
    r"^(?:please\s+)?(?:list|name|enumerate)\b|\b(?:list|name|give|tell)\s+(?:me\s+)?(?:all|every|each)\b"
    rf"|\ball (?:of )?(?:the|them)\b|\b(?:which|what)\s+(?:\w+\s+){{0,2}}?{_PLURAL}\b"
    r"|\bwhat are\b|\bwho (?:were|are)\b",
    re.IGNORECASE,
)


def wants_list(question: str) -> bool:
    """Whether several things are asked for."""
    return _LIST.search(question) is not None


def choose(reading: Reading, question: str) -> list[ScoredSentence]:
    """The sentences that answer best, best first: one to three, for a list up to eight."""
    if not reading.sentences:
        return []
    best, *further = reading.sentences
    enough = NEARLY_AS_GOOD * best.score
    chosen = [best, *(s for s in further[: MAX_SENTENCES - 1] if s.score >= enough)]
    if wants_list(question):
        items = [s for s in further if s.score >= ITEM_AS_GOOD * best.score and s.log_odds >= 0 and s.answer]
        chosen += [s for s in items if s not in chosen][: MAX_ITEMS - len(chosen)]
    return chosen


def short_answers(chosen: Sequence[ScoredSentence], question: str) -> list[ScoredSentence]:
    """Those of the chosen whose marked words stand for the answer: the best one, or all of a list."""
    marked = [s for s in chosen if s.answer is not None and s.log_odds >= LEAST_LOG_ODDS]
    if wants_list(question):
        return marked
    return [s for s in marked if s is chosen[0]]
