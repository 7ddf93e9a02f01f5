"""A citation leads to its place where it was published."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answer import Answerer
from rag.check import make_question
from rag.links import deep_link, media_url, text_fragment_url
from rag.types import Citation, Section, Span
from rag.wire import answer_wire
from tests.conftest import ROOT

PAGE = "https://example.org/n"


def citation(quote: str, source: str | None, media: str | None = None, section: Section | None = None) -> Citation:
    return Citation(1, "d", "T", Span(0, len(quote)), quote, "d:0-1", None, section, source, media)


def at(time_s: float) -> Section:
    return Section(Span(0, 1), "12:31", time_s=time_s)


@pytest.mark.parametrize(
    ("media", "link"),
    [
        ("https://www.youtube.com/watch?v=abc", "https://www.youtube.com/watch?v=abc&t=751s"),
        ("https://youtu.be/abc", "https://youtu.be/abc?t=751s"),
        ("https://youtu.be/abc?t=5&si=x", "https://youtu.be/abc?si=x&t=751s"),
        ("https://m.youtube.com/live/abc?feature=share", "https://m.youtube.com/live/abc?feature=share&t=751s"),
        ("https://example.org/talk.mp4#top", "https://example.org/talk.mp4#t=751"),
        ("https://notyoutube.com/a", "https://notyoutube.com/a#t=751"),
    ],
)
def test_a_recording_is_opened_at_its_time(media: str, link: str) -> None:
    assert media_url(media, 751.9) == link
    assert deep_link(citation("Words.", PAGE, media, at(751.9))) == link


def test_a_page_a_phrase_or_nothing() -> None:
    page = Section(Span(0, 1), "Page 3", page=3)
    assert deep_link(citation("Words.", "https://example.org/Report.PDF#top", None, page)) == (
        "https://example.org/Report.PDF#page=3"
    )
    assert deep_link(citation("Words.", PAGE, None, page)) == f"{PAGE}#:~:text=Words."
    assert deep_link(citation("Words.", PAGE, "https://youtu.be/abc", None)) == f"{PAGE}#:~:text=Words."
    assert deep_link(citation("Words.", None, "https://youtu.be/abc", page)) is None


@pytest.mark.parametrize(
    ("quote", "fragment"),
    [
        ("Opened, at last – a tie-up & more", "Opened%2C%20at%20last%20%E2%80%93%20a%20tie%2Dup%20%26%20more"),
        ("市長出席。", "%E5%B8%82%E9%95%B7%E5%87%BA%E5%B8%AD%E3%80%82"),
        (" ".join("abcdefghijklmn"), "a%20b%20c%20d%20e%20f,i%20j%20k%20l%20m%20n"),
    ],
)
def test_text_fragments_are_whole_encoded_phrases(quote: str, fragment: str) -> None:
    assert text_fragment_url(f"{PAGE}#top", quote) == f"{PAGE}#:~:text={fragment}"


def ends(quote: str) -> list[str]:
    return [unquote(end) for end in text_fragment_url(PAGE, quote).partition("#:~:text=")[2].split(",")]


@pytest.mark.parametrize(
    ("quote", "first", "last"),
    [
        (
            "臺北市政府於三月舉辦智慧城市高峰會，邀請來自各國的市長參加論壇，兩場會議共有二百六十四人報名。",
            "臺北市政府於三月舉辦智慧城市高峰會，",
            "兩場會議共有二百六十四人報名。",
        ),
        (
            "一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十",
            "一二三四五六七八九十",
            "一二三四五六七八九十",
        ),
        (
            "2021 Smart City 高峰會在台北舉行，並由 3 位市長共同主持開幕式，吸引了大批來自世界各地的觀眾。",
            "2021 Smart City 高峰會在台北舉行，",
            "吸引了大批來自世界各地的觀眾。",
        ),
    ],
)
def test_chinese_phrases_end_at_punctuation(quote: str, first: str, last: str) -> None:
    assert ends(quote) == [first, last]


@given(st.text(alphabet="ab市長，。 -,&\n", min_size=1, max_size=120).filter(str.strip))
def test_phrases_are_the_two_ends_of_the_quote(quote: str) -> None:
    words = " ".join(quote.split())
    phrases = ends(quote)
    assert words.startswith(phrases[0])
    assert words.endswith(phrases[-1])
    assert sum(map(len, phrases)) <= len(words)
    assert not re.search("[-&]", text_fragment_url(PAGE, quote).partition(":~:text=")[2])


def test_an_answer_from_captions_opens_the_recording_at_its_sentence(
    open_corpus: Callable[[Mapping[str, str | bytes]], Answerer],
) -> None:
    captions = (ROOT / "tests" / "files" / "sample.vtt").read_bytes()
    answerer = open_corpus({"talk.vtt": captions, "talk.vtt.toml": 'media = "https://youtu.be/abc"'})
    wire = answer_wire(answerer.answer(make_question("How often does the electric ferry cross the harbour a day?")))
    first = wire["citations"][0]
    assert first["quote"] == "Jun Ito: The electric ferry crosses the harbour 64 times a day."
    assert first["section"] == {"label": "12:31", "page": None, "time_s": 751.0}
    assert first["source_url"] == "https://youtu.be/abc?t=751s"
