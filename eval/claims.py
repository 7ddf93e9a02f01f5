"""Sentences about paragraphs, known to be true or false: what the check of a language model's sentences is fitted on.

True ones are made from a question and its answer, or are a sentence of the paragraph made shorter; false ones are true
ones of which one thing was changed. All by rule, from question sets as `training/sources.py` reads them.
Non-scope: the check itself (`rag/support.py`).
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.facts import Fact, names, numbers
from rag.lexical import words
from rag.sentences import sentence_spans
from training.sources import Asked, Paragraph

# Kinds. True: said with the question's words, made shorter, either of them but another passage cited.
SAID, SHORTENED, ELSEWHERE = "said", "shortened", "elsewhere"
TRUE_KINDS = (SAID, SHORTENED, ELSEWHERE)
# False: another number; another name of the paragraph; the answer of another question; two facts in each other's place;
# a "not" more or less; the beginning of one sentence with the end of another.
NUMBER, NAME, ANSWER, ROLES, NEGATION, RELATION = "number", "name", "answer", "roles", "negation", "relation"
FALSE_KINDS = (NUMBER, NAME, ANSWER, ROLES, NEGATION, RELATION)

MAX_ANSWER_WORDS = 8
LEAST_WORDS = 5  # shorter ones say too little to be true or false


@dataclass(frozen=True, slots=True)
class Labelled:
    """One sentence; `place`: where in the paragraph that which it is about stands, in code points."""

    text: str
    kind: str
    true: bool
    paragraph: int  # row among the paragraphs
    place: int


_BE = "is|was|are|were"
_WHEN = r"(?:when|what year|in (?:what|which) year)"
_AUX = f"{_BE}|has|have|had|can|could|will|would|should"
_OBJECT = (
    r"(?:the|it|a|an|his|her|its|their|they|there|he|she|we|you|(?-i:[A-Z]))\b"  # what is asked is the object then
)
_PARTICIPLE = r"\w+(?:ed|wn|en|ught|lt|ld|nt|de|ut)\b"
_FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"who (?P<rest>(?!did |does |do |else ).+)", re.I), "{a} {rest}"),
    (re.compile(rf"how many (?P<rest>(?!.*\b(?:did|do|does)\b)(?!.*\b(?:{_AUX}) {_OBJECT}).+)", re.I), "{a} {rest}"),
    (re.compile(rf"(?:what|which) (?:\w+ ){{1,2}}(?P<rest>(?:{_BE}) (?!{_OBJECT}).+)", re.I), "{a} {rest}"),
    (re.compile(rf"what (?P<be>{_BE}) (?P<rest>the (?:\w+ ){{1,3}}of .+)", re.I), "{rest} {be} {a}"),
    (re.compile(rf"{_WHEN} (?P<be>{_BE}) (?P<s>.+) (?P<v>{_PARTICIPLE}.*)", re.I), "{s} {be} {v} {in_}{a}"),
    (re.compile(rf"where (?P<be>{_BE}) (?P<s>.+) (?P<v>{_PARTICIPLE})", re.I), "{s} {be} {v} {in_}{a}"),
)  # fmt: skip
_PREPOSITION = re.compile(r"(?:in|on|at|by|from|during|since|after|before|between|around|under|near|about)\b", re.I)
_DAY = re.compile(r"(?:[A-Z][a-z]+ )?\d{1,2}(?:st|nd|rd|th)?\b(?! ?%)", re.I)
_DID = re.compile(
    r"(?:when|where|what year|in (?:what|which) year) did (?P<s>.+?) (?P<v>[a-z]{3,})\b(?P<rest>.*)", re.I
)
_ASIDE = re.compile(
    r"\s*\([^()]*\)|\s*\[[^\[\]]*\]"
    r"|, (?:an?|the|another|its|his|her|their|one of) [^,;.]{3,80},(?= (?:is|was|are|were|has|had|can|will|also)\b)"
)
_CLAUSE = re.compile(r",? (?:which|who|where|whereas|while|although|because|so that)\b[^.]*(?=\.$)|; [^.]*(?=\.$)")
_OPENING = re.compile(
    r"^(?:However|Moreover|Furthermore|Also|Additionally|Therefore|Thus|In addition|For example), (?=\w)"
)
_AUXILIARY = re.compile(r"\b(?:is|was|are|were|has|had|can|could|will|would|did)\b(?! (?:not|n't))")
# The rules went wrong: no sentence ends so.
_CUT_OFF = re.compile(
    r"(?:\b(?:in|on|at|by|from|of|to|for|as|with|the|a|an|and|or|that|recently|above|name)|[,:;(])$", re.I
)
_TWICE = re.compile(r"\b(\w+(?: \w+)?) \1\b|\b(?:called|named|known) (?:is|was)\b|\bsent in\b", re.I)
_NOT = re.compile(r" (?:not|never)\b")


def said(asked: Asked, text: str) -> str | None:
    """The question and its answer as one sentence; None where no rule fits."""
    answer = asked.answers[0].text.strip(" .")
    if len(answer.split()) > MAX_ANSWER_WORDS:
        return None
    question = asked.text.strip().rstrip("? ")
    in_ = "" if _PREPOSITION.match(answer) else "on " if _DAY.match(answer) else "in "
    for form, template in _FORMS:
        if found := form.fullmatch(question):
            return _sentence(template.format(a=answer, in_=in_, **found.groupdict()))
    if found := _DID.fullmatch(question):
        past = [form for form in (found["v"] + "ed", found["v"] + "d") if re.search(rf"\b{form}\b", text)]
        if past:
            return _sentence(f"{found['s']} {past[0]}{found['rest']} {in_}{answer}")
    return None


def _sentence(text: str) -> str | None:
    text = " ".join(text.split())
    return None if _CUT_OFF.search(text) or _TWICE.search(text) else text[:1].upper() + text[1:] + "."


def shortened(sentence: str) -> str | None:
    """The sentence without asides, opening words and trailing clauses; None where that changes nothing."""
    short = _OPENING.sub("", _CLAUSE.sub("", _ASIDE.sub("", sentence)))
    short = short[:1].upper() + short[1:]
    whole = short.endswith(".") and not _CUT_OFF.search(short[:-1])
    return short if whole and short != sentence and len(short.split()) >= LEAST_WORDS else None


def true_claims(row: int, paragraph: Paragraph) -> Iterator[tuple[Labelled, Asked | None]]:
    for asked in paragraph.questions:
        if asked.answers and (text := said(asked, paragraph.text)) and len(text.split()) >= LEAST_WORDS:
            yield Labelled(text, SAID, True, row, asked.answers[0].start), asked
    for span in sentence_spans(paragraph.text):
        if text := shortened(span.of(paragraph.text)):
            yield Labelled(text, SHORTENED, True, row, span.start), None


def falsified(claim: Labelled, asked: Asked | None, paragraph: Paragraph, chance: random.Random) -> Iterator[Labelled]:
    """At most one false sentence of every kind that `claim` allows."""
    changed = {
        NUMBER: _other_number(claim.text, paragraph.text, chance),
        NAME: _other_name(claim.text, paragraph.text, chance),
        ANSWER: asked and _other_answer(asked, paragraph, chance),
        ROLES: _swapped(claim.text),
        NEGATION: _negated(claim.text),
        RELATION: _other_end(claim.text, paragraph.text, chance) if asked is None else None,
    }
    for kind, text in changed.items():
        if text and words(text) != words(claim.text):
            yield Labelled(text, kind, False, claim.paragraph, claim.place)


def _put(text: str, fact: Fact, other: str) -> str:
    changed = text[: fact.span.start] + other + text[fact.span.end :]
    return changed[:1].upper() + changed[1:]


def _other_number(text: str, around: str, chance: random.Random) -> str | None:
    here = [fact for fact in numbers(text) if not fact.keys[0].startswith("month")]
    if not here:
        return None
    fact, taken = chance.choice(here), {f.keys[0] for f in here}
    there = [f.span.of(around) for f in numbers(around) if f.keys[0] not in taken and f.keys[0].isdigit()]
    value = fact.keys[0]
    made = str(int(value) + chance.choice((1, 2, 10, -1))) if value.isdigit() else None
    options = ([chance.choice(there)] if there else []) + ([made] if made else [])
    return _put(text, fact, chance.choice(options)) if options else None


def _other_name(text: str, around: str, chance: random.Random) -> str | None:
    here = [fact for fact in names(text) if fact.span.of(text).isascii()]
    taken = {key for fact in here for key in fact.keys}
    there = [f.span.of(around) for f in names(around) if not taken & set(f.keys) and f.span.start]
    return _put(text, chance.choice(here), chance.choice(there)) if here and there else None


def _other_answer(asked: Asked, paragraph: Paragraph, chance: random.Random) -> str | None:
    """The sentence with the answer of another question that begins with the same word."""
    own = {word for answer in asked.answers for word in words(answer.text)}
    first = words(asked.text)[:1]
    alike = [q for q in paragraph.questions if q.answers and words(q.text)[:1] == first]
    others = [q for q in alike if not own & set(words(q.answers[0].text))]
    if not others:
        return None
    answers = (chance.choice(others).answers[0],)
    text = said(Asked(asked.id, asked.text, answers), paragraph.text)
    # An answer that the question names itself makes nonsense, which is too easy.
    return text if text and not set(words(answers[0].text)) <= set(words(asked.text)) else None


def _swapped(text: str) -> str | None:
    """Two names or two numbers in each other's place, where they do not stand side by side as in "A and B"."""
    for found in (names(text), numbers(text)):
        facts = sorted(found, key=lambda fact: fact.span)
        for one in facts:
            for two in reversed(facts):
                between = text[one.span.end : two.span.start].split()
                apart = len(between) >= 2 and not {"and", "or", "between"} & {
                    *between,
                    *text[: one.span.start].split()[-1:],
                }
                if apart and not set(one.keys) & set(two.keys):
                    a, b = one.span.of(text), two.span.of(text)
                    return text[: one.span.start] + b + text[one.span.end : two.span.start] + a + text[two.span.end :]
    return None


def _negated(text: str) -> str | None:
    if _NOT.search(text):
        return _NOT.sub("", text, count=1)
    found = _AUXILIARY.search(text)
    return f"{text[: found.end()]} not{text[found.end() :]}" if found else None


def _other_end(text: str, around: str, chance: random.Random) -> str | None:
    """What stands before the first auxiliary, with what stands behind that of another sentence."""
    head = _AUXILIARY.search(text)
    begins = text[: head.start()] if head else ""
    if len(begins.split()) < 3:
        return None
    sentences = [span.of(around) for span in sentence_spans(around)]
    others = [s for s in sentences if begins.strip().lower() not in s.lower()]
    ends = [(found, s) for s in others if (found := _AUXILIARY.search(s))]
    if not ends:
        return None
    found, sentence = chance.choice(ends)
    return begins + sentence[found.start() :]


def labelled(paragraphs: Sequence[Paragraph], per_kind: int, seed: int) -> list[Labelled]:
    """At most `per_kind` sentences of every kind; of true ones that another passage is cited for, too."""
    chance = random.Random(seed)
    by_kind: dict[str, list[Labelled]] = {kind: [] for kind in (*TRUE_KINDS, *FALSE_KINDS)}
    for row, paragraph in enumerate(paragraphs):
        for claim, asked in true_claims(row, paragraph):
            by_kind[claim.kind].append(claim)
            for false in falsified(claim, asked, paragraph, chance):
                by_kind[false.kind].append(false)
    truths = by_kind[SAID] + by_kind[SHORTENED]
    by_kind[ELSEWHERE] = [Labelled(c.text, ELSEWHERE, True, c.paragraph, c.place) for c in truths]
    return [c for found in by_kind.values() for c in chance.sample(found, min(per_kind, len(found)))]
