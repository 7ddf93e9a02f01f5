"""The benchmark: what its ratios say, and that the command runs."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from click import ClickException
from click.testing import CliRunner

from eval.__main__ import main
from eval.bench.answers import ANSWER, FORWARD, READER, REFERENCE, SEARCH, ratios
from eval.bench.index import growth
from eval.bench.indexing import indexing
from eval.bench.llm import SCRIPTS, first_sentence
from eval.bench.peers import OURS, compare
from eval.bench.plot import plot
from eval.bench.service import CLIENTS, service
from eval.scratch import ScratchText
from rag.build import ingest
from rag.embed import Embedder, HashEmbedder
from rag.settings import Settings
from tests.conftest import ROOT


def test_ratios_are_medians_over_questions() -> None:
    times = {
        FORWARD: [2.0, 4.0, 2.0],
        READER: [8.0, 6.0, 18.0],
        SEARCH: [3.0, 4.0, 4.0],
        ANSWER: [12.0, 10.0, 40.0],
        REFERENCE: [12.0, 12.0, 40.0],
    }
    assert ratios(times) == {
        "B1 search / embedding": 1.5,
        "answer / (embedding + reader)": 1.2,
        "B2 sentence-transformers / search": 4.0,
    }
    without = ratios({FORWARD: [2.0], SEARCH: [3.0], ANSWER: [4.0]})
    assert without == {"B1 search / embedding": 1.5, "answer / (embedding + reader)": 2.0}


def test_indexing_says_how_near_the_vectors_are() -> None:
    found = indexing(HashEmbedder(), HashEmbedder(), [f"passage {n}" for n in range(20)], rounds=1)
    assert found["B13 mean cosine"] == found["B13 least cosine"] == 1
    assert found["passages_per_s"] > 0


def test_the_plot_tells_reached_from_missed() -> None:
    image = plot(
        {"answers": {"B1 search / embedding": 1.2, "B2 sentence-transformers / search": 3.0, "p50": 9}}, "A & B"
    )
    assert image is not None
    drawn = ElementTree.fromstring(image)
    bars = drawn.iter("{http://www.w3.org/2000/svg}rect")
    assert [bar.get("class") for bar in bars] == ["bar", "missed"]
    assert drawn.findtext("{http://www.w3.org/2000/svg}title") == "A & B"
    assert "aim ≥ 4" in "".join(drawn.itertext())
    assert plot({"answers": {"p50": 9}}, "none has an aim") is None


@pytest.mark.usefixtures("environment")
def test_the_service_is_asked_by_all_its_clients(settings: Settings) -> None:
    found = service(settings.index_dir, settings.corpus_dir, ["What did the harbour cost?"], requests=3)
    for clients in CLIENTS:
        assert found[f"requests/s at {clients}"] > 0
        assert found[f"p99 ms at {clients}"] >= found[f"p50 ms at {clients}"] > 0
    assert 10 < found["B10 MiB after the first answer"] < 1000
    assert all(np.isfinite(value) for value in found.values())


@pytest.mark.usefixtures("environment")
def test_the_command_prints_a_table_and_stores_it(three_questions: Path, tmp_path: Path) -> None:
    out = tmp_path / "bench.json"
    arguments = ["bench", "--rounds", "1", "--quick", "--questions", str(three_questions), "--out", str(out)]
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 0, done.output
    stored = json.loads(out.read_text())
    assert stored["questions"] == 3
    assert stored["answers"]["B1 search / embedding"] > 0
    assert "B1 search / embedding" in done.stdout


def test_the_first_sentence_of_a_language_model_is_timed(real_embedder: Embedder, tmp_path: Path) -> None:
    real = Settings(corpus_dir=ROOT / "corpus", index_dir=tmp_path / "index")
    ingest(real, real_embedder)
    found = first_sentence(real.index_dir, real.corpus_dir, len(SCRIPTS))
    p50, p95 = (found[name] for name in found if name.endswith(("shown after it was said, p50 ms", "said, p95 ms")))
    assert found["runs"] == 3
    assert 10 < p50 <= p95 < 60_000, "the check alone takes longer than 10 ms"


def test_what_a_model_says_that_is_false_is_no_time(real_embedder: Embedder, tmp_path: Path) -> None:
    real = Settings(corpus_dir=ROOT / "corpus", index_dir=tmp_path / "index")
    ingest(real, real_embedder)
    false = replace(SCRIPTS[0], said=("The two sessions drew 265 registered participants", "They were 266"))
    with pytest.raises(ClickException, match="No sentence of the language model"):
        first_sentence(real.index_dir, real.corpus_dir, 1, [false])


def test_a_peer_that_cannot_be_started_is_left_out(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """None of them is installed beside us."""
    passages = ["It cost 2, 200 crowns.", "It opened in 1911."]
    questions = [("What did it cost?", frozenset({0})), ("When?", frozenset({0}))]
    found = compare(
        {"haystack": Path(sys.executable)}, tmp_path, passages, questions, lambda question: [len(question) % 2]
    )
    assert set(found) == {OURS}
    assert found[OURS]["B3 time / ours"] == 1
    assert found[OURS]["hit@5"] == 0.0
    assert "haystack could not be started" in capfd.readouterr().err


def test_growth_embeds_only_what_is_new_and_finds_what_comparing_all_finds() -> None:
    paragraphs = [
        ScratchText("", f"Paragraph {n} tells of city {n} and harbour {n * 3}. It has two sentences.")
        for n in range(40)
    ]
    found = growth(paragraphs, ["Which city has a harbour?", "What does it tell?"], HashEmbedder(), [200], 200)
    vectors, index = found["vectors of 200 passages"], found["index of about 200 passages"]
    assert vectors["kind"] == "flat"
    assert float(vectors["recall@10"]) >= 0.9, "word hashes tie, and ties may be broken either way"
    assert index["nothing changed, texts embedded"] == 0
    assert 0 < int(index["one document more, texts embedded"]) < 60
    assert int(index["passages"]) > 20


@pytest.mark.parametrize("sizes", ["", "ten", "5", "1000,"])
def test_sizes_that_are_none_are_refused(sizes: str, tmp_path: Path) -> None:
    (tmp_path / "set.json").write_text('{"data": []}')
    done = CliRunner().invoke(main, ["bench", "index", str(tmp_path / "set.json"), "--passages", sizes])
    assert done.exit_code == 2
    assert "separated by commas" in done.output
