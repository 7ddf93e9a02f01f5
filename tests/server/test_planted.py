"""Documents that steer the language model: whatever it then says, only what the documents say is shown, as text, with
exact quotes, and no secret leaves. Asked over real HTTP in every way there is; the model obeys all that it reads."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import unescape
from typing import Any

import httpx
import httpx2
import pytest
from markdown_it import MarkdownIt
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from rag.build import ingest, load_judge, open_answerer
from rag.check import INVISIBLE
from rag.completions import Endpoint, LanguageModel, Limits
from rag.embed import Embedder
from rag.generate import RULES, Writer
from rag.settings import NO_READER, Settings
from rag.sse import EventReader
from rag.support import Verifier, load_support_model
from server.__main__ import server_config
from server.app import create_app
from server.markdown import escaped
from tests.browser.payloads import PAYLOADS
from tests.faults.llm_server import END, OK, Call, Play, event, llm_server
from tests.planted import EVIL, LEAKS, PLANTED, Planted
from tests.server.conftest import CALIBRATION, running

# A word that could stand in a sentence: what looks like a key is found out by its digits alone.
KEY = "quetzalplumtree"
MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable(["strikethrough", "table"])
TOKEN = "ordinarytokenoftheserver"
ADMIN = "admintokenoftheserver"
# Each has every 16th payload, so that all passages of a document reach the model.
NAMES = ("Arosund", "Bexmouth", "Caldvik", "Dorhaven", "Elmport", "Farholm", "Grenvik", "Hollsund")
NAMES += ("Istmouth", "Jarnvik", "Keldhaven", "Lorport", "Morvik", "Norsund", "Osthaven", "Pelmouth")
# What stays of links, buttons, made-up headings of passages and made-up events that a model writes: their words.
LINKED = {"x", "more", "go", "news", "data", "source"}
TRUE = "The harbour of {} has 31 berths for 12 ferries"


@dataclass(frozen=True)
class Shown:
    """What one client got to see."""

    way: str
    name: str  # of the harbour
    raw: str
    answer: dict[str, Any]  # the native one
    content: str = ""  # of a chat completion: Markdown


@dataclass(frozen=True)
class Seen:
    """Everything that came of all questions."""

    shown: list[Shown]
    obeyed: set[int]
    fences: set[str]
    texts: dict[str, str]
    log: str


def batches() -> dict[str, dict[int, Planted]]:
    numbered = list(enumerate(PLANTED))
    return {name: dict(numbered[i :: len(NAMES)]) for i, name in enumerate(NAMES)}


def obeys(obeyed: set[int], fences: set[str]) -> Play:
    """A model that says something true, then all that the passages ask: by itself, and inside of the true sentence."""

    async def play(writer: Any, call: Call) -> None:
        rules, asked = (message["content"] for message in call.body["messages"])
        key = call.headers["authorization"].removeprefix("Bearer ")
        fences.add(asked.split("\n")[0].strip("= "))
        fact = TRUE.format(re.findall(r"harbour of (\w+) have", asked)[-1])
        said = [f"{fact} [1]."]
        for found in re.finditer(r"Note (\d+) on", asked):
            passage = re.findall(r"^\[(\d+)\] ", asked[: found.start()], re.MULTILINE)[-1]
            obeyed.add(int(found[1]))
            words = PLANTED[int(found[1])].says(key, rules)
            said += [f"{words} [{passage}].", f"{fact} {words} [1][{passage}]."]
        writer.write(OK)
        for piece in re.findall(r"(?s).{1,50}", "\n".join(said)):
            writer.write(event(piece))
        writer.write(END)
        await writer.drain()

    return play


def document(name: str, planted: dict[int, Planted]) -> str:
    notes = [f"Note {number} on {name}: {payload.text}" for number, payload in planted.items()]
    return "\n\n".join([f"{TRUE.format(name)}.", *notes]) + "\n"


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory, real_embedder: Embedder) -> Seen:
    folder = tmp_path_factory.mktemp("planted")
    corpus = folder / "corpus"
    corpus.mkdir()
    for name, planted in batches().items():
        (corpus / f"{name}.txt").write_text(document(name, planted), encoding="utf-8")
        title = json.dumps(f"{name}: {next(iter(planted.values())).text}")
        (corpus / f"{name}.txt.toml").write_text(f"title = {title}\n", encoding="utf-8")
    settings = Settings(
        corpus_dir=corpus,
        index_dir=folder / "index",
        state_dir=folder / "state",
        reader=NO_READER,
        token=TOKEN,
        admin_token=ADMIN,
        llm_key=KEY,
    )
    ingest(settings, real_embedder)
    obeyed: set[int] = set()
    fences: set[str] = set()
    logged: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: logged.append(str(vars(record)))  # type: ignore[method-assign]
    log = logging.getLogger()
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    with llm_server(obeys(obeyed, fences)) as model:
        endpoint = Endpoint(model.url, "obedient", KEY)
        writer = Writer(
            LanguageModel(endpoint, Limits(max_tokens=4000)),
            Verifier(real_embedder, load_judge(settings), load_support_model()),
        )
        answerer = replace(open_answerer(settings, real_embedder), calibration=CALIBRATION, writer=writer)
        with running(server_config(create_app(settings, lambda: answerer), settings)) as live:
            shown = [each for name in batches() for each in asked(f"http://127.0.0.1:{live.port}", name)]
    log.removeHandler(handler)
    log.setLevel(level)
    texts = {d.id: d.text for d in answerer.snapshot.documents.values()}
    return Seen(shown, obeyed, fences, texts, "\n".join(logged))


def asked(url: str, name: str) -> Iterator[Shown]:
    question = f"How many berths does the harbour of {name} have?"
    chat = {"messages": [{"role": "user", "content": question}]}
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=120) as http:
        raw = http.post("/ask", json={"question": question}).raise_for_status().text
        yield Shown("json", name, raw, json.loads(raw))
        events = {"Accept": "text/event-stream"}
        raw = http.post("/ask", json={"question": question}, headers=events).raise_for_status().text
        yield Shown("sse", name, raw, json.loads(data_of(raw)[-1]))
        raw = http.post("/v1/chat/completions", json=chat).raise_for_status().text
        whole = json.loads(raw)
        yield Shown("openai", name, raw, whole["qa"], whole["choices"][0]["message"]["content"])
        raw = http.post("/v1/chat/completions", json=chat | {"stream": True}).raise_for_status().text
        chunks = [json.loads(data) for data in data_of(raw)[:-1]]
        content = "".join(c["choices"][0]["delta"].get("content") or "" for c in chunks)
        yield Shown("openai stream", name, raw, chunks[-1]["qa"], content)
        about = {
            "messages": [{"role": "user", "content": f"What does the note on {name} say about rules and pictures?"}]
        }
        raw = http.post("/v1/chat/completions", json=about | {"model": "event-rag/extractive"}).raise_for_status().text
        whole = json.loads(raw)
        yield Shown("openai extractive", name, raw, whole["qa"], whole["choices"][0]["message"]["content"])
    raw, answer = asyncio.run(over_mcp(url, question))
    yield Shown("mcp", name, raw, answer)


def data_of(stream: str) -> list[str]:
    return [each.data for each in EventReader(10**7).feed(stream.encode())]


async def over_mcp(url: str, question: str) -> tuple[str, dict[str, Any]]:
    async with (
        httpx2.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=120) as http,
        Client(streamable_http_client(f"{url}/mcp", http_client=http)) as client,
    ):
        result = await client.call_tool("ask", {"question": question})
        assert result.structured_content is not None
        return result.model_dump_json(), result.structured_content


def test_every_payload_reached_the_model_in_every_way_of_asking(seen: Seen) -> None:
    assert seen.obeyed == set(range(len(PLANTED)))
    assert (len(PLANTED), len(PLANTED) + len(PAYLOADS)) == (138, 450)
    asked = [shown for shown in seen.shown if shown.way != "openai extractive"]
    assert len(asked) == len(seen.fences) == 5 * len(batches())
    assert {(s.answer["models"]["llm"], s.answer["mode"]) for s in asked} == {("obedient", "llm")}


def bare(text: str) -> str:
    """Letters and digits alone: a secret may be taken apart."""
    return "".join(c for c in text.lower() if c.isalnum())


def test_no_secret_is_in_any_answer_or_log(seen: Seen) -> None:
    rules = " ".join(RULES.split())[:60]
    secrets = [KEY, TOKEN, ADMIN, rules, *seen.fences]
    forms = {bare(shape(secret)) for secret in secrets for shape in (*LEAKS, str) if shape(secret).strip()}
    for place, text in [*((f"{s.way} {s.name}", s.raw) for s in seen.shown), ("log", seen.log)]:
        found = bare(text)
        assert [form for form in forms if form in found] == [], place


def test_every_quote_is_exact_and_every_sentence_is_made_of_its_quotes(seen: Seen) -> None:
    for shown in seen.shown:
        citations = {citation["number"]: citation for citation in shown.answer["citations"]}
        for citation in citations.values():
            text = seen.texts[citation["document_id"]]
            assert text[citation["start"] : citation["end"]] == citation["quote"]
        for sentence in shown.answer["sentences"]:
            quotes = [citations[number]["quote"] for number in sentence["citations"]]
            assert quotes
            strange = words_of(sentence["text"]) - words_of(" ".join(quotes))
            assert strange <= LINKED, f"{shown.way}: {sentence['text']!r}"


def words_of(text: str) -> set[str]:
    return set(re.findall(r"\w+", INVISIBLE.sub("", text).lower()))


def test_what_a_model_says_is_shown_without_markup_and_without_addresses_of_its_own(seen: Seen) -> None:
    for shown in seen.shown:
        quotes = {citation["number"]: citation["quote"] for citation in shown.answer["citations"]}
        for sentence in shown.answer["sentences"]:
            held = " ".join(quotes[number] for number in sentence["citations"])
            assert EVIL not in sentence["text"] or EVIL in held
            if sentence["support"] == "verbatim":
                assert [sentence["text"]] == [quotes[number] for number in sentence["citations"]]
            else:
                assert re.findall(r"<\w|!\[|\]\(|(?:javascript|vbscript|data):\S", sentence["text"]) == []


def test_a_chat_page_that_renders_the_message_shows_text_alone(seen: Seen) -> None:
    contents = [shown.content for shown in seen.shown if shown.content]
    assert len(contents) == 3 * len(batches())
    assert [markup for content in contents if (markup := markup_of(content))] == []
    quoted = [shown for shown in seen.shown if shown.way == "openai extractive" and "Note" in shown.content]
    assert quoted, "without a model the planted text itself is quoted"


@pytest.mark.parametrize("text", [*(planted.text for planted in PLANTED), *PAYLOADS])
def test_a_quote_in_markdown_is_text_and_reads_as_it_stands(text: str) -> None:
    for around in ("{}", "It is {} there."):
        shown = MARKDOWN.render(escaped(around.format(text)))
        assert markup_of(escaped(around.format(text))) == set()
        words = " ".join(INVISIBLE.sub("", around.format(text)).split())
        assert unescape(shown.removeprefix("<p>").removesuffix("</p>\n")) == words


def markup_of(content: str) -> set[str]:
    """What Markdown with HTML, links and tables switched on makes of `content` besides paragraphs."""
    return set(re.findall(r"<[^>]*>", MARKDOWN.render(content))) - {"<p>", "</p>"}
