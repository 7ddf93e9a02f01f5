"""What may be asked: turns outside input into a `Question`, or raises `QuestionError`.

One gate for the server, the command line and the evaluation. Texts are checked, never repeated in errors.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from rag.errors import QuestionError
from rag.types import Mode, Question, Turn

MAX_QUESTION_CHARS = 4000
MAX_HISTORY_TURNS = 50  # far above any real conversation; bounds the work per request
MAX_HISTORY_CHARS = 40_000
MAX_DOCUMENTS = 1000
MAX_TOP_K = 50
LANGUAGES = ("auto", "en", "zh-Hant")

# Tab and line breaks are ordinary typing; every other C0 control and DEL is not, and SQLite and
# terminals misread them. Surrogates cannot be encoded as UTF-8 at all.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
# Invisible carriers of smuggled or reversed text: the tag block, variation selectors, zero-width
# characters, direction overrides.
INVISIBLE = re.compile(
    r"[\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f\ufe00-\ufe0f\U000e0100-\U000e01ef\u200b-\u200d\u2060\ufeff]"
)


def without_forbidden(text: str) -> str:
    """`text` without the characters that a question is refused for: of what was said before, the rest still counts."""
    return _FORBIDDEN.sub("", text)


def clean_text(text: str, *, param: str, max_chars: int) -> str:
    """`text` without invisible characters and outer white space.

    Raises: QuestionError (question_empty | question_too_long | invalid_characters).
    """
    if len(text) > max_chars:
        raise QuestionError(
            f"The {param} is longer than {max_chars} characters.", code="question_too_long", param=param
        )
    if _FORBIDDEN.search(text):
        raise QuestionError(
            f"The {param} holds control characters or broken Unicode.", code="invalid_characters", param=param
        )
    cleaned = INVISIBLE.sub("", text).strip()
    if not any(unicodedata.category(c)[0] in "LNSP" for c in cleaned):
        raise QuestionError(f"The {param} is empty.", code="question_empty", param=param)
    return cleaned


def make_question(
    text: str,
    *,
    history: Iterable[Turn] = (),
    documents: Iterable[str] | None = None,
    mode: str = "auto",
    top_k: int = 8,
    language: str = "auto",
    strict: bool = False,
) -> Question:
    """A checked question.

    Raises: QuestionError naming the field at fault.
    """
    turns = tuple(history)
    if len(turns) > MAX_HISTORY_TURNS or sum(len(t.content) for t in turns) > MAX_HISTORY_CHARS:
        raise QuestionError(
            f"The history is longer than {MAX_HISTORY_TURNS} turns or {MAX_HISTORY_CHARS} characters; "
            "send the last turns only.",
            code="history_too_long",
            param="history",
        )
    for turn in turns:
        if turn.role not in ("user", "assistant"):
            raise QuestionError("A turn's role is user or assistant.", code="invalid_request", param="history")
        if turn.role == "user" and len(turn.content) > MAX_QUESTION_CHARS:
            raise QuestionError(
                f"A user's turn is longer than {MAX_QUESTION_CHARS} characters.",
                code="history_too_long",
                param="history",
            )
        if _FORBIDDEN.search(turn.content):
            raise QuestionError(
                "The history holds control characters or broken Unicode.", code="invalid_characters", param="history"
            )
    if not 1 <= top_k <= MAX_TOP_K:
        raise QuestionError(f"top_k is between 1 and {MAX_TOP_K}.", code="invalid_request", param="top_k")
    if mode not in tuple(Mode):
        raise QuestionError(f"mode is one of {', '.join(Mode)}.", code="invalid_request", param="mode")
    if language not in LANGUAGES:
        raise QuestionError(f"language is one of {', '.join(LANGUAGES)}.", code="invalid_request", param="language")
    chosen = None if documents is None else frozenset(documents)
    if chosen is not None and not 1 <= len(chosen) <= MAX_DOCUMENTS:
        raise QuestionError(
            f"documents is null or a list of 1 to {MAX_DOCUMENTS} ids.", code="invalid_request", param="documents"
        )
    return Question(
        text=clean_text(text, param="question", max_chars=MAX_QUESTION_CHARS),
        history=tuple(Turn(turn.role, INVISIBLE.sub("", turn.content)) for turn in turns),
        documents=chosen,
        mode=Mode(mode),
        top_k=top_k,
        language=language,
        strict=strict,
    )
