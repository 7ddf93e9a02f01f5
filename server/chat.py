"""The request of OpenAI's chat completions as a question: the last message is asked, those before are its history.

Fields that mean nothing here (temperature, tools, …) are ignored, as are system messages: nothing that a client
sends can loosen what is quoted. Non-scope: the response (`server/completion.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from rag.check import MAX_HISTORY_CHARS, MAX_HISTORY_TURNS, MAX_QUESTION_CHARS, make_question, without_forbidden
from rag.types import Question, Turn
from server.completion import SourcesAs
from server.errors import ApiError

MODEL = "event-rag"  # alone: the best that is configured; with a mode behind a slash: that one

_LENIENT = ConfigDict(strict=True, extra="ignore")


class PartIn(BaseModel):
    """A part of a message; only those of text are read."""

    model_config = _LENIENT
    type: str
    text: str | None = None


class MessageIn(BaseModel):
    """One message."""

    model_config = _LENIENT
    role: str
    content: str | list[PartIn] | None = None

    @property
    def text(self) -> str:
        if isinstance(self.content, list):
            return "\n".join(part.text or "" for part in self.content if part.type == "text")
        return self.content or ""

    @property
    def is_text(self) -> bool:
        return not isinstance(self.content, list) or all(part.type == "text" for part in self.content)


class StreamOptions(BaseModel):
    """How to stream."""

    model_config = _LENIENT
    include_usage: bool | None = None


class ChatRequest(BaseModel):
    """The body of `POST /v1/chat/completions`; unknown fields are ignored."""

    model_config = _LENIENT
    messages: Annotated[list[MessageIn], Field(description="The last one, of the user, is the question.")]
    model: Annotated[str | None, Field(description="One of those of GET /v1/models; null: the first.")] = None
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    n: Literal[1] | None = None
    include_sources: Annotated[
        SourcesAs | None,
        Field(description="Quotes as official annotations, as source events of Open WebUI (in a stream), or not."),
    ] = None

    def to_question(self, mode: str) -> Question:
        """Raises: ApiError, QuestionError."""
        spoken = [message for message in self.messages if message.role in ("user", "assistant")]
        if not spoken or spoken[-1].role != "user":
            raise ApiError(400, "invalid_request", "The last message must be one of the user.", param="messages")
        if not spoken[-1].is_text:
            raise ApiError(400, "invalid_request", "Only text is read: the last message has more.", param="messages")
        return make_question(spoken[-1].text, history=_recent(spoken[:-1]), mode=mode)


def _recent(messages: Sequence[MessageIn]) -> list[Turn]:
    """The last turns that a question may carry: a client sends the whole conversation, however long."""
    turns: list[Turn] = []
    characters = 0
    for message in reversed(messages):
        text = without_forbidden(message.text)
        characters += len(text)
        too_long = message.role == "user" and len(text) > MAX_QUESTION_CHARS
        if too_long or characters > MAX_HISTORY_CHARS or len(turns) == MAX_HISTORY_TURNS:
            break
        turns.append(Turn(message.role, text))
    return turns[::-1]
