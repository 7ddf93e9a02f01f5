"""Headings become labelled sections; the text stays the file's own characters."""

from __future__ import annotations

from rag.loaders.headings import MAX_LABEL_CHARS
from rag.loaders.markdown import load_markdown

NEEDLE = (
    "# Summit\r\nIntro.\n\n## Day 1 ##\nOpening.\n\n"
    "```\n# not a heading\n```\n### Speakers\nKo.\n## Day 2\nClosing é.\n"
)


def test_sections_are_labelled_by_their_path() -> None:
    loaded = load_markdown(NEEDLE.encode())
    assert loaded.text == NEEDLE
    assert loaded.known.title == "Summit"
    assert [s.label for s in loaded.sections] == [
        "Summit",
        "Summit › Day 1",
        "Summit › Day 1 › Speakers",
        "Summit › Day 2",
    ]
    bodies = [s.span.of(loaded.text) for s in loaded.sections]
    assert bodies[1].startswith("## Day 1 ##")
    assert "# not a heading" in bodies[1]
    assert bodies[3] == "## Day 2\nClosing é.\n"
    assert "".join(bodies) == NEEDLE


def test_headings_are_read_in_one_pass_and_kept_short() -> None:
    text = "# a" + " " * 100_000 + "b\n\n## " + "long " * 1000 + "\n\n## C# ##\n\n##\n"
    labels = [s.label for s in load_markdown(text.encode()).sections]
    assert labels[0].startswith("a ")
    assert all(len(label) <= 3 * (MAX_LABEL_CHARS + 3) for label in labels)
    assert labels[2].endswith("› C#")


def test_a_file_without_headings_has_no_section() -> None:
    loaded = load_markdown(b"#hashtag is no heading\n\nText.")
    assert loaded.sections == ()
    assert loaded.known.title is None
