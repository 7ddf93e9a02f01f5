from __future__ import annotations

import pytest


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_an_answer_can_be_had_again(client, accept):
    client.post("/ask", json={"question": "Who opened the summit?"}, headers={"Accept": accept})
    answer = client.post("/ask", json={"question": "Who opened the summit?"}).json()
    assert client.get(f"/answers/{answer['id']}").json() == answer


def test_unknown_answer(client, refused):
    refused(client.get("/answers/canary7f3a"), 404, "not_found")
