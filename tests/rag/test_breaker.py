"""The circuit opens after faults in a row and is tried by one question after the pause."""

from __future__ import annotations

import pytest

from rag.breaker import Breaker
from rag.errors import LanguageModelError


def is_open(breaker: Breaker) -> bool:
    try:
        breaker.enter()
    except LanguageModelError as error:
        return error.code == "llm_paused"
    breaker.leave()
    return False


def test_it_opens_after_faults_in_a_row() -> None:
    breaker = Breaker(faults=3, pause_s=60)
    for _ in range(2):
        breaker.failed()
    breaker.worked()
    for _ in range(2):
        breaker.failed()
    assert not is_open(breaker)
    breaker.failed()
    assert is_open(breaker)


def test_a_refused_key_opens_it_at_once() -> None:
    breaker = Breaker(faults=3, pause_s=60)
    breaker.failed(at_once=True)
    assert is_open(breaker)


def test_after_the_pause_one_question_tries_and_decides() -> None:
    breaker = Breaker(faults=1, pause_s=0)
    breaker.failed()
    breaker.enter()
    with pytest.raises(LanguageModelError):
        breaker.enter()  # one is trying already
    breaker.leave()  # its client left: the next one tries
    breaker.enter()
    breaker.worked()
    breaker.leave()
    assert not is_open(breaker)
