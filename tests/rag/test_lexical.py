"""Tokens, and BM25 against a hand calculation."""

from __future__ import annotations

import math
from io import BytesIO

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import IndexCorrupt
from rag.lexical import K1, B, LexicalIndex, fold, tokenize


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


def test_bm25_is_the_formula() -> None:
    # Three texts of 2, 1 and 4 tokens: mean length 7/3; "cat" occurs in two of them, twice in the last.
    index = LexicalIndex.build(["black cat", "dog", "cat sees cat run"])
    idf = math.log(1 + (3 - 2 + 0.5) / (2 + 0.5))

    def weight(frequency: int, length: int) -> float:
        return idf * frequency / (frequency + K1 * (1 - B + B * length / (7 / 3)))

    found = index.search(tokenize("cats"), 5)
    assert [row for row, _ in found] == [2, 0]
    assert [score for _, score in found] == pytest.approx([weight(2, 4), weight(1, 2)], rel=1e-5)


def test_equal_scores_are_ordered_by_row_also_at_the_edge() -> None:
    index = LexicalIndex.build(["cat"] * 7 + ["dog"])
    assert [row for row, _ in index.search(["cat"], 3)] == [0, 1, 2]


def test_rows_restrict_the_search() -> None:
    index = LexicalIndex.build(["cat", "cat", "dog"])
    assert [row for row, _ in index.search(["cat"], 9, rows=[1, 2])] == [1]


def test_unknown_words_find_nothing() -> None:
    index = LexicalIndex.build(["cat", ""])
    assert index.search(["unicorn"], 5) == []
    assert index.search([], 5) == []
    assert "unicorn" not in index
    assert "cat" in index
    assert index.inverse_document_frequency("unicorn") > index.inverse_document_frequency("cat") > 0


@given(
    st.lists(st.text(alphabet="ab 台北é", max_size=12), min_size=1, max_size=8),
    st.text(alphabet="ab 台北é", max_size=6),
)
def test_what_is_written_is_what_is_read(texts: list[str], query: str) -> None:
    made = LexicalIndex.build(texts)
    stored = BytesIO()
    made.write(stored.write)
    read = LexicalIndex.read(stored.getvalue())
    assert len(read) == len(made) == len(texts)
    assert read.spellings == made.spellings
    assert read.search(tokenize(query), 5) == made.search(tokenize(query), 5)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a zip", b"\x93NUMPY"])
def test_other_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(IndexCorrupt):
        LexicalIndex.read(content)


def test_a_pickled_array_is_refused() -> None:
    content = BytesIO()
    np.savez(content, data=np.array([object()], dtype=object))
    with pytest.raises(IndexCorrupt):
        LexicalIndex.read(content.getvalue())
