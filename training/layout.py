"""How a question and a passage become the reader's input, in training and in use:

    [CLS] question [SEP] title [SEP] passage [SEP]      (without a title: [CLS] question [SEP] passage [SEP])

Each part is cut into wordpieces alone, so those of a passage can be kept with the index. Token types are 0 up to
the passage and 1 from its first wordpiece on; an answer lies among the 1s, the last [SEP] left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

Integers = NDArray[np.int64]

CLS, SEP = 101, 102  # of the uncased BERT vocabulary
# Wordpieces. Passages end near 144 by `rag.chunk.ChunkParameters`; a longer single sentence is cut off here.
MAX_QUESTION, MAX_TITLE, MAX_PASSAGE = 40, 12, 160
# Longest answer, wordpieces: longer ones are sentences, not short answers.
MAX_ANSWER = 30


def open_tokenizer(file: Path) -> Tokenizer:
    """Without the padding and truncation that the file may ask for."""
    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def pieces(tokenizer: Tokenizer, text: str, limit: int) -> tuple[list[int], list[tuple[int, int]]]:
    """The first `limit` wordpieces of `text` and where each stands in it, in code points."""
    encoded = tokenizer.encode(text, add_special_tokens=False)
    return encoded.ids[:limit], encoded.offsets[:limit]


def pair(question: Sequence[int], title: Sequence[int], passage: Sequence[int]) -> tuple[list[int], int]:
    """The input and the number of its first passage wordpiece."""
    head = [CLS, *question, SEP]
    if len(title):
        head += [*title, SEP]
    return [*head, *passage, SEP], len(head)


def padded(rows: Sequence[tuple[Sequence[int], int]]) -> tuple[Integers, Integers, Integers]:
    """input_ids, attention_mask and token_type_ids, (rows, longest), of what `pair` returns."""
    length = max(len(ids) for ids, _ in rows)
    ids, mask, types = (np.zeros((len(rows), length), np.int64) for _ in range(3))
    for row, (tokens, begin) in enumerate(rows):
        ids[row, : len(tokens)] = tokens
        mask[row, : len(tokens)] = 1
        types[row, begin : len(tokens)] = 1
    return ids, mask, types
