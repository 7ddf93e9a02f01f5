"""Takes a question apart that asks several things, so that each is answered, or refused, by itself.

Pattern rules for English. Non-scope: follow-ups (`rag/memory.py`).
"""

from __future__ import annotations

import re

from rag.lexical import tokenize

_ASKING = (
    r"(?:who|whom|whose|what|when|where|which|why|how|did|does|do|is|are|was|were|has|have|had|can|could|will|would)\b"
)
_JOINT = re.compile(rf"(?<=\?)\s+(?=\w)|,?(?<!\s)\s+(?:and|but)\s+(?:also\s+)?(?={_ASKING})", re.IGNORECASE)
MAX_PARTS = 4


def parts_of(question: str) -> tuple[str, ...]:
    """The questions inside a question, in order; itself where it asks one thing."""
    parts = [part.strip() for part in _JOINT.split(question)]
    asks = [re.match(_ASKING, part, re.IGNORECASE) is not None and len(tokenize(part)) > 0 for part in parts]
    return tuple(parts) if 1 < len(parts) <= MAX_PARTS and all(asks) else (question,)
