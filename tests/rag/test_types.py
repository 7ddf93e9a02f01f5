"""What the vocabulary itself works out."""

from __future__ import annotations

import pytest

from rag.types import Document, Metadata, Section, Span, TimeMark, clock

SECTIONS = (Section(Span(0, 10), "0:01", time_s=1.0), Section(Span(12, 30), "5:00", time_s=300.0))


@pytest.mark.parametrize(("time_s", "label"), [(0.0, "0:00"), (59.9, "0:59"), (751.0, "12:31"), (3723.25, "1:02:03")])
def test_a_time_reads_as_on_a_clock(time_s: float, label: str) -> None:
    assert clock(time_s) == label


@pytest.mark.parametrize(
    ("span", "label", "time_s"),
    [
        (Span(0, 5), "0:01", 1.0),
        (Span(5, 10), "0:04", 4.0),
        (Span(6, 10), "0:04", 4.0),
        (Span(12, 14), "5:00", 300.0),
    ],
)
def test_a_quote_of_a_transcript_has_the_time_at_which_it_starts(span: Span, label: str, time_s: float) -> None:
    document = Document(
        "d", "x" * 30, Metadata("T"), SECTIONS, "", (TimeMark(0, 1.0), TimeMark(5, 4.0), TimeMark(12, 300.0))
    )
    section = document.section_at(span)
    assert section is not None
    assert (section.label, section.time_s) == (label, time_s)


def test_no_section_holds_a_span_over_its_edge() -> None:
    document = Document("d", "x" * 30, Metadata("T"), SECTIONS, "", (TimeMark(0, 1.0),))
    assert document.section_at(Span(8, 14)) is None
    assert document.section_at(Span(10, 11)) is None
