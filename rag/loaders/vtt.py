"""WebVTT (`.vtt`): cues with their times, `<v Name>` as the speaker; styles, regions and notes are no text.

Source: https://www.w3.org/TR/webvtt1/ §4. Non-scope: positions and styling of cues.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from rag.errors import LoaderError
from rag.loaders.captions import Cue, seconds, transcript
from rag.loaders.characters import decode
from rag.loaders.loaded import Loaded

ARROW = "-->"
_TAG = re.compile(r"<[^<>]*>")
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?[ \t]+([^<>]+)>")
_NO_CUE = re.compile(r"(NOTE|STYLE|REGION)(?=\s|$)")


def load_vtt(raw: bytes) -> Loaded:
    """Raises: LoaderError."""
    text, notes = decode(raw)
    header = text.split("\n", 1)[0].rstrip("\r")
    if header.split(" ")[0].split("\t")[0] != "WEBVTT":
        raise LoaderError("its first line is not WEBVTT; name a SubRip file .srt", code="type_mismatch")
    return transcript(_cues(text), notes)


def blocks(text: str) -> Iterator[list[str]]:
    """Runs of lines without an empty one, in one pass."""
    lines: list[str] = []
    for line in re.split(r"\r\n|\r|\n", text):
        if line.strip():
            lines.append(line)
        elif lines:
            yield lines
            lines = []
    if lines:
        yield lines


def _cues(text: str) -> Iterator[Cue]:
    for number, lines in enumerate(blocks(text)):
        timing = next((i for i, line in enumerate(lines[:2]) if ARROW in line), None)
        if timing is None:
            if number == 0 or _NO_CUE.match(lines[0]):
                continue
            yield Cue(None, None, plain(" ".join(lines)))
            continue
        yield from _spoken(seconds(lines[timing].partition(ARROW)[0]), "\n".join(lines[timing + 1 :]))


def _spoken(start_s: float | None, payload: str) -> Iterator[Cue]:
    """One cue for each voice in the payload."""
    speaker: str | None = None
    position = 0
    for voice in _VOICE.finditer(payload):
        yield Cue(start_s, speaker, plain(payload[position : voice.start()]))
        speaker, position = plain(voice[1]), voice.end()
    yield Cue(start_s, speaker, plain(payload[position:]))


def plain(markup: str) -> str:
    """Words without tags, with character references resolved."""
    return html.unescape(_TAG.sub("", markup))
