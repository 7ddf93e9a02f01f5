"""The request and the bodies that are the server's own; those of answers and documents are in `rag/wire.py`.

The model checks types and names of fields; the values are checked by `rag/check.py`, the one gate.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import TypedDict

from rag.check import MAX_DOCUMENTS, MAX_HISTORY_TURNS, MAX_QUESTION_CHARS, MAX_TOP_K, clean_text, make_question
from rag.store import MAX_TITLE_CHARS
from rag.types import Question, Turn
from rag.wire import AnswerWire, DocumentWire, IndexWire, ModelsWire
from server.errors import ApiError, ErrorWire

MAX_COMMENT_CHARS = 2000

_STRICT = ConfigDict(strict=True, extra="forbid")


class TurnIn(BaseModel):
    """One earlier turn of the conversation."""

    model_config = _STRICT
    role: Literal["user", "assistant"]
    content: str


class AskRequest(BaseModel):
    """The body of `POST /ask`."""

    model_config = _STRICT
    # Lengths are documented here and checked in rag/check.py, which has a code for each.
    question: Annotated[str, Field(json_schema_extra={"minLength": 1, "maxLength": MAX_QUESTION_CHARS})]
    conversation_id: Annotated[
        str | None, Field(description="Earlier turns are taken from it, and the answer becomes its next one.")
    ] = None
    history: Annotated[
        list[TurnIn],
        Field(description="Earlier turns, oldest first.", json_schema_extra={"maxItems": MAX_HISTORY_TURNS}),
    ] = []
    documents: Annotated[
        list[str] | None,
        Field(description=f"Ids of the documents to search, 1 to {MAX_DOCUMENTS}; null = all."),
    ] = None
    mode: Literal["auto", "extractive", "llm"] = "auto"
    strict: Annotated[
        bool, Field(description="With mode llm: 502 or 504 where the language model fails, not the extractive answer.")
    ] = False
    top_k: Annotated[int, Field(ge=1, le=MAX_TOP_K, description="Passages considered.")] = 8
    language: Annotated[Literal["auto", "en", "zh-Hant"], Field(description="Of the frame around the quotes.")] = "auto"

    def to_question(self) -> Question:
        """Without the turns of the conversation. Raises: QuestionError, ApiError."""
        if self.conversation_id is not None and self.history:
            message = "conversation_id and history exclude each other: the conversation has its own history."
            raise ApiError(422, "invalid_request", message, param="history")
        return make_question(
            self.question,
            history=[Turn(turn.role, turn.content) for turn in self.history],
            documents=self.documents,
            mode=self.mode,
            strict=self.strict,
            top_k=self.top_k,
            language=self.language,
        )


class ConversationIn(BaseModel):
    """The body of `POST /conversations`."""

    model_config = _STRICT
    title: Annotated[str | None, Field(description="null: the first question becomes the title.")] = None
    answers: Annotated[
        list[str],
        Field(
            max_length=MAX_HISTORY_TURNS, description="Ids of answers that it begins with; unknown ones are left out."
        ),
    ] = []

    def cleaned(self) -> str | None:
        """Raises: QuestionError."""
        return None if self.title is None else clean_text(self.title, param="title", max_chars=MAX_TITLE_CHARS)


class RenameIn(BaseModel):
    """The body of `PATCH /conversations/{id}`."""

    model_config = _STRICT
    title: Annotated[str, Field(json_schema_extra={"minLength": 1, "maxLength": MAX_TITLE_CHARS})]

    def cleaned(self) -> str:
        """Raises: QuestionError."""
        return clean_text(self.title, param="title", max_chars=MAX_TITLE_CHARS)


class ExpectedIn(BaseModel):
    """Where the answer stands in a document of the present index: in code points, or by its words."""

    model_config = _STRICT
    document_id: str
    start: Annotated[int, Field(ge=0)] | None = None
    end: int | None = None
    quote: Annotated[
        str | None,
        Field(description="instead of start and end: words that stand there once; how they are spaced does not matter"),
    ] = None


class FeedbackIn(BaseModel):
    """The body of `POST /answers/{id}/feedback`."""

    model_config = _STRICT
    verdict: Literal["right", "wrong_answer", "wrong_evidence", "missing"]
    comment: Annotated[str, Field(json_schema_extra={"maxLength": MAX_COMMENT_CHARS})] = ""
    expected: ExpectedIn | None = None

    def cleaned_comment(self) -> str:
        """Raises: QuestionError."""
        if not self.comment.strip():
            return ""
        return clean_text(self.comment, param="comment", max_chars=MAX_COMMENT_CHARS)


class ConversationWire(TypedDict):
    """One line of `GET /conversations`. Times are UTC, ISO 8601 with microseconds."""

    id: str
    title: str | None
    created: str
    updated: str
    turns: int


class ConversationsWire(TypedDict):
    """`GET /conversations`, newest first."""

    conversations: list[ConversationWire]
    more: bool


class TurnWire(TypedDict):
    """A question of a conversation, with the whole body that `POST /ask` gave."""

    asked: str
    question: str
    answer: AnswerWire


class ConversationTurnsWire(TypedDict):
    """`GET /conversations/{id}`, with its turns, oldest first."""

    id: str
    title: str | None
    created: str
    updated: str
    turns: list[TurnWire]


class KeptAnswerWire(AnswerWire):
    """`GET /answers/{id}`."""

    source_changed: list[str]  # ids of documents that are gone, or no longer hold what is quoted where it stood


class CitingAnswerWire(TypedDict):
    """One line of `GET /answers`; `citation`: the number of the quote in it."""

    id: str
    question: str
    asked: str
    conversation_id: str | None
    citation: int


class CitingAnswersWire(TypedDict):
    """`GET /answers`, newest first."""

    answers: list[CitingAnswerWire]
    more: bool


class FeedbackWire(TypedDict):
    """`POST /answers/{id}/feedback`."""

    id: str


class SuggestionsWire(TypedDict):
    """`GET /suggestions`."""

    questions: list[str]


class DocumentsWire(TypedDict):
    """`GET /documents`, ordered by id."""

    documents: list[DocumentWire]


class StoredWire(TypedDict):
    """`PUT /documents/{name}`: what is stored now. `document_id` is its address once it is ingested."""

    name: str
    document_id: str
    bytes: int
    sha256: str  # of the bytes, in hex


class IngestStartedWire(TypedDict):
    """`POST /ingest`."""

    id: str
    status: Literal["running"]


class IngestLineWire(TypedDict):
    """What happened to one file; `code` and `message` say why one was skipped, `note` what is worth knowing."""

    path: str
    change: Literal["added", "changed", "unchanged", "removed", "skipped"]
    passages: int
    code: str | None
    message: str | None
    note: str | None


class IngestErrorWire(TypedDict):
    """Why a run failed; the old index then stays."""

    code: str
    message: str


class IngestWire(TypedDict):
    """`GET /ingest`. `snapshot`, `report` and `error` come at the end of the run."""

    id: str | None  # null: there was none since the server started
    status: Literal["idle", "running", "done", "failed"]
    done: int
    total: int
    snapshot: str | None
    report: list[IngestLineWire]
    error: IngestErrorWire | None


class HealthWire(TypedDict):
    """`GET /healthz`."""

    status: Literal["alive"]


class LanguageModelWire(TypedDict):
    """Where passages are sent: host and port, and the model that writes."""

    host: str
    model: str


class ReadyWire(TypedDict):
    """`GET /readyz`."""

    status: Literal["ready"]
    index: IndexWire
    models: ModelsWire
    llm: LanguageModelWire | None  # null: nothing leaves this machine
    warnings: list[str]


# For the API description: every error has the one shape.
ERROR_RESPONSES: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": ErrorWire, "description": "Something about the request"},
    "5XX": {"model": ErrorWire, "description": "Something about the server; 503 with Retry-After"},
}
