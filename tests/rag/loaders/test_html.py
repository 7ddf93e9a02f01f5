"""Content is kept under its headings; what no reader sees is not there; encodings are honoured."""

from __future__ import annotations

import pytest

from rag.errors import LoaderError
from rag.loaders.html import load_html
from rag.loaders.html_page import MAX_DEPTH

SEEN = "<p>The first paragraph of the page is long enough to be read as its content.</p>"


@pytest.mark.parametrize(
    "hidden",
    [
        '<p style="DISPLAY : none">Secret</p>',
        '<div style="visibility:hidden"><p>Secret</p></div>',
        '<p style="font-size:0">Secret</p>',
        '<p style="opacity: 0;">Secret</p>',
        '<p style="color: white">Secret</p>',
        '<p style="color:rgb(255, 255, 255)">Secret</p>',
        '<p><font color="#ffffff">Secret</font></p>',
        "<p hidden>Secret</p>",
        "<script>Secret</script>",
        "<style>Secret</style>",
        "<template><p>Secret</p></template>",
        "<noscript>Secret</noscript>",
        "<!-- Secret -->",
        "<select><option>Secret</option></select>",
        "<button>Secret</button>",
    ],
)
def test_what_no_reader_sees_is_not_read(hidden: str) -> None:
    loaded = load_html(f"<html><body>{SEEN}{hidden}<p>The last paragraph.</p></body></html>".encode())
    assert "Secret" not in loaded.text
    assert loaded.text.endswith("The last paragraph.")


@pytest.mark.parametrize(
    "seen",
    [
        '<div style="background:#036"><p style="color:#fff">Banner words.</p></div>',
        '<p style="opacity:0.8">Banner words.</p>',
        '<p style="font-size:0.9em">Banner words.</p>',
        '<p style="background-color:white">Banner words.</p>',
    ],
)
def test_what_only_looks_hidden_is_read(seen: str) -> None:
    assert "Banner words." in load_html(f"<html><body>{SEEN}{seen}</body></html>".encode()).text


def test_words_behind_a_hidden_element_stay() -> None:
    loaded = load_html(f"<html><body>{SEEN}<p>Three <span hidden>Secret</span>talks.</p></body></html>".encode())
    assert "Three talks." in loaded.text


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ('<meta charset="big5">', "big5"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=big5">', "big5"),
        ("", "utf-8"),
        ('<meta charset="big5">', "utf-8"),  # the bytes know better
        ("", "utf-16"),
    ],
)
def test_the_encoding_is_the_one_that_the_page_names(head: str, encoding: str) -> None:
    page = f"<html><head>{head}<title>港灣館</title></head><body><p>第一天共有八百人參觀。</p></body></html>"
    loaded = load_html(page.encode(encoding))
    assert (loaded.text, loaded.known.title) == ("第一天共有八百人參觀。", "港灣館")


def test_an_xml_declaration_does_no_harm() -> None:
    page = '<?xml version="1.0" encoding="iso-8859-1"?><html><body><p>Café words.</p></body></html>'
    assert load_html(page.encode("latin-1")).text == "Café words."


def test_code_in_a_line_stays_in_it() -> None:
    page = f"<html><body><article>{SEEN}<p>Type <code>rag ingest</code> and wait.</p>{SEEN}</article></body></html>"
    assert "Type rag ingest and wait." in load_html(page.encode()).text


def test_lists_tables_and_breaks_are_readable() -> None:
    body = (
        f"{SEEN}<ol><li>One<ul><li>inner</li></ul></li><li>Two</li></ol>"
        "<table><tr><th>Room</th><th>Seats</th></tr><tr><td>Quay</td><td>58</td></tr></table><p>Quay 1<br>Arlen</p>"
    )
    text = load_html(f"<html><body><article>{body}</article></body></html>".encode()).text
    assert "1. One\n\n- inner\n2. Two" in text
    assert "Room | Seats\n\nQuay | 58" in text
    assert "Quay 1 Arlen" in text


def test_the_date_is_the_one_that_the_page_states() -> None:
    linked = '<script type="application/ld+json">[{"datePublished": "2021-03-24T08:00:00Z"}]</script>'
    page = f"<html><head>{linked}<title>T | Site</title></head><body><h1>Title</h1>{SEEN}</body></html>"
    known = load_html(page.encode()).known
    assert (known.title, known.published) == ("Title", "2021-03-24")
    assert load_html(f"<html><body>{SEEN}<p>Held on 2020-01-01.</p></body></html>".encode()).known.published is None


def test_the_deepest_page_is_read() -> None:
    around = MAX_DEPTH - 10
    page = "<div>" * around + SEEN + "</div>" * around
    assert "first paragraph" in load_html(page.encode()).text


def test_elements_that_are_never_closed_do_not_count_as_deep() -> None:
    page = "<p>One paragraph of the page.\n<br><img src=a>\n" * 2_000
    assert load_html(page.encode()).text.count("One paragraph") == 2_000


def test_a_short_page_keeps_its_structure() -> None:
    page = (
        "<html><body><nav>Home</nav><h1>Day 1</h1><h2>Programme</h2><ul><li>9:00 <b>Opening</b></li><li>Talks</li></ul>"
        "<h2>Place</h2><table><tr><td>Hall</td><td>3</td></tr></table></body></html>"
    )
    loaded = load_html(page.encode())
    assert loaded.text == "Day 1\n\nProgramme\n\n- 9:00 Opening\n\n- Talks\n\nPlace\n\nHall | 3"
    assert [s.label for s in loaded.sections] == ["Day 1", "Day 1 › Programme", "Day 1 › Place"]
    assert [note.code for note in loaded.notes] == ["boilerplate"]


def test_a_page_without_words_is_refused() -> None:
    with pytest.raises(LoaderError) as refusal:
        load_html(b"<html><body><img src=a></body></html>")
    assert refusal.value.code == "no_text"
