"""The documents of a snapshot by id, parsed when they are asked for.

Non-scope: where they lie in a segment (`rag/segment.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from rag.segment import Segment
from rag.types import Document

# Documents kept ready to be quoted from; an article is about 10 KB.
_DOCUMENTS_READY = 1024


class Documents(Mapping[str, Document]):
    """`parts`: segments, each with the numbers of its documents that are gone."""

    def __init__(self, parts: Sequence[tuple[Segment, frozenset[int]]]) -> None:
        self._places = {
            segment.ids[number]: (segment, number)
            for segment, gone in parts
            for number in range(len(segment.ids))
            if number not in gone
        }
        self._read = lru_cache(maxsize=_DOCUMENTS_READY)(self._parse)

    def _parse(self, name: str) -> Document:
        segment, number = self._places[name]
        return segment.document(number)

    def __getitem__(self, name: str) -> Document:
        return self._read(name)

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def digest(self, name: str) -> str:
        """`Document.sha256` without reading the document."""
        segment, number = self._places[name]
        return segment.digests[number]

    def digests(self) -> dict[str, str]:
        return {name: self.digest(name) for name in self}
