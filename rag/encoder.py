"""The embedding model on ONNX Runtime: exported once, from the configuration and weights of its own folder.

What sentence-transformers says is the reference: an export whose vectors differ is not used, and neither is one of a
model that `rag/graph.py` cannot build; sentence-transformers itself serves then, slower.
Non-scope: finding the folder (`rag/embed.py`), running (`rag/runtime.py`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from rag.embed import Embedder, Vectors, fingerprint
from rag.errors import ModelError, UnsupportedModel
from rag.reference import SentenceTransformerEmbedder
from rag.runtime import RUNTIME_VERSION, Network, kept, open_tokenizer, read_weights, side_by_side
from rag.settings import DEFAULT_MODEL, FP32, INT8, REFERENCE

# Least cosine between the export's vector of any probe and that of sentence-transformers. float32 only sums in
# another order; int8 stays above 0.98 on every text that was measured, and retrieval does not notice.
LEAST_COSINE = {FP32: 0.9999, INT8: 0.97}
PROBES = (
    "Who?",
    "How many people registered for the summit?",
    "台北市 2021 智慧城市市長高峰會",
    "The bus runs along Xinyi Road every night; 2,200 riders took it in 2020.",
    "Mayors of twelve cities spoke about the ways in which their governments had used sensors, open data and "
    "telemedicine during the pandemic, and what of that would remain once it had ended. " * 4,
    "More words than any model of this kind can read at once. " * 80,
)


@dataclass(frozen=True, slots=True)
class Plan:
    """How a sentence-transformers folder turns a text into a vector."""

    config: Mapping[str, Any]
    max_tokens: int  # special ones included
    pooling: str  # mean | cls
    question_prompt: str
    document_prompt: str


def read_plan(folder: Path) -> Plan:
    """Raises: UnsupportedModel for anything but Transformer → mean or CLS pooling (→ Normalize)."""
    modules = _json(folder / "modules.json", [])
    kinds = [module["type"].rpartition(".")[2] for module in modules]
    if kinds[:2] != ["Transformer", "Pooling"] or kinds[2:] not in ([], ["Normalize"]):
        raise UnsupportedModel(f"it is made of {', '.join(kinds) or 'unknown modules'}")
    home = folder / modules[0]["path"]
    reading = _json(home / "sentence_bert_config.json", {})
    if reading.get("do_lower_case"):
        raise UnsupportedModel("its texts are lower-cased before they are cut")
    config = _json(home / "config.json", {})
    prompts_config = _json(folder / "config_sentence_transformers.json", {})
    prompts = prompts_config.get("prompts") or {}
    default = prompts.get(prompts_config.get("default_prompt_name"), "")
    longest = _json(home / "tokenizer_config.json", {}).get("model_max_length", 512)
    return Plan(
        config,
        min(reading.get("max_seq_length") or longest, config.get("max_position_embeddings", 512)),
        _pooling(_json(folder / modules[1]["path"] / "config.json", {})),
        prompts.get("query", default),
        next((prompts[name] for name in ("document", "passage", "corpus") if name in prompts), default),
    )


def _pooling(config: Mapping[str, Any]) -> str:
    if not config.get("include_prompt", True):
        raise UnsupportedModel("its prompts are left out of the pooling")
    names = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls"}
    set_modes = [names.get(key, key) for key, on in config.items() if key.startswith("pooling_mode_") and on is True]
    mode = config.get("pooling_mode") or (set_modes[0] if len(set_modes) == 1 else set_modes)
    if mode not in ("mean", "cls"):
        raise UnsupportedModel(f"its pooling is {mode}")
    return str(mode)


def _json(path: Path, missing: Any) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else missing


def _home(folder: Path) -> Path:
    """Where the transformer of a sentence-transformers folder lies."""
    return folder / str(_json(folder / "modules.json", [{"path": ""}])[0]["path"])


Parts = tuple[Tokenizer, Network]


class OnnxEmbedder:
    """An exported embedding model. Thread-safe.

    One text goes through the network at a time, so a text has the same vector in any company.
    """

    def __init__(self, name: str, embedder_id: str, plan: Plan, parts: Parts, threads: int) -> None:
        self.id = embedder_id
        self.english_only = name == DEFAULT_MODEL
        self.dimension: int = plan.config["hidden_size"]
        self._plan, self._threads = plan, threads
        self._tokenizer, self._network = parts
        self._room = plan.max_tokens - self._tokenizer.num_special_tokens_to_add(False)

    def encode(self, texts: Sequence[str]) -> Vectors:
        vectors = side_by_side(lambda text: self._vector(self._plan.document_prompt + text), texts, self._threads)
        return np.array(vectors, np.float32).reshape(len(texts), self.dimension)

    def encode_question(self, text: str) -> Vectors:
        return self._vector(self._plan.question_prompt + text)

    def count_tokens(self, text: str) -> int:
        return len(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def _vector(self, text: str) -> Vectors:
        """(dimension,), unit length."""
        pieces = self._tokenizer.encode(text.strip(), add_special_tokens=False)
        pieces.truncate(self._room)
        whole = self._tokenizer.post_process(pieces)
        (hidden,) = self._network.run(whole.ids, whole.type_ids)  # (length, dimension)
        pooled = hidden[0] if self._plan.pooling == "cls" else hidden.mean(axis=0)
        unit: Vectors = (pooled / max(float(np.linalg.norm(pooled)), 1e-12)).astype(np.float32)
        return unit


def open_encoder(folder: Path, name: str, runtime: str, threads: int, exports: Path) -> Embedder:
    """The model of `folder` on `runtime` (int8, fp32 or reference); exports are kept in the folder `exports`.

    Raises: ModelError.
    """
    if not any(folder.rglob("*.safetensors")):
        raise ModelError(f"The model {name} has no .safetensors weights; choose one that has (RAG_MODEL).")
    model_id = f"{name}@{fingerprint(folder)}"
    reference = SentenceTransformerEmbedder(folder, name, f"{model_id}/{REFERENCE}", threads)
    if runtime == REFERENCE:
        return reference
    embedder_id = f"{model_id}/{runtime}-{RUNTIME_VERSION}"
    try:
        plan = read_plan(folder)
        tokenizer = open_tokenizer(_home(folder) / "tokenizer.json")

        def opened(content: bytes) -> OnnxEmbedder:
            return OnnxEmbedder(name, embedder_id, plan, (tokenizer, Network(content)), threads)

        def make() -> bytes:
            content = _export(_home(folder), plan, runtime)
            check_parity(opened(content), reference, LEAST_COSINE[runtime])
            return content

        return opened(kept(exports, f"{embedder_id.replace('/', '-')}.onnx", make))
    except UnsupportedModel:
        return reference


def _export(home: Path, plan: Plan, runtime: str) -> bytes:
    """Raises: UnsupportedModel, ModelError."""
    from rag.graph import encoder_graph, quantised  # with onnx half a second to import, once for each model

    graph = encoder_graph(read_weights(home / "model.safetensors"), plan.config, int8_words=runtime == INT8)
    return quantised(graph) if runtime == INT8 else graph.SerializeToString()


def check_parity(export: Embedder, reference: Embedder, least: float) -> None:
    """Raises: UnsupportedModel where a probe's vector differs too much from the reference's."""
    ours = np.vstack([export.encode(PROBES), *(export.encode_question(probe) for probe in PROBES)])
    theirs = np.vstack([reference.encode(PROBES), *(reference.encode_question(probe) for probe in PROBES)])
    if ours.shape != theirs.shape or (cosine := float((ours * theirs).sum(axis=1).min())) < least:
        found = "of another length" if ours.shape != theirs.shape else f"at a cosine of {cosine:.4f}"
        raise UnsupportedModel(f"its exported vectors are {found}, with {least} asked for")
