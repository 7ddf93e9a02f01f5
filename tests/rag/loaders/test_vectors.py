"""Every format reads its sample: the fact that only it holds, where it stands, and what must not be there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from rag.loaders.document import Read, load_bytes
from rag.loaders.formats import SUFFIXES
from rag.loaders.table import LOADERS
from rag.sentences import sentence_spans
from rag.types import Span
from tests.conftest import ROOT

FILES = ROOT / "tests" / "files"


@dataclass(frozen=True)
class Vector:
    name: str
    needle: str  # a whole sentence of the text
    title: str
    label: str | None = None  # of the needle's section
    page: int | None = None
    time_s: float | None = None
    absent: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


VECTORS = [
    Vector("sample.txt", "The Green Wave pilot changed the lights of 17 crossings along Mill Street.", "sample"),
    Vector(
        "sample.md",
        "From May on, a night bus leaves the depot every 23 minutes.",
        "Night Buses, a Side Event",
        label="Night buses › Timetable",
        absent=("---", "publisher", "tags"),
        notes=("metadata",),
    ),
    Vector(
        "sample.html",
        "The Harbour Pavilion used 41 sensors.",
        "Harbour Pavilion opens its doors",
        label="Harbour Pavilion opens its doors › How visitors were counted",
        absent=("hidden", "white", "Scripted", "Imprint", "Search this site", "press office", "Read also", "display"),
        notes=("boilerplate", "hidden_text"),
    ),
    Vector(
        "sample.pdf",
        "The river gauge at Stone Bridge stood at 3.7 metres on the first day of the summit, "
        "which is its usual height in March.",
        "Flood Gauges of Arlen",
        label="Page 2",
        page=2,
        absent=("pump-", "regis-"),
    ),
    Vector(
        "sample.docx",
        "One roof garden costs 7,250 crowns a year.",
        "Roof Gardens",
        label="Roof Gardens of Arlen › Costs",
        absent=("deleted cinema", "Vanished"),
    ),
    Vector(
        "sample.vtt",
        "Jun Ito: The electric ferry crosses the harbour 64 times a day.",
        "sample",
        label="12:31",
        time_s=751.0,
        absent=("<", "&amp;", "lime", "made for the tests", "-->"),
    ),
    Vector(
        "sample.srt",
        "The rain garden on Elm Square holds 380 cubic metres of water.",
        "sample",
        label="0:02",
        time_s=2.0,
        absent=("<i>", "an8", "-->"),
    ),
]


def load(name: str) -> Read:
    return load_bytes(name, (FILES / name).read_bytes())


def test_every_format_has_a_loader_and_a_sample() -> None:
    assert LOADERS.keys() == SUFFIXES
    assert {Path(vector.name).suffix for vector in VECTORS} == SUFFIXES - {".htm"}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_the_sample_is_read(vector: Vector) -> None:
    read = load(vector.name)
    document = read.document
    assert document.metadata.title == vector.title
    assert document.text.count(vector.needle) == 1
    assert [word for word in vector.absent if word in document.text] == []
    assert tuple(note.code for note in read.notes) == vector.notes
    spans = {span.of(document.text): span for span in sentence_spans(document.text)}
    section = document.section_at(spans[vector.needle])
    found = (section.label, section.page, section.time_s) if section else (None, None, None)
    assert found == (vector.label, vector.page, vector.time_s)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_sections_and_times_lie_in_the_text_in_order(vector: Vector) -> None:
    document = load(vector.name).document
    edges = [edge for s in document.sections for edge in (s.span.start, s.span.end)]
    assert edges == sorted(edges)
    assert all(s.span.start < s.span.end <= len(document.text) for s in document.sections)
    starts = [mark.start for mark in document.times]
    assert starts == sorted(set(starts))
    assert [mark.time_s for mark in document.times] == sorted(mark.time_s for mark in document.times)
    assert all(0 <= start < len(document.text) for start in starts)


def test_a_page_tells_what_it_says_of_itself() -> None:
    known = load("sample.html").document.metadata
    assert (known.author, known.published, known.publisher) == ("Ada Brandt", "2021-03-24", "City of Arlen")
    assert (known.source, known.language) == ("https://example.org/news/harbour-pavilion", "en")


def test_each_sentence_of_a_transcript_knows_its_time() -> None:
    document = load("sample.vtt").document
    times = {}
    for span in sentence_spans(document.text):
        section = document.section_at(span)
        assert section is not None
        times[span.of(document.text)] = (section.label, section.time_s)
    assert times == {
        "Mayor Falk: Good morning & welcome to Arlen, the city of seven bridges.": ("0:01", 1.0),
        "We begin with the ferry.": ("0:04", 4.0),
        "Jun Ito: The electric ferry crosses the harbour 64 times a day.": ("12:31", 751.0),
        "Thank you.": ("1:02:03", 3723.25),
    }


def test_a_sentence_over_a_page_end_belongs_to_the_page_where_it_begins() -> None:
    document = load("sample.pdf").document
    start = document.text.index("The gauges are read")
    section = document.section_at(Span(start, document.text.index("The river gauge") - 1))
    assert section is not None
    assert section.page == 1
