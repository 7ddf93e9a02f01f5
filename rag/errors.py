"""Every error of the library, each with a code and a message that says what to do next.

    RagError
    ├── SettingsError          a setting that cannot be used
    ├── QuestionError          a question that cannot be asked
    ├── CorpusError            the corpus as a whole cannot be read
    ├── LoaderError            one file cannot be read (reported, the others go on)
    ├── ModelError             a model cannot be loaded
    │   └── UnsupportedModel   it cannot be exported; the reference runtime may serve it
    ├── NotFoundError          an unknown document, passage, answer or conversation
    ├── RemoteError            a server that was asked refused, failed or did not answer
    ├── StoreError             the file of conversations cannot be used (locked, full, read-only, damaged)
    ├── LanguageModelError     the language model's endpoint failed (the extractive answer is given instead)
    │   └── LanguageModelTimeout it did not answer in time
    └── UnusableIndex          the index cannot be used
        ├── IndexMissing       there is none yet
        ├── IndexCorrupt       a byte is not what was written
        ├── IndexModelMismatch it was made with another model or format
        ├── IndexBusy          another process is writing it
        └── IndexWriteError    it could not be written (disk full, no permission)

Non-scope: HTTP statuses (`server/errors.py`) and exit codes (`rag/cli.py`) are decided there, by class.
"""

from __future__ import annotations


class RagError(Exception):
    """Base class. `code` is stable and machine-readable; `str(error)` is for a person."""

    code = "error"


class SettingsError(RagError):
    code = "bad_settings"


class QuestionError(RagError):
    """A question outside the rules. `param` names the field; the text itself is never repeated."""

    code = "invalid_request"

    def __init__(self, message: str, *, code: str, param: str = "question") -> None:
        super().__init__(message)
        self.code = code
        self.param = param


class CorpusError(RagError):
    code = "bad_corpus"


class LoaderError(RagError):
    """One file cannot be read; `code` says why in a word."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class ModelError(RagError):
    code = "model_unavailable"


class UnsupportedModel(ModelError):
    """The message says what about the model is not supported, as the end of a sentence."""


class NotFoundError(RagError):
    code = "not_found"


class RemoteError(RagError):
    """`code` and `request_id` are those of the server, as far as it answered; `status` is that of HTTP.

    Own codes: unreachable, bad_address, bad_response, incomplete.
    """

    def __init__(self, message: str, *, code: str, request_id: str | None = None, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.request_id = request_id
        self.status = status


class StoreError(RagError):
    code = "store_unavailable"


class LanguageModelError(RagError):
    """`code` begins with llm_; the message repeats nothing that was sent or received."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code

    @property
    def warning(self) -> str:
        """As it stands in an answer that was given without the language model."""
        return f"{self.code}: {self}"


class LanguageModelTimeout(LanguageModelError):
    pass


class UnusableIndex(RagError):
    code = "index_unusable"


class IndexMissing(UnusableIndex):
    code = "index_missing"


class IndexCorrupt(UnusableIndex):
    code = "index_corrupt"


class IndexModelMismatch(UnusableIndex):
    code = "index_model_mismatch"


class IndexBusy(UnusableIndex):
    code = "index_busy"


class IndexWriteError(UnusableIndex):
    code = "index_write_failed"
