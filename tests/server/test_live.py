from __future__ import annotations

import itertools
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from rag.answer import Answerer
from rag.build import Reopener, ingest, open_answerer
from rag.embed import HASH_MODEL, HashEmbedder
from rag.errors import IndexMissing
from rag.publish import point_to
from rag.segment import DENSE
from rag.settings import NO_READER, Settings
from rag.snapshot import CURRENT, current_name
from server.__main__ import server_config
from server.app import create_app
from server.live import LiveIndex
from tests.server.conftest import CALIBRATION, Serve

QUESTION = "Who opened the harbour festival?"
OLD = "The mayor of Oslo opened the harbour festival."
NEW = "The mayor of Turku opened the harbour festival."


@dataclass(frozen=True)
class Index:
    """A corpus of one document and its index."""

    settings: Settings

    def publish(self, text: str) -> str:
        """The name of the snapshot that holds `text`."""
        (self.settings.corpus_dir / "festival.txt").write_text(f"{text}\n", encoding="utf-8")
        return ingest(self.settings, HashEmbedder()).snapshot

    def damage(self, name: str) -> None:
        file = next((self.settings.index_dir / name).rglob(DENSE))
        file.write_bytes(file.read_bytes()[:-1])

    def open(self) -> Answerer:
        return replace(open_answerer(self.settings, HashEmbedder()), calibration=CALIBRATION)

    def live(self, retry_s: float = 1000) -> LiveIndex:
        live = LiveIndex(self.settings.index_dir, self.open, retry_s)
        live.refresh()
        return live


@pytest.fixture
def index(tmp_path: Path) -> Index:
    (tmp_path / "corpus").mkdir()
    return Index(
        Settings(
            corpus_dir=tmp_path / "corpus",
            index_dir=tmp_path / "index",
            state_dir=tmp_path / "state",
            model=HASH_MODEL,
            reader=NO_READER,
            keep_snapshots=10,
        )
    )


def test_a_new_snapshot_takes_over(index: Index):
    old = index.publish(OLD)
    live = index.live()
    before = live.get()
    new = index.publish(NEW)
    assert live.get() is before
    live.refresh()
    assert (before.snapshot.id, live.get().snapshot.id, live.warnings) == (old, new, ())
    assert before.snapshot.documents["festival"].text == f"{OLD}\n"  # whoever began with it goes on with it


def test_an_older_one_that_current_is_pointed_to_takes_over(index: Index):
    old, new = index.publish(OLD), index.publish(NEW)
    live = index.live()
    assert live.get().snapshot.id == new
    point_to(index.settings.index_dir, old)
    live.refresh()
    assert (live.get().snapshot.id, live.warnings) == (old, ())


def test_nothing_is_opened_twice(index: Index):
    index.publish(OLD)
    opened: list[Answerer] = []
    live = LiveIndex(index.settings.index_dir, lambda: opened.append(index.open()) or opened[-1])
    for _ in range(3):
        live.refresh()
    index.publish(NEW)
    for _ in range(3):
        live.refresh()
    assert [answerer.snapshot.documents["festival"].text for answerer in opened] == [f"{OLD}\n", f"{NEW}\n"]


def test_models_are_loaded_once(index: Index):
    index.publish(OLD)
    reopen = Reopener(index.settings)
    first = reopen()
    index.publish(NEW)
    second = reopen()
    assert first.snapshot.id != second.snapshot.id
    assert first.retriever.embedder is second.retriever.embedder


def test_the_first_index_is_picked_up(index: Index):
    live = index.live()
    assert live.embedder is None
    with pytest.raises(IndexMissing, match="rag ingest"):
        live.get()
    new = index.publish(NEW)
    live.refresh()
    assert live.get().snapshot.id == new
    assert live.embedder is live.get().retriever.embedder


def test_a_broken_one_never_takes_over(index: Index):
    chosen, unwanted = index.publish(OLD), index.publish(NEW)
    point_to(index.settings.index_dir, chosen)
    live = index.live()
    broken = index.publish(f"{NEW} It rained.")
    index.damage(broken)
    live.refresh()
    assert live.get().snapshot.id == chosen  # not the newest good one, which is unwanted
    (warning,) = live.warnings
    assert chosen in warning
    assert f"{CURRENT} names the snapshot {broken}" in warning
    assert unwanted not in warning
    mended = index.publish(f"{NEW} It snowed.")
    live.refresh()
    assert (live.get().snapshot.id, live.warnings) == (mended, ())


def test_one_of_another_model_never_takes_over(index: Index):
    class OtherModel(HashEmbedder):
        id = "another-model"

    old = index.publish(OLD)
    live = index.live()
    ingest(index.settings, OtherModel())
    live.refresh()
    assert live.get().snapshot.id == old
    assert "another-model" in live.warnings[0]


@pytest.mark.parametrize("remove", [lambda folder: (folder / CURRENT).unlink(), shutil.rmtree], ids=["CURRENT", "all"])
def test_without_a_pointer_the_old_one_goes_on(index: Index, remove: Callable[[Path], None]):
    old = index.publish(OLD)
    live = index.live()
    remove(index.settings.index_dir)
    live.refresh()
    assert live.get().snapshot.id == old
    assert "rag ingest" in live.warnings[0]


def test_a_failure_is_remembered_for_a_while_then_tried_again(index: Index):
    index.publish(OLD)
    tried: list[bool] = []
    broken = True

    def open_answerer() -> Answerer:
        tried.append(broken)
        if broken:
            raise MemoryError
        return index.open()

    live = LiveIndex(index.settings.index_dir, open_answerer, retry_s=0.2)
    live.refresh()
    live.refresh()
    with pytest.raises(MemoryError):
        live.get()
    assert tried == [True]
    broken = False
    time.sleep(0.2)
    live.refresh()
    assert live.get().snapshot.id == current_name(index.settings.index_dir)
    assert tried == [True, False]


# Over HTTP


@dataclass(frozen=True)
class Asking:
    """Clients that ask one question again and again; what they were told, as (snapshot, quote)."""

    told: list[tuple[str, str]]
    failed: list[str]
    stop: threading.Event

    def ask_on(self, url: str) -> None:
        with httpx.Client(base_url=url, timeout=30) as client:
            while not self.stop.is_set():
                response = client.post("/ask", json={"question": QUESTION})
                if response.status_code == 200:
                    body = response.json()
                    self.told.append((body["index"]["snapshot"], body["citations"][0]["quote"]))
                else:
                    self.failed.append(response.text)


@pytest.fixture
def ask_on() -> Iterator[Callable[[str, int], Asking]]:
    """ask_on(url, clients): asks until the end of the test, which fails when a client fails."""
    asking = Asking([], [], threading.Event())
    with ThreadPoolExecutor(20) as pool:

        def start(url: str, clients: int) -> Asking:
            futures.extend(pool.submit(asking.ask_on, url) for _ in range(clients))
            return asking

        futures: list = []
        yield start
        asking.stop.set()
        for future in futures:
            future.result()


def until(holds: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.01)


def test_an_ingest_elsewhere_is_followed_while_clients_ask(serve: Serve, ask_on, index: Index):
    old = index.publish(OLD)
    live = serve(server_config(create_app(index.settings, index.open), index.settings))
    asking = ask_on(f"http://127.0.0.1:{live.port}", 3)
    until(lambda: (old, OLD) in asking.told)
    new = index.publish(NEW)
    until(lambda: (new, NEW) in asking.told)
    asking.stop.set()
    assert asking.failed == []
    assert set(asking.told) == {(old, OLD), (new, NEW)}


def test_a_hundred_swaps_under_twenty_clients_lose_nothing(serve: Serve, ask_on, index: Index):
    quotes = {index.publish(OLD): OLD, index.publish(NEW): NEW}
    app = create_app(index.settings, index.open)
    live = serve(server_config(app, index.settings))
    asking = ask_on(f"http://127.0.0.1:{live.port}", 20)
    for name in itertools.islice(itertools.cycle(quotes), 100):
        asked = len(asking.told)
        until(lambda asked=asked: len(asking.told) > asked)
        point_to(index.settings.index_dir, name)
        app.state.services.live.refresh()
    asking.stop.set()
    assert asking.failed == []
    assert set(asking.told) == set(quotes.items())


def test_ready_says_why_the_newest_index_is_not_used(make_client, index: Index):
    old = index.publish(OLD)
    client = make_client(index.open, index_dir=index.settings.index_dir)
    index.damage(index.publish(NEW))
    until(lambda: client.get("/readyz").json()["warnings"] != [])
    ready = client.get("/readyz").json()
    assert (ready["status"], ready["index"]["snapshot"]) == ("ready", old)
    assert old in ready["warnings"][0]
    assert client.post("/ask", json={"question": QUESTION}).json()["citations"][0]["quote"] == OLD
