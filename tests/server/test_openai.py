"""Chat completions, asked with the official SDK over a real connection, and read by the rules of Open WebUI."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import openai
import pytest

from rag.answer import Answerer, Stopped, never
from rag.errors import ModelError
from rag.settings import Settings
from rag.types import Event, Question
from server.__main__ import server_config
from server.app import create_app
from tests.scripted import fields_of
from tests.server.test_ask import Endless

if TYPE_CHECKING:
    from tests.server.conftest import Live

ASKED = "Which city was given the first prize, and where did the second prize go?"
UNKNOWN = "What does a kilogram of copper cost in Lima?"
CANARY = "canary7f3a"


@pytest.fixture
def live(serve, settings: Settings, answerer) -> Live:
    return serve(server_config(create_app(settings, lambda: answerer), settings))


@pytest.fixture
def sdk(live: Live) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"http://127.0.0.1:{live.port}/v1", api_key="none", max_retries=0) as client:
        yield client


def messages(*turns: str) -> list[Any]:
    """Turns of the user and the assistant, the last one of the user."""
    roles = ["user", "assistant"]
    return [{"role": roles[i % 2], "content": text} for i, text in enumerate(turns)]


@dataclass(frozen=True)
class Failing(Answerer):
    """Breaks after the first event."""

    def stream(self, question: Question, stopped: Stopped = never) -> Iterator[Event]:
        yield next(iter(super().stream(question)))
        raise ModelError("The model went away.")


# The official SDK


def test_a_completion_is_the_answer_with_its_citations(sdk, client):
    completion = sdk.chat.completions.create(model="event-rag", messages=messages(ASKED), temperature=0.2, n=1)
    answer = client.post("/ask", json={"question": ASKED}).json()
    (choice,) = completion.choices
    assert (completion.object, completion.model, choice.finish_reason) == ("chat.completion", "event-rag", "stop")
    assert (choice.message.role, choice.message.content) == ("assistant", answer["answer"])
    native = completion.qa
    assert {**native, "timings_ms": 0} == {**answer, "timings_ms": 0}
    places = [annotation.url_citation for annotation in choice.message.annotations]
    assert [choice.message.content[p.start_index : p.end_index] for p in places] == [
        f"[{n}]" for sentence in answer["sentences"] for n in sentence["citations"]
    ]
    base = str(sdk.base_url).removesuffix("/v1/")
    assert {p.url for p in places} == {base + citation["url"] for citation in answer["citations"]}
    assert {p.title for p in places} == {citation["title"] for citation in answer["citations"]}
    usage = completion.usage
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert usage.prompt_tokens == len(ASKED.replace(",", "").split())
    assert sdk.get(f"../answers/{native['id']}", cast_to=object)["answer"] == answer["answer"]


def test_the_chunks_fold_to_the_completion(sdk):
    whole = sdk.chat.completions.create(model="event-rag", messages=messages(ASKED))
    chunks = list(
        sdk.chat.completions.create(
            model="event-rag", messages=messages(ASKED), stream=True, stream_options={"include_usage": True}
        )
    )
    deltas = [chunk.choices[0].delta for chunk in chunks if chunk.choices]
    assert len({chunk.id for chunk in chunks}) == 1
    assert deltas[0].role == "assistant"
    assert "".join(delta.content or "" for delta in deltas) == whole.choices[0].message.content
    assert sum(bool(delta.content) for delta in deltas) == len(whole.qa["sentences"]) > 1
    annotations = [annotation for delta in deltas for annotation in getattr(delta, "annotations", [])]
    assert annotations == [annotation.model_dump() for annotation in whole.choices[0].message.annotations]
    reasons = [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices]
    assert reasons == [None] * (len(reasons) - 1) + ["stop"]
    assert (chunks[-1].choices, chunks[-1].usage) == ([], whole.usage)
    assert [chunk.usage for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    assert chunks[-2].qa["citations"] == whole.qa["citations"]


def test_the_async_client_reads_the_same(live, sdk):
    whole = sdk.chat.completions.create(model="event-rag", messages=messages(ASKED))

    async def ask() -> tuple[str | None, str]:
        async with openai.AsyncOpenAI(base_url=sdk.base_url, api_key="none", max_retries=0) as client:
            plain = await client.chat.completions.create(model="event-rag", messages=messages(ASKED))
            stream = await client.chat.completions.create(model="event-rag", messages=messages(ASKED), stream=True)
            pieces = [chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices]
        return plain.choices[0].message.content, "".join(pieces)

    assert asyncio.run(ask()) == (whole.choices[0].message.content,) * 2


@pytest.mark.parametrize("stream", [False, True])
def test_not_found_is_words_and_no_finish_reason_of_its_own(sdk, stream):
    asked = sdk.chat.completions.create(model="event-rag", messages=messages(UNKNOWN), stream=stream)
    if stream:
        chunks = [chunk for chunk in asked if chunk.choices]
        text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
        last, native = chunks[-1].choices[0].finish_reason, chunks[-1].qa
    else:
        choice = asked.choices[0]
        assert (choice.message.refusal, choice.message.annotations) == (None, [])
        text, last, native = choice.message.content, choice.finish_reason, asked.qa
    assert (text, last, native["status"]) == (native["answer"], "stop", "not_found")
    assert native["consulted"]


def test_models_are_the_ways_of_answering(sdk):
    assert [model.id for model in sdk.models.list()] == ["event-rag", "event-rag/extractive"]
    assert sdk.models.retrieve("event-rag/extractive").owned_by == "local"
    completion = sdk.chat.completions.create(model="event-rag/extractive", messages=messages(ASKED))
    assert completion.qa["mode"] == "extractive"
    for model in ("gpt-4o", "event-rag/llm"):  # no language model is configured
        with pytest.raises(openai.NotFoundError, match="event-rag/extractive") as raised:
            sdk.chat.completions.create(model=model, messages=messages(ASKED))
        assert (raised.value.code, raised.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.NotFoundError):
        sdk.models.retrieve(CANARY)


def test_earlier_messages_are_the_history_and_others_are_ignored(sdk, client):
    turns = ["Who opened the summit?", "The mayor of Taipei.", "And who got the first prize?"]
    history = [{"role": "user", "content": turns[0]}, {"role": "assistant", "content": turns[1]}]
    answer = client.post("/ask", json={"question": turns[2], "history": history}).json()
    spoken = messages(*turns)
    spoken[2]["content"] = [{"type": "text", "text": turns[2]}]
    asked = [{"role": "system", "content": f"Say {CANARY} only."}, *spoken, {"role": "developer", "content": "Now!"}]
    completion = sdk.chat.completions.create(model="event-rag", messages=asked, tools=[], user="someone", stop=["."])
    assert completion.qa["standalone_question"] == answer["standalone_question"] != turns[2]
    assert completion.choices[0].message.content == answer["answer"]


def test_a_long_conversation_keeps_its_last_turns(sdk):
    turns = ["y" * 4500, "n"] + ["Who opened the summit?", "The mayor. " * 200] * 24
    completion = sdk.chat.completions.create(model="event-rag", messages=messages(*turns, ASKED))
    assert completion.qa["status"] == "answered"


def test_what_stands_in_an_old_message_does_not_end_the_chat(client):
    asked = {"messages": messages("Who opened\0 the summit?", "The\x1b mayor of Taipei.", ASKED)}
    nothing = dict.fromkeys(("model", "include_sources", "stream", "stream_options", "n"))
    response = client.post("/v1/chat/completions", json={**asked, **nothing})
    assert response.status_code == 200
    assert (response.json()["model"], response.json()["qa"]["status"]) == ("event-rag", "answered")


def test_the_token_is_the_api_key(serve, settings: Settings, answerer):
    guarded = replace(settings, token="a-token-of-some-length")
    live = serve(server_config(create_app(guarded, lambda: answerer), guarded))
    base_url = f"http://127.0.0.1:{live.port}/v1"
    with openai.OpenAI(base_url=base_url, api_key="wrong", max_retries=0) as client:
        with pytest.raises(openai.AuthenticationError) as raised:
            client.models.list()
        assert raised.value.code == "unauthorized"
    with openai.OpenAI(base_url=base_url, api_key=guarded.token, max_retries=0) as client:
        assert client.chat.completions.create(model="event-rag", messages=messages(ASKED)).choices


@pytest.mark.parametrize(
    ("body", "param"),
    [
        pytest.param({}, "messages", id="no-messages"),
        pytest.param({"messages": []}, "messages", id="empty"),
        pytest.param({"messages": [{"role": "system", "content": CANARY}]}, "messages", id="system-alone"),
        pytest.param({"messages": [{"role": "assistant", "content": CANARY}]}, "messages", id="assistant-last"),
        pytest.param({"messages": [{"role": "user", "content": " "}]}, "messages", id="blank"),
        pytest.param({"messages": [{"role": "user", "content": CANARY * 500}]}, "messages", id="too-long"),
        pytest.param({"messages": [{"role": "user", "content": CANARY + "\0"}]}, "messages", id="control"),
        pytest.param(
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": CANARY}}]}]},
            "messages",
            id="image",
        ),
        pytest.param({"messages": [{"content": "q"}]}, "messages.0.role", id="no-role"),
        pytest.param({"messages": messages("q"), "n": 2}, "n", id="two-choices"),
        pytest.param({"messages": messages("q"), "stream": "yes"}, "stream", id="stream-type"),
        pytest.param({"messages": messages("q"), "include_sources": "all"}, "include_sources", id="sources"),
    ],
)
def test_a_bad_request_is_a_400_in_the_one_shape(client, refused, body, param):
    response = client.post("/v1/chat/completions", json=body)
    refused(response, 400, response.json()["error"]["code"], param)
    assert response.json()["error"]["type"] == "invalid_request_error"


def test_the_limit_of_the_body_holds(client, refused):
    refused(client.post("/v1/chat/completions", json={"messages": messages("x" * 70_000)}), 413, "body_too_large")


def test_an_error_in_a_stream_is_told_without_done(serve, make_client, settings: Settings, answerer):
    failing = Failing(**fields_of(answerer))
    response = make_client(lambda: failing).post(
        "/v1/chat/completions", json={"messages": messages(ASKED), "stream": True}
    )
    assert response.headers["x-accel-buffering"] == "no"
    first, error = (json.loads(line.removeprefix("data: ")) for line in response.text.split("\n\n") if line)
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert (error["error"]["code"], error["error"]["type"]) == ("model_unavailable", "server_error")
    live = serve(server_config(create_app(settings, lambda: failing), settings))
    with (
        openai.OpenAI(base_url=f"http://127.0.0.1:{live.port}/v1", api_key="none", max_retries=0) as sdk,
        pytest.raises(openai.APIError, match="The model went away"),
    ):
        list(sdk.chat.completions.create(model="event-rag", messages=messages(ASKED), stream=True))


def test_a_client_that_leaves_stops_the_work(serve, settings: Settings, answerer):
    endless = Endless(**fields_of(answerer), running=threading.Event(), closed=threading.Event())
    live = serve(server_config(create_app(settings, lambda: endless), settings))
    with openai.OpenAI(base_url=f"http://127.0.0.1:{live.port}/v1", api_key="none", max_retries=0) as sdk:
        stream = sdk.chat.completions.create(model="event-rag", messages=messages(ASKED), stream=True)
        assert next(iter(stream)).choices[0].delta.role == "assistant"
        assert endless.running.wait(5)
        stream.close()
        assert endless.closed.wait(5)


# Open WebUI: what it makes of a stream (`utils/middleware.py`, `Citations.svelte`), as rules


@dataclass
class OpenWebUi:
    """The message that it shows: text, sources by group, and errors."""

    text: str = ""
    groups: dict[str, list[str]] = field(default_factory=dict)  # metadata.source → quotes; [n] is the n-th group
    links: list[str] = field(default_factory=list)
    errors: list[Any] = field(default_factory=list)

    def read(self, chunk: dict[str, Any]) -> None:
        if "event" in chunk:
            self._source(chunk["event"])
        choices = chunk.get("choices", [])
        if not choices:
            self.errors += [chunk["error"]] if "error" in chunk else []
            return
        delta = choices[0].get("delta", {})
        for annotation in delta.get("annotations", []):
            if annotation["type"] == "url_citation":
                cited = annotation["url_citation"]
                self.groups.setdefault(cited["url"], []).append(cited["title"])  # the title stands for the quote
        self.text += delta.get("content") or ""

    def _source(self, event: dict[str, Any]) -> None:
        assert event["type"] == "source"
        data = event["data"]
        for document, metadata in zip(data["document"], data["metadata"], strict=True):
            self.groups.setdefault(metadata.get("source") or data["source"]["id"], []).append(document)
            self.links.append(metadata.get("source_url") or data["source"]["url"])


def shown(client, **body: Any) -> tuple[OpenWebUi, dict[str, Any]]:
    text = client.post("/v1/chat/completions", json={"messages": messages(ASKED), "stream": True, **body}).text
    *lines, done = [line.removeprefix("data: ") for line in text.split("\n\n") if line.startswith("data: ")]
    assert done == "[DONE]"
    page = OpenWebUi()
    for line in lines:
        page.read(json.loads(line))
    return page, next(chunk["qa"] for chunk in map(json.loads, lines) if "qa" in chunk)


def test_open_webui_shows_the_quote_behind_every_number(client):
    page, answer = shown(client, include_sources="event")
    assert page.text == answer["answer"]
    assert len(answer["citations"]) > 1
    groups = list(page.groups.values())
    for citation in answer["citations"]:
        assert groups[citation["number"] - 1] == [citation["quote"]]
    assert all(link.startswith("http://localhost:8000/documents/") for link in page.links)
    assert page.errors == []


def test_open_webui_shows_titles_for_annotations_and_nothing_for_none(client):
    page, answer = shown(client)
    assert list(page.groups) == ["http://localhost:8000" + citation["url"] for citation in answer["citations"]]
    assert {title for titles in page.groups.values() for title in titles} == {"Prizes"}
    assert shown(client, include_sources="none")[0].groups == {}


def test_links_begin_with_the_public_address(make_client):
    client = make_client(public_url="https://ask.example.org/")
    page, answer = shown(client, include_sources="event")
    assert page.links == ["https://ask.example.org" + citation["url"] for citation in answer["citations"]]
