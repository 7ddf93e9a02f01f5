"""The examples of README's section for other programs, run as they stand against a server with the real article."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from rag.answer import Answerer
from rag.settings import Settings
from server.__main__ import server_config
from server.app import create_app
from tests.conftest import ROOT

if TYPE_CHECKING:
    from tests.server.conftest import Serve

SECTION = re.search(r"^## From other programs\n(.*?)^## ", (ROOT / "README.md").read_text("utf-8"), re.M | re.S)
BLOCKS = re.findall(r"^```(python|sh)\n(.*?)^```$", SECTION[1] if SECTION else "", re.M | re.S)
HERE = "http://127.0.0.1:8000"


def test_there_is_an_example_of_each_kind() -> None:
    assert [kind for kind, _ in BLOCKS] == ["python", "sh", "python", "python"]
    for name in ("rag.client", "curl", "openai", "mcp"):
        assert any(name in code for _, code in BLOCKS)


@pytest.mark.parametrize(("kind", "code"), BLOCKS, ids=range(len(BLOCKS)))
def test_the_example_runs_and_answers(serve: Serve, article: Answerer, kind: str, code: str) -> None:
    settings = Settings()
    live = serve(server_config(create_app(settings, lambda: article), settings))
    assert HERE in code
    command = ["bash", "-ec", code] if kind == "sh" else [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(
        [*command[:-1], code.replace(HERE, f"http://127.0.0.1:{live.port}")],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    assert "264 registered participants" in done.stdout
