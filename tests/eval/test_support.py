"""The shares in the table, on sentences counted by hand."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from eval.claims import ELSEWHERE, NUMBER, SAID, Labelled
from eval.scratch import document_name
from eval.support import WRITTEN, Judged, command, shown, table
from rag.support import Backing, Quote
from rag.types import Passage, Span

LIE = f"{WRITTEN}: name"


def judged(kind: str, probability: float | None, document: int = 0) -> Judged:
    claim = Labelled("A sentence.", kind, kind not in (NUMBER, LIE), 0, 0)
    if probability is None:
        return Judged(claim, None)
    passage = Passage("p", document_name(document), Span(0, 1), "A", "", (Span(0, 1),), 0)
    return Judged(claim, Backing((Quote(passage, Span(0, 1)),), {}, probability))


def test_shares_by_kind() -> None:
    rows = [judged(SAID, 0.9), judged(SAID, 0.9), judged(SAID, 0.1), judged(SAID, None)]
    rows += [judged(ELSEWHERE, 0.9), judged(ELSEWHERE, 0.9, document=1)]
    rows += [judged(NUMBER, 0.9), judged(NUMBER, None), judged(NUMBER, 0.4), judged(NUMBER, 0.3)]
    rows += [judged(WRITTEN, 0.9), judged(WRITTEN, 0.2), judged(LIE, 0.1), judged(LIE, None)]
    result = table(rows, threshold=0.5)
    assert result[SAID] == {"sentences": 4, "shown": 0.5, "right_document": 1.0}
    assert result[ELSEWHERE] == {"sentences": 2, "shown": 1.0, "right_document": 0.5}
    assert result[NUMBER] == {"sentences": 4, "shown": 0.25, "right_document": 1.0}
    assert result["name"] == {"sentences": 0, "shown": None, "right_document": None}
    assert (result["by rule, all true"]["shown"], result["by rule, all false"]["shown"]) == (round(4 / 6, 4), 0.25)
    assert result["by rule, half are lies"]["shown"] == round(0.6667 / (0.6667 + 0.25), 4)
    assert (result[WRITTEN]["shown"], result[LIE]["shown"], result["written, all false"]["shown"]) == (0.5, 0.0, 0.0)
    assert result["written, half are lies"] == {"sentences": 4, "shown": 1.0, "right_document": None}
    assert len(shown(result).splitlines()) == len(result) + 1


def test_the_test_split_is_never_fitted_on(tmp_path: pytest.TempPathFactory) -> None:
    run = CliRunner().invoke(command, ["--data", str(tmp_path), "--split", "test", "--fit"])
    assert run.exit_code == 2
    assert "dev split only" in run.output
