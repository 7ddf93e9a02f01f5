"""Fixtures that every test may use: small corpora, an index made with word hashes, the real article."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from rag import build
from rag.answer import Answerer
from rag.embed import HASH_MODEL, Embedder, HashEmbedder
from rag.reader import Reader
from rag.settings import NO_READER, Settings

ROOT = Path(__file__).resolve().parents[1]
ARTICLE_ID = "2021-smart-city-mayors-summit"

os.environ["HF_HUB_OFFLINE"] = "1"  # a test that reaches for a model hub fails instead of waiting


@pytest.fixture
def write_corpus(tmp_path: Path) -> Callable[[Mapping[str, str | bytes]], Path]:
    """Writes files into a fresh corpus folder and returns it."""

    def write(files: Mapping[str, str | bytes]) -> Path:
        folder = tmp_path / "corpus"
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return folder

    return write


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings that keep everything under the test's own folder and need no model."""
    return Settings(
        corpus_dir=tmp_path / "corpus",
        index_dir=tmp_path / "index",
        state_dir=tmp_path / "state",
        model=HASH_MODEL,
        reader=NO_READER,
    )


@pytest.fixture
def open_corpus(
    write_corpus: Callable[[Mapping[str, str | bytes]], Path], settings: Settings
) -> Callable[[Mapping[str, str | bytes]], Answerer]:
    """Ingests files with word hashes and opens the answerer."""

    def open_(files: Mapping[str, str | bytes]) -> Answerer:
        write_corpus(files)
        build.ingest(settings)
        return build.open_answerer(settings)

    return open_


@pytest.fixture(scope="session")
def real_embedder() -> Embedder:
    """The embedded default model."""
    return build.load_embedder(Settings())


@pytest.fixture(scope="session")
def real_reader() -> Reader:
    """The shipped reader."""
    reader = build.load_reader(Settings())
    assert reader is not None
    return reader


@pytest.fixture(scope="session")
def article(tmp_path_factory: pytest.TempPathFactory, real_embedder: Embedder, real_reader: Reader) -> Answerer:
    """The real article behind the real models."""
    settings = Settings(corpus_dir=ROOT / "corpus", index_dir=tmp_path_factory.mktemp("index"))
    build.ingest(settings, real_embedder)
    return build.open_answerer(settings, real_embedder, real_reader)


@pytest.fixture(scope="session")
def hashed_article(tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    """The real article behind word hashes: fast, for tests about offsets rather than meaning."""
    settings = Settings(
        corpus_dir=ROOT / "corpus", index_dir=tmp_path_factory.mktemp("index"), model=HASH_MODEL, reader=NO_READER
    )
    embedder = HashEmbedder()
    build.ingest(settings, embedder)
    return build.open_answerer(settings, embedder)
