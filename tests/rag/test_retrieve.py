"""Ranking over a small corpus whose best passages are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from rag.answer import Answerer

Open = Callable[[Mapping[str, str | bytes]], Answerer]
FILES = {
    "budapest.txt": "Budapest signed a smart city memorandum with Taipei.",
    "daegu.txt": "Daegu restated its friendship agreement with Taipei.",
    "lalitpur.txt": "Lalitpur signed a tourism memorandum.",
}


@pytest.mark.parametrize("dense_weight", [0.0, 0.45, 1.0])
def test_the_passage_with_the_words_comes_first(open_corpus: Open, dense_weight: float) -> None:
    retriever = replace(open_corpus(FILES).retriever, dense_weight=dense_weight)
    evidence = retriever.search("Which agreement did Daegu restate?", 2)
    assert evidence.passages[0].document_id == "daegu"
    assert len(evidence.passages) == len(evidence.hits) == 2 if dense_weight else 1
    first = evidence.hits[0]
    assert first.score >= evidence.hits[-1].score
    assert (first.dense_rank is None) == (dense_weight == 0)
    assert (first.lexical_rank is None) == (dense_weight == 1)


def test_hits_belong_to_their_passages(open_corpus: Open) -> None:
    evidence = open_corpus(FILES).retriever.search("memorandum", 3)
    assert [h.passage_id for h in evidence.hits] == [p.id for p in evidence.passages]
    assert {p.document_id for p in evidence.passages[:2]} == {"budapest", "lalitpur"}


def test_a_search_can_be_held_to_some_documents(open_corpus: Open) -> None:
    retriever = open_corpus(FILES).retriever
    evidence = retriever.search("Daegu friendship", 5, frozenset({"budapest", "lalitpur"}))
    assert "daegu" not in {p.document_id for p in evidence.passages}
    assert len(evidence.passages) == 2


def test_chinese_is_found_by_its_characters(open_corpus: Open) -> None:
    retriever = open_corpus({"a.txt": "柯文哲市長出席峰會。", "b.txt": "大邱市投資一百億美元。"}).retriever
    assert retriever.search("誰投資了一百億？", 2).passages[0].document_id == "b"


def test_misspelt_words_are_mended_only_for_a_real_vocabulary(open_corpus: Open) -> None:
    # Word hashes know no vocabulary, so every word counts as one.
    assert open_corpus(FILES).retriever.mend("Budapset") == "Budapset"


@pytest.mark.parametrize(
    ("question", "needle"),
    [
        ("How many people signed up?", "264 registered participants"),
        ("Who is the mayor of Prague?", "Mayor Zdeněk Hřib"),
        ("mayor of Medellin", "Daniel Quintero Calle"),
        ("Where did the driverless bus go?", "Xinyi Road"),
        ("link of the second session in English", "Bue70F6vRSk"),
    ],
)
def test_the_article_is_found_by_meaning_and_by_words(article: Answerer, question: str, needle: str) -> None:
    evidence = article.retriever.search(question, 3)
    assert any(needle in p.text for p in evidence.passages)


def test_the_article_mends_typing_errors(article: Answerer) -> None:
    assert article.retriever.mend("who is the mayr of Daegoo?") == "who is the mayor of Daegu?"
    assert article.retriever.mend("Who is the mayor of London?") == "Who is the mayor of London?"
