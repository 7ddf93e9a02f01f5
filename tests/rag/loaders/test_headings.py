"""Sections follow the headings, and a draft knows where its parts are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rag.loaders.headings import MAX_LABEL_CHARS, Draft, Heading, sections_of, shortened
from rag.types import Span

WORDS = st.text(alphabet="ab港", max_size=6)
PARTS = st.one_of(
    st.tuples(st.just("block"), WORDS, st.just(0)), st.tuples(st.just("heading"), WORDS, st.integers(1, 6))
)


def test_a_heading_ends_those_of_its_level_and_below() -> None:
    headings = [Heading(2, 1, "A"), Heading(4, 3, "B"), Heading(6, 2, "C"), Heading(8, 1, "D")]
    sections = [(s.span, s.label) for s in sections_of(headings, 10)]
    assert sections == [(Span(2, 4), "A"), (Span(4, 6), "A › B"), (Span(6, 8), "A › C"), (Span(8, 10), "D")]


def test_labels_are_kept_short() -> None:
    assert shortened("x" * MAX_LABEL_CHARS) == "x" * MAX_LABEL_CHARS
    assert len(shortened("x" * 1000)) == MAX_LABEL_CHARS


def test_rows_are_cells_with_bars_between() -> None:
    draft = Draft()
    draft.row(["Room", "Seats"])
    draft.row(["", ""])
    draft.row(["Quay", ""])
    assert draft.text() == "Room | Seats\n\nQuay |"


@given(st.lists(PARTS, max_size=12))
def test_a_draft_places_every_part(parts: list[tuple[str, str, int]]) -> None:
    draft = Draft()
    placed = []
    for kind, words, level in parts:
        if kind == "heading":
            draft.heading(words, level)
        else:
            placed.append((draft.block(words), words))
    text = draft.text()
    assert len(draft) == len(text)
    assert all(text.startswith(words, start) for start, words in placed)
    headings = [words for kind, words, _ in parts if kind == "heading" and words]
    sections = draft.sections()
    assert [s.label.split(" › ")[-1] for s in sections] == headings
    assert all(text.startswith(words, s.span.start) for words, s in zip(headings, sections, strict=True))
    edges = [edge for s in sections for edge in (s.span.start, s.span.end)]
    assert edges == sorted(edges)
    assert not edges or edges[-1] == len(text)
