"""Mends misspelt words of a question with words that the documents hold.

Only what is no word at all is touched: a word that the documents or the encoder's own vocabulary know
stays, so that "Who is the mayor of London?" is never turned into a question about something else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from rapidfuzz.distance import OSA
from rapidfuzz.process import extractOne

from rag.lexical import STOP_WORDS, fold

# Typing errors in words this long: one slip in three letters is a coincidence, two in eight are not
# (Damerau 1964: 80 % of errors are one insertion, deletion, substitution or transposition).
# A name is rarer than a word, so it may lie further off.
_MIN_LETTERS = 4
_LETTERS_FOR_TWO_ERRORS = 8
_LETTERS_FOR_TWO_ERRORS_IN_A_NAME = 6
_WORD = re.compile(r"[^\W\d_]+")


class Speller:
    """Mends words against what one index holds. Thread-safe."""

    def __init__(self, spellings: Sequence[str], is_word: Callable[[str], bool]) -> None:
        """`spellings`: every folded word of the documents, frequent ones first.

        `is_word`: whether a word exists outside them.
        """
        self._is_word = is_word
        self._known = STOP_WORDS.union(spellings)
        # The first of equally near words wins: those of every text, then the frequent ones.
        self._candidates = [word for word in (*sorted(STOP_WORDS), *spellings) if word.isalpha()]

    def mend(self, text: str) -> str:
        """`text` with each unknown word replaced by the nearest known one, where one is near enough."""
        return _WORD.sub(lambda match: self._mend_word(match[0]), text)

    def _mend_word(self, word: str) -> str:
        folded = fold(word)
        if len(folded) < _MIN_LETTERS or not folded.isascii() or folded in self._known or self._is_word(folded):
            return word
        enough = _LETTERS_FOR_TWO_ERRORS_IN_A_NAME if word[0].isupper() else _LETTERS_FOR_TWO_ERRORS
        errors = 2 if len(folded) >= enough else 1
        nearest = extractOne(folded, self._candidates, scorer=OSA.distance, score_cutoff=errors)
        if nearest is None:
            return word
        mended = str(nearest[0])
        return mended.capitalize() if word[0].isupper() else mended
