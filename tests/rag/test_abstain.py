"""One probability, one threshold, a reason when it is missed."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from importlib import resources

import pytest

from rag.abstain import WITH_READER, WITHOUT_READER, Calibration, features, fits, judge, load_calibration
from rag.answer_type import LACKING, OFFERED
from rag.linear import Linear
from rag.read import Reading, ScoredSentence
from rag.reader import Reader
from rag.types import Evidence, Hit, Passage, Reason, Span

PASSAGE = Passage("d:0-4", "d", Span(0, 4), "Text", "", (Span(0, 4),), 0)


def reading(score: float = 1.0, type_match: float = OFFERED, covered: float = 0.5) -> Reading:
    sentence = ScoredSentence(PASSAGE, Span(0, 4), score, 0.5, 0.5, type_match, Span(0, 4), 1.0, type_match == OFFERED)
    return Reading((sentence,), 1, covered, True, True, 0.5, 0.0)


def evidence(cosine: float | None) -> Evidence:
    return Evidence((PASSAGE,), (Hit("d:0-4", 1.0, cosine, 1.0, 1, 1),))


def test_the_probability_is_the_logistic_function() -> None:
    # 0.5 + 2 × 1.0 - 0.25 × 1 = 2.25
    calibration = Calibration(Linear({"score": 2.0, "name_elsewhere": -0.25}, 0.5), 0.9)
    confidence, reason = judge(reading(), evidence(0.6), calibration)
    assert confidence.probability == pytest.approx(1 / (1 + math.exp(-2.25)))
    assert (confidence.label, reason) == ("high", None)


@pytest.mark.parametrize(("bias", "label"), [(3.0, "high"), (0.5, "medium"), (-1.0, "low")])
def test_confidence_is_said_in_words(bias: float, label: str) -> None:
    assert judge(reading(), evidence(0.6), Calibration(Linear({}, bias), 0.0))[0].label == label


@pytest.mark.parametrize(
    ("cosine", "covered", "reason"),
    [
        (0.1, 0.0, Reason.NO_MATCH),
        (None, 0.0, Reason.NO_MATCH),
        (0.1, 0.5, Reason.WEAK_MATCH),
        (0.3, 0.0, Reason.NO_MATCH),
        (0.6, 0.5, Reason.NOT_ANSWERED),
    ],
)
def test_a_refusal_says_how_near_the_material_comes(cosine: float | None, covered: float, reason: Reason) -> None:
    assert judge(reading(covered=covered), evidence(cosine), Calibration(Linear({}, -5.0), 0.5))[1] is reason


def test_neither_words_nor_meaning_is_no_answer_however_sure_the_rest() -> None:
    sure = Calibration(Linear({}, 5.0), 0.5)
    assert judge(reading(covered=0.0), evidence(0.44), sure)[1] is Reason.NO_MATCH
    assert judge(reading(covered=0.0), evidence(0.45), sure)[1] is None
    assert judge(reading(covered=0.1), evidence(0.1), sure)[1] is None


def test_nothing_to_read_is_an_empty_index() -> None:
    confidence, reason = judge(
        Reading((), 0, 0.0, False, False, 0.0, 0.0), Evidence((), ()), load_calibration(reader=True)
    )
    assert (confidence.probability, reason) == (0.0, Reason.EMPTY_INDEX)


def test_what_ships_says_which_run_chose_it() -> None:
    stored = json.loads(resources.files("rag").joinpath("calibration.json").read_text())
    assert list(stored["without_reader"]["weights"]) == list(WITHOUT_READER)
    assert list(stored["with_reader"]["weights"]) == list(WITH_READER)
    assert {*WITH_READER, *WITHOUT_READER} == set(features(reading()))
    for fitted in stored.values():
        assert 0 < fitted["threshold"] < 1
        assert {"date", "commit", "embedder", "reader", "dev"} <= set(fitted["run"])


def test_what_ships_was_fitted_on_the_shipped_reader(real_reader: Reader) -> None:
    assert fits(load_calibration(reader=True), real_reader.id)
    assert not fits(load_calibration(reader=True), "mine@0123456789ab/int8-1")
    assert fits(load_calibration(reader=False), None)


@pytest.mark.parametrize("reader", [True, False])
def test_lacking_what_is_asked_for_lowers_the_probability(reader: bool) -> None:
    shipped = load_calibration(reader=reader)
    offered, lacking = (shipped.probability(features(reading(type_match=t))) for t in (OFFERED, LACKING))
    assert lacking < offered


def test_a_second_sentence_nearly_as_good_lowers_the_lead() -> None:
    (best,) = reading().sentences
    second = replace(best, score=0.75, log_odds=-2.0)
    values = features(replace(reading(), sentences=(best, second)))
    assert (values["lead"], values["log_odds"]) == (0.25, 1.0)
