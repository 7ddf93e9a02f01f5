"""What supports a sentence: the right quote of the cited passage, or of another one, or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from rag.answer import Answerer
from rag.linear import Linear
from rag.support import FEATURES, JUDGED, SupportModel, Verifier, load_support_model
from rag.types import Evidence, Hit

Open = Callable[[Mapping[str, str | bytes]], Answerer]

DOCUMENTS = {
    "a.txt": "The summit drew 264 registered people. It was held in Taipei. Mayor Ko opened it. He spoke long.",
    "b.txt": "The library lent 40 tablets to delegates. The tablets came back.",
}
# Wording alone decides: the numbers that ship are for the real models.
WORDING = SupportModel(Linear({"coverage": 20.0, "turned": -20.0}, -15.0), 0.5)


@pytest.fixture
def corpus(open_corpus: Open) -> tuple[Answerer, Evidence]:
    answerer = open_corpus(DOCUMENTS)
    passages = tuple(answerer.snapshot.passages())
    return answerer, Evidence(passages, tuple(Hit(p.id, 1.0, None, None, None, None) for p in passages))


def quotes(corpus: tuple[Answerer, Evidence], claim: str, *cited: int) -> list[str] | None:
    answerer, evidence = corpus
    verifier = Verifier(answerer.retriever.embedder, None, WORDING)
    backing = verifier.backing(claim, cited, evidence, answerer.snapshot)
    return None if backing is None else [quote.text for quote in backing.quotes]


SUMMIT, PLACE, MAYOR = "The summit drew 264 registered people.", "It was held in Taipei.", "Mayor Ko opened it."
LIBRARY = "The library lent 40 tablets to delegates."


@pytest.mark.parametrize(
    ("claim", "cited", "found"),
    [
        pytest.param("The summit drew 264 people.", (1,), [SUMMIT], id="the sentence that says it"),
        pytest.param("The summit drew 264 people in Taipei.", (1,), [f"{SUMMIT} {PLACE}"], id="two that follow"),
        pytest.param("The summit drew 264 people.", (2,), [SUMMIT], id="another passage was cited"),
        pytest.param("The summit drew 264 people.", (7,), [SUMMIT], id="no such passage"),
        pytest.param("Of 264 people at the summit, 40 lent tablets.", (1, 2), [SUMMIT, LIBRARY], id="two passages"),
        pytest.param("The summit drew 265 people.", (1, 2), None, id="another number"),
        pytest.param("The summit drew 40 people.", (1,), None, id="a number of another passage"),
        pytest.param("Mayor Kwon opened the summit.", (1,), None, id="another name"),
        pytest.param("The summit never drew 264 people.", (1,), None, id="a negation"),
        pytest.param("The weather was fine and everybody danced.", (1,), None, id="nothing of it"),
    ],
)
def test_the_best_quote_is_found(
    corpus: tuple[Answerer, Evidence], claim: str, cited: tuple[int, ...], found: list[str] | None
) -> None:
    assert quotes(corpus, claim, *cited) == found


def test_facts_in_each_others_place_are_noticed(open_corpus: Open) -> None:
    answerer = open_corpus({"a.txt": "Kwon spoke for Daegu at the summit after Ko greeted guests for Taipei."})
    passages = tuple(answerer.snapshot.passages())
    evidence = Evidence(passages, (Hit(passages[0].id, 1.0, None, None, None, None),))
    verifier = Verifier(answerer.retriever.embedder, None, WORDING)

    def turned(claim: str) -> float:
        backing = verifier.judged(claim, (1,), evidence, answerer.snapshot)
        assert backing is not None
        return backing.features["turned"]

    assert turned("Kwon spoke for Daegu at the summit after Ko greeted guests.") == 0
    assert turned("Ko spoke for Daegu at the summit after Kwon greeted guests.") == 1


def test_who_acts_on_whom_may_be_said_in_either_voice(open_corpus: Open) -> None:
    answerer = open_corpus({"a.txt": "The city of Tartu, a sister city of Turku, was led by Mayor Klaas."})
    passages = tuple(answerer.snapshot.passages())
    evidence = Evidence(passages, (Hit(passages[0].id, 1.0, None, None, None, None),))
    verifier = Verifier(answerer.retriever.embedder, None, WORDING)

    def judged(claim: str) -> tuple[bool, bool]:
        backing = verifier.judged(claim, (1,), evidence, answerer.snapshot)
        assert backing is not None
        return backing.features["turned"] > 0, backing.features["rival"] > 0

    assert judged("Tartu was led by Klaas.") == (False, False)
    assert judged("Klaas led Tartu.") == (False, False)
    assert judged("Klaas was led by Tartu.") == (True, False)
    assert judged("Tartu led Klaas.") == (True, False)
    assert judged("Klaas led Turku.") == (False, True)  # what is said aside is not said of the mayor


def test_the_numbers_that_ship_are_of_every_feature() -> None:
    model = load_support_model()
    assert set(model.model.weights) == {*FEATURES, JUDGED}
    assert 0 < model.threshold < 1
