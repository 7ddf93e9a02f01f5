"""Cues of a recording to running text: sentences span cues, speakers open their turns, times stay beside the text.

Every cue leaves a time mark at its first character; sections are stretches of some minutes, so that a
passage is not cut at every cue. Non-scope: the syntax of cues (`vtt`, `srt`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from rag.errors import LoaderError
from rag.loaders.characters import cleaned, joint
from rag.loaders.headings import Draft
from rag.loaders.loaded import Loaded, Note
from rag.types import Section, Span, TimeMark, clock

MAX_CUES = 100_000  # a day of speech has about 30,000
SECTION_S = 300.0  # five minutes: a chapter that a person can scan, far longer than a passage
MAX_TIME_S = 360_000.0  # a recording of more than 100 hours is a wrong time

_TIME = re.compile(r"(?:(\d{1,4}):)?([0-5]?\d):([0-5]?\d)[.,](\d{1,3})")
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’」』)]*$")


@dataclass(frozen=True, slots=True)
class Cue:
    start_s: float | None  # None where the file's time cannot be read
    speaker: str | None
    words: str


def seconds(time: str) -> float | None:
    """`01:02:03.500` or `02:03,5` → 3723.5; None for anything else."""
    match = _TIME.fullmatch(time.strip())
    if not match:
        return None
    hours, minutes, whole, fraction = match.groups()
    time_s = int(hours or 0) * 3600 + int(minutes) * 60 + int(whole) + int(fraction.ljust(3, "0")) / 1000
    return time_s if time_s <= MAX_TIME_S else None


def transcript(cues: Iterable[Cue], notes: tuple[Note, ...]) -> Loaded:
    """Raises: LoaderError (parse_limit | no_text)."""
    draft = Draft()
    marks: list[TimeMark] = []
    chapters: list[TimeMark] = []
    speaker: str | None = None
    previous = ""
    untimed = 0
    for cue in _credible(_readable(cues)):
        turn = bool(cue.speaker) and cue.speaker != speaker
        speaker = cue.speaker or speaker
        # Times that go back belong to another track or are wrong; the text is kept where it stands.
        time_s = cue.start_s if cue.start_s is not None and (not marks or cue.start_s >= marks[-1].time_s) else None
        untimed += time_s is None
        chapter = time_s is not None and _opens_chapter(time_s, chapters, turn or bool(_SENTENCE_END.search(previous)))
        gap = "\n\n" if turn or chapter else joint(previous or " ", cue.words)
        start = draft.block(f"{cue.speaker}: {cue.words}" if turn else cue.words, gap)
        if time_s is not None:
            marks.append(TimeMark(start, time_s))
            if chapter:
                chapters.append(marks[-1])
        previous = cue.words
    if not draft:
        raise LoaderError("it holds no words; remove it or put the captions in", code="no_text")
    if untimed:
        notes += (Note("bad_times", f"the times of {untimed} cues cannot be used; their words were kept"),)
    return Loaded(draft.text(), _sections(chapters, len(draft)), tuple(marks), notes=notes)


def _readable(cues: Iterable[Cue]) -> Iterator[Cue]:
    """Cues with words, without the repetition that rolling captions show."""
    shown = ""
    for number, cue in enumerate(cues):
        if number == MAX_CUES:
            raise LoaderError(f"it has more than {MAX_CUES:,} cues; split it", code="parse_limit")
        words = cleaned(cue.words)
        if words and words != shown:
            yield Cue(cue.start_s, cleaned(cue.speaker or "") or None, words)
        shown = words or shown


def _credible(cues: Iterable[Cue]) -> Iterator[Cue]:
    """Without a time that jumps ahead and that the next one takes back: a wrong time costs itself alone."""
    waiting: Cue | None = None
    last_s = 0.0
    for cue in cues:
        if waiting:
            if waiting.start_s is not None and cue.start_s is not None and last_s <= cue.start_s < waiting.start_s:
                waiting = replace(waiting, start_s=None)
            yield waiting
            last_s = last_s if waiting.start_s is None else waiting.start_s
        waiting = cue
    if waiting:
        yield waiting


def _opens_chapter(time_s: float, chapters: list[TimeMark], between_sentences: bool) -> bool:
    return not chapters or (between_sentences and time_s >= chapters[-1].time_s + SECTION_S)


def _sections(chapters: list[TimeMark], end: int) -> tuple[Section, ...]:
    """From each chapter's first character to the next chapter, labelled by the time at which it starts."""
    return tuple(
        Section(Span(chapter.start, following.start), clock(chapter.time_s), time_s=chapter.time_s)
        for chapter, following in pairwise([*chapters, TimeMark(end, 0.0)])
    )
