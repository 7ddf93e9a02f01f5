import math

import pytest
import torch

from training.model import ALONE, loss, span_scores


def scores_of(
    start: list[list[float]], end: list[list[float]], allowed: list[list[int]], width: int = 2
) -> torch.Tensor:
    return span_scores(torch.tensor(start), torch.tensor(end), torch.tensor(allowed).bool(), width)


def test_a_span_scores_its_ends_less_the_first_token():
    scores = scores_of([[0.5, 1.0, 2.0]], [[0.25, 3.0, 5.0]], [[0, 1, 1]])
    assert scores[0, 1].tolist() == [1 + 3 - 0.75, 1 + 5 - 0.75]
    assert scores[0, 2].tolist() == [2 + 5 - 0.75, -math.inf]
    assert scores[0, 0].tolist() == [-math.inf, -math.inf]


def test_the_loss_of_two_passages_is_that_of_one_softmax_over_both():
    # one question, passages with a single one-token span of odds 3 and 2: P(first) = 3 / (1 + 3 + 2)
    scores = torch.full((2, 2, 1), -math.inf)
    scores[0, 1, 0], scores[1, 1, 0] = math.log(3), math.log(2)
    value = loss(scores, torch.tensor([[0, 1, 0]]), torch.tensor([0, 0]), 1)
    shared = -math.log(3 / 6)
    alone = (-math.log(3 / 4) - math.log(1 / 3)) / 2
    assert value.item() == pytest.approx(shared + ALONE * alone, rel=1e-5)


def test_a_question_without_targets_wants_no_answer():
    scores = torch.full((1, 2, 1), math.log(4.0))
    value = loss(scores, torch.zeros((0, 3), dtype=torch.int64), torch.tensor([0]), 1)
    assert value.item() == pytest.approx((1 + ALONE) * math.log(1 + 8), rel=1e-5)


def test_several_right_spans_share_the_probability():
    scores = torch.zeros((1, 3, 1))
    value = loss(scores, torch.tensor([[0, 0, 0], [0, 2, 0]]), torch.tensor([0]), 1)
    assert value.item() == pytest.approx((1 + ALONE) * -math.log(2 / 4), rel=1e-5)


def test_the_loss_has_finite_gradients():
    torch.manual_seed(0)
    start, end = torch.randn(3, 6, requires_grad=True), torch.randn(3, 6, requires_grad=True)
    allowed = torch.tensor([[0, 0, 1, 1, 1, 0], [0, 0, 1, 0, 0, 0], [0, 1, 1, 1, 1, 0]]).bool()
    targets = torch.tensor([[0, 2, 1], [2, 1, 0]])
    loss(span_scores(start, end, allowed, 3), targets, torch.tensor([0, 0, 1]), 2).backward()
    assert start.grad is not None
    assert end.grad is not None
    assert bool(start.grad.isfinite().all() and end.grad.isfinite().all())
    assert start.grad[0, 2] < 0  # raising the right start lowers the loss
