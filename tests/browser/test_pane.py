"""The reading pane beside an answer: how wide it is, where the quotes stand in it, which answers cite what is read; and
what the card of a citation offers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rag.build import ingest, open_answerer
from rag.settings import Settings
from tests.browser.harness import LENT, PEOPLE, SCRIPT, SOURCE, TITLE, TOLD, Open, Opened, Served, served_by
from tests.scripted import Line, Script, Scripted, fields_of

pytestmark = pytest.mark.browser

CLIPBOARD = ["clipboard-read", "clipboard-write"]
(FIRST, _) = SCRIPT[PEOPLE].lines


def read(opened: Opened, question: str = PEOPLE) -> Any:
    """Asks, and opens the first source."""
    opened.ask(question).locator(".cite").first.click()
    opened.page.locator("mark.current").first.wait_for()
    return opened.page


def width(page: Any) -> float:
    return float(page.locator("#pane").bounding_box()["width"]) / page.viewport_size["width"]


def test_the_pane_is_made_wider_by_dragging_and_stays_so(open_page: Open, scripted: Served) -> None:
    page = read(open_page(at=scripted))
    grip = page.get_by_role("separator", name="Width of the document")
    box = grip.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, 400)
    page.mouse.down()
    page.mouse.move(576, 420, steps=4)
    page.mouse.up()
    assert width(page) == pytest.approx(0.6, abs=0.005)
    assert grip.get_attribute("aria-valuenow") == "60"
    assert page.evaluate("() => getSelection().isCollapsed")
    page.reload()
    page.locator("#pane:not([hidden])").wait_for()
    page.wait_for_function("() => document.documentElement.style.getPropertyValue('--pane') === '60vw'")
    assert width(page) == pytest.approx(0.6, abs=0.005)


def test_the_pane_is_made_wider_by_keys_and_by_clicks(open_page: Open, scripted: Served) -> None:
    page = read(open_page(at=scripted))
    grip = page.get_by_role("separator", name="Width of the document")
    before = width(page)
    grip.focus()
    page.keyboard.press("ArrowLeft")
    assert width(page) == pytest.approx(before + 0.02, abs=0.006)
    page.keyboard.press("Home")
    assert width(page) == pytest.approx(408 / 1440, abs=0.001)  # 24 rem: never narrower than that
    page.keyboard.press("End")
    assert width(page) == pytest.approx((1440 - 442) / 1440, abs=0.001)  # the thread keeps 26 rem
    seen = []
    for _ in range(3):
        grip.click(position={"x": 12, "y": 300})
        seen.append(round(width(page), 2))
    assert seen == [0.44, 0.6, 0.3]


def test_on_a_phone_there_is_no_edge_to_move(open_page: Open, scripted: Served) -> None:
    page = read(open_page(at=scripted, width=390))
    assert page.locator("#pane").bounding_box()["width"] == 390
    assert page.locator(".grip").is_hidden()


def test_ticks_show_where_the_quotes_stand_in_a_long_document(open_page: Open, scripted: Served) -> None:
    opened = open_page(at=scripted)
    page = read(opened)
    assert page.locator(".ticks").is_hidden()  # all of it is in sight
    page.set_viewport_size({"width": 1440, "height": 320})
    page.locator(".ticks:not([hidden])").wait_for()
    strip, body = page.locator(".ticks").bounding_box(), page.locator("#pane-body").bounding_box()
    assert (strip["y"], strip["height"]) == pytest.approx((body["y"], body["height"]), abs=1)
    places = page.evaluate(
        """() => {
            const body = document.querySelector("#pane-body");
            const edge = body.getBoundingClientRect().top - body.scrollTop;
            const at = (mark) => (mark.getBoundingClientRect().top - edge) / body.scrollHeight;
            return [...document.querySelectorAll("mark.current, mark.other")].map(at);
        }"""
    )
    ticks = page.locator(".ticks i")
    assert ticks.count() == len(places) == 2
    drawn = [(tick.bounding_box()["y"] - strip["y"]) / strip["height"] for tick in ticks.all()]
    assert drawn == pytest.approx(places, abs=0.02)
    assert [tick.get_attribute("class") for tick in ticks.all()] == [None, "here"]
    page.keyboard.press("Escape")
    page.locator(".ticks").wait_for(state="detached")


def test_a_quote_of_a_long_document_is_in_sight_when_it_opens(open_page: Open, forum: Settings, tmp_path: Path) -> None:
    """Paragraphs far taller than the page thinks before it lays them out."""
    (tmp_path / "corpus").mkdir()
    lines = [
        f"Item {n}: " + "the report of that day fills a few lines of this page, and says little. " * 6
        for n in range(500)
    ]
    lines[333] = "The lamp of the lighthouse is kept by Ada. " + lines[333]
    (tmp_path / "corpus" / "long.txt").write_text("\n\n".join(lines), encoding="utf-8")
    own = replace(forum, corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index", state_dir=tmp_path / "state")
    ingest(own)
    script = {"Who keeps the lamp?": Script((Line("long", "The lamp of the lighthouse is kept by Ada."),))}
    with served_by(Scripted(**fields_of(open_answerer(own)), script=script), own) as at:
        for size in (1440, 390):
            page = read(open_page(at=at, width=size), "Who keeps the lamp?")
            page.wait_for_timeout(500)
            mark, body = page.locator("mark.current").bounding_box(), page.locator("#pane-body").bounding_box()
            assert mark["y"] - body["y"] == pytest.approx(0.3 * body["height"], abs=40)
            assert width(page) == pytest.approx(1 if size == 390 else 0.44, abs=0.005)  # as wide as ever
        page.locator(".ticks .here").wait_for()


def test_which_answers_cite_this(open_page: Open, keeping: Served) -> None:
    opened = open_page(at=keeping)
    page = opened.page
    for question in (PEOPLE, LENT):
        opened.ask(question)
        page.locator("#new-thread").click()
    read(opened, LENT)
    select = "(words) => getSelection().selectAllChildren(document.querySelector(words))"
    page.evaluate(select, "mark.current")
    page.get_by_role("button", name="Which answers cite this?").click()
    page.locator(".citing", has_text="Cited by 2 answers of yours:").wait_for()
    assert page.locator(".citing a").all_text_contents() == [LENT, LENT]
    page.evaluate(select, ".document p:nth-child(2)")
    page.get_by_role("button", name="Which answers cite this?").click()
    link = page.get_by_role("link", name=PEOPLE)
    link.wait_for()
    link.click()
    page.locator(".turn .prose .cite:focus").wait_for()  # its conversation is open there
    assert page.locator(".turn h2").all_text_contents() == [PEOPLE]
    assert page.locator("#pane").is_hidden()


def test_what_was_found_stays_and_has_focus(open_page: Open, keeping: Served) -> None:
    page = read(open_page(at=keeping))
    page.evaluate("() => getSelection().selectAllChildren(document.querySelector('mark.current'))")
    page.get_by_role("button", name="Which answers cite this?").focus()
    page.keyboard.press("Enter")
    page.locator(".citing p:focus", has_text="Cited by 1 answer of yours:").wait_for()
    page.locator(".citing p").click()  # no selection goes, and no list with it
    assert page.locator(".citing a").count() == 1


def test_only_words_of_the_document_are_taken(open_page: Open, scripted: Served) -> None:
    page = read(open_page(at=scripted))
    page.evaluate(
        """() => {
            const from = document.querySelector("#pane-title").firstChild;
            const to = document.querySelector("mark.current").firstChild;
            getSelection().setBaseAndExtent(from, 2, to, 3);
        }"""
    )
    page.locator(
        "#selected p", has_text="“The Harbour Forum closed on 12 May with delegates from nineteen cities. In”"
    ).wait_for()


def test_words_that_no_answer_cites(open_page: Open, keeping: Served) -> None:
    opened = open_page(at=keeping)
    page = opened.page
    page.goto("/documents/rehearsal")
    page.locator(".document").wait_for()
    page.evaluate("() => getSelection().selectAllChildren(document.querySelector('.document p'))")
    page.get_by_role("button", name="Which answers cite this?").click()
    page.locator(".citing", has_text="No answer in your conversations cites this.").wait_for()


def test_the_card_opens_copies_and_doubts(open_page: Open, scripted: Served) -> None:
    opened = open_page(at=scripted, permissions=CLIPBOARD)
    turn, page = opened.ask(PEOPLE), opened.page
    card, marker = page.locator("#card"), turn.locator(".prose .cite").first
    marker.hover()
    card.locator(".facts", has_text="Exact quote").wait_for()
    assert TITLE in card.locator(".facts").text_content()
    card.get_by_role("button", name="Copy quote").click()
    page.locator("#live", has_text="Copied").wait_for()
    copied = page.evaluate("() => navigator.clipboard.readText()")
    assert copied.startswith(f"“{FIRST.quote}”\n{TITLE}\n{SOURCE}")
    card.get_by_role("button", name="Wrong evidence").click()
    comment = turn.locator(".feedback-form textarea")
    comment.wait_for()
    assert comment.input_value() == "[1] "
    assert turn.locator('.rate[value="wrong_evidence"]').get_attribute("aria-pressed") == "true"
    assert card.is_hidden()
    page.mouse.move(0, 0)
    marker.hover()
    card.get_by_role("button", name="Open in document").click()
    page.locator("mark.current:focus").wait_for()


def test_what_was_looked_at_says_why_it_is_not_cited(open_page: Open, scripted: Served) -> None:
    opened = open_page(at=scripted)
    turn = opened.ask(LENT)
    turn.locator(".also > summary").click()
    turn.locator(".also .facts", has_text="Says nothing of: library, lend").first.wait_for()


def test_of_many_sources_the_first_are_shown_and_the_others_on_demand(open_page: Open, scripted: Served) -> None:
    opened = open_page(at=scripted)
    turn, page = opened.ask(TOLD), opened.page
    markers = turn.locator(".prose .cite")
    assert markers.all_text_contents() == ["[1]", "[2]", "[3]", "+2"]
    turn.get_by_role("button", name="Show 2 more sources").click()
    assert markers.all_text_contents() == ["[1]", "[2]", "[3]", "[4]", "[5]"]
    assert page.evaluate("() => document.activeElement.value") == "4"
    page.locator("#card .facts", has_text="Reworded from this quote").wait_for()


def test_a_key_opens_a_source_that_is_folded_away(open_page: Open, scripted: Served) -> None:
    opened = open_page(at=scripted)
    opened.ask(TOLD)
    opened.page.keyboard.press("Escape")
    opened.page.keyboard.press("5")
    opened.page.locator("mark.current", has_text="The rehearsal begins at nine.").wait_for()


def test_feedback_that_was_begun_outlives_other_verdicts_and_another_language(
    open_page: Open, scripted: Served
) -> None:
    opened = open_page(at=scripted)
    turn, page = opened.ask(PEOPLE), opened.page
    turn.locator('.rate[value="wrong_answer"]').click()
    turn.locator(".feedback-form textarea").fill("It was 265.")
    turn.locator(".prose .cite").first.hover()
    page.locator("#card").get_by_role("button", name="Wrong evidence").click()
    page.locator("#language").click()
    page.get_by_role("menuitemradio", name="繁體中文").click()
    page.locator(".rate", has_text="引文不符").wait_for()
    turn.locator(".feedback-form").wait_for()
    assert turn.locator(".feedback-form textarea").input_value() == "[1] It was 265."
    assert turn.locator('.rate[aria-pressed="true"]').all_text_contents() == ["引文不符"]
    read_label = page.get_by_role("separator", name="文件寬度")
    turn.locator(".prose .cite").first.click()
    read_label.wait_for()
