"""The page's files, without a browser: small modules, no parsing of markup, every string in one table, contrast."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

UI = Path(__file__).parents[2] / "server" / "ui"
MODULES = {path.name: path.read_text(encoding="utf-8") for path in sorted((UI / "js").glob("*.js"))}
INDEX = (UI / "index.html").read_text(encoding="utf-8")
STYLE = "".join((UI / name).read_text(encoding="utf-8") for name in ("app.css", "reading.css", "more.css"))
LATER = {"reading.css", "more.css"}  # loaded when something is opened
MAX_MODULE_LINES = 200
MAX_INDEX_LINES = 110
MAX_VISIT_BYTES = 120_000
MAX_ALL_BYTES = 168_000  # both languages, and what is loaded when it is first used

TEXT, LARGE = 4.5, 3.0  # WCAG 2.2, 1.4.3 and 1.4.11
PAIRS = [
    *[("ink", ground, TEXT) for ground in ("paper", "surface", "sunken", "tint", "calm", "warn-tint")],
    *[("ink-soft", ground, TEXT) for ground in ("paper", "surface", "sunken", "calm", "warn-tint")],
    *[("accent", ground, TEXT) for ground in ("paper", "surface", "tint", "calm", "warn-tint")],
    *[("accent-strong", ground, TEXT) for ground in ("paper", "surface", "tint", "calm")],
    ("on-accent", "accent", TEXT),
    ("on-accent", "accent-strong", TEXT),
    ("warn", "paper", TEXT),
    ("warn", "surface", TEXT),
    ("on-mark", "mark", TEXT),
    ("on-mark", "mark-soft", TEXT),
    ("on-words", "words", TEXT),
    ("line-firm", "paper", LARGE),
    ("line-firm", "surface", LARGE),
]


def test_files_are_short() -> None:
    assert {name: text.count("\n") for name, text in MODULES.items() if text.count("\n") > MAX_MODULE_LINES} == {}
    assert INDEX.count("\n") <= MAX_INDEX_LINES


@pytest.mark.parametrize("name", MODULES)
def test_nothing_parses_markup_or_code(name: str) -> None:
    forbidden = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|srcdoc|\beval\b|new Function|https?://(?!www\.w3\.org/2000/svg|html\.spec)"
    assert re.findall(forbidden, MODULES[name]) == []


def test_the_page_holds_no_inline_code_and_nothing_from_elsewhere() -> None:
    assert re.findall(r"<script(?![^>]* src=\"/ui/)|<style|\sstyle=|\son\w+=|https?://|data:", INDEX) == []
    assert re.findall(r"url\(|@import|@font-face", STYLE) == []


def keys_of(name: str) -> list[str]:
    """The keys of a table of strings, in order."""
    return re.findall(r"^\t(\w+):", MODULES[name], re.M)


TABLES = [name for name in MODULES if re.match(r"strings-\w+\.js", name)]


def test_every_language_has_every_string() -> None:
    assert len(TABLES) > 1
    assert {name for name in TABLES if keys_of(name) != keys_of("strings-en.js")} == set()


def test_every_string_is_in_the_table_and_used() -> None:
    table = set(keys_of("strings-en.js"))
    code = "".join(text for name, text in MODULES.items() if name not in TABLES)
    used = set(re.findall(r"data-t(?:-\w+)?=\"(\w+)\"", INDEX)) | {
        key for key in table if re.search(rf"[\"']{key}[\"']", code)
    }
    prefixes = tuple(re.findall(r"\bt\(`(\w+_)\$\{", code))  # t(`support_${…}`)
    used |= {key for key in table if key.startswith(prefixes)}
    asked = set(re.findall(r"\bt\(\"(\w+)\"", code)) | set(re.findall(r"data-t(?:-\w+)?=\"(\w+)\"", INDEX))
    assert asked - table == set()
    assert table - used == set()


def graph() -> set[str]:
    """What page.js imports, directly or not; what is imported while the page runs (`import(…)`) is not in it."""
    found: set[str] = set()
    waiting = ["page.js"]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += re.findall(r"^import [^;]*?\"\./([\w-]+\.js)\";", MODULES[name], re.M)
    return found


def test_all_modules_of_a_visit_are_asked_for_at_once() -> None:
    """Without this list a browser would find them one after the other, each at the end of a request."""
    preloaded = re.findall(r"<link rel=\"modulepreload\" href=\"/ui/js/([\w-]+\.js)\">", INDEX)
    assert sorted([*preloaded, "page.js"]) == sorted(graph())


@pytest.mark.parametrize("table", TABLES)
def test_the_page_is_light(table: str) -> None:
    """What a visit loads, uncompressed, in one language: all of asking and checking quotes."""
    weight = sum(len(MODULES[name].encode()) for name in graph() | {"early.js", table})
    weight += sum(path.stat().st_size for path in UI.iterdir() if path.is_file() and path.name not in LATER)
    assert weight < MAX_VISIT_BYTES


def test_all_files_together_are_light() -> None:
    assert sum(path.stat().st_size for path in UI.rglob("*") if path.is_file()) < MAX_ALL_BYTES


def test_every_rule_of_the_sheet_is_used() -> None:
    """Each class and id that it names stands in the page or in a module, whole or as the beginning of a made name."""
    rules = re.sub(r"/\*.*?\*/|\{[^{}]*\}", "", STYLE, flags=re.S)
    named = set(re.findall(r"[.#]([a-z][\w-]*)", rules))
    everything = INDEX + "".join(MODULES.values())
    made = tuple(re.findall(r"([a-z]+-)\$\{", everything))  # `icon-${name}`
    unused = {name for name in named if not re.search(rf"(?<![\w-]){name}(?![\w-])", everything)}
    assert {name for name in unused if not name.startswith(made)} == set()
    values = set(re.findall(r"(--[\w-]+):", STYLE))
    assert {name for name in values if f"var({name})" not in STYLE} == set()


def test_what_index_html_says_is_in_the_table() -> None:
    """It is painted before any script: in English, in the very words of the table."""
    body = re.sub(r"<!--.*?-->|<noscript>.*?</noscript>", "", INDEX.split("<body")[1], flags=re.S)
    said = re.findall(r"data-t=\"(\w+)\">([^<]+)<", body)
    assert len(said) > 5
    assert len(re.findall(r">\s*([^<>\s][^<>]*)<", body)) == len(said)  # nothing else is said
    said += re.findall(r"data-t-placeholder=\"(\w+)\" placeholder=\"([^\"]+)\"", body)
    english = re.sub(r"\"\s*\+\s*\"", "", MODULES["strings-en.js"])  # texts in several pieces
    for key, words in said:
        assert re.search(rf"^\t{key}:\s*\"{re.escape(words)}\",$", english, re.M), key


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "ground", "least"), PAIRS)
def test_contrast(front: str, ground: str, least: float, scheme: int) -> None:
    colours = dict(re.findall(r"--([\w-]+): light-dark\((#\w{6}, #\w{6})\)", STYLE))
    lighter, darker = sorted((luminance(colours[name].split(", ")[scheme]) for name in (front, ground)), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= least


def luminance(colour: str) -> float:
    """Relative luminance, 0..1: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
