"""ONNX graphs of BERT-like models, built from their weights by hand: no torch, and nothing but what one text needs.

A graph takes one text at a time, so it has no padding and no mask. In a batch, int8 scales the activations of all
texts together: an answer would depend on what else was being computed (logits moved by up to 1.0 when measured),
and passages of 100 wordpieces gain nothing from a batch. Non-scope: running graphs (`rag/runtime.py`).
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from rag.errors import IndexWriteError, UnsupportedModel

Weights = Mapping[str, NDArray[Any]]

OPSET = 17  # the first with LayerNormalization
WORDS = "embeddings.word_embeddings.weight"
# Model type → whether its positions begin behind the number of the padding token.
FAMILIES = {"bert": False, "roberta": True, "xlm-roberta": True, "camembert": True}


class _Graph:
    """Nodes and constants of a graph that is being built; every method returns the name of its result."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, value: NDArray[Any]) -> str:
        self.constants.setdefault(name, numpy_helper.from_array(np.array(value, order="C"), name))
        return name

    def weight(self, name: str) -> NDArray[np.float32]:
        """Raises: UnsupportedModel where the model has no such weights."""
        try:
            return self.weights[name].astype(np.float32)
        except KeyError:
            raise UnsupportedModel(f"it has no weights called {name}") from None

    def add(self, operation: str, *inputs: str, name: str | None = None, **attributes: Any) -> str:
        result = name or f"{operation}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operation, inputs, [result], name=f"node_{result}", **attributes))
        return result

    def linear(self, x: str, name: str) -> str:
        product = self.add("MatMul", x, self.constant(f"{name}.weight", self.weight(f"{name}.weight").T))
        return self.add("Add", product, self.constant(f"{name}.bias", self.weight(f"{name}.bias")))

    def norm(self, x: str, name: str, epsilon: float) -> str:
        scale, bias = (self.constant(f"{name}.{part}", self.weight(f"{name}.{part}")) for part in ("weight", "bias"))
        return self.add("LayerNormalization", x, scale, bias, axis=-1, epsilon=epsilon)

    def gelu(self, x: str) -> str:
        half, one = self.constant("half", _f32([0.5])), self.constant("one", _f32([1]))
        curve = self.add("Erf", self.add("Div", x, self.constant("root_two", _f32([np.sqrt(2)]))))
        return self.add("Mul", self.add("Mul", x, self.add("Add", curve, one)), half)


def encoder_graph(weights: Weights, config: Mapping[str, Any], *, int8_words: bool) -> onnx.ModelProto:
    """input_ids, token_type_ids (1, length) int64 → hidden (1, length, hidden size) float32.

    Raises: UnsupportedModel.
    """
    graph = _Graph(_without_prefix(weights))
    graph.add("Identity", _encode(graph, config, int8_words), name="hidden")
    return _finish(graph, {"hidden": ["one", "length", config["hidden_size"]]})


def reader_graph(weights: Weights, config: Mapping[str, Any], *, int8_words: bool) -> onnx.ModelProto:
    """input_ids, token_type_ids (1, length) int64 → start, end (1, length) float32: logits of an answer's ends.

    Raises: UnsupportedModel.
    """
    graph = _Graph(_without_prefix(weights))
    logits = graph.linear(_encode(graph, config, int8_words), "qa_outputs")
    for number, name in enumerate(("start", "end")):
        graph.add("Gather", logits, graph.constant(f"number_{name}", np.array(number, np.int64)), name=name, axis=2)
    return _finish(graph, {"start": ["one", "length"], "end": ["one", "length"]})


def quantised(model: onnx.ModelProto) -> bytes:
    """The model with the weights of its matrix products as signed int8 per channel, activations scaled when run.

    Raises: IndexWriteError where there is no room for temporary files.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic  # a second to import, once for each model

    handlers = logging.root.handlers[:]  # the quantiser logs through the root, which adds one that prints
    try:
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder) / "float.onnx", Path(folder) / "int8.onnx"
            onnx.save(model, source)
            quantize_dynamic(
                source,
                target,
                op_types_to_quantize=["MatMul"],
                per_channel=True,
                reduce_range=True,  # 7 bits: processors without VNNI add in 16 bits, where products of 8 can overflow
                weight_type=QuantType.QInt8,
                extra_options={"MatMulConstBOnly": True},
            )
            return target.read_bytes()
    except OSError as error:
        raise IndexWriteError(
            f"A model cannot be exported: no room for temporary files ({error}). The index is as it was."
        ) from error
    finally:
        logging.root.handlers[:] = handlers


def quantised_rows(table: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """(rows, width) → int8 of the same shape and the scale of each row (rows, 1): row ≈ int8 · scale.

    One scale for the whole table would lose rare words, whose vectors are short.
    """
    scales = np.maximum(np.abs(table).max(1, keepdims=True), 1e-12) / 127
    return np.rint(table / scales).astype(np.int8), scales.astype(np.float32)


def _without_prefix(weights: Weights) -> Weights:
    """Weights by their names inside the encoder: some files put the family before them."""
    return {name.removeprefix("bert.").removeprefix("roberta."): value for name, value in weights.items()}


def _encode(graph: _Graph, config: Mapping[str, Any], int8_words: bool) -> str:
    """The hidden states of the last layer."""
    if config["model_type"] not in FAMILIES or config.get("hidden_act") != "gelu":
        raise UnsupportedModel(f"it is of the type {config['model_type']} with {config.get('hidden_act')}")
    if config.get("position_embedding_type", "absolute") != "absolute":
        raise UnsupportedModel("its positions are relative")
    heads, hidden, epsilon = config["num_attention_heads"], config["hidden_size"], config["layer_norm_eps"]
    x = _embeddings(graph, config, int8_words)
    split = graph.constant("split_heads", _i64([0, 0, heads, hidden // heads]))
    joined = graph.constant("join_heads", _i64([0, 0, hidden]))
    scale = graph.constant("scale", _f32([1 / np.sqrt(hidden // heads)]))
    for layer in range(config["num_hidden_layers"]):
        at = f"encoder.layer.{layer}"
        query, key, value = (
            graph.add(
                "Transpose",
                graph.add("Reshape", graph.linear(x, f"{at}.attention.self.{part}"), split),
                perm=[0, 2, 3, 1] if part == "key" else [0, 2, 1, 3],
            )
            for part in ("query", "key", "value")
        )
        scores = graph.add("Mul", graph.add("MatMul", query, key), scale)
        mixed = graph.add("MatMul", graph.add("Softmax", scores, axis=-1), value)
        mixed = graph.add("Reshape", graph.add("Transpose", mixed, perm=[0, 2, 1, 3]), joined)
        mixed = graph.linear(mixed, f"{at}.attention.output.dense")
        x = graph.norm(graph.add("Add", mixed, x), f"{at}.attention.output.LayerNorm", epsilon)
        wide = graph.gelu(graph.linear(x, f"{at}.intermediate.dense"))
        narrow = graph.linear(wide, f"{at}.output.dense")
        x = graph.norm(graph.add("Add", narrow, x), f"{at}.output.LayerNorm", epsilon)
    return x


def _embeddings(graph: _Graph, config: Mapping[str, Any], int8_words: bool) -> str:
    """Words + types + positions, normalised."""
    if int8_words:
        table, scales = quantised_rows(graph.weight(WORDS))
        words = graph.add("Cast", _look_up(graph, "words", table, "input_ids"), to=TensorProto.FLOAT)
        words = graph.add("Mul", words, _look_up(graph, "word_scales", scales, "input_ids"))
    else:
        words = _look_up(graph, WORDS, graph.weight(WORDS), "input_ids")
    name = "embeddings.token_type_embeddings.weight"
    types = _look_up(graph, name, graph.weight(name), "token_type_ids")
    name = "embeddings.position_embeddings.weight"
    first = config["pad_token_id"] + 1 if FAMILIES[config["model_type"]] else 0
    positions = graph.constant(name, graph.weight(name)[first:])
    length = graph.add("Gather", graph.add("Shape", "input_ids"), graph.constant("axis_1", _i64([1])), axis=0)
    begin = graph.constant("axis_0", _i64([0]))
    summed = graph.add("Add", graph.add("Add", words, types), graph.add("Slice", positions, begin, length, begin))
    return graph.norm(summed, "embeddings.LayerNorm", config["layer_norm_eps"])


def _look_up(graph: _Graph, name: str, table: NDArray[Any], rows: str) -> str:
    return graph.add("Gather", graph.constant(name, table), rows, axis=0)


def _finish(graph: _Graph, outputs: Mapping[str, list[str | int]]) -> onnx.ModelProto:
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "event-rag",
            [
                helper.make_tensor_value_info(name, TensorProto.INT64, ["one", "length"])
                for name in ("input_ids", "token_type_ids")
            ],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()],
            list(graph.constants.values()),
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        producer_name="event-rag",
    )
    model.ir_version = 8  # of opset 17
    # The quantiser's own preparation folds constants, of which there are none here; without this it warns.
    helper.set_model_props(model, {"onnx.quant.pre_process": "onnxruntime.quant"})
    onnx.checker.check_model(model)
    return model


def _f32(values: list[float]) -> NDArray[np.float32]:
    return np.array(values, np.float32)


def _i64(values: list[int]) -> NDArray[np.int64]:
    return np.array(values, np.int64)
