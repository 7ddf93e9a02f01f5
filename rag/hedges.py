"""Small words that change what a sentence claims: will, may, nearly, former, all. One table, a reason per class.

A claim may leave most of them out, but adds none: its quotes hold a word of the same class, or of one that implies it.
That something is planned or to come is not left out before the word that says what. A rank before a title (deputy
mayor) is neither added nor left out. Non-scope: numbers and names (`rag/facts.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag.facts import Fact, numbers
from rag.lexical import fold, tokenize, words


@dataclass(frozen=True, slots=True)
class _Class:
    """`added`: what a claim may not add. `backing`: what else in a quote says as much. `reason`: what it changes."""

    reason: str
    added: str
    backing: str = ""


# Words and phrases, folded, between commas.
_CLAIMS = (
    _Class("what is to come has not happened", "will, shall, ll, would, going to, about to", "is to, are to, soon"),
    _Class(
        "a plan is not a deed",
        "plans to, plan to, planned to, planning to, intends to, intend to, intended to, aims to, aim to, hopes to, "
        "hope to, wants to, expected to, expects to, set to, due to be, scheduled to",
        "plan, plans, planned, planning, intends, intend, intention, aims, aim, aimed, goal, hopes, hope, hoped, "
        "wants, want, wanted, expected, expects, expect, scheduled, will, would, seeks, seek, sought, going to, set to",
    ),
    _Class(
        "what may be need not be",
        "may, might, could, possibly, perhaps, maybe, probably, likely, presumably, potentially",
        "can, cannot, possible, probable, potential, unlikely, seems",
    ),
    _Class(
        "what should be is not yet so",
        "should, must, ought, have to, has to, had to, needs to, need to",
        "shall, required, requires, require, requirement, necessary, needed, need, needs, obliged, forced, mandatory",
    ),
    _Class(
        "hearsay is no fact",
        "reportedly, allegedly, supposedly, apparently, rumoured, rumored",
        "reported, alleged, said, claimed, supposed, appears, seems, rumours, rumors",
    ),
    _Class("what was is over", "former, ex, formerly, erstwhile, onetime", "previous, previously, once, used to, then"),
    _Class("what stands in is not the holder", "acting, interim, provisional", "temporary, temporarily, act, acts"),
    _Class("the second is not the head", "deputy, vice", "deputies"),
    _Class("what is old is not new", "new, newly, brand new", "recent, recently, newer, newest, novel, just, renewed"),
    _Class(
        "an order among others",
        "first",
        "1st, firstly, initial, initially, inaugural, earliest, original, originally, debut, oldest, began, begin",
    ),
    _Class(
        "an end of a row",
        "last, final",
        "finally, lastly, latest, end, ended, ends, until, past, ultimate, ultimately, recent, previous",
    ),
    _Class(
        "alone says that there are no others",
        "only, sole, solely, exclusively, merely",
        "alone, just, single, unique, exclusive, nothing but, no other, mere, few, limited, restricted, except",
    ),
    _Class(
        "another says that there are others",
        "another",
        "other, others, also, second, additional, additionally, further, too, again, more, one, as well, different",
    ),
    _Class(
        "all is more than several",
        "all, every, always, everyone, everybody, everything, everywhere, entire, entirely, completely",
        "each, whole, any, anyone, complete, total, throughout, full, fully, wholly, across, both, overall",
    ),
    _Class(
        "most is more than several",
        "most, mostly, majority",
        "mainly, largely, chiefly, primarily, predominantly, main, more than half, usually, generally, much, all, "
        "largest, greatest, principal, typically",
    ),
    _Class(
        "some is less than all",
        "some of, several, a few, partly, partially",  # "some" alone is an article more often
        "some, certain, part, many, number of, various, few, multiple, sometimes, portion, numerous, any, those",
    ),
)
# Before a number, or behind it. The same class must stand at the same number in the quotes.
_BOUNDS = (
    _Class("a little below", "nearly, almost, close to, just under, not quite", "approaching"),
    _Class(
        "not counted",
        "about, approximately, around, roughly, circa, some, estimated, estimated at, or so, approx, an estimated",
        "c, ca, nearly, almost, close to, estimates, just over, just under, an average of, average of, or more",
    ),
    _Class("a ceiling", "up to, at most, no more than, not more than, a maximum of, as many as", "maximum, or less"),
    _Class("a floor", "at least, no less than, no fewer than, not less than, a minimum of", "or more, minimum"),
    _Class(
        "above",
        "over, more than, above, exceeding, upwards of, in excess of, greater than, or more, just over, plus",
        "exceeded, exceeds, exceed, past, larger than, higher than, at least, well over",
    ),
    _Class("below", "under, less than, fewer than, below, or less, or fewer, just under", "lower than, smaller than"),
    _Class("few", "only, just, merely, a mere", "no more than, alone, mere"),
)
# Around a number; longer phrases than four words are in no class.
_NEAR_CHARS = 48
_NEAR_WORDS = 4
# What may stand between a bound and its number.
_SKIPPED = frozenset(("the", "a", "us", "usd", "eur", "nt", "hk", "of", "than"))
_BEHIND = ("or", "at", "plus")  # how a bound begins that stands behind its number
# "Over two days" says how long, not more than two.
_LASTING = re.compile(r"\W{0,3}(?:\w{1,20} )?(?:days?|nights?|sessions?|rounds?|evenings?|weekends?)\b", re.I)
# A month or a person, not what may be or will be.
_CAPITAL_MODAL = re.compile(r"\b(?:May|Will)\b")
# "Both A and B" is no more than "A and B".
_BOTH = re.compile(r"\bboth\b(?!(?: \S{1,40}){1,8} and\b)")
_NAMING = re.compile(r"\b(?:first|last|full) names?\b")  # no order
_PAIR = re.compile(r"\b(?:both|two|2|pair|couple|twin|either|each|dual|double)\b")

_RANKS = "deputy|vice|acting|interim|former|ex|assistant|honorary"
_TITLES = (
    "mayor|minister|president|chairman|chairwoman|chair|commissioner|director|representative|secretary|governor|"
    "ambassador|professor|speaker|premier|chancellor|mayors|ministers|presidents|directors|representatives"
)
_TITLE = re.compile(rf"\b(?P<ranks>(?:(?:{_RANKS})[ -]){{0,3}})(?P<title>{_TITLES})\b", re.I)
_NAME_BEHIND = re.compile(r" ?((?:[^\W\d_a-zß-öø-ÿ][\w’'-]{0,40} ?){1,4})")


# What is planned, with the word that says what: "plans to work", "will soon be opened".
_PLANNED = re.compile(
    r"\b(?:(?:plan|intend|hope|want|expect)(?:s|d|ed|ned)? to|(?:planning|going|scheduled|set) to|due to be|will|shall)"
    r"(?: (?:be|also|soon|now|have|\w+ly))* (\w+)"
)
_PLANNING = re.compile(
    r"\b(?:plan|plans|planned|planning|intend|intends|intended|intention|aim|aims|goal|hope|hopes|hoped|want|wants|wanted"
    r"|wish|wishes|expect|expects|expected|going to|to be|scheduled|set to|due|will|shall|ll|would|may|might|could|can"
    r"|should|must|proposed|promised|future|need to|needs to|have to|has to)\b"
)


def _phrases(listed: str) -> re.Pattern[str]:
    longest_first = sorted((re.escape(phrase) for phrase in listed.split(", ") if phrase), key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(longest_first)})\b")


_CLAIM_PATTERNS = [(_phrases(c.added), _phrases(f"{c.added}, {c.backing}")) for c in _CLAIMS]
_BOUND_PATTERNS = [(_phrases(c.added), _phrases(f"{c.added}, {c.backing}")) for c in _BOUNDS]


def shifts(claim: str, quotes: str, around: str) -> bool:
    """Whether the claim adds a word that changes what is said, or another rank to a title.

    `around`: the passages of the quotes, which may give a title whole that the quotes shorten.
    """
    return (
        _adds(claim, quotes, around)
        or _bounds_added(claim, quotes)
        or _other_rank(claim, quotes, around)
        or _done_already(claim, quotes)
    )


def _plain(text: str) -> str:
    return " ".join(words(_CAPITAL_MODAL.sub(" ", text)))


def _adds(claim: str, quotes: str, around: str) -> bool:
    # A bound at a number is looked at there; a rank of a title, with its title.
    said = _NAMING.sub("", _plain(_without_ranks(_without_bounds(claim), around)))
    held = _plain(quotes)
    if any(added.search(said) and not backing.search(held) for added, backing in _CLAIM_PATTERNS):
        return True
    return bool(_BOTH.search(said) and not _PAIR.search(held))


def _without_bounds(text: str) -> str:
    """The text with nothing left of what stands at its numbers."""
    kept, end = [], 0
    for fact in _in_order(text):
        before = text[end : fact.span.start]
        near = before[-_NEAR_CHARS:]
        bare = near
        for added, _ in _BOUND_PATTERNS:
            found = [m for m in added.finditer(fold(bare)) if not set(words(bare[m.end() :])) - _SKIPPED]
            if found and len(fold(bare)) == len(bare):
                bare = bare[: found[0].start()]
        kept += [before[: len(before) - len(near)], bare, " ", text[fact.span.start : fact.span.end]]
        end = max(end, fact.span.end)
    return "".join([*kept, text[end:]])


def _in_order(text: str) -> list[Fact]:
    return sorted(numbers(text), key=lambda fact: fact.span)


def _bounds_added(claim: str, quotes: str) -> bool:
    """Whether a number has a bound that it has nowhere in the quotes."""
    theirs = [(fact.keys, _at(quotes, fact)) for fact in numbers(quotes)]
    for fact in numbers(claim):
        at = _at(claim, fact)
        for added, backing in _BOUND_PATTERNS:
            if added.search(at) and not any(keys == fact.keys and backing.search(near) for keys, near in theirs):
                return True
    return False


def _at(text: str, fact: Fact) -> str:
    """The words of a bound at a number, those behind it last; empty where there are none."""
    before = words(text[max(0, fact.span.start - _NEAR_CHARS) : fact.span.start])
    while before and before[-1] in _SKIPPED - {"of", "than"}:
        before.pop()
    near = " ".join(before[-_NEAR_WORDS:])
    if _LASTING.match(text, fact.span.end):
        near = re.sub(r"\bover$", "", near)
    ends = [m[0] for _, backing in _BOUND_PATTERNS for m in backing.finditer(near) if m.end() == len(near)]
    behind = words(text[fact.span.end : fact.span.end + _NEAR_CHARS])[:2]
    return " | ".join([*ends, " ".join(behind) if behind[:1] and behind[0] in _BEHIND else ""])


@dataclass(frozen=True, slots=True)
class _Title:
    ranks: frozenset[str]
    title: str  # folded
    name: frozenset[str]  # folded words behind it; empty where there is none


def _titles(text: str) -> Iterator[_Title]:
    spaced = " ".join(text.split())
    for match in _TITLE.finditer(spaced):
        behind = _NAME_BEHIND.match(spaced, match.end())
        name = frozenset(words(behind[1])) if behind else frozenset()
        yield _Title(frozenset(words(match["ranks"])), fold(match["title"]), name)


def _done_already(claim: str, quotes: str) -> bool:
    """Whether the claim says without such a word what the quotes say is planned."""
    if _PLANNING.search(_plain(claim)):
        return False
    said = set(tokenize(claim))
    return any(said.intersection(tokenize(planned[1])) for planned in _PLANNED.finditer(_plain(quotes)))


def _other_rank(claim: str, quotes: str, around: str) -> bool:
    """Whether a title has another rank than where the same name, else the same title, stands in the quotes."""
    held, near = list(_titles(quotes)), list(_titles(around))
    return any(_misranked(title, held, near) for title in _titles(claim))


def _misranked(title: _Title, held: list[_Title], near: list[_Title]) -> bool:
    for among in (held, near):
        if named := [t for t in among if t.title == title.title and t.name & title.name]:
            return all(t.ranks != title.ranks for t in named)
    alike = [t for t in held if t.title == title.title]
    return bool(alike) and all(t.ranks != title.ranks for t in alike)


def _without_ranks(claim: str, around: str) -> str:
    """The claim without the ranks of titles that the passages give to the same name."""
    near = list(_titles(around))
    spaced = " ".join(claim.split())

    def shortened(match: re.Match[str]) -> str:
        behind = _NAME_BEHIND.match(spaced, match.end())
        name, ranks = frozenset(words(behind[1])) if behind else frozenset(), frozenset(words(match["ranks"]))
        given = any(t.title == fold(match["title"]) and t.ranks == ranks and t.name & name for t in near)
        return match["title"] if given else match[0]

    return _TITLE.sub(shortened, spaced)
