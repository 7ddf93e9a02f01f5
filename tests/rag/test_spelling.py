"""Misspelt words are mended, real words never."""

from __future__ import annotations

import pytest

from rag.spelling import Speller

WORDS = ["mayor", "mar", "summit", "daegu", "registered", "beerepoot", "budapest"]
ENGLISH = {"london", "award", "dose", "mayr"} - {"mayr"}


@pytest.fixture
def speller() -> Speller:
    return Speller(WORDS, ENGLISH.__contains__)


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        ("waht is the sumit", "what is the summit"),
        ("the mayr of Daegoo", "the mayor of Daegu"),  # the frequent word of two equally near ones; case kept
        ("Berepoot's job", "Beerepoot's job"),
        ("Budapset", "Budapest"),  # a transposition is one error
        ("the mayor of London", "the mayor of London"),  # a real word that no document holds
        ("the award", "the award"),
        ("xyzq", "xyzq"),
        ("rewatch the daegoo", "rewatch the daegoo"),  # two errors are too many in a short word that is no name
        ("rgstrd", "rgstrd"),  # too far
        ("報名 Zdeněk 42", "報名 Zdeněk 42"),
        ("", ""),
    ],
)
def test_examples(speller: Speller, text: str, mended: str) -> None:
    assert speller.mend(text) == mended
