"""Sentences made from questions are what they are said to be."""

from __future__ import annotations

import random

import pytest

from eval.claims import FALSE_KINDS, TRUE_KINDS, falsified, labelled, said, shortened, true_claims
from training.sources import Answer, Asked, Paragraph

TEXT = (
    "The treaty was signed in 1990 by Anna Bell of Norway. However, the museum (built later) was opened by Carl Dahl, "
    "who came from Sweden. Over 300 people have visited the museum in Oslo since 2001."
)


def asked(question: str, answer: str) -> Asked:
    return Asked(question, question, (Answer(answer, TEXT.index(answer)),))


QUESTIONS = (
    asked("When was the treaty signed?", "1990"),
    asked("Who opened the museum?", "Carl Dahl"),
    asked("Who signed the treaty in 1990?", "Anna Bell"),
    asked("How many people have visited the museum?", "300 people"),
)
PARAGRAPH = Paragraph("squad_37_articles", "Museum", TEXT, QUESTIONS)


@pytest.mark.parametrize(
    ("question", "sentence"),
    list(
        zip(
            QUESTIONS,
            [
                "The treaty was signed in 1990.",
                "Carl Dahl opened the museum.",
                "Anna Bell signed the treaty in 1990.",
                None,  # "300 people people have …": no sentence
            ],
            strict=True,
        )
    ),
    ids=lambda value: getattr(value, "id", None),
)
def test_a_question_and_its_answer_become_a_sentence(question: Asked, sentence: str | None) -> None:
    assert said(question, TEXT) == sentence


def test_asides_openings_and_clauses_are_cut() -> None:
    long = "However, the museum (built later) was opened by Carl Dahl, who came from Sweden."
    assert shortened(long) == "The museum was opened by Carl Dahl."
    assert shortened("The museum was opened by Carl Dahl.") is None


def test_false_sentences_differ_from_the_true_one_in_one_thing() -> None:
    true = {claim.text: (claim, question) for claim, question in true_claims(0, PARAGRAPH)}
    claim, question = true["Anna Bell signed the treaty in 1990."]
    false = {c.kind: c.text for c in falsified(claim, question, PARAGRAPH, random.Random(0))}
    assert false["answer"] == "Carl Dahl signed the treaty in 1990."
    assert set(false["number"].split()) ^ set(claim.text.split()) >= {"1990."}
    assert "Anna Bell" not in false["name"]
    assert "negation" not in false  # there is no verb to put it behind
    negated = falsified(*true["The treaty was signed in 1990."], PARAGRAPH, random.Random(0))
    assert "The treaty was not signed in 1990." in [c.text for c in negated]


def test_every_sentence_has_a_known_kind_and_the_same_seed_gives_the_same() -> None:
    claims = labelled([PARAGRAPH], 2, seed=0)
    assert claims == labelled([PARAGRAPH], 2, seed=0)
    for claim in claims:
        assert claim.kind in (TRUE_KINDS if claim.true else FALSE_KINDS)
