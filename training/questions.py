"""Other forms of a training question: as keywords, a request, in other words, misspelt; and changed so that nothing
answers it.

The base model reads lower case only, so letter case needs no form of its own.
Non-scope: paraphrase of whole sentences (needs a language model), deciding how often each form is shown.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from rag.answer_type import AnswerType, offered
from rag.lexical import STOP_WORDS
from training.wordnet import WordNet

# Stop words of search that people keep when they type keywords.
_KEPT_IN_KEYWORDS = frozenset({"who", "when", "where", "how", "many", "much", "not", "no", "more", "most", "only"})
_REQUESTS = ("tell me ", "please tell me ", "i want to know ", "can you tell me ", "do you know ", "find out ")
_NOUN_REQUEST = re.compile(r"^(?:what|which|who) (?:is|was|are|were) (the|a|an) ", re.I)
_WHICH = re.compile(
    r"^(?:what|which) (?!(?:is|was|are|were|do|did|does|has|have|had|can|could|will|would|should|may|might|must|cannot"
    r"|not|of|else|happens|happened|made|makes)\b)(?=[a-z]+ )",
    re.I,
)
_HOW_MANY = re.compile(r"^how many ", re.I)
_NEIGHBOURS = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk",
    "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "w", "r": "et", "s": "ad", "t": "ry",
    "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "x",
}  # fmt: skip

# Names (not the first word) and numbers: what decides which of two similar facts is meant.
_NAME = re.compile(r"(?<=\s)[A-Z][\w’'-]+(?: [A-Z][\w’'-]+)*")
_NUMBER = re.compile(r"\b\d[\d,.]*\d\b|\b\d\b")
_YEAR = re.compile(r"1\d{3}|20\d\d")
_OPPOSITES = {
    a: b
    for pair in (
        "first last", "most least", "largest smallest", "highest lowest", "before after", "north south", "east west",
        "increase decrease", "increased decreased", "more fewer", "oldest newest", "best worst", "early late",
        "minimum maximum", "northern southern", "eastern western", "won lost", "longest shortest", "higher lower",
        "always never", "inside outside", "begin end", "began ended", "greater smaller", "male female", "old new",
    )
    for a, b in (pair.split(), reversed(pair.split()))
}  # fmt: skip
_WORD = re.compile(r"[A-Za-z]+")

# What may be asked for instead, where the passage offers none of it, by how the question begins.
_AUXILIARY = r"(?:did|do|does|was|were|is|are|has|have|had|can|could|will|would)"
_ADVERB = re.compile(rf"^(?P<asks>when|where|why|how) (?={_AUXILIARY} )", re.I)
_SUBJECT = re.compile(rf"^who (?!else |{_AUXILIARY} )", re.I)
_THING = re.compile(r"^(?:what|which) (?!year|percent|kind|type|compan)[a-z]+ (?=(?:did|do|does) )", re.I)
_COUNT = re.compile(r"^how many (?!of |times )(?=[a-z]+ )", re.I)
_REASON = re.compile(
    r"\b(?:because|since|due|reasons?|caus\w+|therefore|thus|so|as|for|to|by|after|thanks|result\w*)\b", re.I
)
_TIME = re.compile(
    r"\d{3,4}|\b(?:centur|decade|year|month|week|day|night|morning|time|moment)\w*"
    r"|\b(?:when|while|after|before|during|since|until|till|once|now|then|later|ago|recently)\b",
    re.I,
)
_SITE = re.compile(
    r"\b(?:in|at|on|near|from|to|of|outside|across|throughout|through)\s+(?:the\s+)?[A-Z]|\b(?:where|there)\b"
)
_FIRM = re.compile(
    r"\b(?:compan\w+|corporat\w+|firms?|Inc|Ltd|Co|Corp|Group|business\w*|manufactur\w+|publish\w+)\b", re.I
)
# Words that may be exchanged for others: shorter ones have too many meanings.
LEAST_LETTERS = 4
_PLAIN_WORD = re.compile(rf"(?<![\w’'-])[a-z]{{{LEAST_LETTERS},}}(?![\w’'-])")


def as_keywords(question: str) -> str:
    """What a person types into a search box: the words that carry meaning, in their order."""
    words = question.rstrip("? .").split()
    kept = []
    for word in words:
        plain = word.lower().strip(",;:\"'")
        if plain in _KEPT_IN_KEYWORDS or plain not in STOP_WORDS:
            kept.append(word)
    return " ".join(kept)


def as_request(question: str, chance: random.Random) -> str:
    """An imperative: `What is the X?` → `name the X`, otherwise `tell me …`."""
    body = question.rstrip("? .")
    if _NOUN_REQUEST.match(body):
        return _NOUN_REQUEST.sub(lambda m: f"{chance.choice(('name', 'give me', 'tell me', 'show me'))} {m[1]} ", body)
    if _HOW_MANY.match(body) and chance.random() < 0.5:
        return _HOW_MANY.sub(f"{chance.choice(('number of', 'give the number of', 'count of'))} ", body)
    if _WHICH.match(body) and chance.random() < 0.4:
        return _WHICH.sub(f"{chance.choice(('name the', 'list the', 'give the'))} ", body)
    return chance.choice(_REQUESTS) + body[:1].lower() + body[1:]


def misspelt(question: str, chance: random.Random) -> str:
    """One or two typing errors in words of five letters or more."""
    words = question.split(" ")
    long = [i for i, word in enumerate(words) if len(word) >= 5 and word.isalpha()]
    for i in chance.sample(long, min(len(long), chance.choice((1, 1, 2)))):
        words[i] = _mistype(words[i], chance)
    return " ".join(words)


def _mistype(word: str, chance: random.Random) -> str:
    at = chance.randrange(1, len(word) - 1)
    match chance.randrange(4):
        case 0:
            return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        case 1:
            return word[:at] + word[at + 1 :]
        case 2:
            return word[:at] + word[at] + word[at:]
        case _:
            return word[:at] + chance.choice(_NEIGHBOURS.get(word[at].lower(), "e")) + word[at + 1 :]


def reworded(text: str, wordnet: WordNet | None, chance: random.Random) -> str:
    """One or two words (no names, no function words) exchanged for others that mean the same."""
    if wordnet is None:
        return text
    options = [(found, others) for found in _PLAIN_WORD.finditer(text) if (others := _others(found[0], wordnet))]
    for found, others in sorted(chance.sample(options, min(len(options), chance.choice((1, 2)))), reverse=True,
                                key=lambda option: option[0].start()):  # fmt: skip
        text = text[: found.start()] + chance.choice(others) + text[found.end() :]
    return text


def _others(word: str, wordnet: WordNet) -> list[str]:
    if word in STOP_WORDS:
        return []
    return [w for w in wordnet.synonyms(word) if len(w) >= LEAST_LETTERS and w not in STOP_WORDS]


def forms(question: str, wordnet: WordNet | None, chance: random.Random) -> list[str]:
    """One of each other form, those that came out different and still say something."""
    bare = question.rstrip("?").strip()
    made = [
        as_keywords(question),
        as_request(question, chance),
        misspelt(question, chance),
        bare,
        reworded(question, wordnet, chance),
    ]
    return list(dict.fromkeys(m for m in made if m != question and len(m.split()) >= 2))


def asked_otherwise(question: str, said: str, chance: random.Random) -> str | None:
    """The question asking for another kind of thing, one that `said`, the sentence that answers it and those beside
    it, does not offer: when instead of who, what percentage instead of how many; None where nothing fits.
    """
    if found := _ADVERB.match(question):
        pattern, others = _ADVERB, tuple(o for o in ("When ", "Where ", "Why ") if o.strip() != found["asks"].title())
    elif _SUBJECT.match(question):
        pattern, others = _SUBJECT, ("Which company ", "How many people ")
    elif _THING.match(question):
        pattern, others = _THING, ("What year ", "What company ")
    elif _COUNT.match(question):
        pattern, others = _COUNT, ("What percentage of ",)
    else:
        return None
    fit = [other for other in others if not _offers(other, question, said)]
    return pattern.sub(lambda _: chance.choice(fit), question) if fit else None


def _offers(asked: str, question: str, said: str) -> bool:
    """Whether `said` may hold what a question that begins with `asked` wants."""
    match asked.strip():
        case "Why":
            return _REASON.search(said) is not None
        case "Where":
            return _SITE.search(said) is not None
        case "Which company" | "What company":
            return _FIRM.search(said) is not None
        case "When" | "What year":
            return bool(_TIME.search(said) or offered(AnswerType.DATE, "", said))
        case "What percentage of":
            return bool(offered(AnswerType.PERCENT, "", said))
        case _:
            return bool(offered(AnswerType.NUMBER, question, said))


def names_and_numbers(texts: Sequence[str]) -> dict[str, list[str]]:
    """The names, years and other numbers of an article: what may stand in for one another."""
    found: dict[str, set[str]] = {"name": set(), "year": set(), "number": set()}
    for text in texts:
        found["name"].update(n for n in _NAME.findall(text) if n.lower() not in STOP_WORDS)
        for number in _NUMBER.findall(text):
            found["year" if _YEAR.fullmatch(number) else "number"].add(number)
    return {kind: sorted(values) for kind, values in found.items()}


def unanswerable(
    question: str, passage: str, others: dict[str, list[str]], wordnet: WordNet | None, chance: random.Random
) -> str | None:
    """The question with one name or number that the passage holds replaced by another of the article that it
    does not hold, or with one word turned into its opposite; None where neither can be done.
    """
    swaps: list[tuple[int, int, str]] = []
    held = passage.lower()
    for kind, pattern in (("name", _NAME), ("number", _NUMBER)):
        for match in pattern.finditer(question):
            group = "year" if kind == "number" and _YEAR.fullmatch(match[0]) else kind
            if match[0].lower() not in held:
                continue
            candidates = chance.sample(others[group], min(8, len(others[group])))
            fit = next((c for c in candidates if c.lower() not in held and c.lower() not in question.lower()), None)
            if fit:
                swaps.append((match.start(), match.end(), fit))
    for match in _WORD.finditer(question):
        word = match[0].lower()
        opposites = [_OPPOSITES[word]] if word in _OPPOSITES else wordnet.opposites(word) if wordnet else ()
        if word in held and opposites and not any(opposite in held for opposite in opposites):
            swaps.append((match.start(), match.end(), chance.choice(opposites)))
    if not swaps:
        return None
    start, end, new = chance.choice(swaps)
    return question[:start] + new + question[end:]
