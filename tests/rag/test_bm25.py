"""BM25 against a hand calculation, another library, and itself in pieces."""

from __future__ import annotations

import math
import random
from io import BytesIO

import bm25s
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.bm25 import K1, B, LexicalIndex, LexicalSegment
from rag.errors import IndexCorrupt
from rag.lexical import tokenize


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


texts = st.lists(st.text(alphabet="ab 台北é", max_size=12), min_size=1, max_size=8)


@given(texts, texts, st.text(alphabet="ab 台北é", max_size=6))
def test_segments_rank_like_one_index(first: list[str], second: list[str], query: str) -> None:
    tokens = tokenize(query)
    whole = LexicalIndex.build([*first, *second])
    parts = [LexicalSegment.build(first), LexicalSegment.build(second)]
    assert LexicalIndex(parts).search(tokens, 5) == whole.search(tokens, 5)
    rows = [np.arange(len(part), dtype=np.int64) for part in parts]
    merged = LexicalIndex([LexicalSegment.merge(list(zip(parts, rows, strict=True)))])
    assert merged.search(tokens, 5) == whole.search(tokens, 5)
    assert merged.spellings == LexicalIndex(parts).spellings == whole.spellings


@given(texts, st.data(), st.text(alphabet="ab 台北é", max_size=6))
def test_deleted_rows_count_nowhere(texts: list[str], data: st.DataObject, query: str) -> None:
    gone = data.draw(st.sets(st.integers(0, len(texts) - 1)))
    left = [row for row in range(len(texts)) if row not in gone]
    tokens = tokenize(query)
    fresh = LexicalIndex.build([texts[row] for row in left])
    segment = LexicalSegment.build(texts)
    marked = LexicalIndex([segment], [np.array(sorted(gone), np.int64)])
    assert marked.search(tokens, 9) == [(left[row], score) for row, score in fresh.search(tokens, 9)]
    assert all((token in marked) == (token in fresh) for token in tokens)
    removed = [texts[row] for row in sorted(gone)]
    merged = LexicalIndex([LexicalSegment.merge([(segment, np.array(left, np.int64))], removed)])
    assert merged.search(tokens, 9) == fresh.search(tokens, 9)
    assert merged.spellings == fresh.spellings


def test_agrees_with_bm25s() -> None:
    chance = random.Random(7)
    vocabulary = [f"word{number}" for number in range(60)]
    texts = [" ".join(chance.choices(vocabulary, k=chance.randrange(1, 40))) for _ in range(200)]
    oracle = bm25s.BM25(method="lucene", k1=K1, b=B)
    oracle.index([tokenize(text) for text in texts], show_progress=False)
    index = LexicalIndex.build(texts)
    for _ in range(20):
        query = tokenize(" ".join(chance.choices(vocabulary, k=4)))
        scores = oracle.get_scores(query)
        found = index.search(query, 10)
        assert [score for _, score in found] == pytest.approx(sorted(scores, reverse=True)[:10], rel=1e-4)
        assert [score for _, score in found] == pytest.approx([scores[row] for row, _ in found], rel=1e-4)


@given(texts, st.text(alphabet="ab 台北é", max_size=6))
def test_what_is_written_is_what_is_read(texts: list[str], query: str) -> None:
    made = LexicalSegment.build(texts)
    stored = BytesIO()
    made.write(stored.write)
    read = LexicalSegment.read(stored.getvalue())
    assert len(read) == len(made) == len(texts)
    assert read.spellings == made.spellings
    assert LexicalIndex([read]).search(tokenize(query), 5) == LexicalIndex([made]).search(tokenize(query), 5)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not a zip", b"\x93NUMPY"])
def test_other_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(IndexCorrupt):
        LexicalSegment.read(content)
