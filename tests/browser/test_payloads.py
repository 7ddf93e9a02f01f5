"""Nothing that is planted in documents, titles, questions or answers runs, or is more than text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rag.build import ingest
from rag.embed import HASH_MODEL
from rag.settings import NO_READER, Settings
from tests.browser.harness import Open, served
from tests.browser.payloads import PAYLOADS

pytestmark = pytest.mark.browser

BATCH = 52  # payloads in one question, one answer
FOREIGN = (
    ":is(#thread, #pane, #card, #drawer, #loaded) "
    ":is(script, style, img, iframe, object, embed, base, meta, link, form[action], video, audio, math, marquee)"
)


def batches() -> list[list[str]]:
    return [PAYLOADS[i : i + BATCH] for i in range(0, len(PAYLOADS), BATCH)]


def nothing_ran(page: Any) -> None:
    assert page.evaluate("() => globalThis.planted") is None
    assert page.locator(FOREIGN).count() == 0
    assert page.locator("[onerror], [onload], [onfocus], [srcdoc], a[href^='javascript'], a[href^='data']").count() == 0


def answer(number: int, planted: list[str]) -> dict[str, Any]:
    """An answer with a payload in every text that it has."""
    first = planted[0]
    citations = [
        {
            "number": n,
            "document_id": text,
            "title": text,
            "quote": text,
            "start": 0,
            "end": 1,
            "passage_id": text,
            "highlight": {"start": 0, "end": 1},
            "section": {"label": text, "page": None, "time_s": 5},
            "url": text,
            "source_url": text,
        }
        for n, text in enumerate(planted, 1)
    ]
    place = {"document_id": first, "start": 0, "end": 1, "score": 0.5}
    return {
        "id": f"ans_{number}",
        "question": first,
        "standalone_question": planted[1],
        "conversation_id": None,
        "status": "partial",
        "reason": None,
        "confidence": {"label": "high", "probability": 0.9},
        "short_answer": {"text": first, "citation": 1},
        "short_answers": [{"text": text, "citation": n} for n, text in enumerate(planted, 1)],
        "missing": planted,
        "answer": first,
        "answer_plain": first,
        "sentences": [{"text": text, "citations": [n], "support": "verbatim"} for n, text in enumerate(planted, 1)],
        "citations": citations,
        "consulted": [{**place, "passage_id": f"p{n}", "text": text} for n, text in enumerate(planted)],
        "warnings": planted,
        "mode": "extractive",
        "index": {"snapshot": first, "documents": 1, "passages": 1},
        "models": {"embedder": "x", "reader": None, "llm": None},
        "timings_ms": {},
    }


def test_what_is_planted_in_answers_and_titles_stays_text(open_page: Open) -> None:
    opened = open_page(expected=("404", "422"))
    page = opened.page
    listed = [
        {"id": text, "title": text, "source": text, "publisher": text, "language": text, "published": text}
        | {"author": text, "speaker": text, "media": text, "characters": 1, "sha256": ""}
        for text in PAYLOADS
    ]
    page.route("**/documents", lambda route: route.fulfill(json={"documents": listed}))
    said = iter([answer(number, planted) for number, planted in enumerate(batches())])
    page.route(
        "**/ask",
        lambda route: route.fulfill(
            body=f"event: final\ndata: {json.dumps(next(said))}\n\n", content_type="text/event-stream"
        ),
    )
    for planted in batches():
        turn = opened.ask("What is there?")
        shown = turn.text_content()
        assert [text for text in planted if text not in shown] == []
    nothing_ran(page)
    page.locator(".cite").first.hover()
    page.locator("#card:not([hidden])").wait_for()
    page.get_by_role("button", name="Documents", exact=True).click()
    page.locator(".pane .shelf-item").nth(len(PAYLOADS) - 1).wait_for()
    nothing_ran(page)


def test_what_is_planted_in_documents_and_questions_stays_text(open_page: Open, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "planted.txt").write_text("\n\n".join(PAYLOADS), encoding="utf-8")
    title = json.dumps("".join(PAYLOADS[::26]).replace("\u202e", "").replace("\u202c", ""))
    (corpus / "planted.txt.toml").write_text(f"title = {title}\n", encoding="utf-8")
    own = Settings(corpus_dir=corpus, index_dir=tmp_path / "index", model=HASH_MODEL, reader=NO_READER, port=0)
    ingest(own)
    with served(own) as server:
        opened = open_page("/documents/planted", at=server)
        page = opened.page
        page.locator(".document").wait_for()
        shown = page.locator(".document").text_content()
        assert [text for text in PAYLOADS if text not in shown] == []
        page.keyboard.press("Escape")
        for planted in batches():
            question = " ".join(planted)[:3900].strip()
            turn = opened.ask(question)
            assert turn.locator("h2").text_content() == question
            turn.locator("a, .cite").first.click()
            page.locator(".document").wait_for()
            page.keyboard.press("Escape")
        nothing_ran(page)
