"""A real engine speaks the protocol as we read it: a tiny random model behind `transformers serve`."""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from rag.completions import Endpoint, LanguageModel, Limits
from rag.errors import LanguageModelError

NEEDED = ("transformers", "torch", "accelerate", "fastapi", "uvicorn", "openai")
VOCABULARY = ("<unk>", "<s>", "</s>", *(f"w{n}" for n in range(29)))
TEMPLATE = "{% for message in messages %}{{ message['content'] }} {% endfor %}"

pytestmark = pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in NEEDED), reason="needs transformers[serving] and accelerate"
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a Llama of two layers, random weights and a vocabulary of 32 words."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("engine")
    vocabulary = {word: row for row, word in enumerate(VOCABULARY)}
    words = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    words.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=words, unk_token="<unk>", bos_token="<s>", chat_template=TEMPLATE
    )
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        bos_token_id=1,
        eos_token_id=None,  # it says as many words as it may
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def engine(model: Path) -> Iterator[str]:
    """The address of a server that answers with it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [Path(sys.executable).with_name("transformers"), "serve", str(model), "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 240
        while not _answers(port):
            assert process.poll() is None, "the engine did not start"
            assert time.monotonic() < until, "the engine did not start in time"
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(30)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def test_words_come_one_after_the_other(engine: str, model: Path) -> None:
    limits = Limits(total_s=120, first_byte_s=100, gap_s=60, max_tokens=24)
    language_model = LanguageModel(Endpoint(engine, str(model)), limits)
    words: list[str] = []
    asked = [{"role": "user", "content": "w1 w2 w3"}]
    said = language_model.complete(asked, lambda: False, language_model.deadline())
    # It is cut at max_tokens, and says so: random words do not end by themselves.
    with pytest.raises(LanguageModelError, match="longer than allowed"):
        words.extend(said)
    assert len(words) > 1
    assert set("".join(words).split()) <= set(VOCABULARY)
