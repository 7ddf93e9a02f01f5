"""What a person can do on the page, against the real server in a real browser."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rag.embed import HASH_MODEL
from rag.settings import Settings
from tests.browser.harness import SOURCE, TITLE, Open, served

pytestmark = pytest.mark.browser

REGISTERED = "How many registered participants did the two sessions draw?"
LIBRARY = "What did the public library lend to delegates?"
STAGE = "Who drew the stage plan?"
NOWHERE = "What is the boiling point of tungsten?"


def focused(page: Any, script: str) -> Any:
    return page.evaluate(f"() => document.activeElement.{script}")


def has_focus(locator: Any) -> bool:
    return bool(locator.evaluate("node => node === document.activeElement"))


def test_the_watch_notices_what_it_is_for(open_page: Open) -> None:
    opened = open_page()
    opened.page.evaluate("() => { document.body.append(new Image()); document.images[0].src = 'http://127.0.0.9/x'; }")
    opened.page.evaluate("() => fetch('/nowhere')")
    noticed = " ".join(opened.complaints)
    assert "CSP img-src" in noticed
    assert "404" in noticed
    opened.complaints.clear()


def test_a_citation_shows_its_quote_and_opens_it_in_the_document(open_page: Open) -> None:
    opened = open_page()
    turn, page = opened.ask(REGISTERED), opened.page
    quote = turn.locator(".cited .quote").first.text_content()
    assert "264 registered participants" in quote
    assert turn.locator(".sentence").first.text_content() == f"{quote}[1]"
    marker = turn.locator(".prose .cite").first

    marker.hover()
    page.locator("#card:not([hidden])").wait_for()
    assert page.locator("#card .quoted").text_content() == quote

    marker.click()
    mark = page.locator("mark.current")
    mark.wait_for()
    assert mark.text_content() == quote
    assert has_focus(mark)
    assert "/documents/forum?start=" in page.url
    assert page.locator("#pane-title").text_content() == TITLE
    assert page.locator("#pane-head .facts").text_content().startswith("Harbour City · 12 May 2021")
    link = page.locator("#pane-head a")
    assert link.get_attribute("href").startswith(SOURCE)
    assert (link.get_attribute("rel"), link.get_attribute("target")) == ("noopener noreferrer nofollow", "_blank")

    page.keyboard.press("Escape")
    page.wait_for_url(opened.origin + "/")
    assert has_focus(marker)
    assert page.locator("#pane").is_hidden()


def test_everything_works_from_the_keyboard(open_page: Open) -> None:
    opened = open_page()
    page = opened.page
    page.locator("#question:focus").wait_for()
    page.keyboard.type("two lines")
    page.keyboard.press("Shift+Enter")
    assert page.locator("#question").input_value() == "two lines\n"
    turn = opened.ask(REGISTERED)
    for _ in range(20):
        page.keyboard.press("Shift+Tab")
        if focused(page, "className") == "cite":
            break
    marker = turn.locator(".cite").last
    assert has_focus(marker)
    assert page.locator("#card").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#card").is_hidden()
    page.keyboard.press("Enter")
    page.locator("mark.current:focus").wait_for()
    page.keyboard.press("Escape")
    assert has_focus(marker)


def test_sources_of_one_answer_are_stepped_through(open_page: Open) -> None:
    opened = open_page()
    turn, page = opened.ask(LIBRARY), opened.page
    quotes = turn.locator(".cited .quote").all_text_contents()
    assert len(quotes) > 1
    turn.locator(".prose .cite").first.click()
    page.locator("mark.current").wait_for()
    assert sorted(page.locator("mark.other").all_text_contents()) == sorted(quotes[1:])
    page.get_by_label("Next source").click()
    page.get_by_text(f"2 of {len(quotes)}", exact=True).wait_for()
    page.locator("mark.current", has_text=quotes[1]).wait_for()
    page.keyboard.press("Escape")
    page.wait_for_url(opened.origin + "/")  # one step back, however many sources were looked at


def test_back_and_forward_close_and_open_the_document(open_page: Open) -> None:
    opened = open_page()
    turn, page = opened.ask(REGISTERED), opened.page
    turn.locator(".prose .cite").first.click()
    page.locator("mark.current").wait_for()
    page.go_back()
    page.locator("#pane").wait_for(state="hidden")
    page.go_forward()
    page.locator("mark.current").wait_for()
    assert page.locator(".turn").count() == 1


def test_on_a_phone_the_document_is_a_sheet(open_page: Open) -> None:
    opened = open_page(width=390, has_touch=True)
    turn, page = opened.ask(REGISTERED), opened.page
    marker = turn.locator(".prose .cite").first
    marker.tap()
    page.locator("mark.current").wait_for()
    pane = page.locator("#pane")
    assert pane.bounding_box() == {"x": 0, "y": 0, "width": 390, "height": 800}
    assert (pane.get_attribute("role"), pane.get_attribute("aria-modal")) == ("dialog", "true")
    assert page.locator("#talk").get_attribute("inert") is not None
    page.get_by_role("button", name="Close", exact=True).click()
    assert has_focus(marker)
    assert page.locator("#talk").get_attribute("inert") is None


def test_nothing_runs_over_the_side(open_page: Open) -> None:
    opened = open_page()
    turn, page = opened.ask(REGISTERED + " " + "unbroken" * 40), opened.page
    for width in (360, 390, 768, 1024, 1440, 2560):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("() => document.documentElement.scrollWidth") == width
        turn.locator("a, .cite").first.click()
        page.locator("mark.current").first.wait_for()
        assert page.evaluate("() => document.documentElement.scrollWidth") == width
        page.keyboard.press("Escape")


def test_what_is_not_found_is_said_with_the_nearest_passages(open_page: Open) -> None:
    opened = open_page()
    turn, page = opened.ask(NOWHERE), opened.page
    assert turn.locator(".answer").get_attribute("data-status") == "not_found"
    said = turn.locator(".not-found .answer-no").text_content()
    assert "Not found" in said
    assert page.locator("#live").text_content() == said
    assert turn.locator(".cite").count() == 0
    passage = turn.locator(".not-found .passages li").first
    text = passage.locator(".quote").text_content()
    passage.locator("a").click()
    page.locator("mark.current").first.wait_for()
    assert "".join(page.locator("mark.current").all_text_contents()).strip() == text.replace("\n", "")


def test_a_finished_answer_is_announced_once(open_page: Open) -> None:
    opened = open_page()
    page = opened.page
    page.evaluate("""() => {
        globalThis.said = [];
        const live = document.getElementById("live");
        new MutationObserver(() => said.push(live.textContent)).observe(live, {childList: true});
    }""")
    opened.ask(REGISTERED)
    assert [text for text in page.evaluate("() => said") if text] == ["Answer, 1 source"]


def test_a_follow_up_carries_the_thread(open_page: Open) -> None:
    opened = open_page()
    sent: list[dict[str, Any]] = []
    opened.page.on("request", lambda r: sent.append(json.loads(r.post_data)) if r.url.endswith("/ask") else None)
    opened.ask(REGISTERED)
    opened.ask("And from how many countries did they come?")
    opened.page.get_by_role("button", name="New", exact=True).click()
    opened.ask(REGISTERED)
    first, second, third = (body["conversation_id"] for body in sent)
    assert first == second != third
    assert all("history" not in body for body in sent), "the server keeps it"


def test_a_link_to_a_quote_opens_there(open_page: Open, forum: Settings) -> None:
    text = (Path(forum.corpus_dir) / "rehearsal.txt").read_text(encoding="utf-8")
    start = text.index("𝄞")  # beyond it, UTF-16 counts otherwise than code points
    quote = text[start : start + 6]
    opened = open_page(f"/documents/rehearsal?start={start}&end={start + 6}")
    assert opened.page.locator("mark.current").text_content() == quote
    opened.page.keyboard.press("Escape")
    assert opened.page.url == opened.origin + "/"


def test_a_link_to_a_place_that_does_not_exist_opens_the_document(open_page: Open) -> None:
    opened = open_page("/documents/forum?start=5&end=999999", expected=("422",))
    opened.page.get_by_text("The exact place was not found").wait_for()
    assert "264 registered" in opened.page.locator(".document").text_content()


def test_a_link_to_an_unknown_document_says_so(open_page: Open) -> None:
    opened = open_page("/documents/nothing", expected=("404",))
    opened.page.get_by_text("This document is not among the loaded ones.", exact=True).wait_for()


def test_an_answer_has_an_address(open_page: Open) -> None:
    opened = open_page(permissions=["clipboard-read", "clipboard-write"])
    turn = opened.ask(REGISTERED)
    turn.get_by_role("button", name="Copy", exact=True).click()
    turn.get_by_role("menuitem", name="With quotes").click()
    turn.get_by_text("Copied").wait_for()
    copied = opened.page.evaluate("() => navigator.clipboard.readText()")
    assert f"[1] “{turn.locator('.cited .quote').text_content()}”" in copied
    turn.get_by_role("button", name="Copy link").click()
    turn.locator(".actions > .action").nth(1).filter(has_text="Copied").wait_for()
    address = opened.page.evaluate("() => navigator.clipboard.readText()")
    again = open_page(address.removeprefix(opened.origin)).page
    again.locator(".turn").wait_for()
    assert again.locator(".turn .prose").text_content() == turn.locator(".prose").text_content()
    again.locator(".prose .cite").first.click()
    again.locator("mark.current").wait_for()
    forgotten = open_page("/answers/ans_0", expected=("404",)).page
    forgotten.get_by_text("This answer is no longer kept.").wait_for()


def test_documents_are_listed_and_open(open_page: Open) -> None:
    page = open_page().page
    page.get_by_text("Answers come from 2 documents", exact=True).wait_for()
    page.get_by_role("button", name="Documents", exact=True).click()
    page.locator(".pane .shelf-item", has_text=TITLE).click()
    page.locator(".document").wait_for()
    assert page.locator("mark").count() == 0
    page.keyboard.press("Escape")
    assert has_focus(page.locator("#show-documents"))


def test_markup_stays_text(open_page: Open) -> None:
    opened = open_page()
    attack = f'{STAGE} <img src=x onerror="globalThis.planted=1"><script>globalThis.planted=1</script>'
    turn, page = opened.ask(attack), opened.page
    assert turn.locator("h2").text_content() == attack
    turn = opened.ask(STAGE)
    assert "<img src=x" in turn.text_content()
    turn.locator("a, .cite").first.click()
    page.locator("mark.current").first.wait_for()
    assert "<img src=x" in page.locator(".document").text_content()
    page.get_by_role("button", name="All documents").click()
    page.get_by_text(TITLE).last.wait_for()
    assert page.locator("img, .turn script, .pane script, .pane b").count() == 0
    assert page.evaluate("() => globalThis.planted") is None


def test_a_missing_index_is_explained(open_page: Open, tmp_path: Path) -> None:
    nothing = Settings(
        corpus_dir=tmp_path, index_dir=tmp_path / "none", state_dir=tmp_path / "state", model=HASH_MODEL, port=0
    )
    with served(nothing) as empty:
        opened = open_page(at=empty, expected=("503",))
        notice = opened.page.locator("#not-ready")
        notice.locator("code", has_text="rag ingest").first.wait_for()
        turn = opened.ask(REGISTERED)
        assert turn.locator(".trouble code").first.text_content() == "rag ingest"


def test_a_token_is_asked_for(open_page: Open, forum: Settings) -> None:
    own = replace(forum, token="sesame-open-sesame")
    with served(own) as locked:
        opened = open_page(at=locked, expected=("401",))
        page = opened.page
        for token in ("wrong", "sesame-open-sesame"):
            page.get_by_label("Token", exact=True).fill(token)
            page.keyboard.press("Enter")
            if token == "wrong":
                page.get_by_text("That token was not accepted.").wait_for()
        page.locator("#loaded:not([hidden])").wait_for()
        assert opened.ask(REGISTERED).locator(".cite").count() > 0
        page.reload()
        assert page.locator("dialog[open]").count() == 0  # kept for this tab


def test_a_broken_connection_keeps_the_question(open_page: Open) -> None:
    opened = open_page(expected=("ERR_INTERNET_DISCONNECTED",))
    page = opened.page
    page.locator("#loaded:not([hidden])").wait_for()
    page.context.set_offline(True)
    turn = opened.ask(REGISTERED)
    assert turn.locator(".trouble h3").text_content() == "No connection"
    page.context.set_offline(False)
    turn.get_by_role("button", name="Try again").click()
    turn.locator(".cite").first.wait_for()


def test_a_slow_answer_says_so_and_can_be_stopped(open_page: Open) -> None:
    page = open_page().page
    page.route("**/ask", lambda route: None)  # never answered
    page.clock.install()
    page.get_by_label("Your question").fill(REGISTERED)
    page.keyboard.press("Enter")
    page.get_by_text("Searching the documents").wait_for()
    page.clock.fast_forward(5000)
    page.get_by_text("Still working", exact=True).wait_for()
    page.get_by_role("button", name="Stop").click()
    page.locator(".trouble", has_text="You stopped this answer").wait_for()
    assert has_focus(page.locator("#question"))


def test_a_question_that_is_too_long_is_not_sent(open_page: Open) -> None:
    page = open_page().page
    page.get_by_label("Your question").fill("𝄞" * 4000)
    assert page.get_by_role("button", name="Send").is_enabled()
    page.get_by_label("Your question").fill("x" * 4001)
    page.get_by_text("1 character too many").wait_for()
    page.keyboard.press("Enter")
    assert page.locator(".turn").count() == 0


def test_colours_follow_the_system_until_chosen(open_page: Open) -> None:
    page = open_page(color_scheme="dark").page
    shade = "() => getComputedStyle(document.documentElement).backgroundColor"
    dark = page.evaluate(shade)
    page.get_by_role("button", name="Switch to light colours").click()
    light = page.evaluate(shade)
    assert light != dark
    page.reload()
    assert page.evaluate(shade) == light
