"""Signs in a document that turn text round: shown, copied, and without effect on the order of what is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.build import ingest, open_answerer
from rag.embed import HASH_MODEL
from rag.settings import NO_READER, Settings
from tests.browser.harness import PEOPLE, Open, served_by
from tests.scripted import Line, Script, Scripted, fields_of

pytestmark = pytest.mark.browser

ORDER = """(node) => {
    const places = [];
    const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
    for (let text = walker.nextNode(); text; text = walker.nextNode()) {
        for (let at = 0; at < text.length; at += 1) {
            const range = document.createRange();
            range.setStart(text, at);
            range.setEnd(text, at + 1);
            if (/[a-z0-9]/i.test(text.data[at])) places.push(range.getBoundingClientRect().left);
        }
    }
    return places;
}"""
TURNED = "Tickets cost \u202e001\u202c euros, \u2067not\u2069 12\u200f34 \u061cor \u200e\u2066more\u2069\u202a."


def test_nothing_in_a_document_turns_its_text_round(open_page: Open, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "turned.txt").write_text(f"{TURNED}\n\nNothing else costs anything.\n", encoding="utf-8")
    index, state = tmp_path / "index", tmp_path / "state"
    own = Settings(corpus_dir=corpus, index_dir=index, state_dir=state, model=HASH_MODEL, reader=NO_READER, port=0)
    ingest(own)
    script = {PEOPLE: Script((Line("turned", TURNED, "\u202e001\u202c euros"),))}
    with served_by(Scripted(**fields_of(open_answerer(own)), script=script), own) as server:
        opened = open_page(at=server)
        turn, page = opened.ask(PEOPLE), opened.page
        turn.locator(".cited mark.words").wait_for()
        turn.locator(".also summary").click()
        turn.locator(".cited a").click()
        page.locator("mark.current .words").wait_for()
        for shown in (turn.locator(".short"), turn.locator(".cited .quote"), page.locator(".document p").first):
            assert shown.locator(".turns").first.get_attribute("title") == "U+202E"
            lefts = shown.evaluate(ORDER)
            assert lefts == sorted(lefts)
        assert turn.locator(".cited .quote").text_content() == TURNED
        page.locator(".document p").first.select_text()
        assert page.evaluate("() => getSelection().toString()").strip() == TURNED
        assert page.locator(".document").text_content().startswith(TURNED)
