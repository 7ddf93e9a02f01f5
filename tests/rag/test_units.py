"""Numbers that count what another number counts."""

from __future__ import annotations

import pytest

from rag.units import swapped_units

SESSIONS = (
    "In total, the two sessions drew 264 registered participants from across 30 countries and accumulated "
    "approximately 2, 200 views from the live streaming."
)
MONEY = "This provides $9 billion in personal income and $1.7 billion in state revenue."


@pytest.mark.parametrize(
    ("claim", "quote"),
    [
        ("The two sessions drew 264 views.", SESSIONS),
        ("It had 30 participants.", SESSIONS),
        ("Views reached 264.", SESSIONS),
        ("The number of views was 264.", SESSIONS),
        ("264 Views were counted.", SESSIONS),
        ("The two sessions drew 264 views.", SESSIONS + " Of them 264 were new."),
        ("Two thousand two hundred participants came.", SESSIONS),
        ("It provides $1.7 billion in personal income.", MONEY),
    ],
)
def test_another_numbers_unit(claim: str, quote: str) -> None:
    assert swapped_units(claim, quote)


@pytest.mark.parametrize(
    ("claim", "quote"),
    [
        ("Participants reached 264, attendance 264.", SESSIONS),
        ("264 people from 30 countries registered.", SESSIONS),  # another word for the same
        ("The live stream had about 2,200 views and 264 participants.", SESSIONS),
        ("The sessions had 264 registrations, and 2,200 viewed them.", SESSIONS),
        ("It provides 1.7 billion dollars in state revenue.", MONEY),
        ("In 2021 countries met.", "In 2021, 30 countries met."),  # a year counts nothing
        ("By 2021 Prague had joined.", "In 2021 all had joined; 3 Prague schools followed."),
    ],
)
def test_its_own_unit(claim: str, quote: str) -> None:
    assert not swapped_units(claim, quote)
