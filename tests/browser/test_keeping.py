"""Conversations, feedback and suggestions: what the page shows of them, and what the server has kept."""

from __future__ import annotations

from typing import Any

import pytest

from rag.store import Store
from tests.browser.harness import DRAWN, LENT, PEOPLE, REGISTERED, SCRIPT, Open, Served

pytestmark = pytest.mark.browser

NOWHERE = "What is the boiling point of tungsten?"


def has_focus(locator: Any) -> bool:
    return bool(locator.evaluate("node => node === document.activeElement"))


def kept(page: Any) -> list[dict[str, Any]]:
    """The conversations of this browser, the latest first."""
    conversations: list[dict[str, Any]] = page.request.get("/conversations").json()["conversations"]
    return conversations


def drawer(page: Any) -> Any:
    page.get_by_role("button", name="Conversations").click()
    page.locator(".drawer-list > li").first.wait_for()
    return page.locator("#drawer")


def test_a_conversation_is_kept_and_resumed(open_page: Open, keeping: Served) -> None:
    opened = open_page(at=keeping)
    page = opened.page
    opened.ask(PEOPLE)
    opened.ask(LENT)
    (one,) = kept(page)
    assert (one["title"], one["turns"]) == (PEOPLE, 2)
    page.reload()
    page.locator(".turn").nth(1).wait_for()
    assert page.locator(".asked").all_text_contents() == [PEOPLE, LENT]
    assert page.locator("#live").text_content() == ""  # nothing new to announce
    opened.ask(DRAWN)
    assert len(kept(page)) == 1
    page.get_by_role("button", name="New", exact=True).click()
    opened.ask(LENT)
    assert len(kept(page)) == 2


def test_a_question_that_was_asked_often_stands_there_as_often(open_page: Open, keeping: Served) -> None:
    opened = open_page(at=keeping)
    page = opened.page
    opened.ask(PEOPLE)
    (one,) = kept(page)
    for _ in range(10):  # the history that goes along is then always the same, and so is the answer's id
        assert page.request.post("/ask", data={"question": PEOPLE, "conversation_id": one["id"]}).ok
    page.reload()
    page.locator(".turn").nth(10).wait_for()
    assert page.locator(".turn").count() == 11


def test_a_follow_up_to_a_shared_answer_is_kept_with_it(open_page: Open, keeping: Served) -> None:
    page = open_page(at=keeping).page
    shared = page.request.post("/ask", data={"question": PEOPLE}).json()["id"]
    opened = open_page(f"/answers/{shared}", at=keeping)
    page = opened.page
    page.locator(".turn").wait_for()
    opened.ask(LENT)
    assert [one["turns"] for one in kept(page)] == [2]
    page.goto("/")
    page.locator(".turn").nth(1).wait_for()
    assert page.locator(".asked").all_text_contents() == [PEOPLE, LENT]


def test_a_conversation_that_is_gone_is_said_to_be(open_page: Open, keeping: Served) -> None:
    opened = open_page(at=keeping, expected=("404",))
    page = opened.page
    opened.ask(PEOPLE)
    (gone,) = kept(page)
    page.get_by_role("button", name="New", exact=True).click()
    opened.ask(LENT)
    shown = drawer(page)
    assert page.request.delete(f"/conversations/{gone['id']}").ok
    shown.locator(".kept-open").last.click()
    page.locator("#not-ready", has_text="This conversation was deleted.").wait_for()
    assert page.locator(".asked").all_text_contents() == [LENT]


def test_conversations_are_found_opened_renamed_and_deleted(open_page: Open, keeping: Served) -> None:
    opened = open_page(at=keeping)
    page = opened.page
    for title in ("Alpha", "Beta", "Gamma <b>"):
        assert page.request.post("/conversations", data={"title": title}).ok
    opened.ask(PEOPLE)
    shown = drawer(page)
    titles = shown.locator(".kept-title")
    assert titles.all_text_contents() == [PEOPLE, "Gamma <b>", "Beta", "Alpha"]
    assert shown.locator("[aria-current] .kept-title").text_content() == PEOPLE

    page.get_by_label("Search conversations").fill("bet")
    page.locator(".kept-title", has_text="Alpha").wait_for(state="detached")
    assert titles.all_text_contents() == ["Beta"]
    page.get_by_role("button", name="Rename: Beta").click()
    page.keyboard.type("Delta")
    page.keyboard.press("Enter")
    page.locator(".kept-title", has_text="Delta").wait_for()
    assert has_focus(page.get_by_role("button", name="Rename: Delta"))

    page.get_by_role("button", name="Delete: Delta").click()
    assert len(kept(page)) == 4
    page.get_by_role("button", name="Really delete?").click()
    page.get_by_text("No conversation matches.").wait_for()
    assert [one["title"] for one in kept(page)] == [PEOPLE, "Gamma <b>", "Alpha"]

    page.get_by_label("Search conversations").fill("")
    page.locator(".kept-title", has_text="Alpha").click()
    page.locator("#drawer").wait_for(state="hidden")
    assert page.locator(".turn").count() == 0
    opened.ask(LENT)
    assert (kept(page)[0]["title"], kept(page)[0]["turns"]) == ("Alpha", 1)

    drawer(page)
    page.get_by_role("button", name="Delete all conversations").click()
    page.get_by_role("button", name="Really delete?").click()
    page.get_by_text("No conversation yet.").wait_for()
    assert kept(page) == []
    page.keyboard.press("Escape")
    assert page.locator(".turn").count() == 0


def test_two_tabs_have_their_own_conversation_or_share_one(open_page: Open, keeping: Served) -> None:
    first = open_page(at=keeping)
    first.ask(PEOPLE)
    page = first.page.context.new_page()
    page.goto(keeping.url)
    page.locator("#question:focus").wait_for()
    assert page.locator(".turn").count() == 0
    page.get_by_role("button", name="Conversations").click()
    page.locator(".kept-open").first.click()
    page.locator(".turn").wait_for()
    page.locator("#question").fill(LENT)
    page.locator("#question").press("Enter")
    page.locator(".turn").nth(1).locator(".answer[data-status]").wait_for()
    assert len(kept(page)) == 1
    first.page.evaluate("() => dispatchEvent(new Event('visibilitychange'))")
    first.page.locator(".turn").nth(1).wait_for()
    assert first.page.locator(".asked").all_text_contents() == [PEOPLE, LENT]


def test_a_conversation_deleted_elsewhere_does_not_lose_the_question(open_page: Open, keeping: Served) -> None:
    opened = open_page(at=keeping, expected=("404",))
    opened.ask(PEOPLE)
    assert opened.page.request.delete("/conversations").ok
    turn = opened.ask(LENT)
    assert turn.locator(".answer").get_attribute("data-status") == "answered"


def test_feedback_is_given_with_one_click_or_a_form(open_page: Open, keeping: Served, store: Store) -> None:
    opened = open_page(at=keeping)
    turn, page = opened.ask(PEOPLE), opened.page
    turn.get_by_role("button", name="Right", exact=True).click()
    turn.get_by_text("Thank you for the feedback.").wait_for()
    (given,) = store.feedback()
    assert (given.verdict, given.comment, given.expected) == ("right", "", None)
    assert given.answer["question"] == PEOPLE

    turn = opened.ask(LENT)
    turn.get_by_role("button", name="Wrong evidence").click()
    assert has_focus(turn.locator("textarea"))
    page.keyboard.type("It was the other one <script>")
    turn.get_by_role("button", name="Show the right passage").click()
    page.get_by_text("Click the paragraph").wait_for()
    page.locator(".document p", has_text="264 registered").click()
    page.get_by_role("button", name="This is the right passage").click()
    turn.get_by_text("The right passage:").wait_for()
    turn.get_by_role("button", name="Send", exact=True).click()
    turn.get_by_text("Thank you for the feedback.").wait_for()
    given = store.feedback()[1]
    assert (given.verdict, given.comment) == ("wrong_evidence", "It was the other one <script>")
    assert given.expected is not None
    assert given.expected.document_id == "forum"
    assert given.expected.quote.startswith("In total, the two sessions drew 264")


def test_a_dead_end_offers_ways_out(open_page: Open, keeping: Served, store: Store) -> None:
    opened = open_page(at=keeping)
    turn, page = opened.ask(NOWHERE), opened.page
    assert NOWHERE in turn.locator(".not-found").text_content()
    turn.get_by_role("button", name="Report this gap").click()
    turn.get_by_text("The gap is reported.").wait_for()
    assert [given.verdict for given in store.feedback()] == ["missing"]
    turn.get_by_role("button", name=REGISTERED).click()
    last = page.locator(".turn").last
    last.locator(".answer[data-status=answered]").wait_for()
    assert last.locator(".short").text_content().startswith(SCRIPT[REGISTERED].lines[0].words)


def test_the_empty_page_suggests_questions(open_page: Open, keeping: Served) -> None:
    page = open_page(at=keeping).page
    page.get_by_role("button", name=REGISTERED).click()
    page.locator(".answer[data-status=answered]").wait_for()
    assert page.locator("#offers").is_hidden()
