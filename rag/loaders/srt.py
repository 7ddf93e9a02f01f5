"""SubRip (`.srt`): numbered cues with their times. The format has no speakers: `NAME:` is part of the words.

Non-scope: styling tags, which are dropped.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from rag.loaders.captions import Cue, seconds, transcript
from rag.loaders.characters import decode
from rag.loaders.loaded import Loaded
from rag.loaders.vtt import ARROW, blocks

_STYLE = re.compile(r"</?(?:b|i|u|s|font)\b[^<>]*>", re.I)  # other signs < and > are words of the speaker
_POSITION = re.compile(r"\{\\[^{}]*\}")  # {\an8}: where on the screen a line stands


def load_srt(raw: bytes) -> Loaded:
    """Raises: LoaderError."""
    text, notes = decode(raw)
    return transcript(_cues(text), notes)


def _cues(text: str) -> Iterator[Cue]:
    for lines in blocks(text):
        timing = next((i for i, line in enumerate(lines[:2]) if ARROW in line), None)
        start_s = None if timing is None else seconds(lines[timing].partition(ARROW)[0])
        spoken = "\n".join(lines if timing is None else lines[timing + 1 :])
        words = html.unescape(_STYLE.sub("", _POSITION.sub("", spoken)))
        yield Cue(start_s, None, words)
