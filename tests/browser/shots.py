"""Screenshots of every state of the page: `python -m tests.browser.shots FOLDER [part of a name]`.

By hand, for looking at. Non-scope: comparing pictures.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from rag.build import ingest, open_answerer
from rag.embed import HASH_MODEL
from rag.settings import NO_READER, Settings
from tests.browser.conftest import QUIET, chromium_program, write_forum
from tests.browser.harness import DRAWN, LENT, PEOPLE, SCRIPT, STREAMED, served_by
from tests.scripted import Scripted, fields_of

SIZES = {"390": (390, 844), "1440": (1440, 900)}
SLOW_MS = 16_000  # beyond the last of the page's words about waiting (server/ui/js/answer.js)
LANGUAGES = {"en": "en-GB", "zh": "zh-TW"}


def ask(page: Any, question: str) -> None:
    page.locator("#question").fill(question)
    page.locator("#question").press("Enter")
    page.locator(".turn").last.locator(".answer[data-status]").wait_for()


def hang(page: Any) -> None:
    page.route("**/ask", lambda route: None)
    page.locator("#question").fill(PEOPLE)
    page.locator("#question").press("Enter")
    page.locator(".status").wait_for()


def slow(page: Any) -> None:
    page.clock.install()
    hang(page)
    page.clock.fast_forward(SLOW_MS)


def streaming(page: Any) -> None:
    page.locator("#question").fill(STREAMED)
    page.locator("#question").press("Enter")
    page.locator(".sentence").first.wait_for()


def token(page: Any) -> None:
    error = '{"error": {"message": "This server needs a token.", "code": "unauthorized"}}'
    page.route("**/ask", lambda route: route.fulfill(status=401, body=error, content_type="application/json"))
    page.locator("#question").fill(PEOPLE)
    page.locator("#question").press("Enter")
    page.locator("#token-value").fill("wrong")
    page.locator("#token-value").press("Enter")
    page.locator(".token-wrong").wait_for()


def fail(page: Any) -> None:
    error = '{"error": {"message": "The server failed.", "request_id": "req_7f3a", "code": "internal"}}'
    page.route("**/ask", lambda route: route.fulfill(status=500, body=error, content_type="application/json"))
    ask(page, PEOPLE)


def offline(page: Any) -> None:
    page.context.set_offline(True)
    ask(page, PEOPLE)


def missing(page: Any) -> None:
    error = '{"error": {"message": "There is no index yet. Run `rag ingest`.", "code": "index_missing"}}'
    page.route("**/readyz", lambda route: route.fulfill(status=503, body=error, content_type="application/json"))
    page.reload()
    page.locator("#not-ready:not([hidden])").wait_for()


def pane(page: Any) -> None:
    ask(page, PEOPLE)
    page.locator(".short .cite").click()
    page.locator("mark.current").first.wait_for()


def card(page: Any) -> None:
    ask(page, PEOPLE)
    page.locator(".prose .cite").first.hover()
    page.locator("#card .quoted mark").wait_for()


def citing(page: Any) -> None:
    pane(page)
    page.evaluate("getSelection().selectAllChildren(document.querySelector('mark.current'))")
    page.locator("#selected button").last.click()
    page.locator(".citing").wait_for()


def found(page: Any) -> None:
    pane(page)
    page.locator(".find input").fill("the")


def drawer(page: Any) -> None:
    for question in ("Who spoke about open data?", "會場平面圖是誰畫的？"):
        ask(page, question)
        page.locator("#new-thread").click()
    ask(page, PEOPLE)
    page.locator("#show-drawer").click()
    page.locator(".kept").first.wait_for()


def rating(page: Any) -> None:
    ask(page, PEOPLE)
    page.locator(".rate[value=wrong_evidence]").click()
    page.locator(".feedback-form").scroll_into_view_if_needed()


def menu(page: Any) -> None:
    ask(page, PEOPLE)
    page.locator("#language").click()


def keys(page: Any) -> None:
    page.locator("#more").click()
    page.locator(".menu button").last.click()


def documents(page: Any) -> None:
    page.locator("#show-documents").click()
    page.locator(".pane .shelf-item").first.wait_for()


STATES: dict[str, Callable[[Any], Any]] = {
    "empty": lambda page: page.locator(".suggestion").first.wait_for(),
    "thinking": hang,
    "slow": slow,
    "streaming": streaming,
    "token": token,
    "answered": lambda page: ask(page, PEOPLE),
    "list": lambda page: ask(page, LENT),
    "partial": lambda page: ask(page, DRAWN),
    "not-found": lambda page: ask(page, "What is the boiling point of tungsten?"),
    "error": fail,
    "offline": offline,
    "missing": missing,
    "card": card,
    "pane": pane,
    "citing": citing,
    "found": found,
    "drawer": drawer,
    "rating": rating,
    "menu": menu,
    "keys": keys,
    "documents": documents,
}


def main(folder: Path, part: str = "") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        settings = Settings(**write_forum(Path(place)), model=HASH_MODEL, reader=NO_READER, port=0)
        ingest(settings)
        answerer = Scripted(**fields_of(open_answerer(settings)), script=SCRIPT)
        browser = playwright.chromium.launch(executable_path=chromium_program(playwright), args=list(QUIET))
        with served_by(answerer, settings) as server:
            for name, size, scheme, language in product(STATES, SIZES, ("light", "dark"), LANGUAGES):
                full = f"{name}-{size}-{scheme}-{language}"
                if not all(word in full for word in part.split(",")):
                    continue
                width, height = SIZES[size]
                context = browser.new_context(
                    viewport={"width": width, "height": height},
                    color_scheme=scheme,
                    locale=LANGUAGES[language],
                    reduced_motion="reduce",
                )
                page = context.new_page()
                page.on("pageerror", lambda error, full=full: print(full, error))
                page.on("console", lambda message, full=full: print(full, message.text))
                page.goto(server.url)
                page.locator("#loaded:not([hidden])").wait_for()
                try:
                    STATES[name](page)
                except Exception as error:  # the other pictures are still worth having
                    print(full, error)
                page.wait_for_timeout(150)
                page.screenshot(path=folder / f"{full}.png")
                context.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:3])
