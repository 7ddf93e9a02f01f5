"""Numbers, names and negations are found however they are written."""

from __future__ import annotations

import pytest

from rag.facts import contradicts, invented_links, misquotes, missing_names, missing_numbers, names, numbers


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("2, 200 views and 2,200 views", ["2200", "2200"]),
        ("US$10 billion, ten billion", ["10000000000", "10000000000"]),
        ("264 or two hundred sixty-four or two hundred and sixty-four", ["264", "264", "264"]),
        ("on 23rd March 1.5 million came", ["23", "1500000", "month 3"]),
        ("in the 1990s, five dozen", ["1990", "60"]),
        ("May 5 and it may be one of them", ["5", "month 5"]),
        ("a hundred people, the third time, twice", ["100", "3", "2"]),
        ("nobody counted", []),
    ],
)
def test_numbers_are_values(text: str, values: list[str]) -> None:
    assert [fact.keys[0] for fact in numbers(text)] == values


def test_names_are_runs_of_capitals() -> None:
    found = names("In March Mayor Zdeněk Hřib of Prague’s council met the US.")
    assert [fact.keys for fact in found] == [("mayor", "zdenek", "hrib"), ("prague",), ("us",)]
    assert [fact.keys for fact in names("Daegu paid. Participants came.")] == [("daegu",), ("participants",)]
    assert names("Participants came.") == names("However, it rained.") == []


@pytest.mark.parametrize(
    ("claim", "missing"),
    [
        ("264 people saw it 2,200 times.", False),
        ("Two hundred sixty-four people came.", False),
        ("265 people came.", True),
        ("It happened in March.", False),
        ("It happened in May 2021.", True),
        ("264 percent came.", True),
        ("It cost $264.", True),
        ("39 cities took part.", True),
    ],
)
def test_numbers_must_be_in_the_quotes(claim: str, missing: bool) -> None:
    assert bool(missing_numbers(claim, "On 24th Mar, 264 people came and 2, 200 watched.")) is missing


@pytest.mark.parametrize(
    ("claim", "missing"),
    [
        ("Mayor Ko spoke.", False),
        ("Mayor Ko Wen-je spoke.", False),
        ("K. Wen-je and Ko spoke.", True),
        ("Mayor Kwon Young-jin spoke.", True),
        ("Zdeněk Ko spoke.", True),
        ("The Israeli office came.", False),
        ("The Italian office came.", True),
        ("At the Summit Ko spoke.", False),
    ],
)
def test_names_must_be_in_the_quotes_whole_or_shortened(claim: str, missing: bool) -> None:
    quote = "Mayor Ko spoke before the office of Israel."
    around = "Smart Summit . Mayor Ko Wen-je opened it. " + quote + " Mayor Kwon Young-jin and Zdeněk Hřib came."
    assert bool(missing_names(claim, quote + " Smart Summit", around)) is missing


@pytest.mark.parametrize(
    ("claim", "quote", "against"),
    [
        ("The plan was not accepted.", "The plan was accepted.", True),
        ("The plan was accepted.", "The plan wasn’t accepted by them.", True),
        ("The plan was not accepted.", "They never accepted: the plan was not accepted.", False),
        ("The plan was accepted.", "The plan was accepted, but nobody liked the colour.", False),
        ("Views increased.", "Views decreased.", True),
        ("It took place before lunch.", "It took place after lunch.", True),
        ("Most came first.", "Most came first, the last ones left.", False),
    ],
)
def test_what_is_negated_or_turned_round_contradicts(claim: str, quote: str, against: bool) -> None:
    assert contradicts(claim, quote) is against


def test_links_and_quoted_words_must_stand_in_the_quotes() -> None:
    quote = "Watch it at https://youtu.be/abc, said “the new normal”."
    assert not invented_links("It is at https://youtu.be/abc.", quote)
    assert invented_links("It is at https://evil.example/?q=abc.", quote)
    assert invented_links("It is at evil.com/abc.", quote)
    assert not misquotes('He said "The New Normal".', quote)
    assert misquotes("He said “the old normal”.", quote)


@pytest.mark.parametrize(
    ("claim", "quote", "missing"),
    [
        ("He left the US.", "He left the United States.", False),
        ("He left the United States.", "He left the U.S. in May.", False),
        ("He left the U.S. army.", "He left the US army.", False),
        ("He left the United States.", "He told us that he left.", True),
        ("He left the UK.", "He left the United States.", True),
    ],
)
def test_countries_and_unions_are_written_short_or_in_full(claim: str, quote: str, missing: bool) -> None:
    assert bool(missing_names(claim, quote, quote)) is missing


def test_may_is_a_month_behind_in() -> None:
    assert not missing_numbers("The festival is in May.", "In May, the city holds the festival.")
    assert missing_numbers("The festival is in May.", "It may hold the festival.")


@pytest.mark.parametrize("first", ["Beijing", "Italy", "France"])
def test_a_name_that_begins_the_sentence_must_be_in_the_quotes(first: str) -> None:
    quote = "Taipei signed it."
    assert missing_names(f"{first} signed it.", quote, quote)
    assert not missing_names(f"{first} signed it.", f"{first}, too, signed it.", quote)
    assert not missing_names("Participants signed it.", quote, quote)
    assert not missing_names("Surprisingly, Taipei signed it.", quote, quote)


@pytest.mark.parametrize(
    ("claim", "invented"),
    [
        ("See evil.ru/x.", True),
        ("See EVIL.RU:80/x.", True),
        ("See evil.ru now.", True),
        ("See 10.0.0.1/x.", True),
        ("See ftp://evil/x.", True),
        ("Cities, e.g. Taipei, i.e. the capital, and the U.S./China talks.", False),
        ("At 9 a.m. 2.5 million of St. Louis saw 24.03.2021/25.", False),
    ],
)
def test_any_host_is_an_address(claim: str, invented: bool) -> None:
    assert invented_links(claim, "") is invented
