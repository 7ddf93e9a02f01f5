"""Cuts the words of a language model into plain sentences, each with the numbers of the passages that it cites.

Markup, links and images become plain text, because what a model writes may carry what a document planted in it.
Non-scope: whether a sentence is true (`rag/support.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

from rag.check import INVISIBLE
from rag.sentences import MAX_SENTENCE_CHARS, sentence_spans

# A model's words are not trusted: a pattern that looks far ahead from many places takes minutes over a few thousand
# brackets, and no other thread runs meanwhile. So none below passes a bracket or mark of its own kind, white space is
# made short before, and a longer sentence (the documents have none) is cut.
MAX_CHARS = MAX_SENTENCE_CHARS
# A sentence that is longer than this, and grows, is looked at less and less often.
OFTEN_CHARS = 300
_SPACE = re.compile(r"\s+")
# [1], [2, 3], [1][2], 【1】; full-width brackets are what some models were taught.
_MARKER = re.compile(r"\s*[\[【]\s*\^?(\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)\s*[\]】]")
# A marker behind the end of its sentence is moved before it: "… participants. [1] Next" cites for the first one.
_TRAILING = re.compile(rf"([.!?。！？][\"”’)]?)((?:{_MARKER.pattern})+)")
_STOPS = tuple(".!?。！？")
# With its marker before the stop, as it is asked for, a sentence is complete: the next one need not be waited for.
_COMPLETE = re.compile(rf"{_MARKER.pattern}[.!?。！？]\s*$")
_THOUGHTS = re.compile(r"<think>.*?(?:</think>|$)", re.DOTALL)  # reasoning models show their work before the answer
_TARGET = r"\((?:[^()]|\([^()]*\))*\)?"  # of a link; brackets stand in it at most in pairs
_IMAGE = re.compile(rf"!\[[^\[\]]*\](?:{_TARGET}|\[[^\[\]]*\])")
_LINK = re.compile(rf"\[(?![\d\s,;]*\])([^\[\]]*)\](?:{_TARGET}|\[[^\[\]]*\])")
_HALF_LINK = re.compile(r"(?<!!)!+(?=\[)|(?<=\])(?:\([^)\s]*\)?)+")  # what the two above took for something else
# Within a word or before a comma a tag leaves no gap; others, and one that was cut off in its attributes, do.
_INLINE_TAG = re.compile(r"</?(?:a|b|code|em|i|mark|q|s|small|span|strong|u)(?:\s[^<>=]*=[^<>]*)?>", re.IGNORECASE)
_TAG = re.compile(r"<(?:!--.*?(?:-->|$)|/?[a-zA-Z][\w-]*(?:\s*/?>|\s[^<>=]*=[^<>]*(?:>|$)))", re.DOTALL)
_ANGLE = re.compile(r"<(?=[a-zA-Z/!?])")  # of "a<b", which may be read as the start of a tag; a wide one may not
_EMPHASIS = tuple(
    re.compile(rf"(?<![a-zA-Z0-9])({mark}{{{least},3}})(?=\S)([^{mark}\n]+)(?<=\S)\1")
    for mark, least in ((r"\*", 1), ("_", 2), ("`", 1), ("~", 2))
)
_LINE_MARKS = re.compile(r"^[ \t]*(?:#{1,6}[ \t]+|>[ \t]?|[-*+•][ \t]+|\d{1,3}[.)][ \t]+)", re.MULTILINE)
_GAP = re.compile(r" (?=[.!?]$)")  # where a marker or an image stood
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of a model: plain text without markers; `cited`: numbers of passages, as the model counts them."""

    text: str
    cited: tuple[int, ...]


def plain(text: str) -> str:
    """`text` without markup: tags and images go, links leave their words. Markers of citations stay."""
    text = _CONTROL.sub("", INVISIBLE.sub("", text))
    text = _INLINE_TAG.sub("", _LINK.sub(r"\1", _IMAGE.sub(" ", text)))
    text = _ANGLE.sub("\uff1c", _TAG.sub(" ", text))
    for emphasis in _EMPHASIS:
        text = emphasis.sub(r"\2", text)
    return _HALF_LINK.sub("", _LINE_MARKS.sub("", text))


def without_thoughts(said: str) -> str:
    """`said` without what a reasoning model thought before it; one that is still thinking has said nothing."""
    return _THOUGHTS.sub("", said)


def claims_of(words: Iterable[str]) -> Iterator[Claim]:
    """The sentences in order, each as soon as it is complete or the next one has begun.

    Raises whatever `words` raises; a sentence that is then unfinished is not given.
    """
    said, due = "", 0
    for more in words:
        said += more
        if len(said) >= due and any(end in said for end in (*_STOPS, "\n")):
            *finished, said = _sentences(said)
            # Where a marker came last, another one may follow.
            if more.rstrip().endswith(_STOPS) and _COMPLETE.search(said) and not _is_thought(said):
                finished, said = [*finished, said], ""
            due = len(said) + max(0, len(said) - OFTEN_CHARS) // 10
            yield from map(_claim, finished)
    if said.strip():
        yield from map(_claim, _sentences(said))


def _sentences(said: str) -> list[str]:
    """`said` in pieces that together are all of it, but for thoughts and wide gaps; the last one may go on."""
    said = without_thoughts(said) if "</think>" in said else said
    if _is_thought(said):
        return [said]
    moved = _TRAILING.sub(r" \2\1", _SPACE.sub(_short, said))
    # A bracket is, or may still become, a marker of the sentence before it.
    starts = [span.start for span in sentence_spans(moved)[1:] if moved[span.start] not in "[【"]
    edges = [0, *starts, len(moved)]
    return [moved[i : min(i + MAX_CHARS, b)] for a, b in pairwise(edges) for i in range(a, b, MAX_CHARS)] or [""]


def _short(space: re.Match[str]) -> str:
    """White space of any length in one or two characters; lines of a list end without a stop."""
    return "\n\n" if "\n" in space[0] else " "


def _is_thought(said: str) -> bool:
    """Whether the model is still thinking."""
    return said.lstrip().startswith("<think>")


def _claim(sentence: str) -> Claim:
    cited: list[int] = []
    for marker in _MARKER.finditer(sentence):
        for part in re.split(r"\s*[,;]\s*", marker[1]):
            first, *last = (int(n) for n in re.findall(r"\d+", part))
            cited += range(first, last[0] + 1) if last else (first,)
    text = " ".join(plain(_MARKER.sub("", sentence)).split())
    return Claim(_GAP.sub("", text), tuple(dict.fromkeys(cited)))
