"""Exact sentence spans: the traps of real pages, and laws for any text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.sentences import MAX_SENTENCE_CHARS, sentence_spans
from tests.conftest import ARTICLE_ID, ROOT

ARTICLE = (ROOT / "corpus" / f"{ARTICLE_ID}.txt").read_bytes().decode()


def sentences(text: str) -> list[str]:
    return [span.of(text) for span in sentence_spans(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It ran on Mar. 23rd. Then it ended.", ["It ran on Mar. 23rd.", "Then it ended."]),
        ("Dr. Lee spoke. Mr. Ko agreed.", ["Dr. Lee spoke.", "Mr. Ko agreed."]),
        ("It cost US$10 billion. It worked.", ["It cost US$10 billion.", "It worked."]),
        (
            "Laws, i.e. the Bristol program, help. So do funds.",
            ["Laws, i.e. the Bristol program, help.", "So do funds."],
        ),
        ("Offices in TaipeiThe 2021 Summit ended.", ["Offices in Taipei", "The 2021 Summit ended."]),
        ("EasyCard and YouTube and McDonald stay.", ["EasyCard and YouTube and McDonald stay."]),
        ("“Good.” He left.", ["“Good.”", "He left."]),
        ("今天開會。市長說：「很好！」他走了？是的。", ["今天開會。", "市長說：「很好！」", "他走了？", "是的。"]),
        ("  • Session I, links\n", ["Session I, links"]),
        ("## Heading\n\nText.", ["Heading", "Text."]),
        ("## Heading\nText.", ["Heading", "Text."]),
        ("Three offices:\n- Canada\n- Israel\n* the UK", ["Three offices:", "Canada", "Israel", "the UK"]),
        ("1. First item\n2) Second item", ["First item", "Second item"]),
        ("Follow the city on LinkedIn for news.", ["Follow the city on LinkedIn for news."]),
        ("The answer is 3.", ["The answer is 3."]),
        ("A line that is\nwrapped here. Next.", ["A line that is\nwrapped here.", "Next."]),
        ("Skip to main content\n\nText.", ["Text."]),
        ("We skip to the next point.", ["We skip to the next point."]),
        ("a\u00a0\n\n\u00a0b", ["a", "b"]),
        ("", []),
        (" \n\u00a0 ", []),
    ],
)
def test_worked_examples(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


def test_the_article_is_cut_at_its_traps() -> None:
    found = sentences(ARTICLE)
    assert not any(s.startswith("Jump to") for s in found)
    assert any(s.startswith("Jordan Reeves") and s.endswith("Cultural Office in Taipei") for s in found)
    summit = next(s for s in found if "24 city leaders" in s)
    assert summit.startswith("The 2021 Smart City Mayors’ Summit has")
    assert summit.endswith("under the “New Normal”.")
    assert next(s for s in found if "2, 200 views" in s).startswith("In total, the two sessions drew 264")
    assert next(s for s in found if "Bue70F6vRSk" in s).startswith("Session II,")
    assert len(found) == 33


@given(st.text(alphabet=st.sampled_from("ab .!?。\n\u00a0TheIn-#•1\u2028\r😀é"), max_size=400))
def test_spans_are_ordered_disjoint_and_lose_nothing_but_marks(text: str) -> None:
    spans = sentence_spans(text)
    edges = [edge for span in spans for edge in (span.start, span.end)]
    assert edges == sorted(edges)
    assert all(span.of(text).strip() == span.of(text) != "" for span in spans)
    kept = "".join(span.of(text) for span in spans)
    dropped = "".join(text[a:b] for a, b in zip([0, *edges[1::2]], [*edges[::2], len(text)], strict=True))
    assert set("".join(dropped.split())) <= set("#•-1."), "only marks and white space are left out"
    assert len(kept) + len(dropped) == len(text)


@given(st.integers(1, 4000), st.sampled_from(["a", "ab ", "今"]))
def test_no_sentence_is_longer_than_the_bound(repeats: int, unit: str) -> None:
    text = unit * repeats
    assert all(span.end - span.start <= MAX_SENTENCE_CHARS for span in sentence_spans(text))
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


def test_what_the_segmenter_gives_up_on_is_kept_whole() -> None:
    text = "e?e1😀\n1\u2028  I\u00a0.In?-#Tn!eh\n"
    (span,) = sentence_spans(text)
    assert span.of(text) == text.strip()
