"""A reader as the training left it, on torch in float32: what the exported one is held against.

Non-scope: spans and scores (`rag/reader.py`), metrics.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer

from rag.reader import MAX_PASSAGE, MAX_QUESTION, Marks, pair, pieces, subject
from training.batches import padded
from training.model import Reader


class TorchReader:
    """What `training.reader` wrote; a `rag.reader.Reader`."""

    def __init__(self, folder: Path, tokenizer: Tokenizer) -> None:
        self.id = f"{folder.name}/torch"
        self.judges_claims = True
        self._reader, self._tokenizer = Reader.from_folder(folder), tokenizer
        torch.set_num_threads(1)

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Marks]:
        return [self._mark(question, *passage) for passage in passages]

    def _mark(self, question: str, title: str, text: str) -> Marks:
        asked, _ = pieces(self._tokenizer, question, MAX_QUESTION)
        named = subject(self._tokenizer, title)
        passage, offsets = pieces(self._tokenizer, text, MAX_PASSAGE)
        ids, begin = pair(asked, named, passage)
        with torch.inference_mode():
            start, end = (logits[0].numpy() for logits in self._reader(*map(torch.from_numpy, padded([(ids, begin)]))))
        stop = begin + len(passage)
        return Marks(start[begin:stop] - start[0], end[begin:stop] - end[0], tuple(offsets))
