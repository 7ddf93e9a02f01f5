import numpy as np
import pytest

from training.layout import CLS, SEP, padded, pair
from training.predict import best_span


def test_the_layout_of_a_pair():
    assert pair([1, 2], [3], [4, 5]) == ([CLS, 1, 2, SEP, 3, SEP, 4, 5, SEP], 6)
    assert pair([1], [], [4]) == ([CLS, 1, SEP, 4, SEP], 3)


def test_padding_and_token_types():
    ids, mask, types = padded([pair([1], [], [4, 5]), pair([1], [], [4])])
    assert ids.tolist() == [[CLS, 1, SEP, 4, 5, SEP], [CLS, 1, SEP, 4, SEP, 0]]
    assert mask.tolist() == [[1] * 6, [1] * 5 + [0]]
    assert types.tolist() == [[0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 0]]


def test_the_best_span_is_that_of_trying_all():
    chance = np.random.default_rng(0)
    for _ in range(20):
        start, end = (chance.normal(size=12).astype(np.float32) for _ in range(2))
        offsets = [(10 * i, 10 * i + 5) for i in range(7)]
        found = best_span(start, end, 4, 11, offsets, width=3)
        spans = {(i, j): start[i] + end[j] - start[0] - end[0] for i in range(4, 11) for j in range(i, min(i + 3, 11))}
        (i, j), score = max(spans.items(), key=lambda item: item[1])
        assert (found.start, found.end) == (offsets[i - 4][0], offsets[j - 4][1])
        assert found.score == pytest.approx(float(score), rel=1e-5)
        assert found.mass == pytest.approx(float(np.log(np.exp(list(spans.values())).sum())), rel=1e-5)


def test_an_empty_passage_has_no_answer():
    assert best_span(np.zeros(3, np.float32), np.zeros(3, np.float32), 2, 2, []).score == -np.inf
