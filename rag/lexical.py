"""Words and search tokens: diacritics folded, English stems, numbers joined (`2, 200` = 2200), Chinese, Japanese and
Korean as single characters and pairs.

Non-scope: searching them (`rag/bm25.py`).
"""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache

import Stemmer

# Part of what decides whether an index fits; raise it when the tokens change.
LEXICAL_VERSION = 1

# Grammar and the words of asking: they say what kind of answer is wanted, not what about.
_GRAMMAR = (
    "a about after all also am an and any are as at be been being but by can could did do does doing for from had "
    "has have having he her hers him his how i if in into is it its itself just many me more most much my no nor "
    "of off on once only or other our out over own please s same she should so some such t tell than that the "
    "their them then there these they this those through to too under until up upon us very was we were what when "
    "where which while who whom whose why will with would you your"
)
STOP_WORDS = frozenset(_GRAMMAR.split())

CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uac00-\ud7af"
_CJK_RUN = re.compile(f"[{CJK}]+")
_WORD = re.compile(f"[{CJK}]+|[^\\W_{CJK}]+")
_GROUPED_NUMBER = re.compile(r"(?<![\d,.])\d{1,3}(?:,[ \u00a0]?\d{3})+(?![\d,])")
_ACCENT = re.compile("[\u0300-\u036f]")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")

_stemmers = threading.local()  # a Snowball stemmer keeps state while it works


def has_cjk(text: str) -> bool:
    return _CJK_RUN.search(text) is not None


def fold(text: str) -> str:
    """Lower case without diacritics; full-width forms become plain ones. Lengths may change."""
    if text.isascii():
        return text.lower()
    # Latin accents only: the marks of kana and the parts of Hangul make other letters.
    return unicodedata.normalize("NFC", _ACCENT.sub("", unicodedata.normalize("NFKD", text))).casefold()


def words(text: str) -> list[str]:
    """Folded words in order, stop words kept, grouped numbers joined; a run of Chinese is one word."""
    return _WORD.findall(_GROUPED_NUMBER.sub(lambda m: re.sub(r"\D", "", m[0]), fold(text)))


def tokenize(text: str) -> list[str]:
    """Search tokens in order, stop words left out."""
    tokens: list[str] = []
    for word in words(text):
        if _CJK_RUN.fullmatch(word):
            tokens += word
            tokens += (word[i : i + 2] for i in range(len(word) - 1))
        elif word not in STOP_WORDS:
            tokens.append(_stem(word))
    return tokens


@lru_cache(maxsize=65_536)
def _stem(word: str) -> str:
    if ordinal := _ORDINAL.fullmatch(word):
        return ordinal[1]
    if not hasattr(_stemmers, "english"):
        _stemmers.english = Stemmer.Stemmer("english")
    return str(_stemmers.english.stemWord(word))
