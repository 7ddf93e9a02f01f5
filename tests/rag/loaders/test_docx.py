"""A Word document reads as it would on paper, with changes accepted."""

from __future__ import annotations

import pytest

from rag.loaders.docx import load_docx
from tests.hostile import W, docx, paragraph


def run(words: str) -> str:
    return f"<w:r><w:t>{words}</w:t></w:r>"


def styled(style: str, words: str) -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>{run(words)}</w:p>'


def part(name: str, content: str) -> dict[str, bytes]:
    return {f"word/{name}.xml": f"<w:{name} {W}>{content}</w:{name}>".encode()}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (f"<w:p>{run('One ')}<w:del>{run('two')}</w:del><w:ins>{run('three')}</w:ins></w:p>", "One three"),
        (f"<w:p><w:moveFrom>{run('gone')}</w:moveFrom><w:moveTo>{run('moved')}</w:moveTo></w:p>", "moved"),
        (f"<w:p><w:hyperlink>{run('A link')}</w:hyperlink></w:p>", "A link"),
        (
            "<w:p><w:r><w:t>a</w:t><w:tab/><w:t>b</w:t><w:noBreakHyphen/><w:t>c</w:t></w:r></w:p>",
            "a b-c",
        ),
        ("<w:p><w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r><w:r><w:t>seen</w:t></w:r></w:p>", "seen"),
        ('<w:p><w:r><w:rPr><w:vanish w:val="0"/></w:rPr><w:t>seen</w:t></w:r></w:p>', "seen"),
        ("<w:p><w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:t>3</w:t></w:r></w:p>", "3"),
        (f"<w:sdt><w:sdtContent>{paragraph('In a control')}</w:sdtContent></w:sdt>", "In a control"),
        (f"{paragraph('One')}<w:p/>{paragraph('Two')}", "One\n\nTwo"),
        (
            f"<w:tbl><w:sdt><w:sdtContent><w:tr><w:tc>{paragraph('a')}</w:tc></w:tr></w:sdtContent></w:sdt></w:tbl>",
            "a",
        ),
        (
            f"<w:tbl><w:tr><w:tc><w:tbl><w:tr><w:tc>{paragraph('a')}</w:tc></w:tr></w:tbl></w:tc></w:tr></w:tbl>",
            "a",
        ),
        (
            f"<w:tbl><w:tr><w:tc>{paragraph('a')}{paragraph('b')}</w:tc><w:tc><w:p/></w:tc></w:tr></w:tbl>",
            "a b |",
        ),
    ],
    ids=[
        "deleted",
        "moved",
        "link",
        "signs",
        "hidden",
        "not hidden",
        "field",
        "control",
        "empty",
        "row in a control",
        "nested",
        "cells",
    ],
)
def test_it_reads_as_on_paper(body: str, text: str) -> None:
    assert load_docx(docx(body)).text == text


def test_headings_are_known_by_outline_name_or_id() -> None:
    styles = part(
        "styles",
        '<w:style w:styleId="a"><w:name w:val="heading 1"/></w:style>'
        '<w:style w:styleId="b"><w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style>'
        '<w:style w:styleId="c"><w:basedOn w:val="b"/></w:style>'
        '<w:style w:styleId="ring"><w:basedOn w:val="ring"/></w:style>'
        '<w:style w:styleId="body"><w:pPr><w:outlineLvl w:val="9"/></w:pPr></w:style>',
    )
    body = (
        styled("a", "One")
        + styled("c", "Two")
        + styled("Heading3", "Three")
        + styled("ring", "x")
        + styled("body", "y")
    )
    loaded = load_docx(docx(body, styles))
    assert [s.label for s in loaded.sections] == ["One", "One › Two", "One › Two › Three"]
    assert loaded.known.title == "One"


def test_lists_are_marked_by_their_format_and_counted() -> None:
    def item(words: str, list_id: int, level: int = 0) -> str:
        mark = f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{list_id}"/></w:numPr>'
        return f"<w:p><w:pPr>{mark}</w:pPr>{run(words)}</w:p>"

    levels = "".join(
        f'<w:lvl w:ilvl="{n}"><w:numFmt w:val="{f}"/></w:lvl>' for n, f in enumerate(["decimal", "lowerLetter"])
    )
    numbering = part(
        "numbering",
        f'<w:abstractNum w:abstractNumId="7">{levels}</w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>',
    )
    body = item("a", 1) + item("b", 1, 1) + item("c", 1) + item("d", 1, 1) + item("no item", 0) + item("unknown", 9)
    assert load_docx(docx(body, numbering)).text == "1. a\n1. b\n2. c\n1. d\n\nno item\n\n- unknown"


def test_the_second_form_of_a_drawing_is_not_read_twice() -> None:
    space = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    box = f"<w:txbxContent>{paragraph('Boxed')}</w:txbxContent>"
    body = (
        f"<w:p>{run('Anchor')}<w:r><mc:AlternateContent {space}><mc:Choice>{box}</mc:Choice>"
        f"<mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    assert load_docx(docx(body)).text.count("Boxed") == 1
