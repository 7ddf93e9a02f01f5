"""The page in English and in Traditional Chinese."""

from __future__ import annotations

import re
from typing import Any

import pytest

from rag.answer import NO_LLM, UNCALIBRATED
from server.errors import STATUS
from server.talks import UNREAD
from tests.browser.harness import DRAWN, PEOPLE, REGISTERED, SCRIPT, Open, Served
from tests.browser.test_files import keys_of
from tests.conftest import ROOT

pytestmark = pytest.mark.browser

HAN = re.compile(r"[\u3400-\u9fff]")
LETTERS = re.compile(r"[A-Za-z]{3,}")
NAMES = {"Enter", "Shift", "English", "Markdown", "JavaScript", "Esc"}


def visible_text(page: Any) -> str:
    return str(page.evaluate("() => document.body.innerText"))


def test_the_browser_s_language_is_the_default(open_page: Open) -> None:
    for asked, given in (("zh-TW", "zh-Hant"), ("zh-HK", "zh-Hant"), ("en-US", "en"), ("de-DE", "en")):
        page = open_page(locale=asked).page
        page.locator("#loaded:not([hidden])").wait_for()
        assert page.locator("html").get_attribute("lang") == given


def test_a_choice_is_remembered_and_changes_the_page_as_it_stands(open_page: Open, scripted: Served) -> None:
    opened = open_page(at=scripted)
    turn, page = opened.ask(PEOPLE), opened.page
    turn.locator(".short .cite").click()
    page.locator("mark.current").wait_for()
    page.get_by_role("button", name="Language").click()
    page.locator(".menu :focus").wait_for()  # the browser opens it when it has time
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.get_by_text("引用（2）").wait_for()
    assert page.title() == "活動問答"
    assert page.locator(".turn").count() == 1
    assert turn.locator(".short").text_content() == f"{SCRIPT[PEOPLE].lines[0].words}[1]"
    page.locator("#pane-head .facts", has_text="2021年5月12日").wait_for()
    page.locator("#pane-head .badge", has_text="原文：英文").wait_for()
    page.reload()
    page.get_by_label("您的問題").wait_for()


def test_quotes_keep_their_language_and_say_so(open_page: Open, scripted: Served) -> None:
    opened = open_page(at=scripted, locale="zh-TW")
    turn = opened.ask(PEOPLE)
    turn.locator(".cited .badge", has_text="原文：英文").first.wait_for()
    assert turn.locator(".cited .quote").first.get_attribute("lang") == "en"
    english = open_page(at=scripted).ask(PEOPLE)
    english.locator(".cited .quote[lang=en]").first.wait_for()
    assert english.locator(".cited .badge:visible").count() == 0


def test_nothing_of_the_frame_stays_english(open_page: Open, scripted: Served) -> None:
    """Every word in Latin letters that is seen comes from the documents, the question, or is a name."""
    opened = open_page(at=scripted, locale="zh-TW")
    page = opened.page
    page.locator("#loaded:not([hidden])").wait_for()
    seen = visible_text(page)
    opened.ask(DRAWN)
    seen += visible_text(page)
    page.locator("#more").click()
    page.locator(".menu button").last.click()
    seen += visible_text(page)
    own = (
        DRAWN
        + REGISTERED
        + "".join(
            page.locator(
                "[lang=en], .suggestion, .shelf-item, .document, .quote, .cited a, .passages a"
            ).all_inner_texts()
        )
    )
    foreign = set(LETTERS.findall(seen)) - set(LETTERS.findall(own)) - NAMES
    assert {
        word for word in foreign if word not in str(SCRIPT[DRAWN].lines) and word not in ("Harbour", "City")
    } == set()


def test_the_english_page_holds_no_chinese_but_the_name_of_the_language() -> None:
    tables = {name: keys_of(f"strings-{name}.js") for name in ("en", "zh")}
    assert tables["en"] == tables["zh"]


def test_the_language_of_the_frame_goes_with_the_question(open_page: Open) -> None:
    opened = open_page(locale="zh-TW")
    turn = opened.ask("What is the boiling point of tungsten?")
    said = turn.locator(".answer-no")
    assert HAN.search(said.text_content())
    assert said.get_attribute("lang") == "zh-Hant"


# What the page never gets to hear: of the command line, of other interfaces, of the token, which has a dialog.
ELSEWHERE = {"error", "bad_settings", "unauthorized", "not_installed", "model_not_found"}
WARNINGS = (
    NO_LLM,
    UNCALIBRATED,
    UNREAD,
    "llm_no_translation: The language model did not put the question into English.",
    "x/y is damaged: its hash is not the one in the manifest. Answering from the older snapshot 20210512.",
    "conversations.db was damaged. It was set aside as conversations.db.corrupt-1, and an empty one took its place.",
    "conversations.db was deleted or replaced while it was in use. What lies there now is used.",
)


def codes() -> set[str]:
    """Every code that the page can be answered with."""
    served = [p for p in (ROOT / "server").rglob("*.py") if p.name not in ("corpus.py", "ingestion.py", "tools.py")]
    written = "".join(p.read_text(encoding="utf-8") for p in (*served, ROOT / "rag" / "check.py"))
    named = re.findall(r'\bcode="(\w+)"|ApiError\(\s*\d+,\s*"(\w+)"|\d+: \("(\w+)"', written)
    return ({code for groups in named for code in groups if code} | {e.code for e in STATUS}) - ELSEWHERE


def test_every_error_and_warning_has_chinese_words(open_page: Open) -> None:
    page = open_page(locale="zh-TW").page
    page.locator("#loaded:not([hidden])").wait_for()
    assert len(codes()) > 20
    told = page.evaluate(
        "([codes, warnings]) => import('/ui/js/words.js').then(({ problem, warned }) => [...codes.map((code) =>"
        " problem({ kind: 'http', status: 500, code, message: '#' }).text), ...warnings.map(warned)])",
        [sorted(codes()), list(WARNINGS)],
    )
    assert [text for text in told if not HAN.search(text)] == []
    # What only an operator can mend is handed on as it stands.
    assert [code for code, text in zip(sorted(codes()), told, strict=False) if "#" in text] == sorted(
        code for code in codes() if re.match(r"(index|model)_(?!busy)|bad_corpus", code)
    )


def test_an_english_page_says_what_the_server_says(open_page: Open) -> None:
    page = open_page(locale="en-GB").page
    page.locator("#loaded:not([hidden])").wait_for()
    said = page.evaluate(
        "(text) => import('/ui/js/words.js').then(({ warned }) => warned(text))", "Something new happened."
    )
    assert said == "Something new happened."
