"""The command line: quick to help, complete, and calm about errors."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from eval.__main__ import COMMANDS, main

ROOT = Path(__file__).parents[2]


def test_help_names_every_command_and_loads_nothing_heavy() -> None:
    script = (
        "import sys, runpy; sys.argv = ['eval', '--help']\n"
        "try: runpy.run_module('eval', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "print('LOADED', *sorted({'torch', 'faiss', 'numpy', 'httpx', 'matplotlib'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    for name, (_, text) in COMMANDS.items():
        assert name in done.stdout
        assert text.split()[0] in done.stdout
    assert done.stdout.strip().split("\n")[-1] == "LOADED"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    assert isinstance(import_module(COMMANDS[name][0]).command, click.Command)
    done = CliRunner().invoke(main, [name, "--help"])
    assert done.exit_code == 0
    assert done.output.startswith("Usage:")


def test_an_unknown_command_is_said() -> None:
    done = CliRunner().invoke(main, ["fly"])
    assert done.exit_code == 2
    assert "No such command" in done.output
