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
from rag.sentences import sentence_spans

# [1], [2, 3], [1][2], 【1】; full-width brackets are what some models were taught.
_MARKER = re.compile(r"\s*[\[【]\s*\^?(\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)\s*[\]】]")
# A marker behind the end of its sentence is moved before it: "… participants. [1] Next" cites for the first one.
_TRAILING = re.compile(rf"([.!?。！？][\"”’)]?)((?:{_MARKER.pattern})+)")
_STOPS = tuple(".!?。！？")
# With its marker before the stop, as it is asked for, a sentence is complete: the next one need not be waited for.
_COMPLETE = re.compile(rf"{_MARKER.pattern}[.!?。！？]\s*$")
_NEW_LINE = re.compile(r"\s*\n\s*")  # lines of a list end without a stop
_THOUGHTS = re.compile(r"<think>.*?(?:</think>|$)", re.DOTALL)  # reasoning models show their work before the answer
_IMAGE = re.compile(r"!\[[^\]]*\](?:\([^)]*\)?|\[[^\]]*\])")
_LINK = re.compile(r"\[([^\]]*[^\]\d\s,;][^\]]*)\](?:\([^)]*\)?|\[[^\]]*\])")
_HALF_LINK = re.compile(r"!(?=\[)|(?<=\])(?=\()\([^)\s]*\)?")  # what the two above took for something else
_TAG = re.compile(r"<(?:!--.*?(?:-->|$)|/?[a-zA-Z][^>]*(?:>|$))", re.DOTALL)
_EMPHASIS = re.compile(r"(\*\*\*|\*\*|\*|___|__|`+|~~)(?=\S)(.+?)(?<=\S)\1")
_LINE_MARKS = re.compile(r"^[ \t]*(?:#{1,6}[ \t]+|>[ \t]?|[-*+•][ \t]+|\d{1,3}[.)][ \t]+)", re.MULTILINE)
_GAP = re.compile(r"\s+(?=[.!?]$)")  # where a marker or an image stood
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of a model: plain text without markers; `cited`: numbers of passages, as the model counts them."""

    text: str
    cited: tuple[int, ...]


def plain(text: str) -> str:
    """`text` without markup: tags and images go, links leave their words. Markers of citations stay."""
    text = _CONTROL.sub("", INVISIBLE.sub("", text))
    text = _TAG.sub(" ", _LINK.sub(r"\1", _IMAGE.sub(" ", text)))
    text = _LINE_MARKS.sub("", _EMPHASIS.sub(r"\2", text))
    return _HALF_LINK.sub("", text)


def claims_of(words: Iterable[str]) -> Iterator[Claim]:
    """The sentences in order, each as soon as it is complete or the next one has begun.

    Raises whatever `words` raises; a sentence that is then unfinished is not given.
    """
    said = ""
    for more in words:
        said += more
        if any(end in said for end in (*_STOPS, "\n")):
            *finished, said = _sentences(said)
            # Where a marker came last, another one may follow.
            if more.rstrip().endswith(_STOPS) and _COMPLETE.search(said) and not _is_thought(said):
                finished, said = [*finished, said], ""
            yield from map(_claim, finished)
    if said.strip():
        yield from map(_claim, _sentences(said))


def _sentences(said: str) -> list[str]:
    """`said` in pieces that together are all of it, but for thoughts; the last one may go on."""
    said = _THOUGHTS.sub("", said) if "</think>" in said else said
    if _is_thought(said):
        return [said]
    moved = _NEW_LINE.sub("\n\n", _TRAILING.sub(r" \2\1", said))
    # A bracket is, or may still become, a marker of the sentence before it.
    starts = [span.start for span in sentence_spans(moved) if moved[span.start] not in "[【"][1:]
    edges = [0, *starts, len(moved)]
    return [moved[a:b] for a, b in pairwise(edges)]


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
