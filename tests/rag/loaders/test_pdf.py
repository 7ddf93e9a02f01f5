"""Lines become paragraphs again, pages become sections."""

from __future__ import annotations

import pytest

from rag.loaders.pdf import load_pdf
from tests.hostile import CATALOG, FONT, pdf, stream


def pages(*texts: str, trailer: bytes = b"", more: tuple[bytes, ...] = ()) -> bytes:
    """A PDF with these lines on its pages."""
    objects = [CATALOG, b""]
    for text in texts:
        lines = " ".join(f"({line}) Tj T*" for line in text.split("\n")) if text else ""
        number = len(objects) + 1
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources %b /Contents %d 0 R >>"
            % (FONT, number + 1)
        )
        objects.append(stream(f"BT /F 12 Tf 14 TL 72 760 Td {lines} ET".encode()))
    kids = b" ".join(b"%d 0 R" % number for number in range(3, len(objects) + 1, 2))
    objects[1] = b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, len(texts))
    return pdf(*objects, *more, trailer=trailer)


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        ("A line that is wrapped at the margin goes\non in the next line of the paragraph.", None),
        (
            "The whole word was divi-\nded at the margin, which\nis undone.",
            "The whole word was divided at the margin, which is undone.",
        ),
        ("In the years 2019-\n2021 nothing happened here.", "In the years 2019- 2021 nothing happened here."),
        (
            "A Heading\nA paragraph that is much longer than that.",
            "A Heading\n\nA paragraph that is much longer than that.",
        ),
        ("It was the 2 October.\n1.2. What is it?", "It was the 2 October.\n\n1.2. What is it?"),
        (
            "The list of things that were shown:\n- a gauge\n- a pump",
            "The list of things that were shown:\n\n- a gauge\n\n- a pump",
        ),
    ],
    ids=["wrapped", "divided", "range", "heading", "number", "list"],
)
def test_lines_become_paragraphs(lines: str, text: str | None) -> None:
    assert load_pdf(pages(lines)).text == (text or lines.replace("\n", " "))


def test_pages_are_numbered_as_in_the_file_and_empty_ones_reported() -> None:
    loaded = load_pdf(pages("First page.", "", "Third page."))
    assert [(s.label, s.page, s.span.of(loaded.text)) for s in loaded.sections] == [
        ("Page 1", 1, "First page.\n\n"),
        ("Page 3", 3, "Third page."),
    ]
    assert [(note.code, "page 2" in note.message) for note in loaded.notes] == [("empty_pages", True)]


def test_a_sentence_goes_on_over_the_page_end() -> None:
    loaded = load_pdf(pages("A sentence that goes", "on to the next page. Another one."))
    assert loaded.text == "A sentence that goes on to the next page. Another one."
    assert [s.span.of(loaded.text) for s in loaded.sections] == [
        "A sentence that goes on to the next page. ",
        "Another one.",
    ]


@pytest.mark.parametrize("title", ["Microsoft Word - draft3.doc", "untitled", "report-final.docx", ""])
def test_a_title_that_a_program_wrote_is_none(title: str) -> None:
    raw = pages("Words.", trailer=b"/Info 5 0 R", more=(f"<< /Title ({title}) /Author (Ko) >>".encode(),))
    known = load_pdf(raw).known
    assert (known.title, known.author, known.published) == (None, "Ko", None)


def test_the_date_of_printing_is_not_that_of_publication() -> None:
    raw = pages("Words.", trailer=b"/Info 5 0 R", more=(b"<< /CreationDate (D:20210325080000Z) >>",))
    assert load_pdf(raw).known.published is None


def test_one_damaged_page_does_not_hide_the_others() -> None:
    raw = pages("First page.", "Second page.", "Third page.").replace(b"(Second page.) Tj", b"<5365636f6e6> Tf T")
    loaded = load_pdf(raw)
    assert (loaded.text, [s.page for s in loaded.sections]) == ("First page.\n\nThird page.", [1, 3])
    assert [note.code for note in loaded.notes] == ["empty_pages"]


def test_running_heads_and_page_numbers_are_left_out_and_counted() -> None:
    bodies = ["The first page goes", "on to the second one. More.", "The third page ends here."]
    loaded = load_pdf(pages(*[f"Annual Report\n{body}\nPage {n} of 3" for n, body in enumerate(bodies, start=1)]))
    assert loaded.text == "The first page goes on to the second one. More.\n\nThe third page ends here."
    assert [(note.code, note.message[:7]) for note in loaded.notes] == [("boilerplate", "6 lines")]


def test_pages_of_one_line_are_never_emptied() -> None:
    assert load_pdf(pages("Gauge 1", "Gauge 2", "Gauge 3")).text == "Gauge 1\n\nGauge 2\n\nGauge 3"


def test_a_page_that_starts_with_a_number_starts_anew() -> None:
    assert load_pdf(pages("A heading without a stop", "12 talks were held.")).text.count("\n\n") == 1
