"""Scratch corpora: exactly the given texts, found again by content."""

from __future__ import annotations

from pathlib import Path

import pytest

from eval.scratch import ScratchText, document_name, row_of, scratch_answerer
from rag.settings import Settings

TEXTS = [
    ScratchText('A "quoted" \\ title \U0001f600', "One line.\r\nAnother, without an end"),
    ScratchText("", "Untitled text."),
]
HASHING = Settings(model="word-hash")


def test_documents_are_exactly_the_texts() -> None:
    with scratch_answerer(TEXTS, HASHING, None) as answerer:
        documents = answerer.snapshot.documents
        assert [documents[document_name(row)].text for row in range(2)] == [text.text for text in TEXTS]
        assert documents[document_name(0)].metadata.title == TEXTS[0].title


def test_a_kept_folder_is_used_again_for_the_same_texts_only(tmp_path: Path) -> None:
    with scratch_answerer(TEXTS, HASHING, tmp_path) as first:
        snapshot = first.snapshot.id
    with scratch_answerer(TEXTS, HASHING, tmp_path) as second:
        assert second.snapshot.id == snapshot
    with scratch_answerer(TEXTS[1:], HASHING, tmp_path) as other:
        assert len(other.snapshot.documents) == 1
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("row", [0, 7, 12_345_678])
def test_document_names_can_be_read_back(row: int) -> None:
    assert row_of(document_name(row)) == row
