"""Bytes become the characters that were meant, or the doubt is said."""

from __future__ import annotations

import pytest

from rag.loaders.characters import cleaned, decode, joint


@pytest.mark.parametrize(
    ("text", "encoding", "name"),
    [
        ("Le café de la “Place” coûte 5 € à l’entrée.", "cp1252", "CP1252"),
        ("Příliš žluťoučký kůň úpěl ďábelské ódy.", "cp1250", "CP1250"),
        ("Добрый день, город.", "cp1251", "CP1251"),
        ("港灣館位於舊碼頭，第一天共有八百人參觀。", "big5", "BIG5HKSCS"),
        ("港湾馆位于旧码头，第一天共有八百人参观。", "gb18030", "GB18030"),
        ("東京の会場には多くの人が来ました。", "shift_jis", "SHIFT-JIS"),
        ("Windows writes “Unicode”.", "utf-16", "UTF-16"),
        ("Rare.", "utf-32", "UTF-32"),
    ],
)
def test_other_encodings_are_told_and_noted(text: str, encoding: str, name: str) -> None:
    found, notes = decode(text.encode(encoding))
    assert found == text
    assert [(note.code, name in note.message) for note in notes] == [("encoding", True)]


def test_what_a_file_declares_is_no_doubt() -> None:
    assert decode("café".encode("cp1250"), declared="windows-1250") == ("café", ())
    assert decode("café".encode(), declared="windows-1250") == ("café", ())
    assert decode("café".encode(), declared="no-such-encoding") == ("café", ())


def test_made_texts_hold_no_controls() -> None:
    assert cleaned(" a\0b\ud800c\u00adx\ufeff\n\t d\u00a0e ") == "a b cx d e"


def test_chinese_needs_no_blank_between_its_pieces() -> None:
    assert [joint(a, b) for a, b in [("港", "灣"), ("頭，", "第"), ("a", "b"), ("港", "b")]] == ["", "", " ", " "]
