"""Numbers of the page on this machine, printed as JSON: `python -m tests.browser.measure`.

By hand: they depend on the machine, so an empty page with a text box is visited in between, from a server of its own:
below its numbers no page can come here. What must hold everywhere is in the tests.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

from fastapi import FastAPI, Response
from playwright.sync_api import sync_playwright

from rag.build import ingest, open_answerer
from rag.embed import HASH_MODEL
from rag.settings import NO_READER, Settings
from tests.browser.conftest import QUIET, REPORT_VIOLATIONS, chromium_program
from tests.browser.harness import Served, served, served_app, served_by
from tests.scripted import Line, Script, Scripted, fields_of

VISITS, OPENINGS, TURNS = 15, 20, 200
FLOOR = "<!doctype html><title>Floor</title><h1>Nothing</h1><textarea id=question autofocus></textarea>"
QUESTION = "Who keeps the lamp?"
STREAMED = "Who keeps the lamp, one after the other?"
MILLION = 1_000_000  # characters of the long document
PARAGRAPH = (
    "Delegates of item {} walked along the harbour, and the report of that day fills a line or two of this page. "
)

READY = """() => {
    const look = () => {
        if (document.activeElement?.id === "question") globalThis.readyAt = performance.now();
        else requestAnimationFrame(look);
    };
    look();
}"""
ARRIVED = "() => globalThis.readyAt && performance.getEntriesByName('first-contentful-paint').length"
SEEN = """() => [
    performance.getEntriesByName("first-contentful-paint")[0].startTime,
    readyAt,
    performance.getEntries().filter((e) => e.name.includes("/ui/") || e.entryType === "navigation")
        .reduce((sum, e) => sum + e.decodedBodySize, 0),
]"""
OPEN = """([open]) => new Promise((resolve) => {
    const started = performance.now();
    const look = () => {
        const mark = document.querySelector("mark.current");
        if (mark) requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - started)));
        else requestAnimationFrame(look);
    };
    document.querySelector(open).click();
    look();
})"""
WATCH = """() => {
    globalThis.long = [];
    new PerformanceObserver((list) => long.push(...list.getEntries().map((entry) => entry.duration)))
        .observe({ type: "long-animation-frame" });
}"""


@dataclass
class Watched:
    """What a page did that it must not do."""

    elsewhere: int = 0
    reports: int = 0


@contextmanager
def server() -> Iterator[Served]:
    """A document of a million characters, whose four keepers answer one question at once and another slowly."""
    with tempfile.TemporaryDirectory() as place:
        corpus = Path(place) / "corpus"
        corpus.mkdir()
        lines = [PARAGRAPH.format(n) * 2 for n in range(MILLION // (2 * len(PARAGRAPH)))]
        quotes = [f"Keeper number {n} lit the lamp at dusk." for n in range(4)]
        for n, quote in enumerate(quotes):
            lines.insert((n + 1) * len(lines) // 5, quote)
        (corpus / "long.txt").write_text("\n\n".join(lines), encoding="utf-8")
        places = {"corpus_dir": corpus, "index_dir": Path(place) / "index", "state_dir": Path(place) / "state"}
        own = Settings(**places, model=HASH_MODEL, reader=NO_READER, port=0)
        ingest(own)
        said = Script(tuple(Line("long", quote, "the lamp") for quote in quotes))
        script = {QUESTION: said, STREAMED: replace(said, pause_s=0.1)}
        with served_by(Scripted(**fields_of(open_answerer(own)), script=script), own) as running:
            yield running


@contextmanager
def floor(settings: Settings) -> Iterator[Served]:
    app = FastAPI()
    app.add_api_route("/", lambda: Response(FLOOR, media_type="text/html"))
    with served_app(app, settings) as running:
        yield running


def p95(values: list[float]) -> float:
    return sorted(values)[int(0.95 * (len(values) - 1) + 0.5)]


def ask(page: Any, question: str = QUESTION) -> None:
    page.locator("#question").fill(question)
    page.locator("#question").press("Enter")
    page.locator(".turn").last.locator(".answer[data-status]").wait_for()


def fill(page: Any, turns: int) -> None:
    """Asks in the conversation of this browser until it has so many turns."""
    (kept,) = page.request.get("/conversations").json()["conversations"]
    for _ in range(kept["turns"], turns):
        asked = {"question": QUESTION, "conversation_id": kept["id"]}
        assert page.request.post("/ask", data=asked).ok


def main() -> None:
    numbers: dict[str, Any] = {}
    watched = Watched()
    with server() as running, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_program(playwright), args=list(QUIET))

        def opened(at: Served = running, locale: str = "en-GB") -> Any:
            context = browser.new_context(viewport={"width": 1440, "height": 900}, locale=locale, base_url=at.url)
            context.add_init_script(REPORT_VIOLATIONS)
            context.add_init_script(f"({READY})()")
            page = context.new_page()
            page.on("console", lambda m: setattr(watched, "reports", watched.reports + ("CSP" in m.text)))
            page.on(
                "request",
                lambda r: setattr(watched, "elsewhere", watched.elsewhere + (not r.url.startswith(at.url))),
            )
            page.goto(at.url)
            page.wait_for_function(ARRIVED)
            return page

        with served(running.settings) as alone, floor(running.settings) as nothing:
            visits = {"empty page": (nothing, "en-GB"), "page": (alone, "en-GB"), "page in Chinese": (alone, "zh-TW")}
            seen: dict[str, list[tuple[float, float, int]]] = {name: [] for name in visits}
            for _ in range(VISITS):
                for name, (at, locale) in visits.items():
                    page = opened(at, locale)
                    seen[name].append(tuple(page.evaluate(SEEN)))
                    page.context.close()
        for name, times in seen.items():
            paints, ready, weights = zip(*times, strict=True)
            for what, values in (("first contentful paint", paints), ("question box ready", ready)):
                numbers[f"{name}: {what}, ms, median (least)"] = f"{median(values):.0f} ({min(values):.0f})"
            numbers[f"{name}: bytes at first"] = max(weights)

        page = opened()
        ask(page)
        times = []
        for n in range(OPENINGS):
            times.append(page.evaluate(OPEN, [f".prose .cite[value='{n % 4 + 1}']"]))
            page.keyboard.press("Escape")
            page.locator("#pane").wait_for(state="hidden")
        numbers["pane opens in a document of 1 MB, ms, p95"] = round(p95(times))
        numbers["pane opens in a document of 1 MB, ms, median"] = round(median(times))
        for turns in (1, TURNS):
            fill(page, turns)
            page.reload()
            page.locator(".turn").nth(turns - 1).wait_for()
            page.wait_for_timeout(1000)
            page.evaluate(WATCH)
            for _ in range(3):
                ask(page, STREAMED)
            page.wait_for_timeout(300)
            long = page.evaluate("() => long")
            numbers[f"frames over 50 ms while 3 answers stream into {turns} turns"] = len(long)
            numbers[f"longest of them with {turns} turns, ms"] = round(max(long, default=0))
        numbers["requests to other origins"] = watched.elsewhere
        numbers["CSP reports"] = watched.reports
        browser.close()
    print(json.dumps(numbers, indent=2))


if __name__ == "__main__":
    main()
