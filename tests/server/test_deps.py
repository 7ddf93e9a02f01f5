from __future__ import annotations

import time

import pytest

from rag.answer import Answerer
from rag.errors import IndexMissing, NotFoundError
from server.deps import OpenOnDemand, RecentAnswers


class Opening:
    """Fails until it is mended; counts how often it was tried."""

    def __init__(self, answerer: Answerer) -> None:
        self.answerer = answerer
        self.mended = False
        self.tried = 0

    def __call__(self) -> Answerer:
        self.tried += 1
        if not self.mended:
            raise IndexMissing("There is no index yet.")
        return self.answerer


def test_a_failure_is_remembered_for_a_while_then_tried_again(answerer):
    opening = Opening(answerer)
    opened = OpenOnDemand(opening, retry_s=0.2)
    for _ in range(3):
        with pytest.raises(IndexMissing):
            opened.get()
    assert opening.tried == 1
    opening.mended = True
    time.sleep(0.2)
    assert opened.get() is opened.get() is answerer
    assert opening.tried == 2


def test_the_oldest_answer_is_dropped(client):
    answer = client.post("/ask", json={"question": "Who opened the summit?"}).json()
    recent = RecentAnswers(limit=2)
    for name in ("a", "b", "a", "c"):
        recent.add({**answer, "id": name})
    assert recent.get("a")["id"] == "a"
    with pytest.raises(NotFoundError):
        recent.get("b")
