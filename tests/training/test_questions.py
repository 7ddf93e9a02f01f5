import random

import pytest

from training.questions import (
    as_keywords,
    as_request,
    asked_otherwise,
    forms,
    misspelt,
    names_and_numbers,
    reworded,
    unanswerable,
)
from training.wordnet import WordNet


@pytest.mark.parametrize(
    ("question", "keywords"),
    [
        ("What is the capital of Kenya?", "capital Kenya"),
        ("How many people live in Nairobi?", "How many people live Nairobi"),
        ("Who founded Harvard?", "Who founded Harvard"),
    ],
)
def test_keywords(question: str, keywords: str):
    assert as_keywords(question) == keywords


def test_requests_are_imperative():
    for seed in range(20):
        made = as_request("What is the capital of Kenya?", random.Random(seed))
        assert made.endswith("the capital of Kenya")
        assert made.split()[0] in {"name", "give", "tell", "show"}
        verb = as_request("What did Tesla build?", random.Random(seed))
        assert verb.endswith("what did Tesla build")  # never "name the did …"


def test_misspelt_changes_only_long_words():
    made = misspelt("Who was the president?", random.Random(1)).split()
    assert made[:3] == ["Who", "was", "the"]
    assert misspelt("Who is he?", random.Random(1)) == "Who is he?"


def test_forms_differ_from_the_question_and_each_other():
    made = forms("When did Nikola Tesla arrive in America?", None, random.Random(0))
    assert len(made) == len(set(made)) == 4
    assert "When did Nikola Tesla arrive in America?" not in made


def test_a_changed_question_asks_about_what_the_passage_does_not_hold():
    passage = "In 1884 Nikola Tesla arrived in New York."
    others = names_and_numbers(["x In 1884 the man Nikola Tesla", "y In 1893 the Westinghouse works"])
    assert others["year"] == ["1884", "1893"]
    made = {
        unanswerable("What did Nikola Tesla do in 1884?", passage, others, None, random.Random(s)) for s in range(20)
    }
    assert made == {"What did Nikola Tesla do in 1893?", "What did Westinghouse do in 1884?"}


def test_a_question_without_names_or_opposites_stays_answerable():
    assert (
        unanswerable("What did he do?", "He slept.", {"name": [], "year": [], "number": []}, None, random.Random(0))
        is None
    )


def test_an_opposite_makes_a_question_unanswerable():
    nothing: dict[str, list[str]] = {"name": [], "year": [], "number": []}
    made = unanswerable("Which is the largest city?", "The largest city is Rome.", nothing, None, random.Random(0))
    assert made == "Which is the smallest city?"


class Synonyms(WordNet):
    """One word that means the same as another, and one opposite."""

    def __init__(self) -> None:
        pass

    def synonyms(self, word: str) -> tuple[str, ...]:
        return {"author": ("writer",), "with": ("alongside",)}.get(word, ())

    def opposites(self, word: str) -> tuple[str, ...]:
        return ("shallow",) if word == "deep" else ()


def test_only_plain_words_are_exchanged():
    made = reworded("Which author met Author with the co-author?", Synonyms(), random.Random(0))
    assert made == "Which writer met Author with the co-author?"
    assert reworded("Which author?", None, random.Random(0)) == "Which author?"


def test_opposites_of_the_dictionary_make_a_question_unanswerable():
    nothing: dict[str, list[str]] = {"name": [], "year": [], "number": []}
    made = unanswerable("Which deep lake?", "A deep lake.", nothing, Synonyms(), random.Random(0))
    assert made == "Which shallow lake?"
    assert unanswerable("Which deep lake?", "Deep, not shallow.", nothing, Synonyms(), random.Random(0)) is None


@pytest.mark.parametrize(
    ("question", "said", "made"),
    [
        ("When was it opened?", "It was opened in 1931.", {"Where was it opened?", "Why was it opened?"}),
        ("Who rode it?", "Jordan Reeves rode the bus.", {"Which company rode it?", "How many people rode it?"}),
        ("Who rode the bus?", "The Reeves Group, with 12 people, rode the bus.", None),
        ("How many people voted?", "Some 300 people voted.", "What percentage of people voted?"),
        ("How many people voted?", "Some 300 people, 40 per cent, voted.", None),
        ("What port did she plan?", "She planned Old Port.", {"What year did she plan?", "What company did she plan?"}),
        ("What bridge crosses the river?", "The Old Bridge crosses it.", None),
    ],
)  # fmt: skip
def test_another_kind_of_thing_is_asked_for_where_there_is_none(question: str, said: str, made: str | set[str] | None):
    wanted = {made} if isinstance(made, str) else made or {None}
    assert {asked_otherwise(question, said, random.Random(seed)) for seed in range(20)} == wanted
