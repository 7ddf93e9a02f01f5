"""Files that attack their reader fail alone, each with its reason; the files beside them are read."""

from __future__ import annotations

import random
import resource
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from rag.errors import LoaderError
from rag.loaders.document import Read, load_bytes
from rag.loaders.folder import Skipped, read_folder
from tests.conftest import ROOT
from tests.hostile import CATALOG, MIB, archive, deflated, docx, paragraph, pdf, pdf_page

FILES = ROOT / "tests" / "files"
ENTITIES = '<!DOCTYPE x [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)
ENCRYPTED = b"/Encrypt << /Filter /Standard /V 1 /R 2 /O (%b) /U (%b) /P -4 >> /ID [(a) (a)]" % (b"x" * 32, b"x" * 32)
PAGES = b"<< /Type /Pages /Kids [%b] /Count %d >>"

HOSTILE: dict[str, tuple[str, Callable[[], bytes]]] = {
    "many-entries.docx": ("archive_limits", lambda: docx(paragraph("x"), {f"media/{n}": b"" for n in range(2001)})),
    "large.docx": ("archive_limits", lambda: docx("", {f"media/{n}": bytes(41 * MIB) for n in range(5)})),
    "large-entry.docx": ("archive_limits", lambda: docx(paragraph("x"), {"media/a": bytes(51 * MIB)})),
    "ratio.docx": ("archive_limits", lambda: docx(paragraph("x"), {"media/a": bytes(11 * MIB)})),
    "doctype.docx": ("xml_entities", lambda: docx(paragraph("x"), prolog="<!DOCTYPE x []>")),
    "outside.docx": (
        "xml_entities",
        lambda: docx(paragraph("&e;"), prolog='<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'),
    ),
    "laughs.docx": ("xml_entities", lambda: docx(paragraph("&i;"), prolog=ENTITIES + "]>")),
    "laughs-in-styles.docx": (
        "xml_entities",
        lambda: docx(paragraph("x"), {"word/styles.xml": (ENTITIES + "]><styles>&i;</styles>").encode()}),
    ),
    "deep.docx": ("parse_limit", lambda: docx("<w:p>" * 200 + "</w:p>" * 200)),
    "paragraphs.docx": ("parse_limit", lambda: docx("<w:p/>" * 1_000_000)),
    "cut.docx": ("corrupt", lambda: docx(paragraph("x"))[:-30]),
    "broken.docx": ("corrupt", lambda: docx("<w:p></w:r>")),
    "no-text.docx": ("no_text", lambda: docx("<w:p/>")),
    "another.docx": ("type_mismatch", lambda: archive({"xl/workbook.xml": b"<x/>"})),
    "encrypted.pdf": ("encrypted", lambda: pdf_page(b"BT ET", trailer=ENCRYPTED)),
    "pictures.pdf": ("no_text", lambda: pdf_page(b"")),
    "flate.pdf": ("parse_limit", lambda: pdf_page(deflated(bytes(100 * MIB)), b"/Filter /FlateDecode")),
    "flate-twice.pdf": (
        "parse_limit",
        lambda: pdf_page(deflated(bytes(100 * MIB), 2), b"/Filter [/FlateDecode /FlateDecode]"),
    ),
    "loop.pdf": ("corrupt", lambda: pdf(CATALOG, PAGES % (b"3 0 R", 2), PAGES % (b"2 0 R", 2))),
    "pages.pdf": ("parse_limit", lambda: pdf(CATALOG, PAGES % (b"3 0 R " * 1_000_000, 10**6), b"<< /Type /Page >>")),
    "cut.pdf": ("corrupt", lambda: pdf_page(b"BT /F 12 Tf (Words) Tj ET")[:-60]),
    "deep.html": ("parse_limit", lambda: b"<div>" * 513 + b"words" + b"</div>" * 513),
    "large.html": ("parse_limit", lambda: b"<p>words</p>" * MIB),
    "comments.html": ("parse_limit", lambda: b"<p>words</p>" + b"<!--" * 100_000),
    "attributes.html": ("parse_limit", lambda: b"<p " + b" ".join(b"a%d=1" % n for n in range(200_000)) + b">x</p>"),
    "hidden.html": ("no_text", lambda: b"<html><body><p hidden>Words</p></body></html>"),
    "large.vtt": ("parse_limit", lambda: b"WEBVTT\n\n00:01.000 --> 00:02.000\n" + b"x" * 20 * MIB),
    "cues.vtt": ("parse_limit", lambda: b"WEBVTT\n\n" + b"00:01.000 --> 00:02.000\nx\n\n" * 100_001),
    "cues.srt": ("parse_limit", lambda: b"1\n00:00:01,000 --> 00:00:02,000\nx\n\n" * 100_001),
    "no-header.vtt": ("type_mismatch", lambda: b"00:01.000 --> 00:02.000\nx\n"),
    "no-words.srt": ("no_text", lambda: b"1\n00:00:01,000 --> 00:00:02,000\n\n"),
    "no-pdf.pdf": ("type_mismatch", lambda: b"Just words."),
    "old-office.docx": ("type_mismatch", lambda: b"\xd0\xcf\x11\xe0" + bytes(512)),
    "picture.html": ("type_mismatch", lambda: b"\x89PNG\r\n\x1a\n" + bytes(64)),
    "nul.txt": ("type_mismatch", lambda: b"MZ\x00\x00"),
    "nothing.pdf": ("empty", lambda: b""),
    "noise.md": ("encoding", lambda: random.Random(1).randbytes(4096).replace(b"\0", b"\1")),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_in_words(name: str) -> None:
    code, make = HOSTILE[name]
    with pytest.raises(LoaderError) as refusal:
        load_bytes(name, make())
    assert refusal.value.code == code
    assert len(str(refusal.value)) < 250


@pytest.mark.parametrize("sign", [">", "[", "*", "`", "# "])
def test_markdown_signs_without_end_are_text(sign: str) -> None:
    assert load_bytes("a.md", (sign * 50_000).encode()).document.text == sign * 50_000


def test_names_inside_an_archive_are_never_paths() -> None:
    parts = {"../../evil.txt": b"x", "/etc/evil": b"x", "word/vbaProject.bin": b"x", "word/embeddings/a.bin": b"MZ"}
    assert load_bytes("a.docx", docx(paragraph("Words."), parts)).document.text == "Words."


def mutants(seed: int, count: int) -> dict[str, bytes]:
    """Samples with bytes changed, cut out, repeated or put in; the same for the same seed."""
    chance = random.Random(seed)
    samples = sorted(FILES.iterdir())
    found = {}
    for number in range(count):
        sample = samples[number % len(samples)]
        raw = bytearray(sample.read_bytes())
        for _ in range(chance.randint(1, 8)):
            start = chance.randrange(len(raw) + 1)
            end = min(len(raw), start + chance.choice([1, 1, 4, 60]))
            piece = chance.choice(
                [b"", b"\0", b"\xff\xfe", b"-->", b"<![CDATA[", b"9" * 30, bytes(raw[start:end]) * 40]
            )
            raw[start:end] = piece
        found[f"mutant-{number:03}{sample.suffix}"] = bytes(raw)
    return found


def test_three_hundred_bad_files_leave_the_good_ones_alone(
    write_corpus: Callable[[Mapping[str, str | bytes]], Path],
) -> None:
    slow = {"paragraphs.docx", "large.docx"}  # refused above; here they would only take time
    bad = {name: make() for name, (_, make) in HOSTILE.items() if name not in slow}
    odd = mutants(seed=21, count=300 - len(bad))
    good = {f"good-{path.suffix[1:]}{path.suffix}": path.read_bytes() for path in FILES.iterdir()}
    found = dict(read_folder(write_corpus({**bad, **odd, **good})))
    assert found.keys() == bad.keys() | odd.keys() | good.keys()
    read = {path: result.document for path, result in found.items() if isinstance(result, Read)}
    codes = {path: result.code for path, result in found.items() if isinstance(result, Skipped)}
    assert read.keys() | codes.keys() == found.keys()
    assert good.keys() <= read.keys()
    assert {path: codes[path] for path in bad} == {path: HOSTILE[path][0] for path in bad}
    for document in read.values():
        assert document.text.strip()
        document.text.encode()  # no lone surrogate
        assert all(0 <= s.span.start < s.span.end <= len(document.text) for s in document.sections)


def test_the_parent_keeps_its_own_limits() -> None:
    before = resource.getrlimit(resource.RLIMIT_AS), resource.getrlimit(resource.RLIMIT_CPU)
    load_bytes("a.txt", b"Words.")
    assert (resource.getrlimit(resource.RLIMIT_AS), resource.getrlimit(resource.RLIMIT_CPU)) == before
