"""Every file of the corpus folder becomes a document or a line that says why not."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from rag.errors import CorpusError
from rag.loaders.document import Read
from rag.loaders.files import MAX_FILE_BYTES
from rag.loaders.folder import Result, Skipped, Unchanged, read_folder
from rag.types import Document

Write = Callable[[Mapping[str, str | bytes]], Path]


def read(folder: Path) -> dict[str, Document | Result]:
    """Documents as such, whatever else as it comes."""
    return {path: item.document if isinstance(item, Read) else item for path, item in read_folder(folder)}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b" \n\xc2\xa0", "empty"),
        (b"caf\xe9\x01", "encoding"),
        (b"MZ\x00\x00", "type_mismatch"),
    ],
)
def test_a_bad_file_is_skipped_alone(write_corpus: Write, content: bytes, code: str) -> None:
    found = read(write_corpus({"bad.txt": content, "good.txt": "Good."}))
    bad = found["bad.txt"]
    assert isinstance(bad, Skipped)
    assert bad.code == code
    assert isinstance(found["good.txt"], Document)


def test_a_byte_order_mark_is_no_character(write_corpus: Write) -> None:
    document = read(write_corpus({"a.txt": b"\xef\xbb\xbfText."}))["a.txt"]
    assert isinstance(document, Document)
    assert document.text == "Text."


def test_line_ends_and_odd_spaces_are_kept(write_corpus: Write) -> None:
    text = "a\r\nb\u00a0c\u2028d\n"
    document = read(write_corpus({"a.txt": text}))["a.txt"]
    assert isinstance(document, Document)
    assert document.text == text


def test_metadata_comes_from_the_sidecar(write_corpus: Write) -> None:
    sidecar = 'title = "T"\nsource = "https://example.org/1"\npublished = "2021-03"\n'
    found = read(write_corpus({"a.md": "# Heading\n", "a.md.toml": sidecar, "b.md": "# Heading\n", "c.txt": "x"}))
    titles = {path: d.metadata.title for path, d in found.items() if isinstance(d, Document)}
    assert titles == {"a.md": "T", "b.md": "Heading", "c.txt": "c"}
    document = found["a.md"]
    assert isinstance(document, Document)
    assert (document.metadata.source, document.metadata.published) == ("https://example.org/1", "2021-03")
    assert document.metadata.publisher is None


@pytest.mark.parametrize(
    "sidecar",
    [
        "title = " + "[" * 20_000,
        "title = " + "1" * 5_000,
        "#" * 70_000,
        "title = ",
        'titel = "T"',
        "title = 3",
        'source = "javascript:alert(1)"',
        'published = "March"',
        b"\xff",
    ],
)
def test_a_bad_sidecar_skips_its_document_with_the_reason(write_corpus: Write, sidecar: str | bytes) -> None:
    found = read(write_corpus({"a.txt": "x", "a.txt.toml": sidecar}))["a.txt"]
    assert isinstance(found, Skipped)
    assert found.code == "metadata"


def test_a_changed_sidecar_changes_the_document(write_corpus: Write) -> None:
    before = read(write_corpus({"a.txt": "x"}))["a.txt"]
    after = read(write_corpus({"a.txt.toml": 'title = "T"'}))["a.txt"]
    assert isinstance(before, Document)
    assert isinstance(after, Document)
    assert before.sha256 != after.sha256


def test_links_pipes_and_other_types_are_not_read(write_corpus: Write, tmp_path: Path) -> None:
    folder = write_corpus({"a.txt": "x", "b.xyz": "x", "README.md": "about", ".hidden.txt": "x"})
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    (folder / "link.txt").symlink_to(secret)
    os.mkfifo(folder / "pipe.txt")
    found = read(folder)
    codes = {path: item.code for path, item in found.items() if isinstance(item, Skipped)}
    assert codes == {"b.xyz": "unsupported", "link.txt": "not_regular_file", "pipe.txt": "not_regular_file"}
    assert sorted(found) == ["a.txt", "b.xyz", "link.txt", "pipe.txt"]


def test_odd_names_are_names(write_corpus: Write) -> None:
    found = read(
        write_corpus({"line\nbreak.txt": "x", "台北　峰會.txt": "x", "a\u00a0b.txt": "x", "x" * 251 + ".txt": "x"})
    )
    titles = {item.metadata.title for item in found.values() if isinstance(item, Document)}
    assert titles == {"line break", "台北 峰會", "a b", "x" * 251}


def test_names_links_and_stray_metadata_are_reported(write_corpus: Write, tmp_path: Path) -> None:
    folder = write_corpus({"a.txt": "x", "gone.txt.toml": 'title = "T"', "a.toml": 'title = "T"'})
    with open(os.fsencode(folder) + b"/bad\xff.txt", "wb") as file:
        file.write(b"x")
    (tmp_path / "elsewhere").mkdir()
    (folder / "linked").symlink_to(tmp_path / "elsewhere")
    codes = {path: item.code for path, item in read(folder).items() if isinstance(item, Skipped)}
    assert codes == {
        "gone.txt.toml": "orphan_metadata",
        "a.toml": "orphan_metadata",
        "bad\udcff.txt": "bad_name",
        "linked": "not_regular_file",
    }


def test_a_giant_file_is_not_read(write_corpus: Write) -> None:
    folder = write_corpus({"a.txt": "x"})
    with (folder / "b.txt").open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    giant = read(folder)["b.txt"]
    assert isinstance(giant, Skipped)
    assert giant.code == "too_large"


def test_two_files_never_share_an_id(write_corpus: Write) -> None:
    found = read(write_corpus({"a b.txt": "x", "a-b.txt": "y"}))
    codes = [item.code for item in found.values() if isinstance(item, Skipped)]
    assert codes == ["duplicate_id"]


def test_a_missing_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="RAG_CORPUS_DIR"):
        read(tmp_path / "nowhere")


def test_a_known_document_is_hashed_and_not_loaded(write_corpus: Write) -> None:
    files = {"a.txt": "x", "b.txt": "x"}
    first = {path: d for path, d in read(write_corpus(files)).items() if isinstance(d, Document)}
    known = {"a": first["a.txt"].sha256, "b": "of another content"}
    found = dict(read_folder(write_corpus(files), known))
    assert found["a.txt"] == Unchanged("a", first["a.txt"].sha256)
    assert isinstance(found["b.txt"], Read)
    changed = dict(read_folder(write_corpus({"a.txt.toml": 'title = "T"'}), known))
    assert isinstance(changed["a.txt"], Read)


def test_results_come_in_the_order_of_their_paths(write_corpus: Write) -> None:
    names = [f"{number:02}.{suffix}" for number in range(12) for suffix in ("md", "txt")]
    sizes = {name: "word " * (50_000 if name.endswith("md") else 1) for name in names}
    assert [path for path, _ in read_folder(write_corpus(sizes))] == names


def test_notes_travel_with_their_document(write_corpus: Write) -> None:
    found = dict(read_folder(write_corpus({"a.txt": "Le café est à côté.".encode("cp1252")})))["a.txt"]
    assert isinstance(found, Read)
    assert found.document.text == "Le café est à côté."
    assert [note.code for note in found.notes] == ["encoding"]
