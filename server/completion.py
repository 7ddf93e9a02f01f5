"""An answer in the shape of OpenAI's chat completions, whole or in chunks, with every quote as a `url_citation`.

The message is Markdown, in which what documents, models and people wrote is escaped. The native answer comes along
under `qa`, as it is; clients that do not know it ignore it.
Source: https://platform.openai.com/docs/api-reference/chat. Non-scope: requests (`server/chat.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from typing_extensions import TypedDict

from rag.types import Citation, Event, Final, Text
from rag.wire import AnswerWire, CitationWire, SentenceWire, answer_wire, citation_wire, sentence_wire
from server.markdown import escaped

SourcesAs = Literal["annotations", "event", "none"]


class UrlCitationWire(TypedDict):
    start_index: int
    end_index: int
    title: str
    url: str


class AnnotationWire(TypedDict):
    """`start_index`, `end_index`: code points of the message in which the marker stands, the end not included."""

    type: Literal["url_citation"]
    url_citation: UrlCitationWire


class UsageWire(TypedDict):
    """Counted in wordpieces of the embedding model."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


@dataclass
class Completion:
    """One answer on its way out; what it holds changes as the events of a stream go through it."""

    id: str
    created: int  # Unix time, seconds
    model: str
    base_url: str  # without a slash at the end
    question: str
    count_tokens: Callable[[str], int]
    sources_as: SourcesAs = "annotations"
    with_usage: bool = False
    _said: str = ""  # of the message
    _plain: str = ""  # the same of the native answer
    _citations: dict[int, CitationWire] = field(default_factory=dict)

    def whole(self, answer: AnswerWire) -> dict[str, Any]:
        """The body where nothing is streamed."""
        self._citations = {citation["number"]: citation for citation in answer["citations"]}
        annotations = [a for sentence in answer["sentences"] for a in self._say(sentence)[1]]
        content = self._said + self._unsaid(answer)
        message: dict[str, Any] = {"role": "assistant", "content": content, "refusal": None}
        if self.sources_as != "none":
            message["annotations"] = annotations
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        head = self._head("chat.completion")
        return {**head, "choices": [choice], "usage": self._usage(answer["answer"]), "qa": answer}

    def begin(self) -> dict[str, Any]:
        """The first chunk."""
        return self._chunk({"role": "assistant", "content": ""})

    def chunks(self, event: Event) -> Iterator[dict[str, Any]]:
        """What an event adds: a source or a sentence; at the end what is still unsaid, the reason to stop, the use."""
        match event:
            case Citation():
                citation = citation_wire(event)
                self._citations[citation["number"]] = citation
                if self.sources_as == "event":
                    yield self._head("chat.completion.chunk") | {"choices": [], "event": self._source(citation)}
            case Text():
                text, annotations = self._say(sentence_wire(event.sentence))
                yield self._chunk({"content": text})
                if annotations and self.sources_as == "annotations":
                    yield self._chunk({"annotations": annotations})
            case Final():
                answer = answer_wire(event.answer)
                if unsaid := self._unsaid(answer):
                    yield self._chunk({"content": unsaid})
                yield self._chunk({}, "stop") | {"qa": answer}
                if self.with_usage:
                    usage = self._usage(answer["answer"])
                    yield self._head("chat.completion.chunk") | {"choices": [], "usage": usage}

    def _say(self, sentence: SentenceWire) -> tuple[str, list[AnnotationWire]]:
        """The next sentence with its markers, and where those stand in the message."""
        blank = " " if self._said else ""
        text = blank + escaped(sentence["text"])
        annotations = []
        for number in sentence["citations"]:
            text += f" [{number}]"
            end = len(self._said) + len(text)
            annotations.append(self._annotation(self._citations[number], end - len(f"[{number}]"), end))
        self._said += text
        self._plain += blank + sentence["text"] + "".join(f" [{number}]" for number in sentence["citations"])
        return text, annotations

    def _unsaid(self, answer: AnswerWire) -> str:
        """What the answer says besides its sentences: what was not found."""
        rest = answer["answer"].removeprefix(self._plain)
        return (" " if self._said and rest else "") + escaped(rest)

    def _annotation(self, citation: CitationWire, start: int, end: int) -> AnnotationWire:
        title, url = citation["title"], self.base_url + citation["url"]
        place: UrlCitationWire = {"start_index": start, "end_index": end, "title": title, "url": url}
        return {"type": "url_citation", "url_citation": place}

    def _source(self, citation: CitationWire) -> dict[str, Any]:
        """An event of Open WebUI, which shows the quote; it makes one group of equal `metadata.source`, and links
        `[n]` to the n-th group. Its annotations would show a title alone."""
        url, section = self.base_url + citation["url"], citation["section"]
        name = f"{citation['title']} · {section['label']}" if section else citation["title"]
        metadata: dict[str, Any] = {"source": url, "name": name, "source_url": url}
        if section and section["page"] is not None:
            metadata["page"] = section["page"] - 1  # it counts from 0 and shows one more
        source = {"id": f"c{citation['number']}", "name": name, "url": url}
        return {"type": "source", "data": {"source": source, "document": [citation["quote"]], "metadata": [metadata]}}

    def _chunk(self, delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        usage = {"usage": None} if self.with_usage else {}
        return self._head("chat.completion.chunk") | {"choices": [choice], **usage}

    def _head(self, kind: str) -> dict[str, Any]:
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model}

    def _usage(self, text: str) -> UsageWire:
        asked, said = self.count_tokens(self.question), self.count_tokens(text)
        return {"prompt_tokens": asked, "completion_tokens": said, "total_tokens": asked + said}
