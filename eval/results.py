"""The results file: what was measured, by whom and on what, one line per question.

It is small and committed, so it names no machine and no path; a wrong answer's words are kept for the report.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from eval.errors import ResultsError
from eval.judge import Outcome, Verdict
from eval.summary import Cell

FORMAT = 1
FOLDER = Path(__file__).parent / "results"


@dataclass(frozen=True, slots=True)
class Line:
    """What is kept of one question."""

    id: str
    kind: str
    answerable: bool
    status: str
    verdict: Verdict
    rank: int | None  # of the first passage that finds gold
    probability: float
    said: str | None  # of a wrong or failed answer


@dataclass(frozen=True, slots=True)
class Results:
    created: str  # UTC, ISO 8601
    commit: str | None  # of the code that answered; `+` behind it: with changes that are not committed
    snapshot: str
    models: Mapping[str, str | None]
    split: str
    questions_sha256: str
    summary: Mapping[str, Mapping[str, Cell]]
    notes: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def file_name(self) -> str:
        """Date, then what was measured: two splits of one commit are two files."""
        return f"{self.created[:10]}-{(self.commit or self.snapshot).replace('+', '-changed')}-{self.split}.json"


def line_of(outcome: Outcome) -> Line:
    said = outcome.said if outcome.verdict is Verdict.WRONG else None
    return Line(
        outcome.id,
        outcome.kind,
        outcome.answerable,
        outcome.status,
        outcome.verdict,
        outcome.rank,
        outcome.probability,
        said,
    )


def without_paths(models: Mapping[str, str | None]) -> dict[str, str | None]:
    """Model names; one that was given as a path keeps its last part only."""
    return {
        role: name and re.sub(r"^(?:~|\.{0,2}|[A-Za-z]:)[/\\](?:.*[/\\])?", "", name) for role, name in models.items()
    }


def git_commit() -> str | None:
    """The commit of this tree, `+` behind it where tracked files differ from it; None outside git."""
    git = ("git", "--no-optional-locks", "-C", str(Path(__file__).parent))
    try:
        commit = subprocess.run([*git, "rev-parse", "--short=10", "HEAD"], capture_output=True, text=True, check=True)
        changed = subprocess.run([*git, "diff", "--quiet", "HEAD"], capture_output=True, check=False)
    except (OSError, subprocess.CalledProcessError):
        return None
    return commit.stdout.strip() + ("+" if changed.returncode else "")


def save(results: Results, path: Path) -> None:
    """Writes the file, one line per question so that two files can be compared line by line."""
    record = asdict(results)
    lines = record.pop("lines")
    summary = record.pop("summary")
    head = json.dumps({"format": FORMAT, **record}, ensure_ascii=False, indent=1)[:-2]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'{head},\n "summary": {_object(summary)},\n "lines": {_list(lines)}\n}}\n', encoding="utf-8", newline="\n"
    )


def _object(summary: Mapping[str, Mapping[str, Any]]) -> str:
    rows = ",\n".join(
        f"  {json.dumps(row)}: {{\n" + ",\n".join(f"   {json.dumps(k)}: {_compact(v)}" for k, v in cells.items()) + "}"
        for row, cells in summary.items()
    )
    return "{\n" + rows + "\n }"


def _list(lines: Sequence[Mapping[str, Any]]) -> str:
    return "[\n" + ",\n".join(f"  {_compact(line)}" for line in lines) + "\n ]"


def _compact(value: Any) -> str:
    return json.dumps(_rounded(value), ensure_ascii=False)


def _rounded(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: round(v, 4) if isinstance(v, float) else v for key, v in value.items()}


def load(path: Path) -> Results:
    """Raises: ResultsError where the file is missing or of another format."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        if record.pop("format") != FORMAT:
            raise ResultsError(f"{path} has another format; make it again with `python -m eval run`.")
        record["summary"] = {
            row: {name: Cell(**cell) for name, cell in cells.items()} for row, cells in record["summary"].items()
        }
        record["notes"] = tuple(record["notes"])
        record["lines"] = tuple(Line(**line | {"verdict": Verdict(line["verdict"])}) for line in record["lines"])
        return Results(**record)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ResultsError(f"{path} cannot be read as results: {error}. Run `python -m eval run` first.") from error


def newest(folder: Path = FOLDER) -> Path:
    """The results file that was made last. Raises: ResultsError where there is none."""
    files = sorted(folder.glob("*.json"), key=lambda path: load(path).created)
    if not files:
        raise ResultsError(f"{folder.name} holds no results yet. Run `python -m eval run` first.")
    return files[-1]
