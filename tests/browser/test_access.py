"""Accessibility of every state by axe-core, where it is at hand: AXE_JS names its axe.min.js (`npm pack axe-core`).

In two looks, which between them have both languages, colours and widths; AXE_ALL=1 takes all eight.
"""

from __future__ import annotations

import os
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.browser.harness import PEOPLE, Open, Served
from tests.browser.shots import STATES

pytestmark = pytest.mark.browser

WIDE, NARROW = 1440, 390
LOOKS = list(product((WIDE, NARROW), ("light", "dark"), ("en-GB", "zh-TW")))
if not os.environ.get("AXE_ALL"):
    LOOKS = [LOOKS[0], LOOKS[-1]]

RUN = """async () => {
    const found = await axe.run(document, {
        runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    });
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html).join(" | ")}`);
}"""
SIZES = """() => [...document.querySelectorAll("button, a[href], input, textarea, summary")]
    .filter((node) => node.checkVisibility() && !node.closest("[inert], .skip, .visually-hidden"))
    .filter((node) => !node.closest("p, .facts, .prose") || node.matches(".cite"))
    .map((node) => [node, node.getBoundingClientRect()])
    .filter(([node, box]) => box.width && !node.matches(".cite") && (box.height < 24 || box.width < 24))
    .map(([node]) => node.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def axe() -> str:
    path = os.environ.get("AXE_JS")
    if not path:
        pytest.skip("AXE_JS does not name an axe.min.js")
    return Path(path).read_text(encoding="utf-8")


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize(("width", "scheme", "language"), LOOKS)
def test_axe_finds_nothing(
    open_page: Open, keeping: Served, axe: str, state: str, width: int, scheme: str, language: str
) -> None:
    expected = ("401", "500", "503", "ERR_INTERNET", "404")
    opened = open_page(at=keeping, width=width, color_scheme=scheme, locale=language, expected=expected)
    page = opened.page
    page.locator("#loaded:not([hidden])").wait_for()
    STATES[state](page)
    page.wait_for_timeout(100)
    page.evaluate(axe)
    assert page.evaluate(RUN) == []
    assert page.evaluate(SIZES) == []  # WCAG 2.2, 2.5.8; citations have a larger area around them
    page.context.set_offline(False)


def test_every_citation_is_reached_by_tab(open_page: Open, keeping: Served) -> None:
    opened = open_page(at=keeping)
    turn, page = opened.ask(PEOPLE), opened.page
    page.keyboard.press("Escape")
    reached: list[Any] = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("() => document.activeElement.matches('.cite') && document.activeElement.value"))
    assert [value for value in reached if value] == turn.locator(".cite").evaluate_all("all => all.map(c => c.value)")
