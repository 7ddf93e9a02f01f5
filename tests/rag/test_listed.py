"""Which member of a list in one sentence is asked about."""

from __future__ import annotations

import pytest

from rag.lexical import tokenize
from rag.listed import member_about

SIGNED = (
    "Taipei signed a pact with the mayor of Budapest, a restatement with its sister city Daegu, a tourism MOU with "
    "Lalitpur, and witnessed one with Medellin."
)
ASIDE = "Jordan Reeves, a friend of Taipei, mentioned the bus, which runs in Bonn."


@pytest.mark.parametrize(
    ("names", "sentence", "member"),
    [
        ("Taipei Daegu", SIGNED, "a restatement with its sister city Daegu, "),
        ("Lalitpur", SIGNED, "a tourism MOU with Lalitpur, "),
        ("Medellin", SIGNED, "and witnessed one with Medellin."),
        ("Taipei", SIGNED, None),  # the subject of all of them
        ("Taipei Budapest", SIGNED, None),
        ("Daegu Lalitpur", SIGNED, None),
        ("Prague", SIGNED, None),
        ("Taipei", ASIDE, None),
    ],
)
def test_the_member_that_alone_holds_the_name(names: str, sentence: str, member: str | None) -> None:
    found = member_about(frozenset(tokenize(names)), sentence)
    assert (found and found.of(sentence)) == member
