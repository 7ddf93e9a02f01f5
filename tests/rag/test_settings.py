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
