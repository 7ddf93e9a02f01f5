"""Settings fail loudly at the edge."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from rag.errors import SettingsError
from rag.settings import Settings, read_settings, variable


def test_defaults_and_values() -> None:
    assert read_settings({"PATH": "/bin"}) == Settings()
    read = read_settings({"RAG_PORT": "9000", "RAG_INDEX_DIR": "/srv/index", "RAG_LOG_QUESTIONS": "on"})
    assert (read.port, read.index_dir, read.log_questions) == (9000, Path("/srv/index"), True)


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"RAG_PROT": "1"}, "Did you mean RAG_PORT"),
        ({"RAG_ZZZ": "1"}, "rag settings"),
        ({"RAG_PORT": "http"}, "whole number"),
        ({"RAG_PORT": "70000"}, "between 0 and 65535"),
        ({"RAG_QUEUE_WAIT_S": "nan"}, "between"),
        ({"RAG_LOG_QUESTIONS": "maybe"}, "on or off"),
        ({"RAG_CORPUS_DIR": ""}, "name a folder"),
    ],
)
def test_bad_settings_name_the_variable_and_what_is_wrong(environ: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message) as raised:
        read_settings(environ)
    assert next(iter(environ)) in str(raised.value)


def test_every_setting_is_described_in_one_sentence() -> None:
    for setting in fields(Settings):
        assert setting.metadata["doc"].endswith("."), setting.name
        assert variable(setting.name).startswith("RAG_")


@pytest.mark.parametrize(
    "address", ["https://ask.example.org", "http://10.0.0.1:8000/", "https://example.org/ask", "http://[::1]:8000", ""]
)
def test_the_public_address_is_taken_as_it_is(address: str) -> None:
    assert read_settings({"RAG_PUBLIC_URL": address}).public_url == address


@pytest.mark.parametrize(
    "address",
    [
        "ask.example.org",
        "//ask.example.org",
        "/ask",
        "ftp://ask.example.org",
        "javascript:alert(1)",
        "https://",
        "https://:8000",
        "https://name:secret7f3a@ask.example.org",
        "https://ask.example.org/?token=secret7f3a",
        "https://ask.example.org/#top",
        "https://ask.example.org/?",
        "https://ask.example.org:port",
        "https://ask.example.org:99999",
        "https://ask.example.org\n",
        " https://ask.example.org",
        "https://ask.example.org\\x",
        "https://[::1",
    ],
)
def test_a_public_address_that_is_none_is_refused_and_not_repeated(address: str) -> None:
    with pytest.raises(SettingsError, match="RAG_PUBLIC_URL must be an address such as") as raised:
        read_settings({"RAG_PUBLIC_URL": address})
    assert "secret7f3a" not in str(raised.value)
