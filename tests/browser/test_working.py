"""Checking and passing on what was answered: keys, finding, asking about words, copying, exporting."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.browser.harness import LENT, PEOPLE, SCRIPT, SOURCE, TITLE, Open, Served

pytestmark = pytest.mark.browser

CLIPBOARD = ["clipboard-read", "clipboard-write"]
FIRST, SECOND = SCRIPT[PEOPLE].lines


def clipboard(page: Any) -> str:
    return str(page.evaluate("() => navigator.clipboard.readText()"))


def test_ask_verify_and_copy_in_four_keys(open_page: Open, scripted: Served) -> None:
    page = open_page(at=scripted, permissions=CLIPBOARD).page
    page.locator("#question:focus").wait_for()
    page.keyboard.type(PEOPLE)
    page.keyboard.press("Enter")
    page.locator(".answer[data-status]").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    page.locator("mark.current:focus").wait_for()
    page.keyboard.press("c")
    page.locator("#live", has_text="Copied").wait_for()
    assert clipboard(page).startswith(f"“{FIRST.quote}”\n{TITLE}\n{SOURCE}")
    page.keyboard.press("n")
    page.locator("mark.current", has_text=SECOND.quote).wait_for()
    page.keyboard.press("p")
    page.locator("mark.current", has_text=FIRST.quote).wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.locator("#question:focus").wait_for()


def test_single_keys_are_listed_and_can_be_switched_off(open_page: Open, scripted: Served) -> None:
    opened = open_page(at=scripted)
    page = opened.page
    opened.ask(PEOPLE)
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keyboard").wait_for()
    page.get_by_label("Single-key shortcuts").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    page.keyboard.press("?")
    assert page.locator("#pane").is_hidden()
    assert page.locator("dialog[open]").count() == 0
    page.locator("#question").press("1")
    assert page.locator("#question").input_value() == "1"


def test_earlier_questions_come_back_with_the_arrow(open_page: Open, scripted: Served) -> None:
    opened = open_page(at=scripted)
    box = opened.page.locator("#question")
    opened.ask(PEOPLE)
    opened.ask(LENT)
    for key, text in (("ArrowUp", LENT), ("ArrowUp", PEOPLE), ("ArrowUp", PEOPLE), ("ArrowDown", LENT)):
        box.press(key)
        assert box.input_value() == text
    box.fill("something else")
    box.press("ArrowUp")
    assert box.input_value() == "something else"


def test_enter_belongs_to_the_input_method_while_a_word_is_composed(open_page: Open) -> None:
    page = open_page().page
    page.locator("#question").fill("台北")
    page.locator("#question").evaluate(
        "box => box.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true}))"
    )
    assert page.locator(".turn").count() == 0


def test_words_are_found_in_the_document(open_page: Open) -> None:
    opened = open_page("/documents/forum")
    page = opened.page
    box = page.get_by_label("Find in this document")
    box.fill("hrib")  # without the accents
    page.get_by_text("1 / 1", exact=True).wait_for()
    box.fill("library lent")
    page.get_by_text("1 / 2", exact=True).wait_for()
    page.keyboard.press("Enter")
    page.get_by_text("2 / 2", exact=True).wait_for()
    page.get_by_label("Next match").click()
    page.get_by_text("1 / 2", exact=True).wait_for()
    painted = "() => [...CSS.highlights.get('found')].map(String)"
    assert page.evaluate(painted) == ["library lent"] * 2
    box.fill("tungsten")
    page.get_by_text("No match").wait_for()
    box.press("Escape")
    assert (box.input_value(), page.locator("#pane").is_visible()) == ("", True)


def test_selected_words_can_be_asked_about(open_page: Open) -> None:
    page = open_page("/documents/forum").page
    page.locator(".document p", has_text="264").select_text()
    page.get_by_role("button", name="Ask about this").click()
    assert page.locator("#question").input_value().startswith("About “In total, the two sessions drew 264")
    page.locator("#question:focus").wait_for()


def test_an_answer_is_copied_as_text_markdown_or_with_footnotes(open_page: Open, scripted: Served) -> None:
    opened = open_page(at=scripted, permissions=CLIPBOARD)
    turn, page = opened.ask(PEOPLE), opened.page
    copied = {}
    for name in ("Answer only", "With quotes as footnotes", "Markdown with footnotes"):
        turn.get_by_role("button", name="Copy", exact=True).click()
        turn.get_by_role("menuitem", name=name).click()
        turn.get_by_text("Copied").wait_for()
        copied[name] = clipboard(page)
        turn.get_by_role("button", name="Copy", exact=True).wait_for()
    assert copied["Answer only"] == f"{FIRST.quote} {SECOND.quote}"
    assert copied["With quotes as footnotes"].startswith(f"{PEOPLE}\n\n{FIRST.words} [1]\n\n{FIRST.quote} [1]")
    lines = copied["Markdown with footnotes"].split("\n\n")
    assert lines[:2] == [f"## {PEOPLE}", f"**{FIRST.words}** [^1]"]
    assert lines[3].startswith(f"[^1]: “{FIRST.quote}” Harbour Forum \\<b\\>closes\\</b\\>, <{SOURCE}")


def test_a_conversation_is_downloaded(open_page: Open, scripted: Served, tmp_path: Path) -> None:
    opened = open_page(at=scripted)
    page = opened.page
    opened.ask(PEOPLE)
    opened.ask(LENT)
    page.get_by_role("button", name="More").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Download as Markdown").click()
    download.value.save_as(tmp_path / "answers.md")
    text = (tmp_path / "answers.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {PEOPLE}\n")
    assert "[^2-1]: “The public library lent tablets to delegates.”" in text


def test_what_was_understood_can_be_changed(open_page: Open) -> None:
    opened = open_page()
    opened.ask("How many registered participants did the two sessions draw?")
    turn = opened.ask("And from how many countries did they come?")
    understood = turn.locator(".understood q").text_content()
    turn.get_by_role("button", name="Change it").click()
    assert opened.page.locator("#question").input_value() == understood
    opened.page.locator("#question:focus").wait_for()


def changed(page: Any, pattern: str, into: str) -> None:
    """What the server says to /ask, with something else in it."""

    def answer(route: Any) -> None:
        said = route.fetch()
        route.fulfill(response=said, body=re.sub(pattern, lambda _: into, said.text()))

    page.route("**/ask", answer)


def test_a_recording_plays_from_its_second(open_page: Open, scripted: Served) -> None:
    opened = open_page(at=scripted)
    page = opened.page
    section = '"section":{"label":"12:31","page":null,"time_s":751.0}'
    changed(
        page,
        r'"section":null,"url":"([^"]*)","source_url":"[^"]*"',
        f'{section},"url":"","source_url":"https://forum.example/talk?v=1&t=751s"',
    )
    turn = opened.ask(PEOPLE)
    assert "at 12:31 · Exact quote" in turn.locator(".cited .facts").first.text_content()
    turn.locator(".short .cite").click()
    page.locator("mark.current").wait_for()
    links = page.locator("#pane-head a")
    assert [text.split(" (")[0] for text in links.all_text_contents()] == ["Play from 12:31", "Public page"]
    assert links.first.get_attribute("href") == "https://forum.example/talk?v=1&t=751s"
    assert links.last.get_attribute("href") == SOURCE


SECTIONS = [
    ({"label": "Page 3", "page": 3, "time_s": None}, "page 3"),
    ({"label": "12:31", "page": None, "time_s": 751}, "at 12:31"),
    ({"label": "Session 3", "page": 3, "time_s": None}, "Session 3, page 3"),
    ({"label": "", "page": None, "time_s": 3725.5}, "at 1:02:05"),
    ({"label": "Opening", "page": None, "time_s": None}, "Opening"),
    ({"label": "", "page": None, "time_s": None}, None),
]


def test_a_place_is_said_once(open_page: Open) -> None:
    page = open_page().page
    words = "async (all) => { const format = await import('/ui/js/format.js'); return all.map(format.sectionWords); }"
    assert page.evaluate(words, [section for section, _ in SECTIONS]) == [said for _, said in SECTIONS]


def test_an_answer_whose_document_has_changed_says_so(open_page: Open, scripted: Served) -> None:
    opened = open_page(at=scripted)
    changed(opened.page, r'"warnings":\[\]', '"warnings":[],"source_changed":["forum"],"stored":false')
    warnings = opened.ask(PEOPLE).locator(".warning").all_text_contents()
    assert [text.split()[1] for text in warnings] == ["document", "answer"]


def test_what_a_language_model_got_wrong_is_said_in_the_readers_language(open_page: Open, scripted: Served) -> None:
    left_out = "2 sentences of the language model were left out because the documents do not support them."
    for locale, start, count in (
        ("en-GB", "The language model could not finish", "2 sentences"),
        ("zh-TW", "語言模型", "2 個"),
    ):
        opened = open_page(at=scripted, locale=locale)
        changed(opened.page, r'"warnings":\[\]', f'"warnings":["llm_timeout: It took too long.","{left_out}"]')
        failed, dropped = opened.ask(PEOPLE).locator(".warning").all_text_contents()
        assert failed.startswith(start)
        assert count in dropped
        assert "llm_" not in failed + dropped


def test_the_page_names_where_passages_are_sent(open_page: Open, scripted: Served) -> None:
    page = open_page(at=scripted).page
    page.locator("#loaded:not([hidden])").wait_for()
    assert page.locator("#sent-to").is_hidden()

    def ready(route: Any) -> None:
        said = route.fetch()
        route.fulfill(response=said, json={**said.json(), "llm": {"host": "models.example:8000", "model": "qwen3"}})

    page.route("**/readyz", ready)
    page.reload()
    page.get_by_text("Worded by qwen3: questions and found passages are sent to models.example:8000;").wait_for()
    page.locator("#language").click()
    page.get_by_role("menuitemradio", name="中文").or_(page.get_by_role("menuitem", name="中文")).first.click()
    page.get_by_text("找到的段落會傳送到 models.example:8000").wait_for()


def test_opening_a_document_leaves_the_thread_where_it_was(open_page: Open, scripted: Served) -> None:
    opened = open_page(at=scripted, viewport={"width": 1440, "height": 500})
    turn, page = opened.ask(PEOPLE), opened.page
    marker = turn.locator(".short .cite")
    before = marker.bounding_box()["y"]
    marker.click()
    page.locator("mark.current:focus").wait_for()
    assert abs(marker.bounding_box()["y"] - before) < 2
    assert 0 < page.locator("mark.current").bounding_box()["y"] < 500


def test_a_question_sent_before_the_page_is_complete_is_not_lost(open_page: Open, scripted: Served) -> None:
    page = open_page(at=scripted).page
    held: list[Any] = []
    page.route("**/page.js", lambda route: held.append(route))
    page.reload(wait_until="commit")
    page.locator("#question").fill(PEOPLE)
    page.locator("#question").press("Enter")
    page.wait_for_timeout(200)
    assert page.locator("#question").input_value() == PEOPLE
    held[0].continue_()
    page.locator(".answer[data-status=answered]").wait_for()


def test_a_refusal_on_a_phone_ends_above_the_question_box(open_page: Open, scripted: Served) -> None:
    opened = open_page(at=scripted, viewport={"width": 390, "height": 844})
    turn, page = opened.ask("What is the boiling point of tungsten?"), opened.page
    turn.locator(".suggestion").first.wait_for()
    box = page.locator("#ask").bounding_box()["y"]
    gap = turn.get_by_role("button", name="Report this gap").bounding_box()
    assert gap["y"] + gap["height"] <= box
    last = turn.locator("button").last
    last.focus()
    below = last.bounding_box()
    assert below["y"] + below["height"] <= box
