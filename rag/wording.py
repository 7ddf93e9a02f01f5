"""What a question names, and how much of it a text holds.

Source of the weights: inverse document frequency (Robertson 2004). Non-scope: which sentence answers (`rag/read.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass

import numpy as np

from rag.answer_type import AnswerType, expected
from rag.bm25 import LexicalIndex
from rag.lexical import has_cjk, tokenize

# In a handful of passages "once" and "never" would weigh worlds apart: rarity is judged as if there
# were at least this many.
BACKGROUND_ROWS = 100
# Shorter beginnings are shared by chance.
LEAST_ROOT = 5


@dataclass(frozen=True, slots=True)
class Wording:
    """A question's words as the documents know them."""

    text: str
    weights: Mapping[str, float]  # distinct search token → its share of the question's rarity; they sum to 1
    wanted: AnswerType | None
    known_names: frozenset[str]  # search tokens of names and numbers that the documents hold
    name_unknown: bool  # it names something that no document holds

    def coverage(self, tokens: Set[str]) -> float:
        """0..1: the weight of those of its words that are among `tokens`; 0 for a question without any word."""
        return float(np.clip(sum(weight for token, weight in self.weights.items() if token in tokens), 0, 1))


def wording_of(text: str, tokens: Iterable[str], lexical: LexicalIndex) -> Wording:
    """`tokens`: the search tokens of `text`."""
    raw = {token: lexical.inverse_document_frequency(token, least_rows=BACKGROUND_ROWS) for token in tokens}
    total = sum(raw.values())
    names = _names(text)
    return Wording(
        text,
        {token: weight / total for token, weight in raw.items()},
        expected(text),
        frozenset(name for name in names if name in lexical),
        any(not _known(name, lexical) for name in names),
    )


def _names(question: str) -> set[str]:
    """Search tokens of capitalised or Chinese words past the first one, and of whatever holds a digit."""
    if question.isupper():
        return set()
    words = question.split()
    return {
        t
        for i, w in enumerate(words)
        if (i and (w[:1].isupper() or has_cjk(w))) or any(map(str.isdigit, w))
        for t in tokenize(w)
    }


def _known(name: str, lexical: LexicalIndex) -> bool:
    """Whether a document holds the name or what it begins with: an Israeli is of Israel."""
    return name in lexical or any(name[:end] in lexical for end in range(LEAST_ROOT, len(name)))
