"""Cues become running text in which every sentence knows its time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.loaders.captions import SECTION_S, Cue, seconds, transcript
from rag.loaders.loaded import Loaded
from rag.loaders.srt import load_srt
from rag.loaders.vtt import load_vtt


def vtt(*cues: str) -> Loaded:
    return load_vtt("\n\n".join(["WEBVTT", *cues]).encode())


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("00:00.000", 0.0),
        ("02:03,5", 123.5),
        ("01:02:03.250", 3723.25),
        ("100:00:00.000", 360_000.0),
        ("100:00:01.000", None),
        ("1:60:00.000", None),
        ("12", None),
        ("-1:00.000", None),
    ],
)
def test_times_are_seconds(time: str, expected: float | None) -> None:
    assert seconds(time) == expected


def test_sentences_span_cues_and_speakers_open_their_turns() -> None:
    loaded = vtt(
        "00:01.000 --> 00:02.000\n<v Ko>One",
        "00:02.000 --> 00:03.000\n<v Ko>sentence.",
        "00:03.000 --> 00:04.000\n<v Li>Another",
        "00:04.000 --> 00:05.000\none.",
    )
    assert loaded.text == "Ko: One sentence.\n\nLi: Another one."
    assert [(loaded.text[m.start :].split()[0], m.time_s) for m in loaded.times] == [
        ("Ko:", 1.0),
        ("sentence.", 2.0),
        ("Li:", 3.0),
        ("one.", 4.0),
    ]


def test_two_voices_in_one_cue_are_two_turns() -> None:
    assert vtt("00:01.000 --> 00:02.000\n<v Ko>Ready?</v>\n<v Li>Yes.").text == "Ko: Ready?\n\nLi: Yes."


def test_chinese_cues_are_joined_without_a_blank() -> None:
    assert vtt("00:01.000 --> 00:02.000\n港灣館位於", "00:02.000 --> 00:03.000\n舊碼頭。").text == "港灣館位於舊碼頭。"


def test_rolling_captions_say_a_line_once() -> None:
    assert vtt("00:01.000 --> 00:02.000\nHello.", "00:02.000 --> 00:03.000\nHello.").text == "Hello."


def test_words_with_bad_times_are_kept_and_reported() -> None:
    loaded = vtt("00:05.000 --> 00:06.000\nOne.", "xx --> yy\nTwo.", "00:01.000 --> 00:02.000\nThree.")
    assert loaded.text == "One. Two. Three."
    assert [mark.time_s for mark in loaded.times] == [5.0]
    assert [(note.code, "2 cues" in note.message) for note in loaded.notes] == [("bad_times", True)]


def test_a_transcript_without_any_time_has_no_section() -> None:
    loaded = load_srt(b"1\nxx --> yy\nWords.\n")
    assert (loaded.text, loaded.sections, loaded.times) == ("Words.", (), ())


def test_sections_are_minutes_long_and_start_between_sentences() -> None:
    loaded = transcript([Cue(10.0 * n, None, "one sentence." if n % 2 else "Half of") for n in range(100)], ())
    assert [s.label for s in loaded.sections] == ["0:00", "5:00", "10:00", "15:00"]
    assert all(s.span.of(loaded.text).startswith("Half of") for s in loaded.sections)
    lengths = [
        b.time_s - a.time_s
        for a, b in zip(loaded.sections, loaded.sections[1:], strict=False)
        if a.time_s is not None and b.time_s
    ]
    assert min(lengths) >= SECTION_S


CUES = st.builds(
    Cue,
    st.one_of(st.none(), st.floats(0, 1000)),
    st.one_of(st.none(), st.sampled_from(["Ko", "Li", " "])),
    st.text(max_size=12),
)


@given(st.lists(CUES, max_size=30), st.just(Cue(1.0, None, "Words.")))
def test_marks_and_sections_always_fit_the_text(cues: list[Cue], last: Cue) -> None:
    loaded = transcript([*cues, last], ())
    starts = [mark.start for mark in loaded.times]
    assert starts == sorted(set(starts))
    assert all(not loaded.text[start].isspace() for start in starts)
    edges = [edge for s in loaded.sections for edge in (s.span.start, s.span.end)]
    assert edges == sorted(edges)
    assert not edges or edges[-1] == len(loaded.text)
    loaded.text.encode()


def test_one_wrong_time_costs_itself_alone() -> None:
    times = ("00:00:01.000", "99:00:00.000", "00:00:10.000", "00:10:10.000")
    cues = "".join(f"\n{time} --> {time}\nWords number {n}.\n" for n, time in enumerate(times))
    loaded = load_vtt(f"WEBVTT\n{cues}".encode())
    assert [mark.time_s for mark in loaded.times] == [1.0, 10.0, 610.0]
    assert "the times of 1 cues cannot be used" in loaded.notes[-1].message


def test_signs_of_comparison_are_words() -> None:
    assert load_srt(b"1\n00:00:01,000 --> 00:00:02,000\n<i>Five</i> 5 < 6 and 7 > 3.\n").text == "Five 5 < 6 and 7 > 3."
