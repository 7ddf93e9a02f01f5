"""What becomes a search token."""

from __future__ import annotations

import pytest

from rag.lexical import fold, tokenize


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Zdeněk Hřib of Medellín", ["zdenek", "hrib", "medellin"]),
        ("over 2, 200 views", ["2200", "view"]),
        ("2,200 or 1,234,567", ["2200", "1234567"]),
        ("in 2020, 300 people", ["2020", "300", "peopl"]),
        ("Mar. 23rd and 24th", ["mar", "23", "24"]),
        ("How many people registered?", ["peopl", "regist"]),
        ("台北市", ["台", "北", "市", "台北", "北市"]),
        ("Taipei台北", ["taipei", "台", "北", "台北"]),
        ("ＡＢＣ１２", ["abc12"]),
        ("한국", ["한", "국", "한국"]),
        ("が", ["が"]),
        ("", []),
    ],
)
def test_tokens(text: str, tokens: list[str]) -> None:
    assert tokenize(text) == tokens


def test_folding_keeps_letters_that_are_no_accents() -> None:
    assert fold("Straße ĐÀ") == "strasse đa"
