"""Passages are runs of whole sentences within sections."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rag.chunk import ChunkParameters, passage_bounds
from rag.sentences import sentence_spans
from rag.types import Section, Span


def words(text: str) -> int:
    return len(text.split())


def test_a_worked_example() -> None:
    # Six words a sentence, at most 14: two sentences fit, the third would make 18.
    text = "One two three four five six. " * 5
    bounds = passage_bounds(text, sentence_spans(text), [], words, ChunkParameters(target=12, limit=14))
    assert bounds == [(0, 2), (2, 4), (4, 5)]


def test_a_paragraph_end_closes_a_passage_that_is_big_enough() -> None:
    text = "One two three.\n\nFour five six.\n\nSeven eight nine."
    bounds = passage_bounds(text, sentence_spans(text), [], words, ChunkParameters(target=6, limit=100))
    assert bounds == [(0, 2), (2, 3)]


def test_a_passage_never_crosses_a_section() -> None:
    text = "# A\none.\n# B\ntwo.\n"
    cut = text.index("# B")
    sections = [Section(Span(0, cut), "A"), Section(Span(cut, len(text)), "B")]
    bounds = passage_bounds(text, sentence_spans(text), sections, words, ChunkParameters())
    spans = sentence_spans(text)
    assert [spans[first].of(text) for first, _ in bounds] == ["A", "B"]


@given(st.lists(st.integers(1, 12), min_size=1, max_size=30), st.integers(1, 20), st.integers(1, 30))
def test_every_sentence_is_in_one_passage_in_order(lengths: list[int], target: int, limit: int) -> None:
    text = " ".join("w " * (n - 1) + "w." for n in lengths)
    spans, position = [], 0
    for n in lengths:
        spans.append(Span(position, position + 2 * n))
        position += 2 * n + 1
    bounds = passage_bounds(text, spans, [], words, ChunkParameters(target, limit))
    assert [i for first, last in bounds for i in range(first, last)] == list(range(len(lengths)))
    for first, last in bounds:
        size = sum(lengths[first:last])
        assert size <= limit or last - first == 1
