"""Chinese questions in English words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import build
from rag.answer import Answerer
from rag.check import make_question
from rag.embed import Embedder
from rag.errors import CorpusError
from rag.glossary import Glossary, load_glossary
from rag.loaders.folder import read_folder
from rag.settings import DEFAULT_MODEL, Settings
from rag.types import Reason, Status, Turn
from tests.conftest import ROOT

Write = Callable[[Mapping[str, str | bytes]], Path]

GLOSSARY = "zh,en\n布拉格,Prague\n市長,mayor\n是誰,who is\n"
WORDS = Glossary(
    {
        "布拉格": "Prague",
        "市長": "mayor",
        "副市長": "deputy mayor",
        "書": "books",
        "圖書館": "library",
        "是誰": "who is",
        "多少": "how many",
        "何時": "when",
        "開幕": "opened",
        "和": "",
        "有": "",
        "的": "of",
        "二": "two",
    }
)


@pytest.mark.parametrize(
    ("chinese", "english"),
    [
        pytest.param("布拉格市長是誰？", "Who is Prague mayor?", id="what-asks-comes-first"),
        pytest.param("布拉格副市長是誰", "Who is Prague deputy mayor?", id="longest-match-first"),
        pytest.param("布拉格的圖書館有多少書？", "How many books library of Prague?", id="b-of-a"),
        pytest.param("布拉格的圖書館的書是誰的", "Who is books of Prague library?", id="the-last-of"),
        pytest.param("圖書館何時開幕？市長是誰？", "When opened library? Who is mayor?", id="two-questions"),
        pytest.param("市長和圖書館", "Mayor library?", id="nothing-asks"),
        pytest.param("圖書館有二十四書", "Library 24 books?", id="numeral"),
        pytest.param("二〇二一市長是誰", "Who is 2021 mayor?", id="year"),
        pytest.param("三萬五千書", "35000 books?", id="large-numeral"),
        pytest.param("二書", "Two books?", id="single-numeral-is-a-word"),
        pytest.param("2021 圖書館的 Open-Data API 是誰", "Who is Open-Data API of 2021 library?", id="latin-stays"),
        pytest.param("布拉格橋的市長是誰", "Who is mayor of Prague 橋?", id="unknown-stays"),
        pytest.param("布拉格大橋的副市長是誰有", "Who is deputy mayor of Prague 大橋?", id="unknown-stays-whole"),
    ],
)
def test_rewriting(chinese: str, english: str) -> None:
    assert WORDS.english(chinese) == english


@pytest.mark.parametrize(
    "question",
    [
        pytest.param("東京大學校長是誰？", id="too-little-known"),
        pytest.param("是誰？", id="nothing-but-asking"),
        pytest.param("和有", id="nothing-but-grammar"),
        pytest.param("東京の人口は", id="japanese"),
        pytest.param("的的是誰", id="nothing-but-of"),
        pytest.param("？", id="a-mark"),
    ],
)
def test_what_is_not_understood_is_not_rewritten(question: str) -> None:
    assert WORDS.english(question) is None


@given(st.text("".join(WORDS.terms) + "萬億零九？?的 a1橋\n", max_size=40))
def test_any_text_is_read_without_an_error(text: str) -> None:
    english = WORDS.english(text)
    assert english is None or english.endswith("?")


def test_both_ways_of_writing_are_one() -> None:
    assert WORDS.english("市长何时开幕？") == WORDS.english("市長何時開幕？") == "When opened mayor?"
    assert WORDS.english("布拉格的市长是谁") == WORDS.english("布拉格的市長是誰") == "Who is mayor of Prague?"
    assert Glossary({"市长": "mayor"}).english("市長") == "Mayor?"


def test_the_list_is_read_from_beside_the_documents(write_corpus: Write) -> None:
    folder = write_corpus({"glossary.csv": '\ufeffzh,en\r\n市長,mayor\r\n\r\n的,\r\n"甲","first, or A"\r\n'})
    assert load_glossary(folder).terms == {"市長": "mayor", "的": "", "甲": "first, or A"}
    assert load_glossary(folder.parent).terms == {}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe", "UTF-8"),
        ("en,zh\nmayor,市長\n", "begin with the line zh,en"),
        ("", "begin with the line zh,en"),
        ("zh,en\n市長,mayor\n市長\n", "line 3"),
        ("zh,en\n,mayor\n", "line 2"),
    ],
)
def test_a_list_that_cannot_be_read_says_why(write_corpus: Write, content: str | bytes, said: str) -> None:
    with pytest.raises(CorpusError, match=said):
        load_glossary(write_corpus({"glossary.csv": content}))


def test_the_list_that_ships_has_each_term_once() -> None:
    rows = [line.partition(",")[0] for line in (ROOT / "corpus" / "glossary.csv").read_text("utf-8").splitlines()]
    assert len(rows) == len(set(rows)) > 500


@pytest.mark.parametrize(
    ("question", "understood", "quoted"),
    [
        ("布拉格的市長是誰？", "Who is mayor of Prague?", "Zdeněk Hřib"),
        ("布拉格的市长是谁？", "Who is mayor of Prague?", "Zdeněk Hřib"),
        ("報名人數是多少？", "How many registered participants?", "264"),
    ],
)
def test_english_material_answers_chinese_questions(
    article: Answerer, question: str, understood: str, quoted: str
) -> None:
    answer = article.answer(make_question(question))
    assert (answer.status, answer.question, answer.standalone_question) == (Status.ANSWERED, question, understood)
    assert quoted in answer.text
    for citation in answer.citations:
        text = article.snapshot.documents[citation.document_id].text
        assert citation.span.of(text) == citation.quote


@pytest.mark.parametrize(
    ("before", "question", "understood"),
    [
        ("布達佩斯的市長是誰？", "那布拉格呢？", "Who is mayor of Prague?"),
        ("Who represented Budapest?", "布拉格呢？", "Who represented Prague?"),
        ("布達佩斯的市長是誰？", "What about Prague?", "Who is mayor of Prague?"),
        ("布拉格的市長是誰？", "有多少人報名？", "How many people registered?"),
    ],
)
def test_a_follow_up_leans_on_a_question_in_either_language(
    article: Answerer, before: str, question: str, understood: str
) -> None:
    answer = article.answer(make_question(question, history=(Turn("user", before), Turn("assistant", "…"))))
    assert (answer.status, answer.standalone_question) == (Status.ANSWERED, understood)


def test_a_name_that_is_not_known_is_not_answered_for_another(article: Answerer) -> None:
    answer = article.answer(make_question("高雄市的市長是誰？"))
    assert answer.standalone_question == "Who is mayor of 高雄?"
    assert (answer.status, answer.citations) == (Status.NOT_FOUND, ())
    assert answer.text.startswith("文件中找不到答案")


def test_without_the_list_the_question_is_refused_in_chinese(article: Answerer) -> None:
    answer = replace(article, glossary=Glossary({})).answer(make_question("布拉格的市長是誰？"))
    assert (answer.status, answer.reason) == (Status.NOT_FOUND, Reason.UNSUPPORTED_LANGUAGE)
    assert "無法理解" in answer.text


def test_a_model_that_reads_chinese_needs_no_list(hashed_article: Answerer) -> None:
    assert hashed_article.glossary.terms
    question = "布拉格的市長是誰？"
    assert hashed_article.answer(make_question(question)).standalone_question == question


def test_chinese_documents_are_searched_in_chinese(
    open_corpus: Callable[[Mapping[str, str | bytes]], Answerer],
) -> None:
    files = {"a.txt": "臺北市市長為峰會揭幕。", "b.txt": "巴士沿著信義路行駛。", "glossary.csv": "zh,en\n市長,mayor\n"}
    answerer = open_corpus(files)
    assert set(answerer.snapshot.documents) == {"a", "b"}  # the list is no document
    assert answerer.retriever.search("市長是誰？", 1).passages[0].document_id == "a"


def test_a_name_in_chinese_does_not_make_the_material_chinese(
    open_corpus: Callable[[Mapping[str, str | bytes]], Answerer], real_embedder: Embedder, settings: Settings
) -> None:
    open_corpus({"a.txt": "The mayor of Prague (布拉格) opened the library.", "glossary.csv": GLOSSARY})
    english = replace(settings, model=DEFAULT_MODEL, index_dir=settings.index_dir / "english")
    build.ingest(english, real_embedder)
    answerer = build.open_answerer(english, real_embedder)
    assert answerer.resolve(make_question("布拉格市長是誰？")) == "Who is Prague mayor?"
    assert answerer.resolve(make_question("布拉格")) == "布拉格"  # every character of it is there


def test_only_the_list_at_the_top_is_no_document(write_corpus: Write) -> None:
    folder = write_corpus({"glossary.csv": GLOSSARY, "day-1/glossary.csv": GLOSSARY, "a.txt": "Text."})
    assert [path for path, _ in read_folder(folder)] == ["a.txt", "day-1/glossary.csv"]
