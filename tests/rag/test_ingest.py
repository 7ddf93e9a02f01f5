"""Ingest touches only what changed and loses nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from rag import build
from rag.chunk import ChunkParameters
from rag.embed import HashEmbedder
from rag.errors import CorpusError, IndexModelMismatch
from rag.ingest import Change, cut
from rag.settings import Settings
from rag.snapshot import open_snapshot
from rag.types import Document, Metadata

Write = Callable[[Mapping[str, str | bytes]], Path]


class CountingEmbedder(HashEmbedder):
    def __init__(self) -> None:
        self.texts: list[str] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.texts += texts
        return super().encode(texts)


def test_only_changed_documents_are_embedded(write_corpus: Write, settings: Settings) -> None:
    embedder = CountingEmbedder()
    folder = write_corpus({"a.txt": "First one. Second one.", "b.txt": "Other.", "c.txt": "Third."})
    first = build.ingest(settings, embedder)
    assert first.embedded == len(embedder.texts) == 3 + 4
    assert first.count(Change.ADDED) == 3
    before = open_snapshot(settings.index_dir)

    embedder.texts.clear()
    again = build.ingest(settings, embedder)
    assert (again.published, again.snapshot, again.count(Change.UNCHANGED), embedder.texts) == (
        False,
        first.snapshot,
        3,
        [],
    )

    (folder / "b.txt").write_text("Changed.")
    (folder / "c.txt").unlink()
    write_corpus({"aa.txt": "Between."})
    third = build.ingest(settings, embedder)
    assert {line.path: line.change for line in third.lines} == {
        "a.txt": Change.UNCHANGED,
        "aa.txt": Change.ADDED,
        "b.txt": Change.CHANGED,
        "c": Change.REMOVED,
    }
    assert set(embedder.texts) == {"aa\nBetween.", "Between.", "b\nChanged.", "Changed."}
    after = open_snapshot(settings.index_dir)
    assert set(after.documents) == {"a", "aa", "b"}
    np.testing.assert_array_equal(after.dense.vectors()[0], before.dense.vectors()[0])
    fresh = build.ingest(settings, HashEmbedder(), force=True)
    assert fresh.published
    rebuilt = open_snapshot(settings.index_dir)
    np.testing.assert_array_equal(rebuilt.dense.vectors(), after.dense.vectors())
    np.testing.assert_array_equal(rebuilt.sentence_vectors, after.sentence_vectors)
    assert rebuilt.passages == after.passages


def test_an_emptied_folder_keeps_the_old_index(write_corpus: Write, settings: Settings) -> None:
    folder = write_corpus({"a.txt": "Text."})
    build.ingest(settings)
    (folder / "a.txt").unlink()
    (folder / "b.pdf").write_bytes(b"%PDF")
    with pytest.raises(CorpusError, match=r"b\.pdf: its content is not that of a \.pdf"):
        build.ingest(settings)
    assert set(open_snapshot(settings.index_dir).documents) == {"a"}


def test_a_damaged_index_is_published_again(write_corpus: Write, settings: Settings) -> None:
    write_corpus({"a.txt": "Text."})
    name = build.ingest(settings).snapshot
    (settings.index_dir / name / "dense.faiss").write_bytes(b"broken")
    assert build.ingest(settings).published
    assert open_snapshot(settings.index_dir).warnings == ()


def test_an_index_of_another_model_is_refused_and_replaced(write_corpus: Write, settings: Settings) -> None:
    class OtherEmbedder(HashEmbedder):
        id = "word-hash-2"

    write_corpus({"a.txt": "Text."})
    build.ingest(settings)
    with pytest.raises(IndexModelMismatch, match=r"word-hash, but word-hash-2.*rag ingest"):
        build.open_answerer(settings, OtherEmbedder())
    assert build.ingest(settings, OtherEmbedder()).published
    assert build.open_answerer(settings, OtherEmbedder()).models.embedder == "word-hash-2"


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=300))
def test_every_passage_and_sentence_is_a_slice_of_its_document(text: str) -> None:
    document = Document("d", text, Metadata("T"), (), "")
    covered = 0
    for passage in cut(document, HashEmbedder(), ChunkParameters(target=4, limit=8)):
        assert document.text[passage.span.start : passage.span.end] == passage.text
        assert passage.id == f"d:{passage.span.start}-{passage.span.end}"
        assert passage.first_sentence == covered
        covered += len(passage.sentences)
        for sentence in passage.sentences:
            assert passage.span.start <= sentence.start < sentence.end <= passage.span.end


def test_the_section_is_context_but_never_text(write_corpus: Write, settings: Settings) -> None:
    write_corpus({"a.md": "# Summit\n\n## Day 1\n\nOpening at nine.\n"})
    build.ingest(settings)
    passage = next(p for p in open_snapshot(settings.index_dir).passages if "nine" in p.text)
    assert passage.context == "Summit\nSummit › Day 1"
    assert "›" not in passage.text
