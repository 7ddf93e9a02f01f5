"""`GET /suggestions`: found once for a snapshot, each a question that is answered."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from rag.answer import Answerer
from rag.build import ingest, open_answerer
from rag.embed import HashEmbedder
from rag.settings import Settings
from server.suggestions import Suggestions
from tests.server.conftest import CALIBRATION, Gated, MakeClient


def opened(settings: Settings, text: str) -> Answerer:
    settings.corpus_dir.mkdir(exist_ok=True)
    (settings.corpus_dir / "a.txt").write_text(text, encoding="utf-8")
    ingest(settings, HashEmbedder())
    return replace(open_answerer(settings), calibration=CALIBRATION)


@pytest.fixture
def own(settings: Settings, tmp_path) -> Settings:
    return replace(settings, corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index")


def test_what_is_suggested_is_answered(make_client: MakeClient, own: Settings) -> None:
    answerer = opened(own, "Mayor Ann Lee of Daegu spoke. The summit drew 264 guests.\n")
    client = make_client(lambda: answerer, index_dir=own.index_dir)
    questions = client.get("/suggestions").json()["questions"]
    assert sorted(questions) == ["How many guests were there?", "Who is the mayor of Daegu?"]
    for question in questions:
        assert client.post("/ask", json={"question": question}).json()["status"] == "answered"


def test_a_new_snapshot_has_its_own(own: Settings) -> None:
    first, second = (opened(own, f"Mayor Ann Lee of {city} spoke.\n") for city in ("Daegu", "Prague"))

    async def ask() -> list[list[str]]:
        suggestions = Suggestions()
        found = [await suggestions.get(answerer) for answerer in (first, second, second)]
        suggestions.close()
        return found

    assert asyncio.run(ask()) == [["Who is the mayor of Daegu?"], *[["Who is the mayor of Prague?"]] * 2]


def test_a_busy_machine_gives_none_yet(own: Settings, gated: Gated) -> None:
    answerer = opened(own, "Mayor Ann Lee of Daegu spoke.\n")
    slow = replace(gated, retriever=answerer.retriever)

    async def ask() -> list[list[str]]:
        suggestions = Suggestions()
        first = await suggestions.get(slow, wait_s=0.01)
        gated.gate.release(100)
        second = await suggestions.get(slow)
        suggestions.close()
        return [first, second]

    assert asyncio.run(ask()) == [[], ["Who is the mayor of Daegu?"]]


def test_without_an_index_there_are_none(make_client: MakeClient, tmp_path, refused, own: Settings) -> None:
    client = make_client(lambda: open_answerer(own), index_dir=own.index_dir)
    refused(client.get("/suggestions"), 503, "index_missing")
