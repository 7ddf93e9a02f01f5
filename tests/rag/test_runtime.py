"""Exports are kept whole or not at all, and a changed byte is noticed."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from rag.errors import ModelError, UnsupportedModel
from rag.runtime import Network, kept, open_tokenizer, read_weights, side_by_side


class Maker:
    def __init__(self, content: bytes = b"made") -> None:
        self.content, self.calls = content, 0

    def __call__(self) -> bytes:
        self.calls += 1
        return self.content


def test_an_export_is_made_once(tmp_path: Path) -> None:
    make = Maker()
    folder = tmp_path / "models"
    assert [kept(folder, "a.onnx", make) for _ in range(2)] == [b"made"] * 2
    assert make.calls == 1
    assert sorted(p.name for p in folder.iterdir()) == ["a.onnx", "a.onnx.json"], "nothing unfinished is left"


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.onnx", b"madf"), ("a.onnx", b""), ("a.onnx.json", b"{"), ("a.onnx.json", b"{}"), ("a.onnx.json", b"[]")],
)
def test_a_damaged_export_is_made_again(tmp_path: Path, name: str, content: bytes) -> None:
    make = Maker()
    kept(tmp_path, "a.onnx", make)
    (tmp_path / name).write_bytes(content)
    assert kept(tmp_path, "a.onnx", make) == b"made"
    assert make.calls == 2
    assert kept(tmp_path, "a.onnx", make) == b"made"
    assert make.calls == 2


def test_a_folder_that_cannot_be_written_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where the folder should be")
    assert kept(tmp_path / "models", "a.onnx", Maker()) == b"made"


def test_what_cannot_be_exported_is_tried_once(tmp_path: Path) -> None:
    tries = []

    def make() -> bytes:
        tries.append(1)
        raise UnsupportedModel("it is made of glass")

    for _ in range(2):
        with pytest.raises(UnsupportedModel, match="made of glass"):
            kept(tmp_path, "a.onnx", make)
    assert len(tries) == 1


def test_work_is_done_in_order_by_at_most_so_many_threads() -> None:
    seen: set[int] = set()
    meet = threading.Barrier(3)

    def work(item: int) -> int:
        seen.add(threading.get_ident())
        meet.wait(10)
        return item * item

    assert side_by_side(work, range(6), 3) == [0, 1, 4, 9, 16, 25]
    assert len(seen) == 3
    here = side_by_side(lambda _: threading.get_ident(), range(2), 1)
    assert here == [threading.get_ident()] * 2


def test_what_is_broken_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be opened"):
        Network(b"no graph")
    with pytest.raises(UnsupportedModel, match="tokenizer"):
        open_tokenizer(tmp_path / "tokenizer.json")
    (tmp_path / "tokenizer.json").write_text(json.dumps({"model": 1}))
    with pytest.raises(ModelError, match="cannot be loaded"):
        open_tokenizer(tmp_path / "tokenizer.json")
    with pytest.raises(UnsupportedModel, match="several files"):
        read_weights(tmp_path / "model.safetensors")
    (tmp_path / "model.safetensors").write_bytes(b"x" * 20)
    with pytest.raises(ModelError, match="cannot be loaded"):
        read_weights(tmp_path / "model.safetensors")
    save_file({"a": np.ones(2, np.float32)}, tmp_path / "good.safetensors")
    assert read_weights(tmp_path / "good.safetensors")["a"].tolist() == [1, 1]
