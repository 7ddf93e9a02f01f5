"""The house rules: layers, light imports, data folders without code."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

# Lower layers first; a module may import only from lower layers, or from its own where `siblings` is said.
LAYERS: list[set[str]] = [
    {"rag", "rag.types", "rag.errors", "rag.settings", "training.sources"},
    {
        "rag.loaders",
        "rag.sentences",
        "rag.check",
        "rag.links",
        "rag.wire",
        "rag.graph",
        "rag.runtime",
        "rag.sse",
        "rag.breaker",
        "rag.migrations",
        "rag.hashed",
        "rag.terminal",
        "training.sentences",
    },
    {
        "rag.chunk",
        "rag.embed",
        "rag.reference",
        "rag.encoder",
        "rag.reader",
        "rag.dense",
        "rag.lexical",
        "rag.bm25",
        "rag.duplicates",
        "rag.fuse",
        "rag.spelling",
        "rag.calls",
        "rag.spoken",
        "rag.client",
        "rag.database",
    },
    {
        "rag.segment",
        "rag.documents",
        "rag.snapshot",
        "rag.publish",
        "rag.answer_type",
        "rag.parts",
        "rag.store",
        "rag.claims",
        "rag.facts",
    },
    {"rag.ingest", "rag.retrieve", "rag.wording", "rag.hedges", "rag.listed", "rag.units"},
    {"rag.read", "rag.compose", "rag.abstain", "rag.cite", "rag.memory", "rag.language", "rag.glossary"},
    {"rag.completions", "rag.support", "rag.told"},
    {"rag.translated"},
    {"rag.translate"},
    {"rag.generate"},
    {"rag.answer", "rag.feedback", "rag.gaps"},
    {"rag.suggest"},
    {"rag.build", "rag.review", "rag.show", "rag.cli", "rag.__main__"},
    {"server", "eval"},
    {"training"},
]
# Within a layer: who may see whom.
SIBLINGS = {
    ("rag.settings", "rag.errors"),
    ("rag.wire", "rag.links"),
    ("rag.runtime", "rag.graph"),
    ("rag.spelling", "rag.lexical"),
    ("rag.bm25", "rag.lexical"),
    ("rag.bm25", "rag.dense"),
    ("rag.duplicates", "rag.lexical"),
    ("rag.snapshot", "rag.segment"),
    ("rag.snapshot", "rag.documents"),
    ("rag.documents", "rag.segment"),
    ("rag.publish", "rag.segment"),
    ("rag.reference", "rag.embed"),
    ("rag.encoder", "rag.embed"),
    ("rag.encoder", "rag.reference"),
    ("rag.reader", "rag.embed"),
    ("rag.client", "rag.calls"),
    ("rag.publish", "rag.snapshot"),
    ("rag.abstain", "rag.read"),
    ("rag.compose", "rag.read"),
    ("rag.review", "rag.build"),
    ("rag.cli", "rag.review"),
    ("rag.cli", "rag.build"),
    ("rag.cli", "rag.show"),
    ("rag.__main__", "rag.cli"),
}
PACKAGES = ("rag", "server", "eval", "training")


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def unit(module: str) -> str:
    """The entry of LAYERS that a module belongs to."""
    names = [name for layer in LAYERS for name in layer]
    return max((n for n in names if module == n or module.startswith(n + ".")), key=len)


def layer(name: str) -> int:
    return next(i for i, names in enumerate(LAYERS) if name in names)


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            # `from rag import build` names a module; `from rag.types import Span` names a thing in one.
            found |= (
                {f"{node.module}.{alias.name}" for alias in node.names} if node.module in PACKAGES else {node.module}
            )
    return {name for name in found if name.split(".")[0] in PACKAGES}


def sources() -> list[Path]:
    return [p for package in PACKAGES for p in sorted((ROOT / package).rglob("*.py"))]


@pytest.mark.parametrize("path", sources(), ids=module_of)
def test_imports_only_go_down(path: Path) -> None:
    here = unit(module_of(path))
    for imported in imports(path):
        there = unit(imported)
        if here == there or (here, there) in SIBLINGS:
            continue
        assert layer(there) < layer(here), f"{module_of(path)} imports {imported}"


def test_data_folders_hold_no_code() -> None:
    assert [p for folder in ("corpus", "index") for p in (ROOT / folder).rglob("*.py")] == []


def test_the_library_never_imports_the_web_framework() -> None:
    for path in (ROOT / "rag").rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
        names |= {n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        assert not {name.split(".")[0] for name in names} & {"fastapi", "starlette", "uvicorn", "pydantic"}


def test_nothing_on_the_load_path_runs_code_from_files() -> None:
    for path in (p for p in sources() if p.parts[-2] != "eval"):
        names = {n.id for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.Name)}
        assert not names & {"pickle", "joblib", "dill", "eval", "exec"}, path


@pytest.mark.parametrize("statement", ["import rag", "import rag.cli", "from rag.cli import main"])
def test_import_loads_nothing_heavy(statement: str) -> None:
    heavy = ("torch", "faiss", "fastapi", "transformers", "numpy", "bm25s", "sentencex", "onnxruntime")
    code = f"{statement}\nimport sys\nprint([m for m in {heavy} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from rag.cli import main; main(['--help'], standalone_mode=False); print('numpy' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "False"


def test_the_shipped_article_is_the_original() -> None:
    raw = (ROOT / "corpus" / "2021-smart-city-mayors-summit.txt").read_bytes()
    assert len(raw) == 6941
    assert len(raw.decode()) == 6850
