"""What is known about a document: who may say it, and what is refused."""

from __future__ import annotations

import pytest

from rag.errors import LoaderError
from rag.loaders.markdown import load_markdown
from rag.loaders.metadata import MAX_VALUE_CHARS, Known, combined, found, front_matter, parse_sidecar


def test_the_sidecar_comes_before_the_file() -> None:
    metadata = combined(Known(title="S", speaker="Ko"), Known(title="F", author="Li"), "name")
    assert (metadata.title, metadata.speaker, metadata.author, metadata.source) == ("S", "Ko", "Li", None)
    assert combined(Known(), Known(), "name").title == "name"


def test_a_sidecar_names_speaker_and_recording() -> None:
    known = parse_sidecar(b'speaker = "Ko"\nmedia = "https://youtu.be/abc"')
    assert known == Known(speaker="Ko", media="https://youtu.be/abc")


def test_what_a_file_says_is_used_only_where_it_can_be() -> None:
    said = {
        "title": " A\n title ",
        "author": "x" * (MAX_VALUE_CHARS + 1),
        "published": "yesterday",
        "source": "/relative",
    }
    assert found(said) == Known(title="A title")
    assert found({"title": "a\0b", "source": "https://example.org/1"}) == Known(source="https://example.org/1")


def test_front_matter_is_metadata_and_not_text() -> None:
    loaded = load_markdown(
        b"---\r\ntitle: 'A: B'\r\npublished: 2021-03-25\r\ntags:\r\n  - x\r\n---\r\n# Heading\r\nText."
    )
    assert loaded.text == "# Heading\r\nText."
    assert (loaded.known.title, loaded.known.published) == ("A: B", "2021-03-25")
    assert [note.message for note in loaded.notes] == ["of its front matter was not used: tags"]
    assert loaded.sections[0].span.of(loaded.text) == loaded.text


@pytest.mark.parametrize(
    "text",
    [
        "---\nJust a rule.\n---\nText.",
        "---\ntitle: never closed\n" + "line\n" * 100,
        "text\n---\ntitle: T\n---\n",
        "--- \n",
    ],
)
def test_rules_are_no_front_matter(text: str) -> None:
    assert front_matter(text) == (Known(), (), 0)
    assert load_markdown(text.encode()).text == text


@pytest.mark.parametrize(
    ("front", "key"), [("source: javascript:x", "source"), ("published: March", "published"), ("title:", "title")]
)
def test_bad_front_matter_is_refused_by_key(front: str, key: str) -> None:
    with pytest.raises(LoaderError, match=f"{key} in its front matter"):
        load_markdown(f"---\n{front}\n---\nText.".encode())


def test_nothing_but_front_matter_is_empty() -> None:
    with pytest.raises(LoaderError) as refusal:
        load_markdown(b"---\ntitle: T\n---\n")
    assert refusal.value.code == "empty"
