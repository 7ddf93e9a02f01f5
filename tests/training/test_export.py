from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import BertConfig

from training.layout import padded
from training.model import Reader
from training.predict import OnnxLogits, TorchLogits
from training.reader import Progress, save

pytest.importorskip("onnx", reason="the training extra is not installed")
from training.export import export, quantised_rows

CONFIG = BertConfig(vocab_size=200, hidden_size=64, num_hidden_layers=2, num_attention_heads=4, intermediate_size=128)


def test_the_exported_graphs_compute_what_torch_does(tmp_path: Path):
    torch.manual_seed(0)
    reader = Reader(CONFIG)
    torch.nn.init.normal_(reader.qa_outputs.weight)
    save(tmp_path, reader, torch.optim.AdamW(reader.parameters()), Progress())
    sizes = export(tmp_path, tmp_path)
    assert set(sizes) == {"reader.fp32.onnx", "reader.int8.onnx", "reader.safetensors"}
    chance = np.random.default_rng(0)
    rows = [(chance.integers(0, 200, n).tolist(), 4) for n in (20, 9)]
    ids, mask, types = padded(rows)
    expected = TorchLogits(tmp_path)(ids, mask, types)
    exact = OnnxLogits(tmp_path / "reader.fp32.onnx")(ids, mask, types)
    small = OnnxLogits(tmp_path / "reader.int8.onnx")(ids, mask, types)
    for want, same, near in zip(expected, exact, small, strict=True):
        held = mask == 1
        np.testing.assert_allclose(same[held], want[held], atol=1e-4)
        assert np.corrcoef(near[held], want[held])[0, 1] > 0.98


def test_rows_are_quantised_within_half_a_step():
    table = np.random.default_rng(0).normal(size=(5, 16)).astype(np.float32)
    table[2] = 0
    quantised, scales = quantised_rows(table)
    assert np.abs(quantised * scales - table).max() <= scales.max() / 2 + 1e-7
    assert np.abs(quantised).max() == 127
