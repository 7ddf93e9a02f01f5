"""Ingest touches only what changed and loses nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from rag import build
from rag.chunk import ChunkParameters
from rag.embed import HASH_MODEL, HashEmbedder
from rag.errors import CorpusError, IndexModelMismatch
from rag.ingest import Change, Growth, IngestReport, cut, ingest_folder
from rag.retrieve import Retriever
from rag.segment import DENSE
from rag.settings import Settings
from rag.snapshot import Snapshot, open_snapshot, snapshot_names, verify
from rag.types import Document, Metadata

Write = Callable[[Mapping[str, str | bytes]], Path]


def vectors_of(snapshot: Snapshot, name: str) -> NDArray[np.float32]:
    everything = np.concatenate([segment.dense.vectors() for segment in snapshot.segments])
    return everything[snapshot.rows_of(name)]


def everything(snapshot: Snapshot) -> dict[str, tuple[object, ...]]:
    """All that a passage holds and what is known of its sentences, by its id."""
    return {p.id: (p.text, p.context, p.sentences, snapshot.sentence_vectors(p).tolist()) for p in snapshot.passages()}


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
    np.testing.assert_array_equal(vectors_of(after, "a"), vectors_of(before, "a"))
    fresh = build.ingest(settings, HashEmbedder(), force=True)
    assert fresh.published
    rebuilt = open_snapshot(settings.index_dir)
    for name in after.documents:
        np.testing.assert_array_equal(vectors_of(rebuilt, name), vectors_of(after, name))
    assert everything(rebuilt) == everything(after)


def test_an_emptied_folder_keeps_the_old_index(write_corpus: Write, settings: Settings) -> None:
    folder = write_corpus({"a.txt": "Text."})
    build.ingest(settings)
    (folder / "a.txt").unlink()
    (folder / "b.xyz").write_bytes(b"?")
    with pytest.raises(CorpusError, match=r"b\.xyz: this type is not supported"):
        build.ingest(settings)
    assert set(open_snapshot(settings.index_dir).documents) == {"a"}


def test_a_damaged_index_is_published_again(write_corpus: Write, settings: Settings) -> None:
    write_corpus({"a.txt": "Text."})
    name = build.ingest(settings).snapshot
    next((settings.index_dir / name).rglob(DENSE)).write_bytes(b"broken")
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
    passage = next(p for p in open_snapshot(settings.index_dir).passages() if "nine" in p.text)
    assert passage.context == "Summit\nSummit › Day 1"
    assert "›" not in passage.text


# Three passages are already a large segment, so that short texts show all that a large corpus does.
SMALL = Growth(large_rows=3, most_deleted=0.4, most_segments=2)
LINES = st.lists(st.sampled_from(["Taipei hosts.", "Prague signs.", "Daegu joins.", "A mayor spoke."]), max_size=4)
FOLDERS = st.lists(st.dictionaries(st.sampled_from("abcdef"), LINES.map(" ".join), min_size=1), min_size=1, max_size=5)


def ingest_in_steps(settings: Settings, growth: Growth, force: bool = False) -> IngestReport:
    return ingest_folder(
        settings.corpus_dir,
        settings.index_dir,
        HashEmbedder(),
        keep=2,
        chunking=ChunkParameters(target=2, limit=4),
        force=force,
        growth=growth,
    )


@hypothesis_settings(max_examples=40, deadline=None)
@given(FOLDERS)
def test_an_index_that_grew_in_steps_is_the_one_made_at_once(folders: list[dict[str, str]]) -> None:
    with TemporaryDirectory() as place:
        settings = Settings(corpus_dir=Path(place, "corpus"), index_dir=Path(place, "index"), model=HASH_MODEL)
        settings.corpus_dir.mkdir()
        for files in folders:
            for path in settings.corpus_dir.iterdir():
                path.unlink()
            for name, text in {**files, "always": "One sentence. Another one."}.items():
                (settings.corpus_dir / f"{name}.txt").write_text(text or "Nothing.")
            ingest_in_steps(settings, SMALL)
        grown = open_snapshot(settings.index_dir)
        assert verify(settings.index_dir / grown.id) == []
        ingest_in_steps(settings, SMALL, force=True)
        fresh = open_snapshot(settings.index_dir)
        assert dict(grown.documents) == dict(fresh.documents)
        assert everything(grown) == everything(fresh)
        assert grown.info.passages == fresh.info.passages == len(list(fresh.passages()))
        for question in ("Who signs?", "Taipei hosts", "mayor Daegu"):
            assert ranked(grown, question) == ranked(fresh, question)


def ranked(snapshot: Snapshot, question: str) -> list[tuple[float, str]]:
    """What a search finds, equal scores by id: the order of rows follows the index's history."""
    evidence = Retriever(snapshot, HashEmbedder()).search(question, 50)
    scores = [(-round(hit.score, 9), passage.id) for hit, passage in zip(evidence.hits, evidence.passages, strict=True)]
    return sorted(scores)


def test_large_segments_are_kept_and_small_ones_joined(write_corpus: Write, settings: Settings) -> None:
    write_corpus({f"{n}.txt": "One sentence here. Another one there." for n in range(4)})
    ingest_in_steps(settings, SMALL)
    (first,) = open_snapshot(settings.index_dir).manifest.segments
    folder = write_corpus({"new.txt": "Something new."})
    (folder / "0.txt").unlink()
    assert ingest_in_steps(settings, SMALL).embedded == 2
    kept, new = open_snapshot(settings.index_dir).manifest.segments
    assert (kept.name, kept.deleted, new.deleted) == (first.name, ("0",), ())
    (folder / "1.txt").unlink()
    assert ingest_in_steps(settings, SMALL).embedded == 0, "more than four tenths of it are gone: written again"
    (joined,) = open_snapshot(settings.index_dir).manifest.segments
    assert joined.deleted == ()
    assert set(open_snapshot(settings.index_dir).documents) == {"2", "3", "new"}


def test_a_dry_run_reports_and_writes_nothing(write_corpus: Write, settings: Settings) -> None:
    folder = write_corpus({"a.txt": "Text.", "b.txt": "Other."})
    report = build.ingest(settings, dry_run=True)
    assert (report.count(Change.ADDED), report.published, report.embedded) == (2, False, 0)
    assert snapshot_names(settings.index_dir) == []
    name = build.ingest(settings).snapshot
    (folder / "b.txt").unlink()
    write_corpus({"a.txt": "Changed.", "c.txt": "New."})
    lines = build.ingest(settings, dry_run=True).lines
    assert {line.path: line.change for line in lines} == {
        "a.txt": Change.CHANGED,
        "b": Change.REMOVED,
        "c.txt": Change.ADDED,
    }
    assert snapshot_names(settings.index_dir) == [name]


def test_a_near_copy_is_reported_and_indexed(write_corpus: Write, settings: Settings) -> None:
    text = " ".join(f"Sentence number {n} says something of its own about city {n * 7}." for n in range(60))
    write_corpus({"a.txt": text})
    build.ingest(settings)
    write_corpus({"copy.txt": text + " One more sentence.", "other.txt": "Quite another text about a harbour."})
    notes = {line.path: line.note for line in build.ingest(settings).lines}
    assert notes["a.txt"] is None
    assert notes["other.txt"] is None
    assert "the same as a.txt;" in (notes["copy.txt"] or "")
    assert "copy" in open_snapshot(settings.index_dir).documents


def test_another_suffix_is_another_reading(write_corpus: Write, settings: Settings) -> None:
    folder = write_corpus({"talk.txt": "# The talk\n\nIt began at nine. It ended at ten."})
    build.ingest(settings)
    (folder / "talk.txt").rename(folder / "talk.md")
    assert build.ingest(settings).count(Change.CHANGED) == 1
    assert open_snapshot(settings.index_dir).documents["talk"].sections[0].label == "The talk"


def test_a_copy_of_what_is_gone_is_no_copy(write_corpus: Write, settings: Settings) -> None:
    text = " ".join(f"Sentence number {n} says something of its own about city {n * 7}." for n in range(40))
    folder = write_corpus({"a.txt": text, "b.txt": "Another one. " * 3, "c.txt": "A third one. " * 9})
    ingest_in_steps(settings, Growth(large_rows=1, most_deleted=0.9))
    (folder / "a.txt").rename(folder / "d.txt")
    assert all(line.note is None for line in ingest_in_steps(settings, Growth(large_rows=1, most_deleted=0.9)).lines)
