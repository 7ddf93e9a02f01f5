"""Other words for words, and their opposites, from a WordNet 3.0 folder (Debian: wordnet-base, /usr/share/wordnet).

Only for words that mean mostly one thing: one part of speech and one sense hold most of their counted uses. Inflected
forms are replaced by the same regular form. Non-scope: choosing where to replace (`training/questions.py`).
Source: Fellbaum 1998; the file formats are those of wndb(5WN).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

_FILES = {"1": "noun", "2": "verb", "3": "adj", "4": "adv"}
# Share of a lemma's counted uses that its part of speech holds, and of those that its first sense holds.
_ONE_KIND, _ONE_SENSE = 0.75, 0.6
_LEAST_USES = 2
# Too common, or too often part of a fixed expression, to be exchanged.
_KEPT = frozenset(["be", "have", "do", "make", "take", "go", "get", "give", "many", "much", "time", "year", "people",
                   "person", "part", "use", "mean", "number"])  # fmt: skip


class WordNet:
    """Read whole into memory: about 100,000 lemmas."""

    def __init__(self, folder: Path) -> None:
        """Raises: OSError where a file of it is missing."""
        self._first: dict[tuple[str, str], int] = {}  # (lemma, part of speech) → place of its first sense
        self._data: dict[str, bytes] = {}
        self._lemmas: dict[tuple[str, str], str] = {}  # (irregular form, part of speech) → lemma
        for kind, name in _FILES.items():
            self._data[kind] = (folder / f"data.{name}").read_bytes()
            for line in (folder / f"index.{name}").read_text("ascii").splitlines():
                if not line.startswith(" "):
                    fields = line.split()
                    self._first[fields[0], kind] = int(fields[-int(fields[2])])
            for line in (folder / f"{name}.exc").read_text("ascii").splitlines():
                form, lemma = line.split()[:2]
                self._lemmas[form, kind] = lemma
        self._irregular = set(self._lemmas.values())
        self._kinds = self._clear_kinds((folder / "cntlist.rev").read_text("ascii"))

    def _clear_kinds(self, counts: str) -> dict[str, str]:
        """Lemma → its part of speech, for lemmas that mean mostly one thing."""
        uses: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for line in counts.splitlines():
            key, _, count = line.split()
            lemma, sense = key.split("%")
            uses[lemma]["3" if sense[0] == "5" else sense[0]].append(int(count))
        clear = {}
        for lemma, kinds in uses.items():
            kind, own = max(kinds.items(), key=lambda item: sum(item[1]))
            total = sum(sum(counted) for counted in kinds.values())
            if sum(own) >= max(_LEAST_USES, _ONE_KIND * total) and max(own) >= _ONE_SENSE * sum(own):
                clear[lemma] = kind
        return clear

    @lru_cache(maxsize=100_000)  # noqa: B019 - one object for a whole run
    def synonyms(self, word: str) -> tuple[str, ...]:
        """Other words that may stand in its place, lower case; most often none."""
        return self._inflected(word, self._alike)

    @lru_cache(maxsize=100_000)  # noqa: B019 - one object for a whole run
    def opposites(self, word: str) -> tuple[str, ...]:
        return self._inflected(word, self._antonyms)

    def _alike(self, lemma: str, kind: str) -> list[str]:
        """The words of its first sense that mean mostly the same."""
        place = self._first[lemma, kind]
        words = [word for word, _ in self._senses(lemma, kind)[0]]
        return [w for w in words if self._kinds.get(w) == kind and self._first.get((w, kind)) == place]

    def _antonyms(self, lemma: str, kind: str) -> list[str]:
        words, pointers = self._senses(lemma, kind)
        own = next((number for w, number in words if w == lemma), 0)
        found = []
        for symbol, place, other, ends in pointers:
            if symbol == "!" and int(ends[:2], 16) == own:
                others, _ = self._synset(place, {"n": "1", "v": "2", "a": "3", "s": "3", "r": "4"}[other])
                found += [w for w, number in others if number == int(ends[2:], 16)]
        return found

    def _senses(self, lemma: str, kind: str) -> tuple[list[tuple[str, int]], list[tuple[str, int, str, str]]]:
        return self._synset(self._first[lemma, kind], kind)

    def _synset(self, place: int, kind: str) -> tuple[list[tuple[str, int]], list[tuple[str, int, str, str]]]:
        """Its words with their numbers, and its pointers (symbol, place, part of speech, from and to)."""
        data = self._data[kind]
        fields = data[place : data.index(b"|", place)].decode("ascii").split()
        count = int(fields[3], 16)
        words = [(re.sub(r"\(\w+\)$", "", fields[4 + 2 * i]).replace("_", " ").lower(), i + 1) for i in range(count)]
        rest = fields[5 + 2 * count :]
        ends = range(0, 4 * int(fields[4 + 2 * count]), 4)  # frames of verbs follow
        pointers = [(rest[i], int(rest[i + 1]), rest[i + 2], rest[i + 3]) for i in ends]
        return words, pointers

    def _inflected(self, word: str, related: Callable[[str, str], list[str]]) -> tuple[str, ...]:
        word = word.lower()
        for lemma, kind, ending in self._readings(word):
            if self._kinds.get(lemma) != kind or lemma in _KEPT or (lemma, kind) not in self._first:
                continue
            others = [w for w in related(lemma, kind) if w != lemma and w.replace(" ", "").isalpha()]
            made = [inflected(w, ending) for w in others if not ending or self._regular(w, ending)]
            return tuple(dict.fromkeys(w for w in made if w and w != word))
        return ()

    def _regular(self, lemma: str, ending: str) -> bool:
        return lemma not in self._irregular and not (ending == "s" and lemma.endswith("s"))

    def _readings(self, word: str) -> Iterator[tuple[str, str, str]]:
        """(lemma, part of speech, ending) that `word` may be a form of."""
        if word in self._kinds:
            yield word, self._kinds[word], ""
        for kind in _FILES:
            if lemma := self._lemmas.get((word, kind)):
                ending = "s" if kind == "1" else "ing" if word.endswith("ing") else "ed" if kind == "2" else None
                if ending:
                    yield lemma, kind, ending
        for ending, kinds in (("s", "12"), ("ed", "2"), ("ing", "2")):
            if word.endswith(ending) and len(word) > len(ending) + 2:
                stem = word[: -len(ending)]
                bases = [stem, stem + "e", stem[:-1], re.sub("i$", "y", re.sub("ie$", "y", stem))]
                for lemma in dict.fromkeys(bases):
                    own = self._kinds.get(lemma)
                    if own and own in kinds and inflected(lemma, ending) == word:
                        yield lemma, own, ending


def inflected(lemma: str, ending: str) -> str | None:
    """The regular form with "", "s", "ed" or "ing"; None for expressions of several words that would change inside."""
    if not ending:
        return lemma
    if " " in lemma:
        return None
    if ending == "s":
        if re.search("(?:s|x|z|ch|sh)$", lemma):
            return lemma + "es"
        return lemma[:-1] + "ies" if re.search("[^aeiou]y$", lemma) else lemma + "s"
    if lemma.endswith("e") and not (ending == "ing" and lemma.endswith(("ee", "oe", "ye"))):
        return lemma[:-1] + ending
    if ending == "ed" and re.search("[^aeiou]y$", lemma):
        return lemma[:-1] + "ied"
    if re.fullmatch("[^aeiou]*[aeiou][^aeiouwxy]", lemma):
        return lemma + lemma[-1] + ending
    return lemma + ending
