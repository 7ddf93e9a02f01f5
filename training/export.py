"""`python -m training.export --model FOLDER`: the trained reader as it is shipped, float16 without the word embeddings.

The training leaves the word embeddings of the base model as they are, and the base model is always there: half of the
weights need not be shipped. Non-scope: ONNX and int8, which are made from this when first needed (`rag/graph.py`).
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from safetensors.numpy import load_file, save_file

from rag.reader import SHIPPED, TITLED_LAYOUT, WORDS

# What `rag.graph.reader_graph` reads of the configuration.
CONFIG_KEYS = (
    "model_type", "hidden_act", "hidden_size", "layer_norm_eps", "num_attention_heads", "num_hidden_layers",
    "pad_token_id",
)  # fmt: skip


def export(model: Path, out: Path) -> dict[str, int]:
    """Writes model.safetensors and config.json into `out`; returns their sizes in bytes."""
    halves = {name: value for name, value in load_file(model / "model.safetensors").items() if name != WORDS}
    config = json.loads((model / "config.json").read_text(encoding="utf-8"))
    kept = {key: config[key] for key in CONFIG_KEYS} | {"layout": TITLED_LAYOUT}
    out.mkdir(parents=True, exist_ok=True)
    save_file(halves, out / "model.safetensors")
    (out / "model.safetensors").chmod(0o644)  # safetensors makes its files readable by their owner only
    (out / "config.json").write_text(json.dumps(kept, indent=1) + "\n")
    return {name: (out / name).stat().st_size for name in ("model.safetensors", "config.json")}


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m training.export", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--model", type=Path, required=True, help="folder of the training")
    parser.add_argument("--out", type=Path, default=SHIPPED)
    chosen = parser.parse_args(arguments)
    print(json.dumps(export(chosen.model, chosen.out)))


if __name__ == "__main__":
    main()
