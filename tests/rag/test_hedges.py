"""Small words that a model adds or leaves out, and rewordings that change nothing."""

from __future__ import annotations

import pytest

from rag.hedges import shifts

SIGNED = "For example, Taipei signed a MOU with the deputy mayor of City of Budapest."
DREW = "In total, the two sessions drew 264 registered participants and over 2, 200 views, allowing it."
PRAGUE = "The city of Prague, another sister city of Taipei, was represented by Mayor Zdeněk Hřib."
HUANG = "Deputy Mayor Huang Shan-shan stressed that Taipei will continue."


@pytest.mark.parametrize(
    ("claim", "quote"),
    [
        ("Taipei will sign a MOU with the deputy mayor of Budapest.", SIGNED),
        ("Taipei plans to sign a MOU.", SIGNED),
        ("Taipei signed a MOU with the mayor of Budapest.", SIGNED),
        ("The two sessions drew nearly 264 registered participants.", DREW),
        ("The two sessions drew over 264 registered participants.", DREW),
        ("They accumulated at most 2,200 views.", DREW),
        ("The two sessions may draw 264 registered participants.", DREW),
        ("Prague, a former sister city of Taipei, was represented.", PRAGUE),
        ("Prague was represented by former Mayor Zdeněk Hřib.", PRAGUE),
        ("Prague was represented by Deputy Mayor Zdeněk Hřib.", PRAGUE),
        ("Prague is the only sister city.", PRAGUE),
        ("Mayor Huang stressed it.", HUANG),
        ("Taipei continues.", HUANG),
        ("Medellín works with businesses.", "Medellín plans to work with businesses."),
        ("All cities continue.", HUANG),
    ],
)
def test_a_word_that_changes_the_claim_must_be_in_the_quotes(claim: str, quote: str) -> None:
    assert shifts(claim, quote, quote)


@pytest.mark.parametrize(
    ("claim", "quote"),
    [
        ("They accumulated more than 2,200 views.", DREW),
        ("Taipei is going to continue.", HUANG),
        ("Taipei aims to work with Prague.", "Taipei plans to work with Prague."),
        ("Taipei signed the MOU.", "Taipei, which plans to work with Prague, signed the MOU."),
        ("They accumulated 2,200 views.", DREW),
        ("In May, both Taipei and Budapest signed.", SIGNED),
        ("Taipei would continue, Deputy Mayor Huang said.", HUANG),
        ("Prague was represented by Mayor Hřib.", PRAGUE),
        ("The summit was held over two days.", DREW),
    ],
)
def test_rewordings_change_nothing(claim: str, quote: str) -> None:
    assert not shifts(claim, quote, quote)


def test_a_title_may_be_given_whole_elsewhere_in_the_passage() -> None:
    quote = "Huang also mentioned other cities."
    assert not shifts("Deputy Mayor Huang mentioned cities.", quote, f"{HUANG} {quote}")
    assert shifts("Mayor Huang mentioned cities.", quote, f"{HUANG} {quote}")
