"""What is installed is what is named: every direct dependency is bounded and pinned."""

from __future__ import annotations

import re
import tomllib

from tests.conftest import ROOT


def names_of(lines: list[str]) -> set[str]:
    return {re.split(r"[<>=\[ ]", line)[0].lower() for line in lines if line and not line.startswith("#")}


def test_every_direct_dependency_is_bounded_and_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    direct = project["dependencies"] + project["optional-dependencies"]["dev"]
    assert all(">=" in line and "<" in line for line in direct)
    pins = (ROOT / "constraints.txt").read_text().splitlines()
    assert names_of(direct) == names_of(pins)
    assert all("==" in line for line in pins if not line.startswith("#"))
    assert "torch==2.13.0" in pins
