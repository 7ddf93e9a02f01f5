"""A BEIR-shaped folder: reading, document ranking, and the three ways of searching."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from eval.__main__ import main
from eval.beir import Judged, load_beir, measure_query, sample
from eval.errors import DatasetError


def write_lines(path: Path, records: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    home = tmp_path / "tiny"
    (home / "qrels").mkdir(parents=True)
    documents = [
        {"_id": "D/1", "title": "Harbour", "text": "The harbour opened in 1911."},
        {"_id": "D/2", "title": "Garden", "text": "The garden has 40 apple trees."},
        {"_id": "D/3", "title": "Only a title", "text": ""},
    ]
    queries = [
        {"_id": "1", "text": "when did the harbour open"},
        {"_id": "2", "text": "apple trees of the garden"},
        {"_id": "3", "text": "nobody judged this"},
    ]
    write_lines(home / "corpus.jsonl", documents)
    write_lines(home / "queries.jsonl", queries)
    rows = ["query-id\tcorpus-id\tscore", "1\tD/1\t1", "1\tD/2\t0", "2\tD/2\t2", "2\tD/1\t1"]
    (home / "qrels" / "test.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return home


def test_reads_documents_queries_and_grades(folder: Path) -> None:
    beir = load_beir(folder)
    assert [t.text for t in beir.documents] == [
        "The harbour opened in 1911.",
        "The garden has 40 apple trees.",
        "Only a title",
    ]
    assert beir.queries == (
        Judged("when did the harbour open", {0: 1}),
        Judged("apple trees of the garden", {1: 2, 0: 1}),
    )
    assert beir.unjudged == 1


def test_several_qrels_need_a_choice(folder: Path) -> None:
    (folder / "qrels" / "dev.tsv").write_text("1\tD/1\t1\n", encoding="utf-8")
    with pytest.raises(DatasetError, match="holds dev, test; name one with --split"):
        load_beir(folder)
    assert len(load_beir(folder, "dev").queries) == 1  # a file without a heading


def test_an_unknown_document_is_said(folder: Path) -> None:
    (folder / "qrels" / "test.tsv").write_text("1\tD/9\t1\n", encoding="utf-8")
    with pytest.raises(DatasetError, match="D/9"):
        load_beir(folder)


def test_one_query_worked_example() -> None:
    # relevant: row 5 with grade 2, row 6 with grade 1; found: row 6 at rank 2 only
    numbers = measure_query(Judged("q", {5: 2, 6: 1}), [1, 6, 2])
    assert numbers["ndcg@10"] == pytest.approx((1 / math.log2(3)) / (2 + 1 / math.log2(3)))
    assert (numbers["mrr@10"], numbers["recall@1"], numbers["recall@5"]) == (0.5, 0.0, 0.5)


def test_a_sample_is_seeded_and_keeps_the_corpus(folder: Path) -> None:
    beir = load_beir(folder)
    assert sample(beir, 1, seed=3) == sample(beir, 1, seed=3)
    assert sample(beir, 1, seed=3).documents == beir.documents


def test_the_command_prints_one_json_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAG_MODEL", "word-hash")
    done = CliRunner().invoke(main, ["beir", str(folder)])
    assert done.exit_code == 0, done.output
    line = json.loads(done.stdout)
    assert (line["folder"], line["documents"], line["n"], line["left_out_unjudged"]) == ("tiny", 3, 2, 1)
    for way in ("fused", "words", "meaning"):
        assert line[way]["mrr@10"] == 1.0
        assert set(line[way]["interval_95"]) == {"ndcg@10", "mrr@10", "recall@1", "recall@5", "recall@10"}
