"""Settings: one table, read once at the edge from `RAG_*` variables, then passed on as a frozen value.

An unknown `RAG_*` variable is an error, because a misspelt setting that is ignored is worse than none.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rag.errors import SettingsError

PREFIX = "RAG_"
DEFAULT_MODEL = "all-MiniLM-L6-v2"
INT8, FP32, REFERENCE = RUNTIMES = ("int8", "fp32", "reference")
SHIPPED_READER, NO_READER = "event-reader", "off"


def _setting(
    default: Any,
    doc: str,
    lowest: float | None = None,
    highest: float | None = None,
    *,
    choices: tuple[str, ...] = (),
    address: bool = False,
    secret: bool = False,
) -> Any:
    """An `address`, where there is one, is that of a server and no more. A `secret` is never shown."""
    limits = {"lowest": lowest, "highest": highest, "choices": choices, "address": address}
    metadata = {"doc": doc, "secret": secret, **limits}
    return field(default=default, metadata=metadata, repr=not secret)


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting. The variable is the field in capitals behind `RAG_`."""

    corpus_dir: Path = _setting(Path("corpus"), "Folder with the documents.")
    index_dir: Path = _setting(Path("index"), "Folder that holds the index snapshots.")
    model: str = _setting(
        DEFAULT_MODEL,
        "Embedding model: the embedded default, or the folder or name of any sentence-transformers model.",
    )
    reader: str = _setting(
        SHIPPED_READER,
        "Model that marks answers: the shipped one, the folder or name of any BERT- or RoBERTa-like "
        "question-answering model, or off.",
    )
    runtime: str = _setting(
        INT8,
        "How models run: int8, fp32 (exact, three times slower) or reference (sentence-transformers for embedding).",
        choices=RUNTIMES,
    )
    model_download: bool = _setting(
        False, "Allow models to be fetched from their hub by name when they are not on this machine."
    )
    threads: int = _setting(1, "Passages that are read side by side for one question.", 1, 256)
    llm_url: str = _setting(
        "", "Base address of an OpenAI-compatible endpoint, such as http://localhost:11434/v1; passages are sent there."
    )
    llm_model: str = _setting("", "Name of the language model, as the endpoint knows it; required with `llm_url`.")
    llm_key: str = _setting("", "Key that the endpoint wants.", secret=True)
    llm_key_file: str = _setting("", "File that holds that key, instead of `llm_key`.")
    llm_timeout_s: float = _setting(60.0, "Seconds that the language model gets for a whole answer.", 1, 600)
    llm_concurrency: int = _setting(8, "Answers that it words at the same time; further ones are quoted.", 1, 256)
    llm_first_byte_s: float = _setting(20.0, "Seconds until the first byte of its answer.", 1, 600)
    llm_max_tokens: int = _setting(600, "Length of its answer, in tokens.", 16, 8192)
    keep_snapshots: int = _setting(3, "Index snapshots kept on disk, the current one included.", 2, 1000)
    state_dir: Path = _setting(Path("state"), "Folder that holds conversations, answers and feedback.")
    keep_days: int = _setting(
        0,
        "Days after which conversations, answers and feedback are deleted; 0 keeps them until they are deleted.",
        0,
        36_500,
    )
    host: str = _setting("127.0.0.1", "Address that the server binds.")
    port: int = _setting(8000, "Port that the server binds.", 0, 65535)
    token: str = _setting(
        "", "Bearer token that every request must carry; required when `host` is not this machine alone.", secret=True
    )
    admin_token: str = _setting(
        "", "Bearer token for changing documents over HTTP and ingesting them; without one nobody can.", secret=True
    )
    open_access: bool = _setting(False, "Serve other machines without any token, on purpose.")
    allowed_hosts: str = _setting(
        "", "Further host names, separated by commas, that the server answers to (besides this machine's own)."
    )
    public_url: str = _setting(
        "",
        "Address under which people reach the server, such as https://ask.example.org: links that other programs are "
        "given begin with it. Without it they begin with the address that was asked.",
        address=True,
    )
    concurrency: int = _setting(2, "Questions answered at the same time.", 1, 256)
    queue: int = _setting(32, "Questions that may wait; further ones get 503 with Retry-After.", 0, 10_000)
    queue_wait_s: float = _setting(5.0, "Seconds a question may wait before it gets 503.", 0.1, 600)
    shutdown_s: float = _setting(20.0, "Seconds that running requests get to finish on shutdown.", 0, 600)
    log_questions: bool = _setting(False, "Write questions into the log. Off, because they are personal data.")


def variable(name: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + name.upper()


def read_settings(environ: Mapping[str, str]) -> Settings:
    """The settings that `environ` holds.

    Raises: SettingsError on an unknown `RAG_*` variable or a value of the wrong type or range.
    """
    by_variable = {variable(f.name): f for f in fields(Settings)}
    values: dict[str, Any] = {}
    for key, raw in environ.items():
        if not key.startswith(PREFIX):
            continue
        if key not in by_variable:
            near = difflib.get_close_matches(key, by_variable, n=1)
            hint = f" Did you mean {near[0]}?" if near else " `rag settings` lists them all."
            raise SettingsError(f"Unknown setting {key}.{hint}")
        setting = by_variable[key]
        values[setting.name] = _parse(key, raw, setting.default, setting.metadata)
    return Settings(**values)


def _parse(key: str, raw: str, default: Any, limits: Mapping[str, Any]) -> Any:
    kind = type(default)
    if kind is bool:
        if raw.lower() in ("1", "true", "yes", "on"):
            return True
        if raw.lower() in ("0", "false", "no", "off", ""):
            return False
        raise SettingsError(f"{key} must be on or off.")
    if kind is str:
        if limits["choices"] and raw not in limits["choices"]:
            raise SettingsError(f"{key} must be one of: {', '.join(limits['choices'])}.")
        if limits["address"] and raw and not _is_address(raw):
            raise SettingsError(
                f"{key} must be an address such as https://ask.example.org: http or https, a host, no password, "
                "nothing behind ? or #."
            )
        return raw
    if issubclass(kind, Path):
        if not raw:
            raise SettingsError(f"{key} must name a folder.")
        return Path(raw)
    try:
        value = kind(raw)
    except ValueError:
        raise SettingsError(f"{key} must be a {'whole number' if kind is int else 'number'}.") from None
    low, high = limits["lowest"], limits["highest"]
    if not low <= value <= high:  # False for NaN too
        raise SettingsError(f"{key} must be between {low} and {high}.")
    return value


def _is_address(raw: str) -> bool:
    """Whether links may begin with it. Not repeated in errors, because it may hold a password."""
    try:
        url = urlsplit(raw)
        port = url.port  # parsed only now
    except ValueError:
        return False
    plain = not re.search(r"[\s\\<>\"'?#@]", raw) and raw.isprintable()
    return plain and url.scheme in ("http", "https") and bool(url.hostname) and port != 0
