"""Which sentence answers best, and how many are shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from rag.answer import Answerer
from rag.read import MAX_SENTENCES, READING_WEIGHTS, Reading, ScoredSentence, choose, coverage, rarity, read
from rag.types import Passage, Span

Open = Callable[[Mapping[str, str | bytes]], Answerer]
TEXT = "The summit had two sessions. Mayor Ko opened it. She thanked the 264 guests. Budapest signed a memorandum."


def reading_of(answerer: Answerer, question: str) -> Reading:
    query = answerer.retriever.query(question)
    return read(query, answerer.retriever.find(query, 8), answerer.snapshot)


def best(answerer: Answerer, question: str) -> str:
    sentence = reading_of(answerer, question).sentences[0]
    return sentence.span.of(answerer.snapshot.documents[sentence.passage.document_id].text)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("Who signed a memorandum?", "Budapest signed a memorandum."),
        ("How many guests?", "She thanked the 264 guests."),
        ("Who opened the summit?", "Mayor Ko opened it."),
    ],
)
def test_the_sentence_that_answers_comes_first(open_corpus: Open, question: str, sentence: str) -> None:
    assert best(open_corpus({"a.txt": TEXT}), question) == sentence


def test_words_of_the_sentence_before_count_for_less(open_corpus: Open) -> None:
    answerer = open_corpus({"a.txt": TEXT})
    query = answerer.retriever.query("Ko thanked")
    evidence = answerer.retriever.find(query, 8)
    with_neighbour = read(query, evidence, answerer.snapshot)
    without = read(query, evidence, answerer.snapshot, replace(READING_WEIGHTS, neighbour=0.0))

    def score(reading: Reading, start: int) -> float:
        return next(s.score for s in reading.sentences if s.span.start == start)

    start = TEXT.index("She thanked")
    assert score(with_neighbour, start) > score(without, start)
    assert score(with_neighbour, 0) == score(without, 0)


def test_every_sentence_of_the_evidence_is_scored_once(hashed_article: Answerer) -> None:
    reading = reading_of(hashed_article, "How many registered participants?")
    spans = [s.span for s in reading.sentences]
    assert len(spans) == len(set(spans))
    assert [s.score for s in reading.sentences] == sorted((s.score for s in reading.sentences), reverse=True)
    assert all(0 <= s.coverage <= 1 for s in reading.sentences)
    assert 0 <= reading.evidence_coverage <= 1


@pytest.mark.parametrize(
    ("question", "elsewhere", "unknown"),
    [
        ("What MOU did Taipei sign with Prague?", True, False),  # Prague is in the article, not where the MOUs are
        ("What MOU did Taipei sign with Budapest?", False, False),
        ("What MOU did Taipei sign with Lisbon?", False, True),
        ("WHAT MOU DID TAIPEI SIGN WITH PRAGUE?", False, False),
        ("what mou did taipei sign with prague?", False, False),  # no capitals, no names
        ("What did the 2021 Smart City Mayors’ Summit sign with Budapest?", False, False),  # the title is always near
    ],
)
def test_names_that_are_not_near_the_best_sentence_are_noticed(
    article: Answerer, question: str, elsewhere: bool, unknown: bool
) -> None:
    reading = reading_of(article, question)
    assert (reading.name_elsewhere, reading.name_unknown) == (elsewhere, unknown)


def test_rarity_sums_to_one_and_coverage_adds_it_up(hashed_article: Answerer) -> None:
    weights = rarity(["taipei", "264", "taipei", "unicorn"], hashed_article.snapshot.lexical)
    assert sum(weights.values()) == pytest.approx(1)
    assert weights["unicorn"] > weights["264"] > weights["taipei"]
    assert coverage(weights, {"264", "unicorn"}) == pytest.approx(weights["264"] + weights["unicorn"])
    assert coverage({}, {"264"}) == 0


def scored(*scores: float) -> Reading:
    passage = Passage("d:0-9", "d", Span(0, 9), "123456789", "", (), 0)
    sentences = tuple(ScoredSentence(passage, Span(i, i + 1), s, 0.5, 0.5, 0.5) for i, s in enumerate(scores))
    return Reading(sentences, 1.0, False, False)


@pytest.mark.parametrize(("scores", "shown"), [((1.0, 0.9, 0.86, 0.85), 3), ((1.0, 0.84), 1), ((1.0,), 1), ((), 0)])
def test_only_nearly_as_good_sentences_are_shown(scores: tuple[float, ...], shown: int) -> None:
    assert len(choose(scored(*scores))) == shown <= MAX_SENTENCES
