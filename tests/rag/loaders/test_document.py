"""One file's bytes to one document: names, ids, hashes, metadata."""

from __future__ import annotations

import pytest

from rag.errors import LoaderError
from rag.loaders.document import MAX_ID_CHARS, MAX_NAME_BYTES, document_id, load_bytes, suffix_of
from rag.loaders.files import MAX_FILE_BYTES


def test_bytes_become_a_document_with_its_sidecar() -> None:
    read = load_bytes("Day 1.MD", b"# Heading\n\nWords.", b'speaker = "Ko"\nmedia = "https://example.org/a.mp4"\n')
    known = read.document.metadata
    assert (read.document.id, known.title, known.speaker) == ("day-1", "Heading", "Ko")
    assert known.media == "https://example.org/a.mp4"
    assert read.notes == ()


@pytest.mark.parametrize(
    "name", ["../a.txt", "a/b.txt", "a\\b.txt", "C:a.txt", ".a.txt", "a\n.txt", "x" * 250 + ".txt", ""]
)
def test_only_a_plain_name_arrives_over_the_network(name: str) -> None:
    with pytest.raises(LoaderError) as refusal:
        load_bytes(name, b"Words.")
    assert refusal.value.code in ("bad_name", "unsupported")


def test_the_longest_name_leaves_room_for_its_sidecar() -> None:
    name = "x" * (MAX_NAME_BYTES - 4) + ".txt"
    assert len(load_bytes(name, b"Words.").document.id) <= MAX_ID_CHARS


def test_a_giant_upload_is_refused() -> None:
    with pytest.raises(LoaderError) as refusal:
        load_bytes("a.pdf", bytes(MAX_FILE_BYTES + 1))
    assert refusal.value.code == "too_large"


@pytest.mark.parametrize(("path", "suffix"), [("a/b.PDF", ".pdf"), ("a.b/c", ""), ("a/.txt", ""), ("a.tar.gz", ".gz")])
def test_the_suffix_is_that_of_the_name(path: str, suffix: str) -> None:
    assert suffix_of(path) == suffix


@pytest.mark.parametrize(
    ("path", "id_"),
    [
        ("2021-Smart City.txt", "2021-smart-city"),
        ("Press releases/Day 1.v2.md", "press-releases-day-1.v2"),
        ("市長/新聞.txt", "市長-新聞"),
        ("???.txt", "document"),
    ],
)
def test_ids_are_readable(path: str, id_: str) -> None:
    assert document_id(path) == id_


def test_long_names_give_short_distinct_ids() -> None:
    ids = {document_id("x" * 300 + f"{n}.txt") for n in range(3)}
    assert len(ids) == 3
    assert all(len(i) <= MAX_ID_CHARS for i in ids)
