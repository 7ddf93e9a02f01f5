"""Batches are padded so that padding says nothing."""

from __future__ import annotations

from rag.reader import CLS, SEP, pair
from training.batches import padded


def test_padding_and_token_types() -> None:
    ids, mask, types = padded([pair([1], [], [4, 5]), pair([1], [], [4])])
    assert ids.tolist() == [[CLS, 1, SEP, 4, 5, SEP], [CLS, 1, SEP, 4, SEP, 0]]
    assert mask.tolist() == [[1] * 6, [1] * 5 + [0]]
    assert types.tolist() == [[0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 0]]
