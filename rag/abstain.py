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

from rag.answer_type import LACKING, OFFERED
from rag.read import Reading
from rag.types import Confidence, Evidence, Reason

# Words instead of percentages (product rule): the edges of the labels on the calibrated probability.
# medium = more likely right than not.
HIGH = 0.8
MEDIUM = 0.5
# Below these the passages are about something else; only the words of a refusal depend on them.
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


FEATURES = ("score", "sentence_cosine", "coverage", "name_unknown", "name_elsewhere", "type_offered", "type_lacking")


def features(reading: Reading) -> dict[str, float]:
    """What the probability is computed from, by name. The reading holds at least one sentence."""
    best = reading.sentences[0]
    return {
        "score": best.score,
        "sentence_cosine": best.cosine,
        "coverage": best.coverage,
        "name_unknown": float(reading.name_unknown),
        "name_elsewhere": float(reading.name_elsewhere),
        "type_offered": float(best.type_match == OFFERED),
        "type_lacking": float(best.type_match == LACKING),
    }


def judge(reading: Reading, evidence: Evidence, calibration: Calibration) -> tuple[Confidence, Reason | None]:
    """How sure, and why not when it is not sure enough."""
    if not reading.sentences:
        return Confidence(0.0, "low"), Reason.EMPTY_INDEX
    probability = calibration.probability(features(reading))
    label = "high" if probability >= HIGH else "medium" if probability >= MEDIUM else "low"
    confidence = Confidence(probability, label)
    if probability >= calibration.threshold:
        return confidence, None
    nearest = max((h.cosine for h in evidence.hits if h.cosine is not None), default=0.0)
    if nearest < UNRELATED_COSINE and reading.evidence_coverage == 0:
        return confidence, Reason.NO_MATCH
    return confidence, Reason.NOT_ANSWERED if nearest >= RELATED_COSINE else Reason.WEAK_MATCH
