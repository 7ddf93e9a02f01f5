"""`python -m eval dialogue FOLDER`: how a follow-up is best searched for, over MTRAG's judged conversations.

Five forms of the same question: as it was asked, as `rag/memory.py` understands it, after the question before it, after
all before it, and as a person put it so that it stands alone. Non-scope: answers. Source of the data: Katsis et al.,
MTRAG (2025); its corpora are not needed: searched are the passages that its judges saw.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from eval.beir import Judged, document_ranking, measure_query
from eval.errors import DatasetError
from eval.metrics.intervals import bootstrap, mean_of
from eval.scratch import ScratchText, scratch_answerer, scratch_option
from rag.memory import standalone
from rag.settings import read_settings
from rag.types import Turn

TASKS = "mtrag_human_evaluated.json"
REWRITTEN = "mtrag_retrieval_tasks/*/*_rewrite.jsonl"
ASKED, UNDERSTOOD, AFTER_ONE, AFTER_ALL, PERSON = "asked", "understood", "after_one", "after_all", "rewritten"
MEASURES = ("ndcg@10", "recall@5")


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A question, what was said before it, how a person put it, and the rows of the passages that answer it."""

    text: str
    history: tuple[Turn, ...]
    rewritten: str
    relevant: frozenset[int]

    def forms(self) -> dict[str, str]:
        """The question in every form."""
        before = [turn.content for turn in self.history if turn.role == "user"]
        return {
            ASKED: self.text,
            UNDERSTOOD: standalone(self.text, self.history),
            AFTER_ONE: f"{before[-1]} {self.text}",
            AFTER_ALL: " ".join([*before, self.text]),
            PERSON: self.rewritten,
        }


def load_dialogues(folder: Path) -> tuple[list[ScratchText], list[FollowUp]]:
    """All passages, and the questions that have an earlier one, a rewritten form and a passage that answers them.

    Raises: DatasetError.
    """
    try:
        stored = json.loads((folder / TASKS).read_text(encoding="utf-8"))
        rewritten = {
            line["_id"]: line["text"].removeprefix("|user|:").strip()
            for path in sorted(folder.glob(REWRITTEN))
            for line in map(json.loads, path.read_text(encoding="utf-8").splitlines())
        }
        rows = {document["document_id"]: row for row, document in enumerate(stored["documents"])}
        texts = [ScratchText(document.get("title") or "", document["text"]) for document in stored["documents"]]
        found = [_follow_up(task, rows, rewritten) for task in stored["tasks"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{folder.name} does not hold MTRAG: {error!r}.") from error
    return texts, [question for question in found if question]


def _follow_up(task: Mapping[str, Any], rows: Mapping[str, int], rewritten: Mapping[str, str]) -> FollowUp | None:
    *before, asked = [(turn["speaker"], turn["text"]) for turn in task["input"]]
    judged = task["annotations"].get("context_relevance", {}).get("system", [])
    relevant = frozenset(rows[task["contexts"][number]["document_id"]] for number in judged)
    history = tuple(Turn("user" if speaker == "user" else "assistant", text) for speaker, text in before)
    if not any(turn.role == "user" for turn in history) or not relevant or task["task_id"] not in rewritten:
        return None
    return FollowUp(asked[1], history, rewritten[task["task_id"]], relevant)


def compared(rows: Sequence[Mapping[str, Mapping[str, float]]]) -> dict[str, dict[str, Any]]:
    """`rows`: of each question form → measure → value. Means, and what each form gains over the question as asked."""
    result: dict[str, dict[str, Any]] = {}
    for form in rows[0]:
        result[form] = {}
        for measure in MEASURES:
            gains = [row[form][measure] - row[ASKED][measure] for row in rows]
            ends = bootstrap(mean_of(gains), range(len(rows))) or (None, None)
            result[form] |= {
                measure: round(sum(row[form][measure] for row in rows) / len(rows), 4),
                f"{measure} gained, interval_95": [None if end is None else round(end, 4) for end in ends],
            }
    return result


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@scratch_option
def command(folder: Path, scratch: Path | None) -> None:
    """Search for the follow-ups of MTRAG in FOLDER in every form; one JSON line."""
    texts, questions = load_dialogues(folder)
    if not questions:
        raise DatasetError(f"{folder.name} has no follow-up that a passage answers.")
    with scratch_answerer(texts, read_settings(os.environ), scratch) as answerer:
        retriever = answerer.retriever
        rows = [
            {
                form: measure_query(
                    Judged(text, dict.fromkeys(question.relevant, 1)),
                    document_ranking(retriever, retriever.query(text)),
                )
                for form, text in question.forms().items()
            }
            for question in questions
        ]
    changed = sum(question.forms()[UNDERSTOOD] != question.text for question in questions)
    line = {"folder": folder.name, "passages": len(texts), "n": len(questions), "understood_otherwise": changed}
    click.echo(json.dumps(line | compared(rows), ensure_ascii=False))
