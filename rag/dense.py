"""Search by meaning: exact inner product of unit vectors in a FAISS flat index with our own ids.

FAISS checks neither files nor ids: bytes come in verified (`rag/snapshot.py`), and id -1 is dropped here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO

import faiss
import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexCorrupt

Vectors = NDArray[np.float32]

# FAISS allocates what a header claims; a verified file never claims more than its own size.
_HEADER_BYTES = 1 << 16


class DenseIndex:
    """Rows 0..n-1 of unit vectors. Thread-safe for searching."""

    def __init__(self, index: faiss.IndexIDMap2) -> None:
        self._index = index

    @classmethod
    def build(cls, vectors: Vectors) -> DenseIndex:
        """`vectors`: (n, dimension) float32, unit length."""
        index = faiss.IndexIDMap2(faiss.IndexFlatIP(vectors.shape[1]))
        if len(vectors):
            index.add_with_ids(vectors, np.arange(len(vectors), dtype=np.int64))
        return cls(index)

    @classmethod
    def read(cls, content: bytes) -> DenseIndex:
        """Raises: IndexCorrupt when the bytes are not what `write` makes."""
        faiss.set_deserialization_vector_byte_limit(len(content) + _HEADER_BYTES)
        try:
            index = faiss.read_index(faiss.PyCallbackIOReader(BytesIO(content).read))
        except RuntimeError as error:
            raise IndexCorrupt("The vector file of the index cannot be read; run `rag ingest --force`.") from error
        if not isinstance(index, faiss.IndexIDMap2):
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

    def vectors(self) -> Vectors:
        """All rows, (n, dimension) float32."""
        if not len(self):
            return np.empty((0, self.dimension), np.float32)
        stored = faiss.downcast_index(self._index.index)
        return np.asarray(stored.reconstruct_n(0, len(self)), np.float32)

    def search(self, vector: Vectors, k: int, rows: Sequence[int] | None = None) -> list[tuple[int, float]]:
        """The k best (row, cosine), best first, equal ones by row. `rows` restricts the search; None = all."""
        if not len(self):
            return []
        parameters = None
        if rows is not None:
            parameters = faiss.SearchParameters(sel=faiss.IDSelectorBatch(np.asarray(rows, np.int64)))
        cosines, found = self._index.search(vector[None, :], min(k, len(self)), params=parameters)
        pairs = [(int(row), float(c)) for row, c in zip(found[0], cosines[0], strict=True) if row >= 0]
        return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))
