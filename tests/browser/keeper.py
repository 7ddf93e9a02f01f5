"""A stand-in for the routes that keep things: conversations, feedback, suggestions, all in memory, beside the real app.

The page cannot tell it from the server. Non-scope: anything on disk, limits, search of more than titles.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from rag.answer import Answerer
from rag.check import make_question
from rag.settings import Settings
from rag.types import Citation, Final, Sources, Text, Turn
from rag.wire import answer_wire, citation_wire, consulted_wire, sentence_wire
from server.app import create_app
from tests.browser.harness import Served, served_app


@dataclass
class Keeper:
    """What is kept; tests look into it and put things there."""

    answerer: Answerer
    suggestions: list[str] = field(default_factory=list)
    conversations: dict[str, dict[str, Any]] = field(default_factory=dict)
    feedback: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    clock: int = 0
    pause_s: float = 0.0  # between the events of an answer

    def stamp(self) -> str:
        self.clock += 1
        return f"2026-11-{1 + self.clock // 1440 % 28:02}T{self.clock // 60 % 24:02}:{self.clock % 60:02}:00Z"

    def create(self, title: str | None) -> dict[str, Any]:
        at = self.stamp()
        made = {"id": f"con_{len(self.conversations) + 1}_{self.clock}", "title": title, "created": at, "updated": at}
        self.conversations[made["id"]] = {**made, "turns": []}
        return self.conversations[made["id"]]

    def add(self, kept: dict[str, Any], answer: Any) -> None:
        kept["turns"].append({"asked": self.stamp(), "question": answer["question"], "answer": answer})
        kept["title"] = kept["title"] or answer["question"]
        kept["updated"] = self.clock and self.stamp()

    def events(self, asked: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        kept = self.conversations.get(asked.get("conversation_id") or "")
        turns = [] if kept is None else kept["turns"]
        said = [(turn["question"], turn["answer"]["answer_plain"]) for turn in turns]
        history = [Turn(*pair) for q, a in said for pair in (("user", q), ("assistant", a))]
        history = history or [Turn(turn["role"], turn["content"]) for turn in asked.get("history", [])]
        for event in self.answerer.stream(
            make_question(asked["question"], history=history[-20:], language=asked["language"])
        ):
            match event:
                case Sources():
                    yield "sources", {"consulted": consulted_wire(event.evidence)}
                case Citation():
                    yield "citation", citation_wire(event)
                case Text():
                    yield "sentence", sentence_wire(event.sentence)
                case Final():
                    answer: Any = {**answer_wire(event.answer), "conversation_id": kept and kept["id"]}
                    answer["stored"] = None if kept is None else True
                    if kept is not None:
                        self.add(kept, answer)
                    yield "final", answer


def problem(status: int) -> JSONResponse:
    error = {"message": "Not here.", "type": "x", "code": "not_found", "param": None, "request_id": "req_0"}
    return JSONResponse({"error": error}, status)


def routes(keeper: Keeper) -> APIRouter:
    router = APIRouter()
    kept = keeper.conversations

    def line(one: dict[str, Any]) -> dict[str, Any]:
        return {**one, "turns": len(one["turns"])}

    @router.post("/ask")
    async def ask_and_keep(request: Request) -> Response:
        asked = await request.json()
        if asked.get("conversation_id") and asked["conversation_id"] not in kept:
            return problem(404)

        async def body() -> AsyncIterator[bytes]:
            for name, data in keeper.events(asked):
                await asyncio.sleep(keeper.pause_s)
                yield f"event: {name}\ndata: ".encode() + bytes(JSONResponse(data).body) + b"\n\n"

        return StreamingResponse(body(), media_type="text/event-stream")

    @router.post("/conversations", status_code=201)
    async def create(request: Request) -> Any:
        return line(keeper.create((await request.json())["title"]))

    @router.get("/conversations")
    async def listed(query: str = "", limit: int = 50, before: str | None = None) -> Any:
        found = [one for one in kept.values() if query.lower() in (one["title"] or "").lower()]
        found = sorted(found, key=lambda one: str(one["updated"]), reverse=True)
        found = [one for one in found if before is None or one["updated"] < before]
        return {"conversations": [line(one) for one in found[:limit]], "more": len(found) > limit}

    @router.delete("/conversations", status_code=204)
    async def clear() -> None:
        kept.clear()

    @router.get("/conversations/{name}")
    async def one(name: str) -> Any:
        return kept[name] if name in kept else problem(404)

    @router.patch("/conversations/{name}")
    async def rename(name: str, request: Request) -> Any:
        kept[name]["title"] = (await request.json())["title"]
        return line(kept[name])

    @router.delete("/conversations/{name}", status_code=204)
    async def remove(name: str) -> None:
        kept.pop(name, None)

    @router.post("/answers/{name}/feedback", status_code=201)
    async def feedback(name: str, request: Request) -> Any:
        keeper.feedback.append((name, await request.json()))
        return {"id": f"fb_{len(keeper.feedback)}"}

    @router.get("/suggestions")
    async def suggestions() -> Any:
        return {"questions": keeper.suggestions}

    return router


def with_keeper(settings: Settings, keeper: Keeper) -> FastAPI:
    app = create_app(settings, lambda: keeper.answerer)
    real = list(app.router.routes)
    app.router.routes.clear()
    app.include_router(routes(keeper))
    app.router.routes.extend(real)
    return app


@contextmanager
def served_with(keeper: Keeper, settings: Settings) -> Iterator[Served]:
    with served_app(with_keeper(settings, keeper), settings) as running:
        yield running
