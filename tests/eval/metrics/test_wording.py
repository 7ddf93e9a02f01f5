"""Exact match, F1 and contains: worked examples of every folding, and laws."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.metrics.wording import answer_tokens, contains, exact_match, fold, token_f1

texts = st.text(alphabet=st.sampled_from("ab cd the 12,é“台北"), max_size=20)


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("2, 200 views", "2200 views"),
        ("2,200", "2200"),
        ("1, 234, 567", "1234567"),
        ("March 23, 2021", "march 23, 2021"),  # a year is no group of three digits
        ("in 2021, 200 people", "in 2021, 200 people"),  # four digits begin no grouped number
        ("Medellín", "medellin"),
        ("Zdeněk Hřib", "zdenek hrib"),
        ("が", "が"),  # a voicing mark is part of the letter
        ("한국", "한국"),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("The Mayor’s Office", ["mayors", "office"]),  # as SQuAD: punctuation goes, articles go
        ("“New Normal”", ["new", "normal"]),
        ("U.S. policy", ["us", "policy"]),
        ("臺北Taipei 101", ["臺", "北", "taipei", "101"]),
    ],
)
def test_answer_tokens(text: str, tokens: list[str]) -> None:
    assert answer_tokens(text) == tokens


def test_exact_match_over_several_references() -> None:
    assert exact_match("over 2,200 views.", ["264", "over 2, 200 views"]) == 1.0
    assert exact_match("2,200 views", ["over 2, 200 views"]) == 0.0


def test_token_f1_worked_example() -> None:
    # said {over, 2200, views, today}, reference {over, 2200, views}: precision 3/4, recall 1, F1 = 6/7
    assert token_f1("over 2,200 views today", ["over 2, 200 views"]) == pytest.approx(6 / 7)


def test_token_f1_counts_repeated_tokens_once_per_occurrence() -> None:
    # common = {a1: 1}; 2·1 / (3 + 1)
    assert token_f1("x x x", ["x"]) == pytest.approx(0.5)


def test_token_f1_is_the_best_over_the_references() -> None:
    assert token_f1("264", ["264 participants", "264"]) == 1.0


def test_token_f1_of_chinese_is_by_character() -> None:
    # 台北市 against 台北: 2·2 / (3 + 2)
    assert token_f1("台北市", ["台北"]) == pytest.approx(0.8)


@pytest.mark.parametrize(("said", "reference", "f1"), [("the", "a", 1.0), ("", "x", 0.0), ("x", "the", 0.0)])
def test_token_f1_without_tokens(said: str, reference: str, f1: float) -> None:
    assert token_f1(said, [reference]) == f1


@pytest.mark.parametrize(
    ("text", "answer", "held"),
    [
        ("It drew over 2, 200 views.", "2200", True),
        ("invested US$10 billion in recovery", "10 billion", True),
        ("a low-cost way", "low cost", True),
        ("Mayor Zdeněk Hřib said", "Zdenek Hrib", True),
        ("the 2021 summit", "21", False),
        ("on Mar. 23rd and 24th", "24", False),
        ("drew 264 participants", "264 registered participants", False),
        ("臺北市長柯文哲", "柯文哲", True),
        ("", "x", False),
        ("anything", "…", False),
    ],
)
def test_contains(text: str, answer: str, held: bool) -> None:
    assert contains(text, [answer]) is held


def test_contains_any_or_every_answer() -> None:
    text = "those from the UK, Netherlands and Israel"
    assert contains(text, ["UK", "Canada"])
    assert not contains(text, ["UK", "Canada"], every=True)
    assert contains(text, ["UK", "Israel"], every=True)
    assert not contains(text, [], every=True)


@given(texts, texts)
def test_f1_is_symmetric_and_one_for_an_exact_match(a: str, b: str) -> None:
    assert 0.0 <= token_f1(a, [b]) <= 1.0
    assert token_f1(a, [b]) == pytest.approx(token_f1(b, [a]))
    if exact_match(a, [b]):
        assert token_f1(a, [b]) == 1.0


@given(texts, texts, texts)
def test_a_text_contains_its_parts(before: str, answer: str, after: str) -> None:
    if contains(answer, [answer]):
        assert contains(f"{before} . {answer} . {after}", [answer])


@given(st.text(max_size=30))
def test_folding_twice_changes_nothing(text: str) -> None:
    once = answer_tokens(text)
    assert answer_tokens(" ".join(once)) == once
