"""Judges whether the best sentence answers the question: one calibrated probability, one threshold.

The numbers come from `rag/calibration.json`, written by `python -m eval calibrate` together with the run
that chose them. Non-scope: the wording of a refusal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from rag.answer_type import LACKING, NOTHING_EXPECTED, OFFERED
from rag.linear import Linear
from rag.read import Reading
from rag.types import Confidence, Evidence, Reason

# Words instead of percentages (product rule): the edges of the labels on the calibrated probability.
# medium = more likely right than not.
HIGH = 0.8
MEDIUM = 0.5
# Below it the passages are about something else, unless they hold words of the question.
RELATED_COSINE = 0.45


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic model over `features` and the probability from which on an answer is shown."""

    model: Linear
    threshold: float
    reader: str | None = None  # the reader that it was fitted with, name@fingerprint

    def probability(self, values: Mapping[str, float]) -> float:
        """0..1 that the answer is right and in the material."""
        return self.model.probability(values)


def load_calibration(*, reader: bool) -> Calibration:
    """The calibration that ships with this version, for answers with or without a reader."""
    stored = json.loads(resources.files("rag").joinpath("calibration.json").read_text(encoding="utf-8"))
    fitted = stored["with_reader" if reader else "without_reader"]
    return Calibration(Linear(fitted["weights"], fitted["bias"]), fitted["threshold"], _known(fitted["run"]["reader"]))


def _known(reader: str | None) -> str | None:
    """Without the precision it runs at, which moves its scores by less than any two questions differ."""
    return reader and reader.partition("/")[0]


# What answers with and without a reader are judged by. Fewer where there is one: what its marks say already only
# ties the probability to the documents that it was fitted on (AUROC on SQuAD articles, fitted on all else, 0.85
# with all and 0.87 with these; no better elsewhere).
WITH_READER = (
    "score", "related", "lead", "name_unknown", "name_elsewhere", "span_untyped", "log_odds", "log_odds_covered",
    "claimed", "alone", "claimed_alone",
)  # fmt: skip
WITHOUT_READER = (
    "score", "sentence_cosine", "related", "coverage", "passage_coverage", "unknown_words", "name_unknown",
    "name_elsewhere", "type_offered", "type_lacking",
)  # fmt: skip


def features(reading: Reading) -> dict[str, float]:
    """What the probability is computed from, by name. The reading holds at least one sentence."""
    best, *others = reading.sentences
    return {
        "score": best.score,
        "sentence_cosine": best.cosine,
        "related": min(best.cosine, RELATED_COSINE),  # below that nearness says more than above
        "coverage": best.coverage,
        "passage_coverage": reading.passage_coverage,
        "unknown_words": reading.unknown_words,
        "name_unknown": float(reading.name_unknown),
        "name_elsewhere": float(reading.name_elsewhere),
        "type_offered": float(best.type_match == OFFERED),
        "type_lacking": float(best.type_match == LACKING),
        "log_odds": best.log_odds,
        "log_odds_covered": best.log_odds * best.coverage,  # marks count more where the question's words are
        "lead": best.score - others[0].score if others else best.score,
        "claimed": reading.second.claimed,
        "alone": reading.second.alone,
        "claimed_alone": reading.second.claimed_alone,
        "span_untyped": float(best.type_match != NOTHING_EXPECTED and not best.typed),
    }


def fits(calibration: Calibration, reader: str | None) -> bool:
    """Whether the probability was fitted on what this reader marks."""
    return calibration.reader in (None, _known(reader))


def judge(reading: Reading, evidence: Evidence, calibration: Calibration) -> tuple[Confidence, Reason | None]:
    """How sure, and why not when it is not sure enough."""
    if not reading.sentences:
        return Confidence(0.0, "low"), Reason.EMPTY_INDEX
    nearest = max((h.cosine for h in evidence.hits if h.cosine is not None), default=0.0)
    if nearest < RELATED_COSINE and reading.evidence_coverage == 0:
        return Confidence(0.0, "low"), Reason.NO_MATCH  # neither its words nor its meaning are there
    probability = calibration.probability(features(reading))
    label = "high" if probability >= HIGH else "medium" if probability >= MEDIUM else "low"
    confidence = Confidence(probability, label)
    if probability >= calibration.threshold:
        return confidence, None
    return confidence, Reason.NOT_ANSWERED if nearest >= RELATED_COSINE else Reason.WEAK_MATCH
