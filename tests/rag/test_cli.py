"""The command line: what it prints, what it exits with."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rag import errors
from rag.answer import Answerer
from rag.check import make_question
from rag.cli import EXIT_CODES, main
from rag.settings import Settings
from rag.show import print_answer
from rag.snapshot import current_name, snapshot_names
from rag.wire import answer_wire
from tests.conftest import ROOT
from tests.scripted import Line, Script, Scripted, fields_of

Write = Callable[[Mapping[str, str | bytes]], Path]
Rag = Callable[..., Result]


@pytest.fixture
def rag(settings: Settings) -> Rag:
    """Runs the command with this test's own folders and word hashes."""
    environment = {key: None for key in os.environ if key.startswith("RAG_")} | {
        "RAG_CORPUS_DIR": str(settings.corpus_dir),
        "RAG_INDEX_DIR": str(settings.index_dir),
        "RAG_STATE_DIR": str(settings.state_dir),
        "RAG_MODEL": settings.model,
        "RAG_READER": settings.reader,
    }

    def run(*arguments: str) -> Result:
        return CliRunner(env=environment).invoke(main, arguments)

    return run


def test_ingest_reports_every_document(rag: Rag, write_corpus: Write) -> None:
    write_corpus({"a.txt": "The summit drew 264 people.", "bad.txt": b"\0", "evil\x1b[31m.txt": "Text."})
    result = rag("ingest")
    assert result.exit_code == 0
    assert "added     a.txt  1 passages" in result.stdout
    assert "skipped   bad.txt  " in result.stdout
    assert "\x1b[31m" not in result.stdout
    assert "published" in result.stdout
    assert "nothing had changed" in rag("ingest").stdout
    assert rag("ingest", "--strict").exit_code == 1


def test_ask_quotes_and_says_where(rag: Rag, write_corpus: Write) -> None:
    write_corpus({"a.md": "# Numbers\n\nThe summit drew 264 people."})
    rag("ingest")
    result = rag("ask", "How many people did the summit draw?")
    assert result.exit_code == 0, result.output
    assert "The summit drew 264 people. [1]" in result.stdout
    assert "[1] Numbers · Numbers\n    a:11-38" in result.stdout
    wire = json.loads(rag("ask", "How many people did the summit draw?", "--json").stdout)
    assert wire["citations"][0]["quote"] == "The summit drew 264 people."


def test_ask_says_when_there_is_no_answer(rag: Rag, write_corpus: Write) -> None:
    write_corpus({"a.txt": "The summit drew 264 people."})
    rag("ingest")
    result = rag("ask", "Who invented penicillin?")
    assert result.exit_code == 1
    assert "Not found" in result.stdout
    assert "Nearest passages:" in result.stdout


def test_ask_answers_a_part(rag: Rag, write_corpus: Write) -> None:
    write_corpus({"a.txt": "The summit drew 264 people."})
    rag("ingest")
    result = rag("ask", "How many people did the summit draw, and who invented penicillin?")
    assert result.exit_code == 0, result.output
    assert "The summit drew 264 people. [1]" in result.stdout
    assert "Not found in the documents: “who invented penicillin?”" in result.stdout


def test_the_words_that_answer_come_first(
    open_corpus: Callable[[Mapping[str, str | bytes]], Answerer], capsys: pytest.CaptureFixture[str]
) -> None:
    answerer = open_corpus({"a.txt": "Tablets and\nbikes\x1b[31m were lent. A map was lent, too."})
    lines = (
        Line("a", "Tablets and\nbikes\x1b[31m were lent.", "Tablets and\nbikes\x1b[31m"),
        Line("a", "A map was lent, too.", "A map"),
    )
    told = Scripted(**fields_of(answerer), script={"What was lent?": Script(lines, missing=("and when?",))})
    capsys.readouterr()
    print_answer(answer_wire(told.answer(make_question("What was lent?"))))
    printed = capsys.readouterr().out
    assert printed.startswith("Tablets and bikes\ufffd[31m [1]\nA map [2]\n\nTablets and\nbikes")
    assert "Not found in the documents: “and when?”" in printed


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["ask", ""], 2, "empty"),
        (["ask", "Who?", "--top-k", "0"], 2, "between 1 and 50"),
        (["ask", "Who?"], 3, "rag ingest"),
        (["verify"], 3, "rag ingest"),
        (["snapshots"], 3, "rag ingest"),
        (["ingest"], 2, "no folder"),
        (["frobnicate"], 2, "No such command"),
    ],
)
def test_errors_are_one_line_and_a_documented_exit_code(
    rag: Rag, arguments: list[str], code: int, message: str
) -> None:
    result = rag(*arguments)
    assert result.exit_code == code
    assert message in result.stderr
    assert "Traceback" not in result.output


def test_verify_names_the_damaged_file(rag: Rag, write_corpus: Write, settings: Settings) -> None:
    write_corpus({"a.txt": "The summit drew 264 people."})
    rag("ingest")
    assert rag("verify").exit_code == 0
    path = next(settings.index_dir.glob("*/*/dense.faiss"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    result = rag("verify")
    assert result.exit_code == 1
    assert "dense.faiss is damaged" in result.stdout
    assert "damaged" in rag("snapshots").stdout
    assert rag("ingest", "--force").exit_code == 0
    assert rag("verify").exit_code == 0


def test_a_misspelt_setting_is_an_error(rag: Rag) -> None:
    result = CliRunner(env={"RAG_PROT": "1"}).invoke(main, ["snapshots"])
    assert result.exit_code == 2
    assert "RAG_PORT" in result.stderr


def test_settings_are_listed_without_secrets(rag: Rag) -> None:
    result = CliRunner(env={"RAG_TOKEN": "canary"}).invoke(main, ["settings"])
    assert "RAG_PORT=8000" in result.stdout
    assert "canary" not in result.stdout


def test_every_error_has_an_exit_code_and_a_code() -> None:
    kinds = [k for k in vars(errors).values() if isinstance(k, type) and issubclass(k, errors.RagError)]
    for kind in kinds:
        assert any(k in EXIT_CODES for k in kind.__mro__), kind
        assert kind.code


def test_the_readme_names_every_command_and_setting() -> None:
    from dataclasses import fields

    from rag.settings import variable

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for command in main.commands:
        assert f"rag {command}" in readme, command
    for setting in fields(Settings):
        assert variable(setting.name) in readme, setting.name


def test_rollback_and_prune(rag: Rag, write_corpus: Write, settings: Settings) -> None:
    for number in (264, 265, 266):
        write_corpus({"a.txt": f"The summit drew {number} people."})
        rag("ingest")
    newest, middle, oldest = snapshot_names(settings.index_dir)
    assert rag("rollback").stdout == f"current: {middle}\n"
    assert "265 people" in rag("ask", "How many people did the summit draw?").stdout
    assert rag("rollback", newest).exit_code == 0
    assert "266 people" in rag("ask", "How many people did the summit draw?").stdout
    assert rag("rollback", oldest).exit_code == 0
    missing = rag("rollback")
    assert (missing.exit_code, "no snapshot before" in missing.stderr) == (2, True)
    assert rag("rollback", "../../etc").exit_code == 2
    assert current_name(settings.index_dir) == oldest
    assert rag("prune", "--keep", "2").stdout == f"removed: {middle}\n2 kept\n"
    assert current_name(settings.index_dir) == oldest


def test_a_rollback_to_damage_is_refused(rag: Rag, write_corpus: Write, settings: Settings) -> None:
    for number in (264, 265):
        write_corpus({"a.txt": f"The summit drew {number} people."})
        rag("ingest")
    newest, old = snapshot_names(settings.index_dir)
    next((settings.index_dir / old).rglob("documents.jsonl")).write_text("{}")
    refused = rag("rollback")
    assert (refused.exit_code, "documents.jsonl is damaged" in refused.stderr) == (3, True)
    assert current_name(settings.index_dir) == newest


def test_a_dry_run_writes_nothing(rag: Rag, write_corpus: Write, settings: Settings) -> None:
    write_corpus({"a.txt": "The summit drew 264 people.", "b.xyz": "?"})
    result = rag("ingest", "--dry-run")
    assert "added     a.txt  1 passages" in result.stdout
    assert "nothing was written (1 added, 1 skipped)" in result.stdout
    assert snapshot_names(settings.index_dir) == []
