"""The settings of a language model become a writer, or an error that says which one is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from rag.build import ingest, load_writer, open_answerer
from rag.embed import HashEmbedder
from rag.errors import SettingsError
from rag.settings import Settings

URL = "http://127.0.0.1:11434/v1"


def test_nothing_is_written_and_nothing_sent_without_an_address() -> None:
    assert load_writer(Settings(llm_model="m"), HashEmbedder()) is None


def test_the_key_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("sk-secret\n")
    settings = Settings(llm_url=URL, llm_model="m", llm_key_file=str(file), index_dir=tmp_path)
    writer = load_writer(settings, HashEmbedder())
    assert writer is not None
    assert (writer.endpoint.key, writer.endpoint.host, writer.endpoint.model) == ("sk-secret", "127.0.0.1:11434", "m")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"llm_model": ""}, "RAG_LLM_MODEL"),
        ({"llm_url": "localhost"}, "RAG_LLM_URL"),
        ({"llm_key": "a", "llm_key_file": "b"}, "exclude each other"),
        ({"llm_key_file": "/nowhere/key"}, "RAG_LLM_KEY_FILE"),
        ({"llm_key": "sk-7f3a\nX-Evil: 1"}, "no HTTP header"),
        ({"llm_key": "sk-7f3aé"}, "no HTTP header"),
    ],
)
def test_what_cannot_work_is_said_without_the_key(changes: dict[str, str], message: str) -> None:
    settings = replace(Settings(llm_url=URL, llm_model="m"), **changes)
    with pytest.raises(SettingsError, match=message) as raised:
        load_writer(settings, HashEmbedder())
    assert "7f3a" not in str(raised.value)
    assert "7f3a" not in repr(settings)


def test_the_language_model_is_named_where_one_is_set(
    write_corpus: Callable[[Mapping[str, str | bytes]], Path], settings: Settings
) -> None:
    write_corpus({"a.txt": "The summit drew 264 people."})
    ingest(settings)
    assert open_answerer(settings).models.llm is None
    assert open_answerer(replace(settings, llm_url=URL, llm_model="m")).models.llm == "m"
