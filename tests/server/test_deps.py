from __future__ import annotations

import pytest

from rag.errors import NotFoundError
from server.deps import RecentAnswers


def test_the_oldest_answer_is_dropped(client):
    answer = client.post("/ask", json={"question": "Who opened the summit?"}).json()
    recent = RecentAnswers(limit=2)
    for name in ("a", "b", "a", "c"):
        recent.add({**answer, "id": name})
    assert recent.get("a")["id"] == "a"
    with pytest.raises(NotFoundError):
        recent.get("b")
