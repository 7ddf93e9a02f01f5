"""Search by meaning: inner product of unit vectors in FAISS, exact up to 300,000 rows of a segment.

The kind of FAISS index follows the number of rows. None of them is ever changed in place: what is removed is left out
by a selector, because removing aborts the process for some kinds (https://github.com/facebookresearch/faiss/issues/4535).
FAISS checks neither files nor ids: files come in verified (`rag/segment.py`), and id -1 is dropped here.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable, Sequence
from io import BytesIO
from itertools import accumulate
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexCorrupt

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]

# Up to here every row is compared in float32: about 15 ms on one core. Half precision then takes half of the memory
# and of the time, at a recall of 0.999.
FLAT_ROWS = 100_000
# Beyond this many rows comparing all takes more than 20 ms: the rows are put into about 4·√n lists, of which those
# nearest to the question are read (`python -m eval bench index` has the recall).
FP16_ROWS = 300_000
LISTS_READ = 48
# Rows per list that k-means sees, and its rounds: more costs minutes at a million rows and gains nothing measurable.
TRAINING_ROWS, TRAINING_ROUNDS = 40, 6

# FAISS allocates what a header claims; a verified file never claims more than its own size.
_HEADER_BYTES = 1 << 16
_reading = threading.Lock()  # that limit is one for the whole process


class DenseSegment:
    """Rows 0..n-1 of unit vectors. Thread-safe for searching."""

    def __init__(self, index: Any) -> None:
        self._index = index

    @classmethod
    def build(cls, vectors: Vectors, flat_rows: int = FLAT_ROWS, fp16_rows: int = FP16_ROWS) -> DenseSegment:
        """`vectors`: (n, dimension) float32, unit length. The two limits say up to how many rows each kind is used."""
        rows, dimension = vectors.shape
        if rows <= flat_rows:
            index = faiss.IndexFlatIP(dimension)
        elif rows <= fp16_rows:
            half = faiss.ScalarQuantizer.QT_fp16
            index = faiss.IndexScalarQuantizer(dimension, half, faiss.METRIC_INNER_PRODUCT)
        else:
            index = _trained_lists(vectors)
        index.add(np.ascontiguousarray(vectors))
        return cls(index)

    @classmethod
    def read(cls, content: bytes) -> DenseSegment:
        """Raises: IndexCorrupt when the bytes are not what `write` makes."""
        return cls._read(len(content), faiss.PyCallbackIOReader(BytesIO(content).read))

    @classmethod
    def map(cls, path: Path) -> DenseSegment:
        """The file left on disk and paged in as it is searched. Raises: IndexCorrupt."""
        return cls._read(path.stat().st_size, str(path), faiss.IO_FLAG_MMAP_IFC)

    @classmethod
    def _read(cls, size: int, *source: Any) -> DenseSegment:
        try:
            with _reading:
                faiss.set_deserialization_vector_byte_limit(size + _HEADER_BYTES)
                index = faiss.read_index(*source)
        except RuntimeError as error:
            raise IndexCorrupt("The vector file of the index cannot be read; run `rag ingest --force`.") from error
        if not isinstance(index, faiss.IndexFlat | faiss.IndexScalarQuantizer | faiss.IndexIVFScalarQuantizer):
            raise IndexCorrupt("The vector file of the index is of another kind; run `rag ingest --force`.")
        return cls(index)

    def write(self, write: Callable[[bytes], int]) -> None:
        """Writes through `write`, so that a full disk raises OSError (faiss.write_index swallows it)."""
        faiss.write_index(self._index, faiss.PyCallbackIOWriter(write))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        return int(self._index.d)

    @property
    def kind(self) -> str:
        """flat, fp16 or lists."""
        if isinstance(self._index, faiss.IndexFlat):
            return "flat"
        return "lists" if self._lists else "fp16"

    @property
    def _lists(self) -> int:
        return int(getattr(self._index, "nlist", 0))

    def vectors(self) -> Vectors:
        """All rows, (n, dimension) float32."""
        everything = np.empty((len(self), self.dimension), np.float32)
        if not len(self):
            return everything
        if not self._lists:
            self._index.reconstruct_n(0, len(self), everything)
            return everything
        stored = self._index.invlists
        for number in range(self._lists):
            size = stored.list_size(number)
            if size:
                codes = faiss.rev_swig_ptr(stored.get_codes(number), size * stored.code_size)
                rows = faiss.rev_swig_ptr(stored.get_ids(number), size)
                everything[rows] = codes.view(np.float16).reshape(size, self.dimension)
        return everything

    def search(
        self, vector: Vectors, k: int, only: Rows | None = None, without: Rows | None = None
    ) -> list[tuple[int, float]]:
        """The k best (row, cosine), in no order; `only` these rows, which makes it exact; `without` those."""
        if not len(self) or (only is not None and not len(only)):
            return []
        selector = None
        if only is not None:
            selector = faiss.IDSelectorBatch(only)
        elif without is not None and len(without):
            excluded = faiss.IDSelectorBatch(without)
            selector = faiss.IDSelectorNot(excluded)
        if self._lists:
            read = self._lists if only is not None else min(LISTS_READ, self._lists)
            parameters = faiss.SearchParametersIVF(sel=selector, nprobe=read)
        else:
            parameters = faiss.SearchParameters(sel=selector)
        cosines, found = self._index.search(vector[None, :], min(k, len(self)), params=parameters)
        return [(int(row), float(c)) for row, c in zip(found[0], cosines[0], strict=True) if row >= 0]


class DenseIndex:
    """Several segments searched as one: row = rows of the segments before + row of its own. Thread-safe."""

    def __init__(self, segments: Sequence[DenseSegment], deleted: Sequence[Rows] = ()) -> None:
        """`deleted[i]`: rows of segment i that no search gives."""
        self._segments = segments
        self._deleted = deleted or [np.empty(0, np.int64)] * len(segments)
        self._starts = [0, *accumulate(len(segment) for segment in segments)]

    @classmethod
    def build(cls, vectors: Vectors) -> DenseIndex:
        return cls([DenseSegment.build(vectors)])

    def __len__(self) -> int:
        """Rows, the deleted ones included."""
        return self._starts[-1]

    def search(self, vector: Vectors, k: int, rows: Sequence[int] | None = None) -> list[tuple[int, float]]:
        """The k best (row, cosine), best first, equal ones by row. `rows` restricts the search; None = all."""
        found: list[tuple[int, float]] = []
        chosen = None if rows is None else split(rows, self._starts)
        for number, segment in enumerate(self._segments):
            only = None if chosen is None else chosen[number]
            start = self._starts[number]
            found += [(start + row, c) for row, c in segment.search(vector, k, only, self._deleted[number])]
        return sorted(found, key=lambda pair: (-pair[1], pair[0]))[:k]


def split(rows: Sequence[int], starts: Sequence[int]) -> list[Rows]:
    """Rows of the whole as rows of each segment; segment i begins at starts[i]."""
    parts: list[list[int]] = [[] for _ in starts[1:]]
    for row in rows:
        number = bisect_right(starts, row) - 1
        parts[number].append(row - starts[number])
    return [np.asarray(part, np.int64) for part in parts]


def _trained_lists(vectors: Vectors) -> Any:
    """Half-precision vectors in lists by k-means, empty. The same vectors give the same lists."""
    rows, dimension = vectors.shape
    lists = max(1, 1 << round(np.log2(4 * np.sqrt(rows))))
    index = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(dimension),
        dimension,
        lists,
        faiss.ScalarQuantizer.QT_fp16,
        faiss.METRIC_INNER_PRODUCT,
        False,  # the vectors themselves, not what is left of them beside the list's centre: they can be read back
    )
    index.cp.niter, index.cp.max_points_per_centroid, index.cp.seed = TRAINING_ROUNDS, TRAINING_ROWS, 1
    index.cp.spherical = True
    sample = np.random.default_rng(1).permutation(rows)[: TRAINING_ROWS * lists]
    index.train(np.ascontiguousarray(vectors[np.sort(sample)]))
    return index
