"""A question that asks several things is taken apart, and no other."""

from __future__ import annotations

import pytest

from rag.parts import parts_of


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("Who opened it?", ["Who opened it?"]),
        ("Who opened it, and when was it held?", ["Who opened it", "when was it held?"]),
        ("Who opened it and when?", ["Who opened it and when?"]),  # "when?" alone asks nothing
        ("Who opened it? When was it held?", ["Who opened it?", "When was it held?"]),
        ("Which cities signed and spoke?", ["Which cities signed and spoke?"]),
        ("Tell me who spoke and who listened.", ["Tell me who spoke and who listened."]),
        ("Who spoke? Thanks in advance", ["Who spoke? Thanks in advance"]),
        (" ".join(["Who spoke?"] * 5), [" ".join(["Who spoke?"] * 5)]),  # that is no longer one question
        ("", [""]),
    ],
)
def test_parts(question: str, parts: list[str]) -> None:
    assert list(parts_of(question)) == parts
