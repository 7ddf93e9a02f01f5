"""`python -m training.export --model FOLDER --out FOLDER`: the trained reader as ONNX float32, ONNX int8 and float16.

Built from the weights by hand, without torch: the graph is small, and its embedding table is int8 with one scale
per word (a table with one scale for all words loses more). The other weights become int8 per channel,
`onnxruntime.quantization.quantize_dynamic`. Non-scope: any model but BERT with a span head.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Weights = dict[str, NDArray[Any]]

OPSET = 17  # the first with LayerNormalization
WORDS = "bert.embeddings.word_embeddings.weight"


class _Graph:
    """Nodes and constants of a graph that is being built; every method returns the name of its result."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, value: NDArray[Any]) -> str:
        self.constants.setdefault(name, numpy_helper.from_array(np.array(value, order="C"), name))
        return name

    def add(self, operation: str, *inputs: str, name: str | None = None, **attributes: Any) -> str:
        result = name or f"{operation}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operation, inputs, [result], name=f"node_{result}", **attributes))
        return result

    def linear(self, x: str, weights: Weights, name: str) -> str:
        product = self.add("MatMul", x, self.constant(f"{name}.weight", weights[f"{name}.weight"].T))
        return self.add("Add", product, self.constant(f"{name}.bias", weights[f"{name}.bias"]))

    def norm(self, x: str, weights: Weights, name: str, epsilon: float) -> str:
        scale, bias = (self.constant(f"{name}.{part}", weights[f"{name}.{part}"]) for part in ("weight", "bias"))
        return self.add("LayerNormalization", x, scale, bias, axis=-1, epsilon=epsilon)

    def gelu(self, x: str) -> str:
        half, one = self.constant("half", _f32([0.5])), self.constant("one", _f32([1]))
        curve = self.add("Erf", self.add("Div", x, self.constant("root_two", _f32([np.sqrt(2)]))))
        return self.add("Mul", self.add("Mul", x, self.add("Add", curve, one)), half)


def _f32(values: list[float]) -> NDArray[np.float32]:
    return np.array(values, np.float32)


def _i64(values: list[int]) -> NDArray[np.int64]:
    return np.array(values, np.int64)


def build(weights: Weights, config: dict[str, Any], *, int8_words: bool) -> onnx.ModelProto:
    """input_ids, attention_mask, token_type_ids (batch, length) int64 → start, end (batch, length) float32."""
    graph = _Graph()
    heads, hidden, epsilon = config["num_attention_heads"], config["hidden_size"], config["layer_norm_eps"]
    x = _embeddings(graph, weights, epsilon, int8_words)
    mask = graph.add("Cast", "attention_mask", to=TensorProto.FLOAT)
    mask = graph.add("Sub", graph.constant("one", _f32([1])), mask)
    mask = graph.add("Mul", mask, graph.constant("masked", _f32([-10_000])))
    mask = graph.add("Unsqueeze", mask, graph.constant("axes_1_2", _i64([1, 2])))
    split = graph.constant("split_heads", _i64([0, 0, heads, hidden // heads]))
    joined = graph.constant("join_heads", _i64([0, 0, hidden]))
    scale = graph.constant("scale", _f32([1 / np.sqrt(hidden // heads)]))
    for layer in range(config["num_hidden_layers"]):
        at = f"bert.encoder.layer.{layer}"
        query, key, value = (
            graph.add(
                "Transpose",
                graph.add("Reshape", graph.linear(x, weights, f"{at}.attention.self.{part}"), split),
                perm=[0, 2, 3, 1] if part == "key" else [0, 2, 1, 3],
            )
            for part in ("query", "key", "value")
        )
        scores = graph.add("Add", graph.add("Mul", graph.add("MatMul", query, key), scale), mask)
        mixed = graph.add("MatMul", graph.add("Softmax", scores, axis=-1), value)
        mixed = graph.add("Reshape", graph.add("Transpose", mixed, perm=[0, 2, 1, 3]), joined)
        mixed = graph.linear(mixed, weights, f"{at}.attention.output.dense")
        x = graph.norm(graph.add("Add", mixed, x), weights, f"{at}.attention.output.LayerNorm", epsilon)
        wide = graph.gelu(graph.linear(x, weights, f"{at}.intermediate.dense"))
        narrow = graph.linear(wide, weights, f"{at}.output.dense")
        x = graph.norm(graph.add("Add", narrow, x), weights, f"{at}.output.LayerNorm", epsilon)
    logits = graph.linear(x, weights, "qa_outputs")
    for number, name in enumerate(("start", "end")):
        graph.add("Gather", logits, graph.constant(f"number_{name}", np.array(number, np.int64)), name=name, axis=2)
    shape = ["batch", "length"]
    inputs = ("input_ids", "attention_mask", "token_type_ids")
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "reader",
            [helper.make_tensor_value_info(name, TensorProto.INT64, shape) for name in inputs],
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("start", "end")],
            list(graph.constants.values()),
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        producer_name="event-rag training.export",
    )
    model.ir_version = 8  # of opset 17
    onnx.checker.check_model(model)
    return model


def _embeddings(graph: _Graph, weights: Weights, epsilon: float, int8_words: bool) -> str:
    if int8_words:
        table, scales = quantised_rows(weights[WORDS])
        words = graph.add("Gather", graph.constant("words", table), "input_ids", axis=0)
        words = graph.add("Cast", words, to=TensorProto.FLOAT)
        words = graph.add("Mul", words, graph.add("Gather", graph.constant("word_scales", scales), "input_ids", axis=0))
    else:
        words = graph.add("Gather", graph.constant(WORDS, weights[WORDS]), "input_ids", axis=0)
    name = "bert.embeddings.token_type_embeddings.weight"
    types = graph.add("Gather", graph.constant(name, weights[name]), "token_type_ids", axis=0)
    name = "bert.embeddings.position_embeddings.weight"
    length = graph.add("Gather", graph.add("Shape", "input_ids"), graph.constant("axis_1", _i64([1])), axis=0)
    begin = graph.constant("axis_0", _i64([0]))
    places = graph.add("Slice", graph.constant(name, weights[name]), begin, length, begin)
    summed = graph.add("Add", graph.add("Add", words, types), places)
    return graph.norm(summed, weights, "bert.embeddings.LayerNorm", epsilon)


def quantised_rows(table: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """(rows, width) → int8 of the same shape and the scale of each row (rows, 1): row ≈ int8 · scale."""
    scales = np.maximum(np.abs(table).max(1, keepdims=True), 1e-12) / 127
    return np.rint(table / scales).astype(np.int8), scales.astype(np.float32)


def export(model: Path, out: Path) -> dict[str, int]:
    """Writes reader.fp32.onnx, reader.int8.onnx and reader.safetensors (float16, without the base model's word
    embeddings, which the training leaves as they are); returns their sizes in bytes.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from safetensors.numpy import load_file, save_file

    halves = load_file(model / "model.safetensors")
    weights = {name: value.astype(np.float32) for name, value in halves.items()}
    config = json.loads((model / "config.json").read_text())
    out.mkdir(parents=True, exist_ok=True)
    onnx.save(build(weights, config, int8_words=False), out / "reader.fp32.onnx")
    unquantised = out / "reader.part.onnx"
    onnx.save(build(weights, config, int8_words=True), unquantised)
    quantize_dynamic(
        unquantised,
        out / "reader.int8.onnx",
        op_types_to_quantize=["MatMul"],
        per_channel=True,
        weight_type=QuantType.QInt8,
        extra_options={"MatMulConstBOnly": True},
    )
    unquantised.unlink()
    save_file({name: value for name, value in halves.items() if name != WORDS}, out / "reader.safetensors")
    names = ("reader.fp32.onnx", "reader.int8.onnx", "reader.safetensors")
    for name in names:
        (out / name).chmod(0o644)  # safetensors makes its files readable by their owner only
    return {name: (out / name).stat().st_size for name in names}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m training.export", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", type=Path, required=True, help="folder of the training")
    parser.add_argument("--out", type=Path, required=True)
    chosen = parser.parse_args(arguments)
    print(json.dumps(export(chosen.model, chosen.out)))


if __name__ == "__main__":
    main()
