"""What the page makes of the words that answer, and of a question that is answered in part."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.browser.harness import DRAWN, LENT, PEOPLE, SCRIPT, Open, Served

pytestmark = pytest.mark.browser

FIRST, SECOND = SCRIPT[PEOPLE].lines
LIVE = """() => {
    globalThis.said = [];
    const live = document.getElementById("live");
    new MutationObserver(() => said.push(live.textContent)).observe(live, {childList: true});
}"""


def said(page: Any) -> list[str]:
    return [text for text in page.evaluate("() => said") if text]


def test_the_short_answer_stands_first_with_its_citation(open_page: Open, scripted: Served) -> None:
    opened = open_page(at=scripted)
    page = opened.page
    page.evaluate(LIVE)
    turn = opened.ask(PEOPLE)
    short = turn.locator(".answer > *").first
    assert short.text_content() == f"{FIRST.words}[1]"
    sizes = [
        turn.locator(part).evaluate("node => parseFloat(getComputedStyle(node).fontSize)")
        for part in (".short", ".prose")
    ]
    assert sizes[0] > 1.5 * sizes[1]
    assert said(page) == [f"Answer: {FIRST.words}, 2 sources"]
    assert re.match("(High|Medium|Low) confidence", turn.locator(".assurance").text_content())
    short.locator(".cite").click()
    page.locator("mark.current:focus").wait_for()
    assert page.locator("mark.current").text_content() == FIRST.quote


def test_the_words_that_answer_are_marked_wherever_their_quote_is_shown(open_page: Open, scripted: Served) -> None:
    opened = open_page(at=scripted)
    turn, page = opened.ask(PEOPLE), opened.page
    turn.locator(".cited mark.words").wait_for()
    assert turn.locator(".cited .quote").all_text_contents() == [FIRST.quote, SECOND.quote]
    assert turn.locator(".cited .quote mark").all_text_contents() == [FIRST.words]

    turn.locator(".short .cite").hover()
    page.locator("#card mark.words").wait_for()
    assert page.locator("#card .quoted").text_content() == FIRST.quote
    assert page.locator("#card mark").all_text_contents() == [FIRST.words]
    assert page.locator("#card").bounding_box()["y"] >= 0

    turn.locator(".short .cite").focus()
    page.keyboard.press("Enter")
    page.locator("mark.current:focus mark.words").wait_for()
    assert page.locator("mark.current").all_text_contents() == [FIRST.quote]
    assert page.locator("mark.current mark").all_text_contents() == [FIRST.words]
    page.get_by_label("Next source").click()
    page.locator("mark.current", has_text=SECOND.quote).wait_for()
    assert page.locator(".document mark.words").count() == 0  # no words are known in this one


def test_marks_are_cut_by_the_server(open_page: Open, scripted: Served) -> None:
    """Before the words stand a name in Chinese and a character of two UTF-16 units."""
    opened = open_page(at=scripted)
    turn, page = opened.ask(DRAWN), opened.page
    line = SCRIPT[DRAWN].lines[0]
    turn.locator(".cited mark.words").wait_for()
    assert turn.locator(".cited mark").all_text_contents() == [line.words]
    turn.locator(".prose .cite").click()
    page.locator("mark.current mark.words").wait_for()
    assert page.locator("mark.current").all_text_contents() == [line.quote]
    assert page.locator("mark.words").all_text_contents() == [line.words] * 2  # in the list and in the document


def test_several_short_answers_are_a_list(open_page: Open, scripted: Served) -> None:
    opened = open_page(at=scripted)
    opened.page.evaluate(LIVE)
    turn = opened.ask(LENT)
    assert turn.locator(".answer > ul.short li").all_text_contents() == ["tablets[1]", "bicycles[2]"]
    assert said(opened.page) == ["Answer: tablets; bicycles, 2 sources"]


def test_a_part_that_was_not_found_is_named(open_page: Open, scripted: Served) -> None:
    opened = open_page(at=scripted)
    opened.page.evaluate(LIVE)
    turn = opened.ask(DRAWN)
    assert turn.locator(".answer").get_attribute("data-status") == "partial"
    note = turn.locator(".prose + .warning").text_content()
    assert note == "Only part of this was found in the documents. Not found: “when does the rehearsal end?”"
    assert said(opened.page) == [f"Part of an answer: {SCRIPT[DRAWN].lines[0].words}, 1 source. {note}"]


def test_without_the_marks_the_quote_is_shown_all_the_same(open_page: Open, scripted: Served) -> None:
    opened = open_page(at=scripted, expected=("ERR_FAILED",))
    page = opened.page
    page.route("**/passage?**", lambda route: route.abort())
    turn = opened.ask(PEOPLE)
    turn.locator(".short .cite").hover()
    page.locator("#card:not([hidden])").wait_for()
    assert page.locator("#card .quoted").text_content() == FIRST.quote
    assert turn.locator(".cited .quote").first.text_content() == FIRST.quote
    page.unroute("**/passage?**")
    page.mouse.move(0, 0)
    page.locator("#card").wait_for(state="hidden")
    turn.locator(".short .cite").hover()
    page.locator("#card mark.words").wait_for()


@pytest.mark.parametrize("width", [360, 390, 768])
def test_nothing_runs_over_the_side(open_page: Open, scripted: Served, width: int) -> None:
    opened = open_page(at=scripted, width=width)
    for question in (PEOPLE, LENT, DRAWN):
        opened.ask(question)
        assert opened.page.evaluate("() => document.documentElement.scrollWidth") == width
