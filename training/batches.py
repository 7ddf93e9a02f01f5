"""Draws questions, their form and their passages, and packs them into batches of like length.

Everything follows from (seed, epoch), so a resumed run goes on where it stopped. Non-scope: the arrays themselves
(`training/prepare.py`).
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rag.reader import pair
from training.model import WIDTH
from training.records import KINDS
from training.sources import AMAZON, QAMR, REDDIT, SQUAD, WIKI

Integers = NDArray[np.int64]

# Share of each set's questions shown in an epoch: encyclopaedic text with real unanswerable questions is nearest
# to what is asked, the rest teaches the form.
SHARES = {
    SQUAD: 1.0,
    WIKI: 1.0,
    REDDIT: 0.4,
    AMAZON: 0.25,
    QAMR: 0.12,
    "changed": 0.8,
    "lacking": 0.5,
    "claims": 0.3,
    "answered": 0.7,
    "otherwise": 0.5,
}
# Mean number of hard negatives beside the passage that a question belongs to (at most two).
NEGATIVES = {
    SQUAD: 0.7, WIKI: 0.5, REDDIT: 0.1, AMAZON: 0.1, QAMR: 0.0, "changed": 0.2, "lacking": 0.0, "claims": 0.3,
    "answered": 0.0, "otherwise": 0.0,
}  # fmt: skip
# How often a question is shown in another form (keywords, request, misspelt, no question mark) and without its title.
OTHER_FORM, NO_TITLE = 0.35, 0.25
# Batches that are sorted by length together.
POOL = 48


@dataclass(frozen=True, slots=True)
class _Drawn:
    """How one record is shown in one epoch."""

    question: int
    titled: bool
    passages: list[int]


@dataclass(frozen=True, slots=True)
class Batch:
    """Pairs (question, passage), padded to one length; see `training.model.loss` for the last three."""

    input_ids: Tensor
    attention_mask: Tensor
    token_type_ids: Tensor
    allowed: Tensor
    targets: Tensor
    groups: Tensor
    questions: int


def collate(pairs: list[tuple[list[int], int, int]], targets: list[tuple[int, int, int]]) -> Batch:
    """`pairs`: (ids, begin of the passage, question number); `targets`: (pair, first token, last token)."""
    ids, mask, types = padded([(tokens, begin) for tokens, begin, _ in pairs])
    allowed = types.astype(bool)
    for row, (tokens, _, _) in enumerate(pairs):
        allowed[row, len(tokens) - 1] = False
    right = torch.tensor([(p, s, e - s) for p, s, e in targets if e - s < WIDTH], dtype=torch.int64).reshape(-1, 3)
    groups = torch.tensor([g for _, _, g in pairs], dtype=torch.int64)
    return Batch(
        input_ids=torch.from_numpy(ids),
        attention_mask=torch.from_numpy(mask),
        token_type_ids=torch.from_numpy(types),
        allowed=torch.from_numpy(allowed),
        targets=right,
        groups=groups,
        questions=int(groups.max()) + 1,
    )


def padded(rows: Sequence[tuple[Sequence[int], int]]) -> tuple[Integers, Integers, Integers]:
    """input_ids, attention_mask and token_type_ids, (rows, longest), of what `pair` returns."""
    length = max(len(ids) for ids, _ in rows)
    ids, mask, types = (np.zeros((len(rows), length), np.int64) for _ in range(3))
    for row, (tokens, begin) in enumerate(rows):
        ids[row, : len(tokens)] = tokens
        mask[row, : len(tokens)] = 1
        types[row, begin : len(tokens)] = 1
    return ids, mask, types


class Examples:
    """The arrays of `examples.npz`."""

    def __init__(self, path: Path) -> None:
        with np.load(path, allow_pickle=False) as stored:
            self._arrays: dict[str, NDArray[np.int32]] = {name: stored[name] for name in stored.files}
        self.sources = self._arrays["sources"]

    def row(self, name: str, number: int) -> NDArray[np.int32]:
        ends = self._arrays[f"{name}_ends"]
        return self._arrays[name][ends[number] : ends[number + 1]]

    def title_of(self, passage: int) -> NDArray[np.int32]:
        return self.row("titles", int(self._arrays["passage_title"][passage]))

    def epoch(self, seed: int, epoch: int, tokens: int) -> list[list[int]]:
        """Record numbers by batch, shuffled: each batch of like length and about `tokens` wordpieces."""
        chance = np.random.default_rng((seed, epoch))
        shares = np.array([SHARES[name] for name in KINDS])
        chosen = np.flatnonzero(chance.random(len(self.sources)) < shares[self.sources])
        chance.shuffle(chosen)
        drawn = [self._draw(int(record), seed, epoch) for record in chosen]
        counts = np.array([len(d.passages) for d in drawn])
        lengths = np.array([self._length(d) for d in drawn])
        pool = max(1, int(POOL * tokens / (lengths * counts).mean()))
        batches: list[list[int]] = []
        for first in range(0, len(chosen), pool):
            batch: list[int] = []
            size = 0
            for at in first + np.argsort(lengths[first : first + pool], kind="stable"):
                if batch and (size + counts[at]) * lengths[at] > tokens:
                    batches.append(batch)
                    batch, size = [], 0
                batch.append(int(chosen[at]))
                size += int(counts[at])
            batches.append(batch)
        return [batches[i] for i in chance.permutation(len(batches))]

    def batch(self, records: list[int], seed: int, epoch: int) -> Batch:
        """The pairs of these records as `epoch` planned them."""
        pairs: list[tuple[list[int], int, int]] = []
        targets: list[tuple[int, int, int]] = []
        for number, record in enumerate(records):
            drawn = self._draw(record, seed, epoch)
            question = self.row("questions", drawn.question)
            spans = self.row("spans", record).reshape(-1, 3)
            for passage in drawn.passages:
                title = self.title_of(passage) if drawn.titled else question[:0]
                ids, begin = pair(question.tolist(), title.tolist(), self.row("passages", passage).tolist())
                targets += [(len(pairs), begin + int(s), begin + int(e)) for p, s, e in spans if p == passage]
                pairs.append((ids, begin, number))
        return collate(pairs, targets)

    def _draw(self, record: int, seed: int, epoch: int) -> _Drawn:
        """A form of the question, its own passages and hard negatives, nearer ones more often."""
        chance = random.Random(f"{seed} {epoch} {record}")
        variants = self.row("variants", record)
        form = 0 if len(variants) == 1 or chance.random() >= OTHER_FORM else chance.randrange(1, len(variants))
        links = self.row("links", record)
        passages = [int(p) for p in links if p >= 0][:2]
        negatives = [-1 - int(p) for p in links if p < 0]
        mean = NEGATIVES[KINDS[self.sources[record]]]
        for _ in range(min(len(negatives), int(mean) + (chance.random() < mean % 1))):
            weights = [1 / rank for rank in range(1, len(negatives) + 1)]
            passages.append(negatives.pop(chance.choices(range(len(negatives)), weights)[0]))
        return _Drawn(int(variants[form]), chance.random() >= NO_TITLE, passages)

    def _length(self, drawn: _Drawn) -> int:
        """Wordpieces of the longest pair."""
        ends = self._arrays["passages_ends"]
        longest = max(int(ends[p + 1] - ends[p]) for p in drawn.passages)
        title = len(self.title_of(drawn.passages[0])) + 1 if drawn.titled else 0
        return longest + title + len(self.row("questions", drawn.question)) + 3
