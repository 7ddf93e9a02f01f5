"""Fixtures of the browser tests: skipped, with the reason, where there is no browser.

The word-hash embedder stands in for the model, so a server starts in about two seconds.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rag.build import ingest, open_answerer
from rag.embed import HASH_MODEL
from rag.settings import NO_READER, Settings
from rag.store import Store
from tests.browser.harness import (
    ARTICLE,
    REHEARSAL,
    SCRIPT,
    SOURCE,
    TITLE,
    Open,
    Opened,
    Served,
    served,
    served_by,
)
from tests.scripted import Scripted, fields_of

WAIT_MS = 15_000
QUIET = ("--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync")
REPORT_VIOLATIONS = "addEventListener('securitypolicyviolation', e => console.error('CSP ' + e.violatedDirective))"


def write_forum(folder: Path) -> dict[str, Path]:
    """The corpus of the browser tests, and where its index goes."""
    corpus = folder / "corpus"
    corpus.mkdir()
    (corpus / "forum.txt").write_text(ARTICLE, encoding="utf-8")
    about = f'title = "{TITLE}"\npublisher = "Harbour City"\npublished = "2021-05-12"\nsource = "{SOURCE}"\n'
    (corpus / "forum.txt.toml").write_text(about + 'language = "en"\n', encoding="utf-8")
    (corpus / "rehearsal.txt").write_text(REHEARSAL, encoding="utf-8")
    return {"corpus_dir": corpus, "index_dir": folder / "index", "state_dir": folder / "state"}


def chromium_program(playwright: Any) -> str | None:
    """The browser that comes with playwright, or one of the system; None where there is none."""
    bundled = playwright.chromium.executable_path
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    return bundled if Path(bundled).exists() else found


@pytest.fixture(scope="session")
def forum(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """An index of two documents, one of them full of markup."""
    places = write_forum(tmp_path_factory.mktemp("browser"))
    made = Settings(**places, model=HASH_MODEL, reader=NO_READER, port=0)
    ingest(made)
    return made


@pytest.fixture(scope="session")
def server(forum: Settings) -> Iterator[Served]:
    with served(forum) as running:
        yield running


@pytest.fixture(scope="session")
def scripted(forum: Settings) -> Iterator[Served]:
    """A server whose answers hold the words that answer."""
    with served_by(Scripted(**fields_of(open_answerer(forum)), script=SCRIPT), forum) as running:
        yield running


@pytest.fixture
def keeping(forum: Settings, tmp_path: Path) -> Iterator[Served]:
    """The same, with a store of the test's own."""
    answerer = Scripted(**fields_of(open_answerer(forum)), script=SCRIPT)
    with served_by(answerer, replace(forum, state_dir=tmp_path)) as running:
        yield running


@pytest.fixture
def store(keeping: Served) -> Iterator[Store]:
    """What that server keeps."""
    kept = Store(keeping.settings.state_dir)
    yield kept
    kept.close()


@pytest.fixture(scope="module")  # playwright keeps an event loop running, which no other test may meet
def chromium() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install -e '.[dev]'")
    with api.sync_playwright() as playwright:
        program = chromium_program(playwright)
        if program is None:
            pytest.skip("no Chromium on this machine: playwright install chromium")
        browser = playwright.chromium.launch(executable_path=program, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Any, server: Served) -> Iterator[Open]:
    """Opens pages in fresh profiles; at the end none may have a request elsewhere, a CSP report or a console error."""
    with ExitStack() as closing:
        pages: list[Opened] = []

        def open_at(
            path: str = "/", *, width: int = 1440, at: Served = server, expected: tuple[str, ...] = (), **more: Any
        ) -> Opened:
            options = {
                "viewport": {"width": width, "height": 800},
                "reduced_motion": "reduce",
                "base_url": at.url,
                "locale": "en-GB",
                **more,
            }
            context = closing.enter_context(chromium.new_context(**options))
            context.set_default_timeout(WAIT_MS)
            context.add_init_script(REPORT_VIOLATIONS)
            opened = Opened(context.new_page(), at.url, expected=expected)
            pages.append(opened)
            opened.watch()
            opened.page.goto(at.url + path)
            return opened

        yield open_at
        complaints = [complaint for opened in pages for complaint in opened.complaints]
    assert complaints == []
