"""Exact search by inner product, its file and its limits."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from numpy.typing import NDArray

from rag.dense import DenseIndex
from rag.errors import IndexCorrupt


def unit_vectors(count: int, dimension: int = 16) -> NDArray[np.float32]:
    vectors = np.random.default_rng(7).normal(size=(count, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def stored(index: DenseIndex) -> bytes:
    file = BytesIO()
    index.write(file.write)
    return file.getvalue()


def test_agrees_with_numpy() -> None:
    vectors = unit_vectors(50)
    index = DenseIndex.build(vectors)
    for query in unit_vectors(5):
        cosines = vectors @ query
        expected = np.argsort(-cosines, kind="stable")[:7]
        found = index.search(query, 7)
        assert [row for row, _ in found] == expected.tolist()
        assert [c for _, c in found] == pytest.approx(cosines[expected].tolist(), abs=1e-6)


def test_equal_vectors_are_ordered_by_row() -> None:
    vectors = np.repeat(unit_vectors(1), 6, axis=0)
    assert [row for row, _ in DenseIndex.build(vectors).search(vectors[0], 6)] == [0, 1, 2, 3, 4, 5]


def test_more_than_there_are_gives_no_phantom_rows() -> None:
    vectors = unit_vectors(3)
    index = DenseIndex.build(vectors)
    assert sorted(row for row, _ in index.search(vectors[0], 10)) == [0, 1, 2]
    assert [row for row, _ in index.search(vectors[0], 10, rows=[2])] == [2]
    assert index.search(vectors[0], 10, rows=[]) == []
    assert DenseIndex.build(vectors[:0]).search(vectors[0], 5) == []


def test_what_is_written_is_what_is_read() -> None:
    vectors = unit_vectors(20)
    read = DenseIndex.read(stored(DenseIndex.build(vectors)))
    assert (len(read), read.dimension) == (20, 16)
    np.testing.assert_array_equal(read.vectors(), vectors)
    assert DenseIndex.read(stored(DenseIndex.build(vectors[:0]))).vectors().shape == (0, 16)


@pytest.mark.parametrize("cut", [0, 3, 40, -1])
def test_truncated_files_are_refused(cut: int) -> None:
    with pytest.raises(IndexCorrupt):
        DenseIndex.read(stored(DenseIndex.build(unit_vectors(20)))[:cut])


def test_a_full_disk_is_an_error() -> None:
    # faiss.write_index raises nothing here.
    with open("/dev/full", "wb", buffering=0) as full, pytest.raises(OSError, match="No space left"):
        DenseIndex.build(unit_vectors(20)).write(full.write)
