"""Runs a trained reader, torch or ONNX, and finds the best span of each passage.

The score of a span is its log-odds against "the passage does not say", comparable across passages
(`training/model.py`): 0 = as likely as not. Non-scope: metrics.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from training.layout import MAX_ANSWER, MAX_PASSAGE, MAX_QUESTION, MAX_TITLE, Integers, padded, pair, pieces

Floats = NDArray[np.float32]

# Pairs in one call of the model.
_BATCH = 16


@dataclass(frozen=True, slots=True)
class Found:
    """The best span of one passage, in code points of the passage, and the passage's log-odds of holding any."""

    start: int
    end: int
    score: float  # log-odds of this span
    mass: float  # log-odds of all its spans together


class Logits(Protocol):
    """(batch, length) inputs → start and end logits (batch, length)."""

    def __call__(self, ids: Integers, mask: Integers, types: Integers) -> tuple[Floats, Floats]: ...


class TorchLogits:
    """The float32 reference, from what the training wrote."""

    def __init__(self, folder: Path) -> None:
        import torch

        from training.model import Reader

        self._torch, self._reader = torch, Reader.from_folder(folder)
        torch.set_num_threads(1)

    def __call__(self, ids: Integers, mask: Integers, types: Integers) -> tuple[Floats, Floats]:
        with self._torch.inference_mode():
            inputs = (self._torch.from_numpy(a) for a in (ids, mask, types))
            start, end = self._reader(*inputs)
        return start.numpy(), end.numpy()


class OnnxLogits:
    """An exported reader; one thread, no spinning."""

    def __init__(self, file: Path) -> None:
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = ort.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])

    def __call__(self, ids: Integers, mask: Integers, types: Integers) -> tuple[Floats, Floats]:
        inputs = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types}
        start, end = self._session.run(["start", "end"], inputs)
        return start, end


def open_logits(model: Path) -> Logits:
    """`model`: a folder with model.safetensors, or an .onnx file."""
    return OnnxLogits(model) if model.suffix == ".onnx" else TorchLogits(model)


class Predictor:
    """Questions and passages → spans."""

    def __init__(self, logits: Logits, tokenizer: Tokenizer) -> None:
        self._logits, self._tokenizer = logits, tokenizer

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Found]:
        """The best span in each (title, text)."""
        asked, _ = pieces(self._tokenizer, question, MAX_QUESTION)
        rows: list[tuple[list[int], int]] = []
        places: list[list[tuple[int, int]]] = []
        for title, text in passages:
            named, _ = pieces(self._tokenizer, title, MAX_TITLE)
            ids, offsets = pieces(self._tokenizer, text, MAX_PASSAGE)
            rows.append(pair(asked, named, ids))
            places.append(offsets)
        found: dict[int, Found] = {}
        order = sorted(range(len(rows)), key=lambda i: len(rows[i][0]))
        for first in range(0, len(order), _BATCH):
            part = order[first : first + _BATCH]
            start, end = self._logits(*padded([rows[i] for i in part]))
            for at, i in enumerate(part):
                ids, begin = rows[i]
                found[i] = best_span(start[at], end[at], begin, len(ids) - 1, places[i])
        return [found[i] for i in range(len(rows))]


def best_span(
    start: Floats, end: Floats, first: int, stop: int, offsets: Sequence[tuple[int, int]], width: int = MAX_ANSWER
) -> Found:
    """The best span of one pair among the tokens first..stop − 1, at most `width` wide."""
    nothing = float(start[0] + end[0])
    length = stop - first
    if length <= 0:
        return Found(0, 0, float("-inf"), float("-inf"))
    scores = start[first:stop, None] + end[None, first:stop] - nothing
    rows, columns = np.indices(scores.shape)
    scores = np.where((columns >= rows) & (columns < rows + width), scores, -np.inf)
    at = int(scores.argmax())
    best = float(scores.flat[at])
    mass = best + float(np.log(np.exp(scores - best).sum()))
    return Found(offsets[at // length][0], offsets[at % length][1], best, mass)
