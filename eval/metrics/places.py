"""Where things stand in the documents: which gold spans a list of passages finds, which citations hit gold.

Everything is measured by overlap of spans, so that another cut into passages or sentences changes no gold.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag.types import Span

# Half is the usual bar for "the same span": below it most of the evidence lies elsewhere.
SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Place:
    """A span of one document."""

    document_id: str
    span: Span


def found_per_rank(passages: Iterable[Place], gold: Sequence[Place]) -> list[int]:
    """For each passage in rank order: the number of gold spans that are found there first.

    A gold span is found at the first rank where the passages so far, taken together, hold at least half
    of its characters: a quote that a passage boundary cuts is found when its larger part is.
    """
    seen: list[set[int]] = [set() for _ in gold]
    missing = set(range(len(gold)))
    found = []
    for passage in passages:
        before = len(missing)
        for row in sorted(missing):
            if gold[row].document_id != passage.document_id:
                continue
            span = gold[row].span
            seen[row].update(range(max(span.start, passage.span.start), min(span.end, passage.span.end)))
            if len(seen[row]) >= SHARE * (span.end - span.start):
                missing.discard(row)
        found.append(before - len(missing))
    return found


def documents_found(passages: Iterable[Place], gold: Sequence[Place]) -> list[int]:
    """For each document, ranked by its best passage: 1 where gold stands in it, else 0."""
    wanted = {place.document_id for place in gold}
    return [int(document in wanted) for document in dict.fromkeys(place.document_id for place in passages)]


def passage_gains(found: Sequence[int], gold: int) -> tuple[list[float], list[float]]:
    """(gains, relevant) for `ranking.ndcg` from `found_per_rank` over `gold` spans.

    A passage has gain 1 when it finds any gold span first, and every gold span that was never found
    stands for one passage that is missing: 1.0 is reached by the fewest passages, all on top.
    """
    gains = [1.0 if number else 0.0 for number in found]
    return gains, [1.0] * (int(sum(gains)) + gold - sum(found))


def same_evidence(a: Place, b: Place) -> bool:
    """Whether two spans are the same evidence: their common characters are at least half of the shorter span.

    This is the overlap coefficient |a ∩ b| / min(|a|, |b|) ≥ 0.5 (Szymkiewicz–Simpson): a quote of half a
    sentence and the whole sentence are the same evidence.
    """
    if a.document_id != b.document_id:
        return False
    common = min(a.span.end, b.span.end) - max(a.span.start, b.span.start)
    shorter = min(a.span.end - a.span.start, b.span.end - b.span.start)
    return common > 0 and common >= SHARE * shorter


def citation_precision(citations: Sequence[Place], gold: Sequence[Place]) -> float:
    """Share of the citations that are the same evidence as some gold span; 0..1.

    No citation at all counts 0, as trec_eval counts an empty result: a refusal is not a perfect answer.
    Source: Gao et al., Enabling LLMs to Generate Text with Citations (2023), here against known gold.
    """
    if not citations:
        return 0.0
    return sum(any(same_evidence(c, g) for g in gold) for c in citations) / len(citations)


def citation_recall(citations: Sequence[Place], gold: Sequence[Place]) -> float:
    """Share of the gold spans that are the same evidence as some citation; 0..1. `gold` is not empty."""
    return sum(any(same_evidence(c, g) for c in citations) for g in gold) / len(gold)
