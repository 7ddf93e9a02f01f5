"""Groups sentences into passages: runs of whole sentences, returned as boundaries, not as strings.

A passage never crosses a section. Non-scope: embedding, ids.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rag.types import Section, Span


@dataclass(frozen=True, slots=True)
class ChunkParameters:
    """Sizes in wordpieces of the embedding model. Chosen by `python -m eval tune` (eval/tuning.json)."""

    target: int = 96  # a passage is closed at the first paragraph end past this size
    limit: int = 144  # and before the sentence that would pass this one


def passage_bounds(
    text: str,
    sentences: Sequence[Span],
    sections: Sequence[Section],
    count_tokens: Callable[[str], int],
    parameters: ChunkParameters,
) -> list[tuple[int, int]]:
    """Half-open ranges of sentence numbers; together they hold every sentence once, in order.

    A single sentence longer than the limit is a passage of its own.
    """
    section_starts = sorted(section.span.start for section in sections)
    bounds: list[tuple[int, int]] = []
    first, size = 0, 0
    for number, sentence in enumerate(sentences):
        length = count_tokens(sentence.of(text))
        if number > first:
            gap = text[sentences[number - 1].end : sentence.start]
            following = bisect_left(section_starts, sentences[number - 1].end)
            new_section = following < len(section_starts) and section_starts[following] <= sentence.start
            if new_section or size + length > parameters.limit or ("\n" in gap and size >= parameters.target):
                bounds.append((first, number))
                first, size = number, 0
        size += length
    if first < len(sentences):
        bounds.append((first, len(sentences)))
    return bounds
