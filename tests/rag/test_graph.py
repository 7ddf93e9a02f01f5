"""Graphs built by hand compute what transformers does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertForQuestionAnswering, BertModel, RobertaConfig, RobertaForQuestionAnswering

from rag.errors import UnsupportedModel
from rag.graph import encoder_graph, quantised, quantised_rows, reader_graph
from rag.runtime import Network

SIZES: dict[str, Any] = {
    "vocab_size": 200,
    "hidden_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 128,
}
IDS = [5, 17, 100, 3, 199, 42, 42]
TYPES = [0, 0, 0, 1, 1, 1, 1]


def weights_of(model: torch.nn.Module) -> dict[str, np.ndarray]:
    return {name: value.numpy() for name, value in model.state_dict().items()}


def test_an_encoder_computes_the_same_hidden_states() -> None:
    torch.manual_seed(0)
    config = BertConfig(**SIZES)
    model = BertModel(config, add_pooling_layer=False).eval()
    with torch.inference_mode():
        expected = model(torch.tensor([IDS]), token_type_ids=torch.tensor([TYPES])).last_hidden_state[0].numpy()
    graph = encoder_graph(weights_of(model), config.to_dict(), int8_words=False)
    (hidden,) = Network(graph.SerializeToString()).run(IDS, TYPES)
    np.testing.assert_allclose(hidden, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("config", "model_class"),
    [(BertConfig(**SIZES), BertForQuestionAnswering), (RobertaConfig(**SIZES), RobertaForQuestionAnswering)],
    ids=["bert", "roberta"],
)
def test_a_reader_computes_the_same_logits(config: Any, model_class: Any) -> None:
    torch.manual_seed(0)
    model = model_class(config).eval()
    types = TYPES if config.model_type == "bert" else [0] * len(IDS)  # RoBERTa has one type only
    with torch.inference_mode():
        expected = model(torch.tensor([IDS]), token_type_ids=torch.tensor([types]))
    # A RoBERTa vocabulary has one type only.
    graph = reader_graph(weights_of(model), config.to_dict(), int8_words=False)
    start, end = Network(graph.SerializeToString()).run(IDS, types)
    np.testing.assert_allclose(start, expected.start_logits[0].numpy(), atol=1e-5)
    np.testing.assert_allclose(end, expected.end_logits[0].numpy(), atol=1e-5)
    small = Network(quantised(reader_graph(weights_of(model), config.to_dict(), int8_words=True)))
    for near, exact in zip(small.run(IDS, types), (start, end), strict=True):
        assert np.corrcoef(near, exact)[0, 1] > 0.9  # untrained weights are all noise: trained ones stay above 0.97


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model_type": "gpt2"}, "gpt2"),
        ({"hidden_act": "relu"}, "relu"),
        ({"position_embedding_type": "relative_key"}, "relative"),
    ],
)
def test_what_cannot_be_built_is_said(change: dict[str, str], message: str) -> None:
    config = BertConfig(**SIZES).to_dict()
    with pytest.raises(UnsupportedModel, match=message):
        encoder_graph({}, config | change, int8_words=False)
    with pytest.raises(UnsupportedModel, match="word_embeddings"):
        encoder_graph({}, config, int8_words=False)


def test_rows_are_quantised_within_half_a_step() -> None:
    table = np.random.default_rng(0).normal(size=(5, 16)).astype(np.float32)
    table[2] = 0
    table[3] *= 1e-3
    quantised_table, scales = quantised_rows(table)
    assert (np.abs(quantised_table * scales - table) <= scales / 2 + 1e-7).all()
    assert np.abs(quantised_table[3]).max() == 127, "a row of small numbers keeps its precision"
