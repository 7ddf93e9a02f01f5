"""Finds documents that say nearly the same: MinHash of runs of words (Broder 1997), looked up in bands.

Non-scope: what is done about them; nothing is left out of the index for it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from rag.lexical import words

Sketch = NDArray[np.uint32]  # (SIGNATURE,)

RUN = 5  # words: long enough that two texts share a run only by sharing a sentence
SIGNATURE = 64  # minima: the share of equal ones estimates the share of equal runs to about ±0.05
BAND = 4  # minima that must be equal for two texts to be compared: at a similarity of 0.8, 99.98 % are
# From here on two documents are reported: a page and its copy with another footer, not two notices of one form.
SIMILAR = 0.8

_PRIME = np.uint64((1 << 31) - 1)  # products with 31-bit numbers stay within 64 bits
_chance = np.random.default_rng(20210323)
_FACTORS = _chance.integers(1, int(_PRIME), SIGNATURE, np.uint64)
_OFFSETS = _chance.integers(0, int(_PRIME), SIGNATURE, np.uint64)
_RUNS_AT_ONCE = 4096  # bounds the memory for a long document: 2 MiB


def sketch(text: str) -> Sketch:
    """The signature of a text; texts of fewer words than a run have that of all their words."""
    folded = words(text)
    runs = {" ".join(folded[i : i + RUN]) for i in range(max(1, len(folded) - RUN + 1))}
    hashes = np.array(sorted(zlib.crc32(run.encode()) for run in runs), np.uint64) % _PRIME
    lowest = np.full(SIGNATURE, _PRIME, np.uint64)
    for first in range(0, len(hashes), _RUNS_AT_ONCE):
        part = hashes[first : first + _RUNS_AT_ONCE, None]
        lowest = np.minimum(lowest, ((part * _FACTORS + _OFFSETS) % _PRIME).min(0))
    return lowest.astype(np.uint32)


def near_duplicates(sketches: NDArray[np.uint32], new: Sequence[int]) -> Iterator[tuple[int, int, float]]:
    """(new row, the row it is most like, similarity 0..1) for each of `new` that is like another; each pair once."""
    bands: list[dict[bytes, list[int]]] = [{} for _ in range(0, SIGNATURE, BAND)]
    fresh = set(new)
    for row in [*(r for r in range(len(sketches)) if r not in fresh), *new]:
        near: set[int] = set()
        for number, band in enumerate(bands):
            rows = band.setdefault(sketches[row, number * BAND : (number + 1) * BAND].tobytes(), [])
            near.update(rows)
            rows.append(row)
        if row in fresh and near:
            others = sorted(near)
            equal = (sketches[others] == sketches[row]).mean(1)
            best = int(equal.argmax())
            if equal[best] >= SIMILAR:
                yield row, others[best], float(equal[best])
