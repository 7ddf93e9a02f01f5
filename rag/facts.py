"""The facts of a sentence that can be checked without any model: numbers, names, negations, opposites, links.

A number is its value however it is written: `2, 200` = 2200, "ten billion" = 10 billion, "264" = "two hundred
sixty-four". Pattern rules for English. Non-scope: which sentence to compare with (`rag/support.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass
from enum import StrEnum

from rag.lexical import STOP_WORDS, fold, tokenize, words
from rag.types import Span


class Kind(StrEnum):
    NUMBER = "number"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Fact:
    """A number or name in a sentence; `keys`: one value as text, or the folded words."""

    kind: Kind
    span: Span  # code points of the sentence
    keys: tuple[str, ...]


_UNIT_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TEN_WORDS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ORDINAL_WORDS = "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
_UNITS = {word: value for value, word in enumerate(_UNIT_WORDS.split())}
_TENS = {word: 10 * value for value, word in enumerate(_TEN_WORDS.split(), 2)}
_ORDINALS = {word: value for value, word in enumerate(_ORDINAL_WORDS.split())}
_SCALES = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12, "bn": 10**9}
_OTHERS = {"dozen": 12, "both": 2, "twice": 2, "couple": 2, "pair": 2, "half": 0.5}
_MONTH_NAMES = "january february march april may june july august september october november december"
_MONTHS = _MONTH_NAMES.split()
_LONG_MONTHS = "|".join(month.title() for month in _MONTHS if month != "may")

_DIGITS = r"\d{1,3}(?:,[ \u00a0]?\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d+)?"
_WORDS = "|".join((*_UNITS, *_TENS, *_ORDINALS, *_OTHERS))
_SCALE = "|".join(f"{scale}s?" for scale in _SCALES)
_NUMBER = re.compile(
    rf"(?:{_DIGITS}|\b(?:a|{_WORDS})\b)(?:(?:st|nd|rd|th|s)\b)?"
    rf"(?:(?:[\s-]+|(?<=hundred)\sand\s|(?<=\d))(?:{_WORDS}|{_SCALE})\b)*",
    re.IGNORECASE,
)
_PART = re.compile(rf"{_DIGITS}|[a-z]+", re.IGNORECASE)
_MONTH = re.compile(rf"\b(?:{_LONG_MONTHS}|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?)(?![a-z])")
_DATED_MAY = re.compile(r"\bMay\b(?=\s+(?:the\s+)?\d)|(?<=\d\s)May\b|(?<=\d(?:st|nd|rd|th)\s)May\b|\b(?<=[Ii]n\s)May\b")
_PERCENT = re.compile(r"%|\bper\s?cent", re.IGNORECASE)
_MONEY = {"$": r"[$]|\bdollars?\b|\bUSD\b", "€": r"€|\beuros?\b|\bEUR\b", "£": r"£|\bpounds?\b", "¥": r"¥|\byen\b"}

_CAPITAL = r"[^\W\d_a-zß-öø-ÿ][\w.’'-]*"
_FIRST = re.compile(rf"[“\"'( ]*({_CAPITAL})")
_NAMES = re.compile(rf"(?<!\w){_CAPITAL}(?:\s+{_CAPITAL})*")
# Titles stand before many names: one in common makes two people no more alike.
_ROLE_WORDS = (
    "mayor minister president chairman chairwoman chair commissioner director representative secretary governor "
    "ambassador professor prof dr mr ms mrs sir queen king pope ceo chief officer speaker head deputy city"
)
ROLES = frozenset(_ROLE_WORDS.split())
# What is written short and in full alike; "U.S." is two words to the tokenizer.
_SHORT_FORMS = {"us": ("united", "states"), "uk": ("united", "kingdom"), "un": ("united", "nations"),
                "eu": ("european", "union")}  # fmt: skip
_WRITTEN_SHORT = {s: re.compile(rf"\b{s[0].upper()}\.? ?{s[1].upper()}\b") for s in _SHORT_FORMS}
# A first word in capitals that ends so is more likely a common noun or an adverb than a name.
_COMMON_END = re.compile(r"(?:ly|tions?|ments?|ances?|ences?|ness|ings?|ers|ors|ants|ents|ies|all|ever)$")
# Words with such an end that begin sentences and of which their quotes need not hold a form: any other is a name.
_COMMON_FIRST_WORDS = (
    "something everything nothing anything things roughly nearly basically normally additionally finally recently "
    "currently usually generally specifically according participants attendees visitors citizens officials members "
    "speakers cities countries companies parties numbers others authorities organizers organisers leaders "
    "representatives residents students during following"
)
_COMMON_FIRST = frozenset(_COMMON_FIRST_WORDS.split())
# Canada and Canadian, Israel and Israeli are one name to a reader.
_NATIVE = frozenset(("", "a", "e", "n", "an", "ian", "ean", "ese", "ish", "i", "ic", "s", "ans", "ians"))
_LEAST_ROOT = 4

# Words that say what a number or name has to do with: half a clause.
_BESIDE = 4
_NEGATION = re.compile(
    r"\b(?:no|not|never|none|nobody|nothing|neither|nor|without|cannot|hardly|fail(?:s|ed)? to)\b|n[’']t\b",
    re.IGNORECASE,
)
_PASSIVE = re.compile(r"\b(?:is|was|are|were|be|been|being)\b[^.;]*\bby\b")
_ASIDE = re.compile(
    r"\s*\([^()]*\)|,\s(?:an?|the|another|its|his|her|their|one of|who|which|whose|where)\s[^,]*,(?=\s)"
)
_CLAUSE_END = re.compile(r"[.;:!?”\"]")
_NEGATED_WORDS = 3  # content words behind a negation that it is about
# A word whose opposite the quote says instead.
_OPPOSITE_WORDS = (
    "more less", "more fewer", "most least", "before after", "increase decrease", "increase reduce", "rise fall",
    "grow shrink", "first last", "above below", "north south", "east west", "northern southern", "eastern western",
    "win lose", "won lost", "begin end", "start end", "open close", "early late", "large small", "larger smaller",
    "high low", "higher lower", "support oppose", "accept reject", "allow forbid", "allow ban", "include exclude",
    "buy sell", "bought sold", "enter leave", "male female", "old new", "older younger", "always never",
    "public private", "import export", "major minor", "maximum minimum", "successful unsuccessful", "legal illegal",
    "internal external",
)  # fmt: skip
# As words and as search tokens: most is a stop word, increased is stemmed.
_OPPOSITES = tuple(
    ({pair.split()[0], *tokenize(pair.split()[0])}, {pair.split()[1], *tokenize(pair.split()[1])})
    for pair in _OPPOSITE_WORDS
)
# With a scheme; a host or address of numbers before a path; words joined by a dot, both of two letters or more, which
# "e.g." and "U.S." are not; and what ends as many addresses do, whatever its letters.
_LINK = re.compile(
    r"(?:\b[a-z][a-z+-]{1,15}://|www\.)[^\s<>()\[\]“”\"]+"
    r"|(?<![\w.-])[\w-]+(?:\.[\w-]+)*\.(?:[^\W\d_]\w{1,23}(?=[:/])|(?:com|org|net|io|example|tw)\b"
    r"|(?<=\w\w\.)(?-i:[a-z]{2,24}\b))\S*"
    r"|(?<![\w.-])\d{1,3}(?:\.\d{1,3}){3}[:/]\S*",
    re.I,
)
_QUOTED = re.compile(r"[“\"]([^“”\"]+)[”\"]")


def numbers(text: str) -> list[Fact]:
    """Numbers and months in order. The word "one" alone counts as none: it is an article more often."""
    found = [Fact(Kind.NUMBER, Span(*m.span()), (value,)) for m in _NUMBER.finditer(text) if (value := _value(m[0]))]
    for month in (*_MONTH.finditer(text), *_DATED_MAY.finditer(text)):
        number = next(i for i, name in enumerate(_MONTHS, 1) if name.startswith(month[0][:3].lower()))
        found.append(Fact(Kind.NUMBER, Span(*month.span()), (f"month {number}",)))
    return found


def _value(written: str) -> str | None:
    """The number in plain digits."""
    total = group = 0.0
    seen = False
    for part in _PART.findall(written.lower()):
        if part[0].isdigit():
            group += float(re.sub(r"[^\d.]", "", part))
            seen = True
        elif scale := _SCALES.get(part) or _SCALES.get(part.removesuffix("s")):
            group = (group or 1) * scale
            seen = True
            if scale > 100:
                total, group = total + group, 0
        elif (value := _UNITS.get(part, _TENS.get(part, _ORDINALS.get(part, _OTHERS.get(part))))) is not None:
            group = group * value if part == "dozen" and group else group + value
            seen = True
    if not seen or written.lower().strip() == "one":
        return None
    return f"{total + group:.12g}"


def names(sentence: str) -> list[Fact]:
    """Runs of capitalised words; a first word alone only where it does not look like a common one."""
    found = []
    for match in _NAMES.finditer(sentence):
        start, text = match.start(), match[0]
        first, _, rest = text.partition(" ")
        begins = not sentence[:start].strip("“\"'( ")
        if begins and (fold(first) in STOP_WORDS or (not rest and _COMMON_END.search(first))):
            start, text = start + len(first) + 1, rest
        text = text.rstrip(".’'-")
        text = re.sub(r"[’']s$", "", text)
        keys = tuple(w for w in words(text) if (w not in STOP_WORDS or w.upper() in text) and not _month(w))
        if keys and not (len(keys) == 1 and _value(keys[0])):
            found.append(Fact(Kind.NAME, Span(start, start + len(text)), keys))
    return found


def beside(text: str, span: Span) -> set[str]:
    """Search tokens of the few words on each side of `span`."""
    return {*tokenize(text[: span.start])[-_BESIDE:], *tokenize(text[span.end :])[:_BESIDE]}


def suffers(between: str) -> bool:
    """Whether what stands between two facts makes the second one act on the first: "was represented by"."""
    return _PASSIVE.search(between) is not None


def clauses(text: str) -> list[str]:
    """The text without asides, then each aside: "Prague, a sister city of Taipei, was visited" tells of Prague."""
    return [_ASIDE.sub("", text), *(aside[0] for aside in _ASIDE.finditer(text))]


def _month(word: str) -> bool:
    return len(word) >= 3 and any(month.startswith(word) for month in _MONTHS)


def same_name(one: str, other: str) -> bool:
    """Whether two folded words are one name: equal, or a country and what belongs to it."""
    if one == other:
        return True
    common = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return common >= _LEAST_ROOT and one[common:] in _NATIVE and other[common:] in _NATIVE


def missing_numbers(claim: str, quotes: str) -> list[Fact]:
    """Numbers, months, percents and amounts of money that the quotes do not hold."""
    held = {fact.keys[0] for fact in numbers(quotes)}
    if re.search(r"\bone\b", quotes, re.IGNORECASE):
        held.add("1")
    if _PERCENT.search(claim) and not _PERCENT.search(quotes):
        held = set()
    for unit in _MONEY.values():
        if re.search(unit, claim, re.IGNORECASE) and not re.search(unit, quotes, re.IGNORECASE):
            held = set()
    return [fact for fact in numbers(claim) if fact.keys[0] not in held]


def missing_names(claim: str, quotes: str, around: str) -> list[Fact]:
    """Names that the quotes do not hold: neither every word of them, nor one that counts while `around`, the passage
    and its title, holds the rest beside it. A full name may be given once and then shortened; initials will do."""
    held, near = set(words(quotes)), words(around)
    for short, whole in _SHORT_FORMS.items():
        if {*whole} <= held:
            held |= {short, *short}
        elif _WRITTEN_SHORT[short].search(quotes):
            held |= {*whole, short, *short}
    missing = [fact for fact in names(claim) if not _held(fact.keys, held, near)]
    return missing + [fact for fact in _first_name(claim) if not any(same_name(fact.keys[0], word) for word in held)]


def _first_name(sentence: str) -> list[Fact]:
    """The first word, where `names` takes it for a common one and it is none: Italy, Beijing, France."""
    first = _FIRST.match(sentence)
    if not first or not _COMMON_END.search(first[1]) or sentence[first.end() :].startswith(","):
        return []
    keys = tuple(words(first[1]))
    common = len(keys) != 1 or keys[0] in STOP_WORDS or keys[0] in _COMMON_FIRST or _value(keys[0])
    return [] if common else [Fact(Kind.NAME, Span(*first.span(1)), keys)]


def _held(keys: tuple[str, ...], held: Set[str], near: list[str]) -> bool:
    there = [key for key in keys if any(same_name(key, word) for word in held)]
    if len(there) == len(keys):
        return True
    whole = [key for key in keys if key not in ROLES]
    windows = (near[start : start + len(whole)] for start in range(len(near) - len(whole) + 1))
    return any(key in there for key in whole) and any(all(map(_short_for, whole, window)) for window in windows)


def _short_for(key: str, word: str) -> bool:
    return same_name(key, word) or (len(key) == 1 and word.startswith(key))


def contradicts(claim: str, quotes: str) -> bool:
    """Whether one of the two negates what the other says, or the claim says the opposite word."""
    if _negated(claim, quotes) or _negated(quotes, claim):
        return True
    said, held = set(tokenize(claim)) | set(words(claim)), set(tokenize(quotes)) | set(words(quotes))
    return any(
        (a & said and not a & held and b & held and not b & said)
        or (b & said and not b & held and a & held and not a & said)
        for a, b in _OPPOSITES
    )


def _negated(one: str, other: str) -> bool:
    """Whether `one` negates words of `other`, which has no negation of the same words: the first word behind it, or
    several; one alone of a longer phrase is chance."""
    theirs = {word for scope in _scopes(other) for word in scope}
    said = set(tokenize(other))
    return any(
        (scope[0] in said or len(said.intersection(scope)) > 1) and not theirs.intersection(scope)
        for scope in _scopes(one)
    )


def _scopes(text: str) -> Iterator[list[str]]:
    """The words that each negation is about, up to the end of its clause."""
    for negation in _NEGATION.finditer(text):
        clause = _CLAUSE_END.split(text[negation.end() :], maxsplit=1)[0]
        if content := tokenize(clause)[:_NEGATED_WORDS]:
            yield content


def invented_links(claim: str, quotes: str) -> bool:
    """Whether the claim holds an address that the quotes do not hold as it stands."""
    return any(m[0].rstrip(".,;:!?") not in quotes for m in _LINK.finditer(claim))


def misquotes(claim: str, quotes: str) -> bool:
    """Whether words in quotation marks are not in the quotes, one after the other."""
    held = f" {' '.join(words(quotes))} "
    return any(f" {' '.join(words(m[1]))} " not in held for m in _QUOTED.finditer(claim))


def places_of(fact: Fact, text: str) -> list[Span]:
    """Where `text` holds the fact, or a word of it, in code points."""
    if fact.kind is Kind.NUMBER:
        return [other.span for other in numbers(text) if other.keys == fact.keys]
    keys = {*fact.keys, *(word for key in fact.keys for word in _SHORT_FORMS.get(key, ()))}
    found = [other.span for other in names(text) if any(same_name(a, b) for a in keys for b in other.keys)]
    return found or [span for key in fact.keys for span in _written(key, text)]


def _written(key: str, text: str) -> Iterator[Span]:
    for match in re.finditer(re.escape(key), text, re.IGNORECASE):
        yield Span(*match.span())
