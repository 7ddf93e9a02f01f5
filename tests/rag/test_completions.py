"""Every fault of an endpoint ends in time, in the extractive answer, with a warning that names it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from rag.abstain import Calibration
from rag.answer import Answerer
from rag.breaker import Breaker
from rag.check import make_question
from rag.completions import Endpoint, LanguageModel
from rag.errors import LanguageModelError, LanguageModelTimeout, SettingsError
from rag.linear import Linear
from tests.faults.llm_server import llm_server, says, status, then_silence
from tests.faults.table import ASKED, CORPUS, FAULTS, LIMITS, TOLD, WORKS, Fault, asked_of, outcome, played

Open = Callable[[Mapping[str, str | bytes]], Answerer]


@pytest.fixture
def answerer(open_corpus: Open) -> Answerer:
    # Words alone decide, so that these tests do not depend on the numbers that ship.
    return replace(open_corpus(CORPUS), calibration=Calibration(Linear({"coverage": 10.0}, -1.0), 0.5, reader=None))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_ends_in_an_answer_with_a_warning(answerer: Answerer, fault: Fault) -> None:
    result = played(fault, answerer)
    assert result.right, result


@pytest.mark.parametrize(("name", "kind"), [("51 no answer", LanguageModelTimeout), ("54 401", LanguageModelError)])
def test_a_strict_question_gets_the_fault_itself(answerer: Answerer, name: str, kind: type[Exception]) -> None:
    fault = next(fault for fault in FAULTS if fault.name == name)
    with asked_of(fault, answerer) as (asked, _), pytest.raises(kind) as raised:
        asked.answer(make_question(ASKED, mode="llm", strict=True))
    assert "sk-secret" not in str(raised.value)


def test_the_extractive_mode_asks_no_model(answerer: Answerer) -> None:
    with llm_server(says("No.")) as server:
        endpoint = Endpoint(server.url, "m")
        fault = Fault("none", None, WORKS, address=endpoint.url)
        with asked_of(fault, answerer) as (asked, _):
            answer = asked.answer(make_question(ASKED, mode="extractive"))
    assert (answer.mode, answer.models.llm, answer.warnings) == ("extractive", None, ())
    assert server.calls == []


def test_what_the_documents_do_not_answer_is_not_sent(answerer: Answerer) -> None:
    with llm_server(says("The moon is cheese [1].")) as server:
        fault = Fault("none", None, WORKS, address=server.url)
        with asked_of(fault, answerer) as (asked, _):
            answer = asked.answer(make_question("Zzyzx qwerty?"))
    assert answer.status == "not_found"
    assert server.calls == []


def test_the_request_says_what_it_should_and_goes_nowhere_else(
    answerer: Answerer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with llm_server(says(TOLD)) as server, asked_of(Fault("", None, WORKS, address=server.url), answerer) as (asked, _):
        assert outcome(asked.answer(make_question(ASKED))) == WORKS
    call = server.calls[0]
    assert (call.headers["authorization"], call.headers["accept-encoding"]) == ("Bearer sk-secret", "identity")
    assert (call.body["temperature"], call.body["stream"], call.body["max_tokens"]) == (0, True, LIMITS.max_tokens)
    assert ASKED in call.body["messages"][-1]["content"]


def test_the_connection_is_closed_when_nobody_waits_any_more() -> None:
    stopped = threading.Event()
    with llm_server(then_silence()) as server:
        model = LanguageModel(Endpoint(server.url, "m"), LIMITS)
        words = threading.Thread(target=lambda: list(model.complete([], stopped.is_set, model.deadline())))
        words.start()
        call = server.wait_for_call()
        stopped.set()
        assert call.closed.wait(1.0)
        words.join(5)
    assert not words.is_alive()


def test_after_faults_in_a_row_nothing_is_sent_for_a_while() -> None:
    with llm_server(status("500 Oops")) as server:
        model = LanguageModel(Endpoint(server.url, "m"), LIMITS, Breaker(faults=1, pause_s=60))
        codes = []
        for _ in range(2):
            with pytest.raises(LanguageModelError) as raised:
                list(model.complete([], lambda: False, model.deadline()))
            codes.append(raised.value.code)
    assert codes == ["llm_error", "llm_paused"]
    assert len(server.calls) == 2  # the first one and its retry


@pytest.mark.parametrize(
    "url", ["", "localhost:11434", "ftp://x/v1", "http://u:p@x/v1", "http://x/v1?key=1", "http://[::"]
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="RAG_LLM_URL") as raised:
        Endpoint(url, "m")
    assert "u:p" not in str(raised.value)


def test_the_host_is_shown_without_the_rest() -> None:
    endpoint = Endpoint("https://api.example.org:8443/openai/v1", "m", "sk-secret")
    assert endpoint.host == "api.example.org:8443"
    assert "sk-secret" not in repr(endpoint)
