"""Search, fetch and ask as tools of the Model Context Protocol (MCP), whatever carries them.

`search` and `fetch` keep to the contract of ChatGPT's connectors: one string in, one text item with JSON out.
Source: https://platform.openai.com/docs/mcp. Non-scope: transports (`server/routes/mcp.py`, `__main__.py`).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeVar

from mcp.server import Server
from mcp.server.context import ServerRequestContext
from mcp.types import (
    CallToolRequestParams,
    CallToolResult,
    ContentBlock,
    ListToolsResult,
    PaginatedRequestParams,
    ResourceLink,
    TextContent,
    Tool,
    ToolAnnotations,
)
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

import rag
from rag.answer import Answerer
from rag.check import make_question
from rag.errors import NotFoundError
from rag.types import Document, Event, Final, Question, Span, Stopped
from rag.wire import AnswerWire, answer_wire, document_address
from server.errors import problem_of

log = logging.getLogger("server")

T = TypeVar("T")

SEARCH_RESULTS = 10  # as many as fit a model's context with room for what it fetches
MAX_FETCH_CHARS = 50_000  # some 12,000 tokens; of a longer document the part around the passage

INSTRUCTIONS = (
    "Answers come from the documents of this server alone and consist of exact quotes. Use `ask` for a question; "
    "use `search` and `fetch` to read for yourself. Where `status` is not_found, the documents do not say it."
)


class Run(Protocol):
    """Runs an iterator to its end where it may block; gives its last item. When it is cancelled, `work` is told."""

    async def __call__(self, work: Callable[[Stopped], Iterator[T]]) -> T: ...


@dataclass(frozen=True, slots=True)
class Context:
    """What the tools work with."""

    answerer: Callable[[], Answerer]
    run: Run
    base_url: str  # without a slash at the end: a result without an address is not cited
    keep: Callable[[AnswerWire], Awaitable[None]]  # for the permalink


class _Arguments(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class SearchArguments(_Arguments):
    query: str = Field(description="What to look for, in words or as a question.")


class FetchArguments(_Arguments):
    id: str = Field(description="An id that `search` gave, or that of a document.")


class AskArguments(_Arguments):
    question: str = Field(description="One question, complete in itself.")
    language: Literal["auto", "en", "zh-Hant"] = Field("auto", description="Of the words around the quotes.")


class FoundWire(TypedDict):
    id: str
    title: str
    url: str


class SearchWire(TypedDict):
    results: list[FoundWire]


class FetchWire(TypedDict):
    id: str
    title: str
    text: str
    url: str
    metadata: dict[str, str | int | None]


async def search(context: Context, arguments: SearchArguments) -> CallToolResult:
    """The nearest passages, best first."""
    answerer, question = context.answerer(), make_question(arguments.query)
    found = await context.run(lambda _: iter([_found(answerer, question, context.base_url)]))
    return _result(found, [])


async def fetch(context: Context, arguments: FetchArguments) -> CallToolResult:
    """A document's text, or the part of it around a passage. Raises: NotFoundError."""
    documents = context.answerer().snapshot.documents
    document, span = _place(documents, arguments.id)
    first = max(0, min(span.start, len(document.text) - MAX_FETCH_CHARS)) if span else 0
    known = document.metadata
    fetched: FetchWire = {
        "id": arguments.id,
        "title": known.title,
        "text": document.text[first : first + MAX_FETCH_CHARS],
        "url": context.base_url + document_address(document.id, span),
        "metadata": {
            "document_id": document.id,
            "published": known.published,
            "publisher": known.publisher,
            "source": known.source,
            "text_start": first,
            "characters": len(document.text),
        },
    }
    return _result(fetched, [])


async def ask(context: Context, arguments: AskArguments) -> CallToolResult:
    """The native answer, with a link for each citation."""
    question = make_question(arguments.question, language=arguments.language)
    answerer = context.answerer()

    def events(stopped: Stopped) -> Iterator[Event]:
        return answerer.stream(question, stopped)

    last = await context.run(events)
    assert isinstance(last, Final)
    answer = answer_wire(last.answer)
    await context.keep(answer)
    links: list[ContentBlock] = [
        ResourceLink(
            uri=context.base_url + citation["url"],
            name=f"[{citation['number']}] {citation['title']}",
            description=citation["quote"],
            mime_type="text/plain",
        )
        for citation in answer["citations"]
    ]
    return _result(answer, links)


def _found(answerer: Answerer, question: Question, base_url: str) -> SearchWire:
    snapshot = answerer.snapshot
    results: list[FoundWire] = []
    for passage in answerer.retriever.search(answerer.resolve(question), SEARCH_RESULTS).passages:
        document = snapshot.documents[passage.document_id]
        section = document.section_at(passage.span)
        title = f"{document.metadata.title} · {section.label}" if section else document.metadata.title
        url = base_url + document_address(document.id, passage.span)
        results.append({"id": passage.id, "title": title, "url": url})
    return {"results": results}


def _place(documents: Mapping[str, Document], name: str) -> tuple[Document, Span | None]:
    """The document of an id, and the span where it is that of a passage (`document:start-end`)."""
    if name in documents:
        return documents[name], None
    document_id, _, place = name.rpartition(":")
    start, _, end = place.partition("-")
    document = documents.get(document_id)
    if document is None or not (start.isdecimal() and end.isdecimal() and len(place) < 40):
        raise NotFoundError("There is no document or passage with this id; `search` gives those that there are.")
    span = Span(int(start), int(end))
    if not span.start < span.end <= len(document.text):
        raise NotFoundError("The passage lies outside its document, which may have changed; search again.")
    return document, span


def _result(data: Any, links: list[ContentBlock]) -> CallToolResult:
    """Structured, and the same as text for clients that know only that."""
    text = TextContent(text=json.dumps(data, ensure_ascii=False))
    return CallToolResult(content=[text, *links], structured_content=data)


@dataclass(frozen=True, slots=True)
class _Tool:
    description: str
    arguments: type[_Arguments]
    result: Any
    call: Callable[[Context, Any], Awaitable[CallToolResult]]


TOOLS = {
    "search": _Tool(
        "Finds passages of the event documents. Returns ids to fetch.", SearchArguments, SearchWire, search
    ),
    "fetch": _Tool("Reads a document, or the text around a passage.", FetchArguments, FetchWire, fetch),
    "ask": _Tool(
        "Answers a question from the event documents with exact quotes, or says that they do not hold the answer.",
        AskArguments,
        AnswerWire,
        ask,
    ),
}


def tool_server(context: Context) -> Server[Any]:
    """The tools, ready for any transport."""

    async def list_tools(_: ServerRequestContext[Any], __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(
            tools=[
                Tool(
                    name=name,
                    description=tool.description,
                    input_schema=tool.arguments.model_json_schema(),
                    output_schema=TypeAdapter(tool.result).json_schema(),
                    annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False),
                )
                for name, tool in TOOLS.items()
            ]
        )

    async def call_tool(_: ServerRequestContext[Any], params: CallToolRequestParams) -> CallToolResult:
        return await _call(context, params.name, params.arguments or {})

    return Server(
        "event-rag",
        version=rag.__version__,
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


async def _call(context: Context, name: str, arguments: Mapping[str, Any]) -> CallToolResult:
    """What went wrong is a result that the model can read, and mend its call by."""
    tool = TOOLS.get(name)
    if tool is None:
        return _refusal(f"There is no such tool; there are {', '.join(TOOLS)}.")
    try:
        return await tool.call(context, tool.arguments.model_validate(arguments))
    except ValidationError as error:
        first = error.errors()[0]
        return _refusal(f"{'.'.join(map(str, first['loc']))}: {first['msg']}.")
    except Exception as error:
        problem = problem_of(error)
        if problem.status == 500:
            log.error("failed", exc_info=error)
        return _refusal(problem.message)


def _refusal(message: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=message)], is_error=True)
