"""Questions to begin with, made from sentences of the documents and kept only where they are answered well.

Patterns for English sentences: who holds an office, who said something, how many of what, how much for what, when, who
signed what. Each question is asked; it stays when the answer is sure and quotes the sentence that it was made from.
Non-scope: when this is done (`server/suggestions.py`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, zip_longest

from rag.abstain import MEDIUM
from rag.answer import Answerer
from rag.types import Answer, Document, Question, Span, Status

MAX_SUGGESTIONS = 6  # what fits under the question box without scrolling
MAX_DOCUMENTS = 12  # the latest ones: what people come to ask about
MAX_PASSAGES = 30  # of each document, from its beginning: the rest repeats its patterns
MAX_OF_A_KIND = 2  # six times "Who is …?" would show little of what can be asked
MAX_ASKED = 20  # two or three seconds on an idle machine, beside the work of answering

_CAPITAL = r"[^\W\d_a-z][\w’'-]+"
_NAME = rf"{_CAPITAL}(?:\s+{_CAPITAL})*"
_PLACE = rf"{_NAME}(?:\s+(?:of|and)\s+{_NAME})?"
_INSTITUTION = re.compile(r"\b(?:Office|Department|Ministry|Bureau|Council|University|Institute|Agency|Union|Bank)\b")
_OFFICE = (
    r"(?:(?:Deputy|Vice|Executive|Prime|General)\s+)?"
    r"(?:Mayor|Minister|President|Director|Representative|Commissioner|Secretary|Governor|Chair(?:man|woman)?|CEO|Head)"
)
_MONTH = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)[a-z]*\.?"
_DATE = rf"(?:{_MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s+\d{{4}})?|\d{{1,2}}\s+{_MONTH}(?:\s+\d{{4}})?)"
_MONEY = r"(?:US|NT|A|C)?[$€£¥]\s?\d[\d.,]*(?:\s+(?:million|billion|thousand))?"
# Past tense → how a question says it. A closed list, because English verbs do not give away their base.
_SAID = {
    "stated": "say", "said": "say", "remarked": "say", "pointed out": "point out", "stressed": "stress",
    "mentioned": "mention", "explained": "explain", "announced": "announce", "emphasized": "emphasize",
}  # fmt: skip
_DID = {
    "signed": "sign", "established": "establish", "launched": "launch", "built": "build", "presented": "present",
    "constructed": "construct", "opened": "open", "hosted": "host", "won": "win", "founded": "found",
}  # fmt: skip
_HAPPENED = {"concluded": "conclude", "opened": "open", "ended": "end", "began": "begin", "started": "start"}


def _any(verbs: dict[str, str]) -> str:
    return "|".join(verbs)


# Each: a pattern with the group `answer`, and the question that its other groups make.
Made = Callable[[re.Match[str]], str]
PATTERNS: tuple[tuple[re.Pattern[str], Made], ...] = tuple(
    (re.compile(pattern), made)
    for pattern, made in (
        (
            r"(?P<answer>\b\d[\d, ]*\d|\b\d+)\s+(?P<what>(?:[a-z]+ed\s+|[a-z]+\s+)?[a-z]{3,}s)\b(?!\s+of\b)",
            lambda m: f"How many {m['what']} were there?",
        ),
        (
            rf"(?P<answer>{_NAME}),\s+(?P<office>{_OFFICE})\s+of\s+(?P<where>{_PLACE})",
            lambda m: f"Who is the {m['office'].lower()} of {_the(m['where'])}?",
        ),
        (
            rf"\b(?P<office>{_OFFICE})\s+(?P<answer>{_NAME})\s+of\s+(?P<where>{_PLACE})",
            lambda m: f"Who is the {m['office'].lower()} of {_the(m['where'])}?",
        ),
        (
            rf"\b(?P<office>{_OFFICE})\s+of\s+(?P<where>{_CAPITAL})\s+(?P<answer>{_NAME})",
            lambda m: f"Who is the {m['office'].lower()} of {_the(m['where'])}?",
        ),
        (
            rf"(?P<what>[Tt]he\s+(?:\w+\s+of\s+)?{_NAME})(?:,[^,]+,)?\s+(?:was|were)\s+(?P<verb>\w+ed)\s+by\s+"
            rf"(?P<answer>(?:{_OFFICE}\s+)?{_NAME})",
            lambda m: f"Who {m['verb']} {_lower_article(m['what'])}?",
        ),
        (
            rf"(?:^|[.,]\s+)(?P<who>{_OFFICE}\s+{_NAME}|{_NAME})(?:,[^,]+,|\s+of\s+{_NAME}(?:,[^,]+,)?)?\s+"
            rf"(?P<verb>{_any(_SAID)})\s+(?:that\s+)?(?P<answer>.+)",
            lambda m: f"What did {m['who']} {_SAID[m['verb']]}?",
        ),
        (
            rf"\b(?P<verb>invested|spent|paid)\s+(?P<answer>{_MONEY})\s+(?P<for>(?:in|on|for)\s+[a-z]+(?:\s+[a-z]+)?)\b",
            lambda m: f"How much was {m['verb']} {m['for']}?",
        ),
        (
            rf"(?P<what>[Tt]he\s+(?:\d{{4}}\s+)?{_NAME})\s+(?:(?:has|have)\s+)?(?:\w+ly\s+)?(?P<verb>{_any(_HAPPENED)})\s+"
            rf"on\s+(?P<answer>{_DATE})",
            lambda m: f"When did {_lower_article(m['what'])} {_HAPPENED[m['verb']]}?",
        ),
        (
            rf"(?P<what>[Tt]he\s+(?:\d{{4}}\s+)?{_NAME})\s+(?P<was>was|were)\s+(?P<verb>\w+ed|held)\b[^.]{{0,40}}?\s+"
            rf"on\s+(?P<answer>{_DATE})",
            lambda m: f"When {m['was']} {_lower_article(m['what'])} {m['verb']}?",
        ),
        (
            rf"\b(?P<who>{_NAME}),?\s+(?:recently\s+)?(?P<verb>{_any(_DID)})\s+(?P<answer>(?:an?|the)\s+[^.]+)",
            lambda m: f"What did {m['who']} {_DID[m['verb']]}?",
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A question and the place it was made from."""

    question: str
    document_id: str
    sentence: Span
    answer: Span  # inside the sentence


def suggestions(answerer: Answerer, limit: int = MAX_SUGGESTIONS) -> list[str]:
    """At most `limit` questions, the surest first; one for each sentence, and not all of one kind."""
    good: list[tuple[float, Candidate]] = []
    for candidate in islice(candidates(answerer), MAX_ASKED):
        answer = answerer.answer(Question(candidate.question))
        if _answers(answer, candidate):
            good.append((answer.confidence.probability, candidate))
    good.sort(key=lambda pair: (-pair[0], pair[1].question))
    kept: list[Candidate] = []
    for _, candidate in good:
        alike = sum(_kind(other) == _kind(candidate) for other in kept)
        if alike < MAX_OF_A_KIND and all(other.sentence != candidate.sentence for other in kept):
            kept.append(candidate)
    return [candidate.question for candidate in kept[:limit]]


def candidates(answerer: Answerer) -> Iterator[Candidate]:
    """Documents and, within each, patterns in turn, so that the first ones differ in kind."""
    documents = answerer.snapshot.documents.values()
    latest = sorted(documents, key=lambda d: (d.metadata.published or "", d.id), reverse=True)[:MAX_DOCUMENTS]
    by_pattern = [_made(answerer, document, *pattern) for document in latest for pattern in PATTERNS]
    seen: set[str] = set()
    for turn in zip_longest(*by_pattern):
        for candidate in turn:
            if candidate is not None and candidate.question not in seen:
                seen.add(candidate.question)
                yield candidate


def _kind(candidate: Candidate) -> list[str]:
    """How it begins: who is, how many, when did, …"""
    return candidate.question.split()[:2]


def _made(answerer: Answerer, document: Document, pattern: re.Pattern[str], made: Made) -> Iterator[Candidate]:
    for row in list(answerer.snapshot.rows_of(document.id))[:MAX_PASSAGES]:
        for sentence in answerer.snapshot.passage(row).sentences:
            for match in pattern.finditer(sentence.of(document.text)):
                start, end = match.span("answer")
                answer = Span(sentence.start + start, sentence.start + end)
                yield Candidate(" ".join(made(match).split()), document.id, sentence, answer)


def _answers(answer: Answer, candidate: Candidate) -> bool:
    """Whether it is likely right, quotes the sentence, and marks the words, where it marks any."""
    if answer.status is not Status.ANSWERED or answer.confidence.probability < MEDIUM:
        return False
    for citation in answer.citations:
        if (citation.document_id, citation.span) == (candidate.document_id, candidate.sentence):
            marked, meant = citation.highlight, candidate.answer
            return answer.short_answer is None or (
                marked is not None and marked.start < meant.end and meant.start < marked.end
            )
    return False


def _the(where: str) -> str:
    """With the article where it is an office rather than a place; whose it is, is left out."""
    place = where.rpartition("’s ")[2]
    return f"the {place}" if _INSTITUTION.search(place) else place


def _lower_article(what: str) -> str:
    return what[0].lower() + what[1:]
