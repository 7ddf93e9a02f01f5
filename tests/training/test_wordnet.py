"""Over a folder in the format of wndb(5WN), made here: a few synsets with true byte offsets."""

import pytest

from training.wordnet import WordNet, inflected

# part of speech: synsets of (words, counted uses of each, words that its first word is the opposite of)
SYNSETS: dict[str, list[tuple[list[str], list[int], list[str]]]] = {
    "noun": [
        (["author", "writer"], [9, 9], []),
        (["church", "kirk"], [9, 0], []),  # a kirk is never counted: too rare to stand for a church
    ],
    "verb": [
        (["start", "commence"], [9, 9], ["end"]),
        (["end", "terminate"], [9, 9], ["start"]),
        (["build", "construct"], [9, 9], []),
        (["run"], [5], []),
        (["run", "operate"], [5, 9], []),  # "run" means two things
    ],
    "adj": [],
    "adv": [],
}
NUMBERS = {"noun": 1, "verb": 2, "adj": 3, "adv": 4}


@pytest.fixture(scope="module")
def wordnet(tmp_path_factory: pytest.TempPathFactory) -> WordNet:
    folder = tmp_path_factory.mktemp("wordnet")
    counts = []
    for name, synsets in SYNSETS.items():

        def lines(places: list[int], name: str = name, synsets: list = synsets) -> list[str]:  # type: ignore[type-arg]
            made = []
            for place, (words, _, opposites) in zip(places, synsets, strict=True):
                fields = [f"{place:08d}", "00", name[0], f"{len(words):02x}", *(f"{w} 0" for w in words)]
                pointers = [
                    f"! {other:08d} {name[0]} 0101"
                    for other, (held, _, _) in zip(places, synsets, strict=True)
                    if held[0] in opposites
                ]
                made.append(" ".join([*fields, f"{len(pointers):03d}", *pointers, "| gloss"]) + "\n")
            return made

        head = "  1 licence\n"
        blank = lines([0] * len(synsets))
        places = [len(head) + sum(map(len, blank[:i])) for i in range(len(synsets))]
        (folder / f"data.{name}").write_text(head + "".join(lines(places)), "ascii")
        senses: dict[str, list[int]] = {}
        for place, (words, uses, _) in zip(places, synsets, strict=True):
            for word, count in zip(words, uses, strict=True):
                senses.setdefault(word, []).append(place)
                if count:
                    counts.append(f"{word}%{NUMBERS[name]}:00:00:: {len(senses[word])} {count}")
        index = [
            f"{word} {name[0]} {len(found)} 1 ! {len(found)} 0 {' '.join(f'{p:08d}' for p in found)}  "
            for word, found in sorted(senses.items())
        ]
        (folder / f"index.{name}").write_text("\n".join([head.rstrip(), *index]) + "\n", "ascii")
        (folder / f"{name}.exc").write_text("built build\n" if name == "verb" else "", "ascii")
    (folder / "cntlist.rev").write_text("\n".join(counts) + "\n", "ascii")
    return WordNet(folder)


def test_words_that_mean_the_same_in_the_same_form(wordnet: WordNet):
    assert wordnet.synonyms("author") == ("writer",)
    assert wordnet.synonyms("Authors") == ("writers",)
    assert wordnet.synonyms("started") == ("commenced",)
    assert wordnet.synonyms("commencing") == ("starting",)
    assert wordnet.synonyms("built") == ("constructed",)


def test_nothing_where_the_sense_is_not_clear_or_the_other_word_is_rare(wordnet: WordNet):
    assert wordnet.synonyms("run") == ()
    assert wordnet.synonyms("church") == ()
    assert wordnet.synonyms("unknown") == ()
    assert wordnet.synonyms("constructed") == ()  # "build" has no regular past


def test_opposites_in_the_same_form(wordnet: WordNet):
    assert wordnet.opposites("started") == ("ended",)
    assert wordnet.opposites("ends") == ("starts",)
    assert wordnet.opposites("author") == ()


@pytest.mark.parametrize(
    ("lemma", "ending", "form"),
    [
        ("city", "s", "cities"),
        ("day", "s", "days"),
        ("church", "s", "churches"),
        ("stop", "ed", "stopped"),
        ("study", "ed", "studied"),
        ("agree", "ing", "agreeing"),
        ("use", "ing", "using"),
        ("set up", "ed", None),
    ],
)
def test_regular_forms(lemma: str, ending: str, form: str | None):
    assert inflected(lemma, ending) == form
