"""Runs exported models with ONNX Runtime, and keeps the exports.

One thread for each run and no spinning: on a shared machine, threads that wait for each other in a loop cost several
times the work itself. More cores are used by more runs at a time. Non-scope: making graphs (`rag/graph.py`).
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from rag.errors import ModelError, UnsupportedModel

Floats = NDArray[np.float32]
T = TypeVar("T")
R = TypeVar("R")

# Raise it when the same weights give another graph or are run differently: exports and vectors are known by it.
RUNTIME_VERSION = 1
_ERRORS_ONLY = 3  # of ONNX Runtime's log levels


class Network:
    """A model of `rag/graph.py`, open. Thread-safe."""

    def __init__(self, content: bytes) -> None:
        """Raises: ModelError."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.enable_mem_pattern = False  # a plan for each new length would pile up
        options.log_severity_level = _ERRORS_ONLY
        try:
            self._session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its own classes share no base
            raise ModelError(f"An exported model cannot be opened: {error}") from error

    def run(self, ids: Sequence[int], types: Sequence[int]) -> list[Floats]:
        """The outputs for one text, without their first axis of 1."""
        inputs = {"input_ids": np.array([ids], np.int64), "token_type_ids": np.array([types], np.int64)}
        outputs: list[Any] = self._session.run(None, inputs)
        return [output[0] for output in outputs]


def open_tokenizer(file: Path) -> Tokenizer:
    """Without the padding and truncation that the file may ask for. Thread-safe, as nothing changes it later.

    Raises: UnsupportedModel where the model has no such file, ModelError where it is broken.
    """
    if not file.exists():
        raise UnsupportedModel("it has no tokenizer.json")
    try:
        tokenizer = Tokenizer.from_file(str(file))
    except Exception as error:  # the library raises Exception itself
        raise ModelError(f"{file.name} cannot be loaded: {error}") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def read_weights(file: Path) -> dict[str, NDArray[Any]]:
    """Name → array. Raises: UnsupportedModel for weights in several files or of types that numpy lacks, ModelError."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    if not file.exists():
        raise UnsupportedModel("its weights are in several files")
    try:
        weights: dict[str, NDArray[Any]] = load_file(file)
    except (TypeError, KeyError) as error:
        raise UnsupportedModel(f"its weights are of a type that numpy lacks ({error})") from error
    except SafetensorError as error:
        raise ModelError(f"{file.name} cannot be loaded: {error}") from error
    return weights


def side_by_side(work: Callable[[T], R], items: Sequence[T], threads: int) -> list[R]:
    """`work` of each item, in order, at most `threads` at a time."""
    if threads == 1 or len(items) < 2:
        return [work(item) for item in items]
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, items))


def kept(folder: Path, name: str, make: Callable[[], bytes]) -> bytes:
    """What `make` makes, kept as `folder`/`name` with its SHA-256; made again where a byte has changed.

    A folder that cannot be written costs only the time of making it each time.
    Raises: UnsupportedModel from `make`, also when it said so before.
    """
    path, note = folder / name, folder / f"{name}.json"
    try:
        stored = json.loads(note.read_bytes())
        if "unsupported" in stored:
            raise UnsupportedModel(stored["unsupported"])
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() == stored["sha256"]:
            return content
    except (OSError, ValueError, KeyError, TypeError):  # whatever a damaged note may hold
        pass
    try:
        content = make()
    except UnsupportedModel as error:
        _write(note, json.dumps({"unsupported": str(error)}).encode())
        raise
    if _write(path, content):
        _write(note, json.dumps({"sha256": hashlib.sha256(content).hexdigest()}).encode())
    return content


def _write(path: Path, content: bytes) -> bool:
    """Whole or not at all. Whether it could be written."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError:
        return False
    return True
