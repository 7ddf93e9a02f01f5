"""The reader: MiniLM encoder, start and end head, and the loss that makes spans of different passages compare.

The score of a span is start + end − (start + end of the first token of its own passage): log-odds against
"this passage does not say". All spans of all passages of a question and one "no answer" of score 0 share one
softmax (shared normalisation: Clark & Gardner 2018, §3.2; no-answer: §3.3; joint spans as in Fajcik et al. 2021).
Non-scope: choosing passages, turning tokens back into text.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from transformers import BertConfig, BertModel

# Widest span scored, wordpieces: one more than the longest target.
WIDTH = 31
# Weight of the loss of every passage alone beside that of the question: a passage without the answer has to say
# so even when the right one was not retrieved.
ALONE = 0.5


class Reader(nn.Module):
    """Wordpieces of (question, title, passage) → start and end logits."""

    def __init__(self, config: BertConfig) -> None:
        super().__init__()
        self.config = config
        self.bert = BertModel(config, add_pooling_layer=False)
        self.qa_outputs = nn.Linear(config.hidden_size, 2)

    @classmethod
    def from_base(cls, folder: Path, start: Path | None = None, dropout: float = 0.0) -> Reader:
        """A fresh head on the encoder of `folder`, or the weights that `training.export` wrote into `start`; word
        embeddings frozen.

        `dropout`: 0..1; none in a first stage, where one to three passes over the questions are far from learning
        them by heart. Plain attention: the backward step of torch's fused one costs 40 % of a training step on CPU.
        """
        config = BertConfig.from_pretrained(folder, attention_probs_dropout_prob=dropout, hidden_dropout_prob=dropout)
        reader = cls(config)
        reader.bert.set_attn_implementation("eager")
        encoder = BertModel.from_pretrained(folder, add_pooling_layer=False, dtype=torch.float32)
        reader.bert.load_state_dict(encoder.state_dict())
        nn.init.normal_(reader.qa_outputs.weight, std=0.02)
        nn.init.zeros_(reader.qa_outputs.bias)
        reader.bert.embeddings.word_embeddings.weight.requires_grad_(False)
        if start:
            exported = {name: value.float() for name, value in load_file(start / "model.safetensors").items()}
            reader.load_state_dict(reader.state_dict() | exported)
        return reader

    @classmethod
    def from_folder(cls, folder: Path) -> Reader:
        """What `training.reader` wrote: config.json and model.safetensors."""
        reader = cls(BertConfig.from_pretrained(folder))
        reader.load_state_dict({name: value.float() for name, value in load_file(folder / "model.safetensors").items()})
        return reader.eval()

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> tuple[Tensor, Tensor]:
        """(batch, length) each, int64 → start and end logits (batch, length) float."""
        hidden: Any = self.bert(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)
        logits = self.qa_outputs(hidden.last_hidden_state).float()
        return logits[..., 0], logits[..., 1]


def span_scores(start: Tensor, end: Tensor, allowed: Tensor, width: int = WIDTH) -> Tensor:
    """(batch, length, width): score of the span from token i to token i + k inclusive; −inf where not allowed.

    `allowed`: (batch, length) bool, the tokens that may be part of an answer (one run in each row).
    """
    length = start.shape[1]
    padded = nn.functional.pad(end.masked_fill(~allowed, float("-inf")), (0, width - 1), value=float("-inf"))
    ends = padded.unfold(1, width, 1)[:, :length]
    starts = start.masked_fill(~allowed, float("-inf"))
    return starts[..., None] + ends - (start[:, :1] + end[:, :1])[..., None]


def loss(scores: Tensor, targets: Tensor, groups: Tensor, questions: int) -> Tensor:
    """Mean over questions of −log P(any right span) under both normalisations.

    `scores`: (pairs, length, width) of `span_scores`; `targets`: (n, 3) pair, token, width − 1 of the right spans;
    `groups`: (pairs,) the question of each pair, 0..questions − 1. A question without targets wants "no answer".
    """
    pairs = scores.shape[0]
    every = scores.flatten(1).logsumexp(1)
    right = scores[targets[:, 0], targets[:, 1], targets[:, 2]]
    right_by_pair = _grouped_logsumexp(right, targets[:, 0], pairs)
    total = nn.functional.softplus(_grouped_logsumexp(every, groups, questions))
    right_by_question = _grouped_logsumexp(right, groups[targets[:, 0]], questions)
    shared = total - torch.where(right_by_question.isfinite(), right_by_question, 0.0)
    alone = nn.functional.softplus(every) - torch.where(right_by_pair.isfinite(), right_by_pair, 0.0)
    sizes = torch.bincount(groups, minlength=questions)
    return (shared.sum() + ALONE * (alone / sizes[groups]).sum()) / questions


def _grouped_logsumexp(values: Tensor, groups: Tensor, count: int) -> Tensor:
    """(count,): −inf for a group without values."""
    highest = torch.full((count,), float("-inf"), device=values.device)
    highest = highest.scatter_reduce(0, groups, values.detach(), "amax")
    safe = torch.where(highest.isfinite(), highest, 0.0)
    sums = torch.zeros(count, device=values.device).index_add(0, groups, (values - safe[groups]).exp())
    return torch.where(sums > 0, sums.clamp_min(1e-37).log() + safe, float("-inf"))
