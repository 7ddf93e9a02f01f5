"""Which sentence answers best, with the reader and without."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest

from rag.answer import Answerer
from rag.read import CLEAR, FIRST_STAGE, READING_WEIGHTS, SPAN_LIMIT, TYPE_MARGIN, Reading, SecondLook, read, reranked
from rag.reader import Marks

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
    without = read(query, evidence, answerer.snapshot, None, replace(READING_WEIGHTS, neighbour=0.0))

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


class Marker:
    """A reader that marks one word wherever it stands, and says how many passages it was shown."""

    id = "marker"

    def __init__(self, word: str, log_odds: float, judges_claims: bool = False) -> None:
        self.word, self.log_odds, self.judges_claims = word, log_odds, judges_claims
        self.shown, self.asked = 0, list[str]()

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[Marks]:
        self.shown += len(passages)
        self.asked.append(question)
        return [self._mark(text) for _, text in passages]

    def _mark(self, text: str) -> Marks:
        words, at = [], 0
        for word in text.split():
            start = text.index(word, at)
            words.append((start, at := start + len(word.rstrip(".,"))))
        half = np.array([self.log_odds if text[a:b] == self.word else -9.0 for a, b in words], np.float32) / 2
        return Marks(half, half, tuple(words))


def test_the_best_answer_is_read_again_as_a_claim_and_by_itself(open_corpus: Open) -> None:
    answerer = open_corpus({"a.txt": TEXT})
    query = answerer.retriever.query("Who opened the summit?")
    evidence = answerer.retriever.find(query, 8)
    judge = Marker("Budapest", 7.0, judges_claims=True)
    assert read(query, evidence, answerer.snapshot, judge).second == SecondLook(7.0, 7.0, 7.0)
    claim, question = judge.asked[-2:]
    assert (claim, question) == ("Who opened the summit? Budapest.", "Who opened the summit?")
    only_marks = Marker("Budapest", 7.0)
    assert read(query, evidence, answerer.snapshot, only_marks).second == SecondLook()
    assert only_marks.shown == judge.shown - 3


def test_what_the_reader_marks_lifts_its_sentence(open_corpus: Open) -> None:
    answerer = open_corpus({"a.txt": TEXT})
    query = answerer.retriever.query("Who opened the summit?")
    evidence = answerer.retriever.find(query, 8)
    reading = read(query, evidence, answerer.snapshot, Marker("Budapest", 7.0))
    best, *others = reading.sentences
    assert best.answer is not None
    assert best.answer.of(TEXT) == "Budapest"
    assert best.log_odds == 7.0
    assert all(s.log_odds == -SPAN_LIMIT for s in others)
    unread = read(query, evidence, answerer.snapshot)
    assert all((s.answer, s.log_odds) == (None, 0.0) for s in unread.sentences)
    assert unread.passages_read == 0


@pytest.mark.parametrize(("log_odds", "stages"), [(CLEAR, 1), (CLEAR - 0.1, 2)])
def test_later_passages_are_read_only_while_nothing_answers_clearly(
    open_corpus: Open, log_odds: float, stages: int
) -> None:
    answerer = open_corpus({f"{n}.txt": f"The mayor number {n} spoke." for n in range(6)})
    query = answerer.retriever.query("Who spoke?")
    reader = Marker("mayor", log_odds)
    reading = read(query, answerer.retriever.find(query, 6), answerer.snapshot, reader)
    assert reader.shown == reading.passages_read == (FIRST_STAGE if stages == 1 else 6)
    assert len(reading.sentences) == reader.shown


def test_passages_are_reranked_by_their_best_sentence(open_corpus: Open) -> None:
    answerer = open_corpus({"a.txt": "The mayor spoke about the mayor.", "b.txt": "A mayor of Daegu spoke."})
    query = answerer.retriever.query("Which mayor spoke about the mayor?")
    evidence = answerer.retriever.find(query, 2)
    assert [h.passage_id for h in evidence.hits] == [p.id for p in evidence.passages]
    assert evidence.passages[0].document_id == "a"
    again = reranked(evidence, read(query, evidence, answerer.snapshot, Marker("Daegu", 8.0)))
    assert [p.document_id for p in again.passages] == ["b", "a"]
    assert [h.passage_id for h in again.hits] == [p.id for p in again.passages]


@pytest.mark.parametrize(("less", "words"), [(1.0, "264"), (TYPE_MARGIN + 0.1, "drew 264")])
def test_a_number_that_is_asked_for_is_the_answer_without_the_words_before(
    open_corpus: Open, less: float, words: str
) -> None:
    """The reader begins a word too early, and `less` is what beginning with the number scores less."""

    class Early(Marker):
        def _mark(self, text: str) -> Marks:
            marks = super()._mark(text)
            said = [text[a:b] for a, b in marks.offsets]
            at = said.index("drew") if "drew" in said else 0
            start, end = (np.full(len(said), -9.0, np.float32) for _ in range(2))
            start[at : at + 2], end[min(at + 1, len(said) - 1)] = (3.0, 3.0 - less), 2.0
            return Marks(start, end, marks.offsets)

    answerer = open_corpus({"a.txt": "It drew 264 guests."})
    query = answerer.retriever.query("How many guests came?")
    best = read(query, answerer.retriever.find(query, 8), answerer.snapshot, Early("", 0)).sentences[0]
    assert best.answer is not None
    assert best.answer.of("It drew 264 guests.") == words
    assert best.typed, "either holds a number"


def test_what_the_question_names_itself_answers_no_question_for_somebody(open_corpus: Open) -> None:
    answerer = open_corpus({"a.txt": TEXT})
    for question, log_odds in (("Who is the mayor of Budapest?", -SPAN_LIMIT), ("Tell me about Budapest.", 7.0)):
        query = answerer.retriever.query(question)
        reading = read(query, answerer.retriever.find(query, 8), answerer.snapshot, Marker("Budapest", 7.0))
        marked = [s.log_odds for s in reading.sentences if s.log_odds > -9 and "Budapest" in s.span.of(TEXT)]
        assert set(marked) == {log_odds}


def test_words_that_no_document_holds_are_counted(open_corpus: Open) -> None:
    answerer = open_corpus({"a.txt": TEXT})
    query = answerer.retriever.query("Did Budapest chair a moderated session?")
    reading = read(query, answerer.retriever.find(query, 8), answerer.snapshot)
    assert reading.unknown_words > 0.4, "nothing there is moderated or chaired"
    assert reading.passage_coverage == pytest.approx(1 - reading.unknown_words)


def test_the_article_is_read_right(article: Answerer) -> None:
    query = article.retriever.query("How many registered participants did the sessions draw?")
    reading = read(query, article.retriever.find(query, 8), article.snapshot, article.reader)
    best = reading.sentences[0]
    assert best.answer is not None
    assert "264" in best.answer.of(article.snapshot.documents[best.passage.document_id].text)
