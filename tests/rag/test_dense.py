"""Exact search by inner product, its file and its limits."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from rag.dense import DenseIndex, DenseSegment
from rag.errors import IndexCorrupt


def unit_vectors(count: int, dimension: int = 16) -> NDArray[np.float32]:
    vectors = np.random.default_rng(7).normal(size=(count, dimension)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def stored(index: DenseSegment) -> bytes:
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


# (rows up to which all are compared in float32, in half precision): which kind of index 200 rows become.
KINDS = {"flat": (200, 200), "fp16": (0, 200), "lists": (0, 0)}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_is_what_is_read(kind: str, tmp_path: Path) -> None:
    vectors = unit_vectors(200)
    made = DenseSegment.build(vectors, *KINDS[kind])
    content = stored(made)
    (tmp_path / "dense").write_bytes(content)
    for read in (DenseSegment.read(content), DenseSegment.map(tmp_path / "dense")):
        assert (len(read), read.dimension, read.kind) == (200, 16, kind)
        np.testing.assert_allclose(read.vectors(), vectors, atol=0 if kind == "flat" else 1e-3)
        np.testing.assert_array_equal(read.vectors(), made.vectors())
        for query in unit_vectors(3):
            assert read.search(query, 5) == made.search(query, 5)


def test_no_rows_are_written_and_read() -> None:
    empty = DenseSegment.build(unit_vectors(3)[:0])
    assert DenseSegment.read(stored(empty)).vectors().shape == (0, 16)


@pytest.mark.parametrize("kind", KINDS)
def test_left_out_rows_are_never_found_and_chosen_ones_always(kind: str) -> None:
    vectors = unit_vectors(200)
    segment = DenseSegment.build(vectors, *KINDS[kind])
    gone = np.arange(0, 200, 2)
    for query in unit_vectors(5):
        assert all(row % 2 for row, _ in segment.search(query, 50, without=gone))
        chosen = np.array([3, 77, 150])
        assert {row for row, _ in segment.search(query, 3, only=chosen)} == {3, 77, 150}


def test_lists_find_nearly_what_comparing_all_finds() -> None:
    # Sixteen clusters, so that lists have something to tell apart.
    chance = np.random.default_rng(5)
    vectors = np.repeat(unit_vectors(16), 400, axis=0) + chance.normal(scale=0.1, size=(6400, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    lists = DenseSegment.build(vectors, 0, 0)
    found = expected = 0
    for query in vectors[::640]:
        best = set(np.argsort(-(vectors @ query))[:10].tolist())
        found += len(best & {row for row, _ in lists.search(query, 10)})
        expected += 10
    assert found / expected >= 0.97


def test_segments_are_searched_as_one() -> None:
    vectors = unit_vectors(60)
    parts = DenseIndex([DenseSegment.build(vectors[:25]), DenseSegment.build(vectors[25:])])
    whole = DenseIndex.build(vectors)
    for query in unit_vectors(4):
        assert parts.search(query, 9) == whole.search(query, 9)
        assert parts.search(query, 9, rows=[3, 24, 25, 59]) == whole.search(query, 9, rows=[3, 24, 25, 59])
    gone = [np.array([1]), np.array([0])]
    found = DenseIndex([DenseSegment.build(vectors[:25]), DenseSegment.build(vectors[25:])], gone)
    assert {1, 25} & {row for row, _ in found.search(vectors[1], 60)} == set()


@pytest.mark.parametrize("cut", [0, 3, 40, -1])
def test_truncated_files_are_refused(cut: int) -> None:
    with pytest.raises(IndexCorrupt):
        DenseSegment.read(stored(DenseSegment.build(unit_vectors(20)))[:cut])


def test_a_full_disk_is_an_error() -> None:
    # faiss.write_index raises nothing here.
    with open("/dev/full", "wb", buffering=0) as full, pytest.raises(OSError, match="No space left"):
        DenseSegment.build(unit_vectors(20)).write(full.write)


def test_files_of_all_sizes_are_read_side_by_side() -> None:
    contents = [stored(DenseSegment.build(unit_vectors(rows))) for rows in (20_000, 3)] * 8
    with ThreadPoolExecutor(4) as pool:
        assert [len(read) for read in pool.map(DenseSegment.read, contents)] == [20_000, 3] * 8
