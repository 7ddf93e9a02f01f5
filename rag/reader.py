"""The reader: marks the words of a passage that answer a question, or says that the passage does not answer it.

`[CLS] question [SEP] title [SEP] passage [SEP]` → logits of where an answer starts and ends. The score of a span,
start[i] + end[j] − (start[0] + end[0]), is its log-odds against "this passage does not say". The shipped reader was
trained with all passages of a question under one softmax (Clark & Gardner 2018, §3.2), so scores of different passages
compare as they are. Non-scope: which passages, which sentence, how sure (`rag/read.py`, `rag/abstain.py`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from tokenizers import Tokenizer

from rag.embed import fingerprint
from rag.errors import ModelError, UnsupportedModel
from rag.runtime import RUNTIME_VERSION, Floats, Network, kept, open_tokenizer, read_weights, side_by_side
from rag.settings import FP32, INT8
from rag.types import Span

SHIPPED = Path(__file__).parent / "weights"
# The upper layers of the judge, a reader that tells what a quote says from what it does not (`training/judge.py`).
JUDGE = Path(__file__).parent / "judge"
CLS, SEP = 101, 102  # of the uncased BERT vocabulary
# Wordpieces. Passages end near 144 by `rag.chunk.ChunkParameters`; a longer single sentence is cut off here.
MAX_QUESTION, MAX_TITLE, MAX_PASSAGE = 64, 12, 160
# Longest answer, wordpieces: longer ones are sentences, not short answers.
MAX_ANSWER = 30
# In the config.json of a reader trained by `training/`, which has the tokenizer and the words of its base model.
TITLED_LAYOUT = "question, title, passage"
WORDS = "bert.embeddings.word_embeddings.weight"  # frozen in training, so the base model's file holds them


@dataclass(frozen=True, slots=True)
class FoundSpan:
    """Words of a passage; `score`: log-odds against "the passage does not say"."""

    span: Span  # code points of the passage's text
    score: float


@dataclass(frozen=True, slots=True)
class Marks:
    """What the reader made of one passage: logits over its n wordpieces."""

    start: Floats  # (n,), less that of "does not say"
    end: Floats  # (n,), likewise
    offsets: tuple[tuple[int, int], ...]  # n places in the passage's text

    def best(self, within: Span, places: Sequence[Span] = ()) -> FoundSpan | None:
        """The best span inside a part of the passage; None where that part was cut off.

        With `places`, one that begins where one of them does and holds it; None where none is possible.
        """
        pieces = [i for i, (first, last) in enumerate(self.offsets) if within.start <= first < last <= within.end]
        if not pieces:
            return None
        low, high = pieces[0], pieces[-1] + 1
        scores = self.start[low:high, None] + self.end[None, low:high]
        width = np.arange(high - low)[None, :] - np.arange(high - low)[:, None]
        allowed = (width >= 0) & (width < MAX_ANSWER)
        if places:
            held = np.zeros_like(allowed)
            for place in places:
                first = [i for i, (start, _) in enumerate(self.offsets[low:high]) if start == place.start]
                last = [i for i, (_, end) in enumerate(self.offsets[low:high]) if end >= place.end]
                if first and last:
                    held[first[0], last[0] :] = True
            allowed &= held
        if not allowed.any():
            return None
        first_piece, last_piece = divmod(int(np.where(allowed, scores, -np.inf).argmax()), high - low)
        span = Span(self.offsets[low + first_piece][0], self.offsets[low + last_piece][1])
        return FoundSpan(span, float(scores[first_piece, last_piece]))


class Reader(Protocol):
    """Thread-safe."""

    id: str
    # Whether it takes a statement for a question, too, and marks the beginning of the sentence that says so.
    judges_claims: bool

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Marks]:
        """One per (title, text)."""


def answered(question: str, answer: str) -> str:
    """Both as one claim for a reader that judges claims."""
    return f"{question.rstrip('?. ')}? {answer.rstrip('. ')}."


def pieces(tokenizer: Tokenizer, text: str, limit: int) -> tuple[list[int], list[tuple[int, int]]]:
    """The first `limit` wordpieces of `text` and where each stands in it, in code points."""
    encoded = tokenizer.encode(text, add_special_tokens=False)
    return encoded.ids[:limit], encoded.offsets[:limit]


def subject(tokenizer: Tokenizer, title: str) -> list[int]:
    """The wordpieces of a title that names a subject; none of a headline, a longer one.

    The reader learnt with names of subjects; beside a headline it takes what a sentence says for more (AUROC of its
    marks over the dev questions 0.62 with it, 0.78 without).
    """
    ids, _ = pieces(tokenizer, title, MAX_TITLE + 1)
    return ids if len(ids) <= MAX_TITLE else []


def pair(question: Sequence[int], title: Sequence[int], passage: Sequence[int]) -> tuple[list[int], int]:
    """The shipped reader's input and the number of its first passage wordpiece."""
    head = [CLS, *question, SEP]
    if len(title):
        head += [*title, SEP]
    return [*head, *passage, SEP], len(head)


class OnnxReader:
    """An exported reader. One passage goes through the network at a time, so its marks are the same in any company."""

    def __init__(self, reader_id: str, tokenizer: Tokenizer, network: Network, threads: int, titled: bool) -> None:
        """`titled`: the shipped layout; else that of the model's own tokenizer, which knows no titles."""
        self.id = reader_id
        self.judges_claims = titled
        self._tokenizer, self._network, self._threads = tokenizer, network, threads
        self._mark = self._titled if titled else self._plain

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Marks]:
        return side_by_side(lambda passage: self._mark(question, *passage), passages, self._threads)

    def _titled(self, question: str, title: str, text: str) -> Marks:
        asked, _ = pieces(self._tokenizer, question, MAX_QUESTION)
        named = subject(self._tokenizer, title)
        passage, offsets = pieces(self._tokenizer, text, MAX_PASSAGE)
        ids, begin = pair(asked, named, passage)
        types = [0] * begin + [1] * (len(ids) - begin)
        return self._marks(ids, types, begin, begin + len(passage), offsets)

    def _plain(self, question: str, title: str, text: str) -> Marks:
        asked = self._tokenizer.encode(question, add_special_tokens=False)
        asked.truncate(MAX_QUESTION)
        passage = self._tokenizer.encode(text, add_special_tokens=False)
        passage.truncate(MAX_PASSAGE)
        whole = self._tokenizer.post_process(asked, passage)
        inside = [i for i, sequence in enumerate(whole.sequence_ids) if sequence == 1]
        first = inside[0] if inside else 0
        return self._marks(whole.ids, whole.type_ids, first, first + len(inside), passage.offsets)

    def _marks(
        self, ids: list[int], types: list[int], first: int, stop: int, offsets: Sequence[tuple[int, int]]
    ) -> Marks:
        start, end = self._network.run(ids, types)
        return Marks(start[first:stop] - start[0], end[first:stop] - end[0], tuple(offsets))


def open_reader(
    folder: Path, name: str, base: Path, runtime: str, threads: int, exports: Path, upper: Path | None = None
) -> OnnxReader:
    """The model of `folder` on int8, else on fp32. `base`: folder of the model that our own readers start from;
    `upper`: of weights that take the place of those of the same name.

    Raises: ModelError.
    """
    precision = INT8 if runtime == INT8 else FP32
    prints = "-".join(map(fingerprint, filter(None, (folder, upper))))
    reader_id = f"{name}@{prints}/{precision}-{RUNTIME_VERSION}"
    try:
        config = _config(folder)
        titled = config.get("layout") == TITLED_LAYOUT

        def make() -> bytes:
            from rag.graph import quantised, reader_graph  # half a second to import, once for each model

            weights = read_weights(folder / "model.safetensors")
            if upper:
                weights |= read_weights(upper / "model.safetensors")
            if titled:
                weights[WORDS] = read_weights(base / "model.safetensors")[WORDS.removeprefix("bert.")]
            graph = reader_graph(weights, config, int8_words=precision == INT8)
            return quantised(graph) if precision == INT8 else graph.SerializeToString()

        tokenizer = open_tokenizer((base if titled else folder) / "tokenizer.json")
        network = Network(kept(exports, f"{reader_id.replace('/', '-')}.onnx", make))
    except UnsupportedModel as error:
        raise ModelError(f"The reader {name} cannot be used: {error}. Choose another one (RAG_READER).") from error
    return OnnxReader(reader_id, tokenizer, network, threads, titled)


def _config(folder: Path) -> dict[str, Any]:
    """Raises: UnsupportedModel."""
    try:
        config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnsupportedModel(f"its config.json cannot be read ({type(error).__name__})") from error
    return config
