"""Whether an answer says the right words: exact match, token F1, contains.

All compare after folding case, diacritics, typographic quotes and number spacing (`2, 200` = `2,200` =
`2200`). Chinese, Japanese and Korean count by character, because nothing separates their words.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

_MARKS = re.compile(r"[\u0300-\u036f]")  # Latin diacritics; Japanese voicing marks change the letter and stay
_GROUPED = re.compile(r"(?<!\d)\d{1,3}(?:,\s?\d{3})+(?!\d)")
_ARTICLES = frozenset({"a", "an", "the"})
_CJK = re.compile(r"([\u3005\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff])")


def fold(text: str) -> str:
    """`text` in lower case, without diacritics, with the digits of one number together."""
    bare = unicodedata.normalize("NFC", _MARKS.sub("", unicodedata.normalize("NFKD", text))).lower()
    return _GROUPED.sub(lambda number: re.sub(r"[,\s]", "", number.group()), bare)


def _tokens(text: str, punctuation: str) -> list[str]:
    folded = "".join(punctuation if unicodedata.category(c)[0] in "PS" else c for c in fold(text))
    return [token for token in _CJK.sub(r" \1 ", folded).split() if token not in _ARTICLES]


def answer_tokens(text: str) -> list[str]:
    """Tokens as SQuAD counts them: lower case, punctuation removed, English articles dropped.

    Source: Rajpurkar et al., SQuAD (2016), evaluation script; folding and CJK are ours.
    """
    return _tokens(text, punctuation="")


def exact_match(answer: str, references: Sequence[str]) -> float:
    """1 where the tokens of `answer` are those of any reference, else 0. Source: SQuAD (2016), §6.1."""
    said = answer_tokens(answer)
    return float(any(said == answer_tokens(reference) for reference in references))


def token_f1(answer: str, references: Sequence[str]) -> float:
    """The best F1 over the references between bags of tokens; 0..1. Source: SQuAD (2016), §6.1.

    Where either side has no token, 1 if both have none, else 0.
    """
    said = Counter(answer_tokens(answer))
    return max((_f1(said, Counter(answer_tokens(reference))) for reference in references), default=0.0)


def _f1(said: Counter[str], reference: Counter[str]) -> float:
    if not said or not reference:
        return float(said == reference)
    common = (said & reference).total()
    return 2 * common / (said.total() + reference.total())


def contains(text: str, answers: Sequence[str], every: bool = False) -> bool:
    """Whether the words of an answer stand in `text` in one run: any answer, or `every` one of them.

    Punctuation parts words here (`US$10 billion` holds `10 billion`), and only whole words count
    (`2021` does not hold `21`). An answer without words stands nowhere.
    """
    words = _tokens(text, punctuation=" ")
    held = (_holds_run(words, _tokens(answer, punctuation=" ")) for answer in answers)
    return bool(answers) and (all(held) if every else any(held))


def _holds_run(words: Sequence[str], run: Sequence[str]) -> bool:
    return bool(run) and any(words[i : i + len(run)] == run for i in range(len(words) - len(run) + 1))
