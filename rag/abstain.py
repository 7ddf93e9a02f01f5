"""Judges whether the best sentence answers the question: one calibrated probability, one threshold.

The numbers come from `rag/calibration.json`, written by `python -m eval calibrate` together with the run
that chose them. Non-scope: the wording of a refusal.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from rag.read import Reading
from rag.types import Confidence, Evidence, Reason

# Words instead of percentages (product rule): the edges of the labels on the calibrated probability.
HIGH = 0.8
MEDIUM = 0.55
# Below these the passages are about something else; see the risk-coverage curve in eval/results/report.md.
UNRELATED_COSINE = 0.2
RELATED_COSINE = 0.45


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic model over `features` and the probability from which on an answer is shown."""

    weights: Mapping[str, float]
    bias: float
    threshold: float

    def probability(self, values: Mapping[str, float]) -> float:
        """0..1 that the answer is right and in the material."""
        logit = self.bias + sum(weight * values[name] for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-logit))


def load_calibration() -> Calibration:
    """The calibration that ships with this version."""
    stored = json.loads(resources.files("rag").joinpath("calibration.json").read_text(encoding="utf-8"))
    return Calibration(stored["weights"], stored["bias"], stored["threshold"])


def features(reading: Reading, evidence: Evidence) -> dict[str, float]:
    """What the probability is computed from; empty readings give the worst value of each."""
    if not reading.sentences:
        return dict.fromkeys(FEATURES, 0.0) | {"unknown": 1.0, "names_missing": 1.0}
    best = reading.sentences[0]
    return {
        "sentence_cosine": best.cosine,
        "passage_cosine": max((h.cosine for h in evidence.hits if h.cosine is not None), default=0.0),
        "coverage": best.coverage,
        "evidence_coverage": reading.evidence_coverage,
        "type_match": best.type_match,
        "unknown": reading.unknown,
        "names_missing": reading.names_missing,
    }


FEATURES = (
    "sentence_cosine",
    "passage_cosine",
    "coverage",
    "evidence_coverage",
    "type_match",
    "unknown",
    "names_missing",
)


def judge(reading: Reading, evidence: Evidence, calibration: Calibration) -> tuple[Confidence, Reason | None]:
    """How sure, and why not when it is not sure enough."""
    values = features(reading, evidence)
    probability = calibration.probability(values) if reading.sentences else 0.0
    label = "high" if probability >= HIGH else "medium" if probability >= MEDIUM else "low"
    confidence = Confidence(probability, label)
    if not reading.sentences:
        return confidence, Reason.EMPTY_INDEX
    if probability >= calibration.threshold:
        return confidence, None
    if values["passage_cosine"] < UNRELATED_COSINE and values["evidence_coverage"] == 0:
        return confidence, Reason.NO_MATCH
    return confidence, Reason.NOT_ANSWERED if values["passage_cosine"] >= RELATED_COSINE else Reason.WEAK_MATCH
