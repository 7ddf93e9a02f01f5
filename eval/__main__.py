"""The command line: `python -m eval COMMAND`. Commands are resolved when called, so that `--help` is quick."""

from __future__ import annotations

from importlib import import_module

import click

from eval.errors import EvalError
from rag.errors import RagError

# name: (module, what it does); each module calls its command `command`.
COMMANDS = {
    "run": ("eval.run", "Ask the questions of eval/questions.jsonl and print what came of them."),
    "followups": ("eval.followups", "Ask the follow-ups with and without their conversation; what it is worth."),
    "dialogue": ("eval.dialogue", "Search for the follow-ups of MTRAG in five forms; one JSON line."),
    "gate": ("eval.gate", "Compare with eval/baseline.json; exit 1 where quality fell."),
    "report": ("eval.report", "Write report.md and report.html from a results file."),
    "squad": ("eval.squad", "Ask the questions of a SQuAD-shaped file; one JSON line."),
    "beir": ("eval.beir", "Measure retrieval on a BEIR-shaped folder; one JSON line."),
    "tune": ("eval.tune", "Sweep passage sizes, fusion and reading weights over a SQuAD-shaped file."),
    "calibrate": ("eval.calibrate", "Fit the confidence of answers on the dev questions; writes rag/calibration.json."),
    "support": ("eval.support", "Judge true and false sentences as if a language model had written them."),
    "bench": ("eval.bench.command", "Time answers, indexing and the service, as ratios of one run."),
}


class Failure(click.ClickException):
    exit_code = 2  # 1 says that the gate is closed


class LazyGroup(click.Group):
    """A group whose commands are modules, imported when one is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (EvalError, RagError) as error:
            raise Failure(str(error)) from error


@click.group(cls=LazyGroup)
def main() -> None:
    """Measure the assistant: retrieval, answers, citations, abstention, speed."""


if __name__ == "__main__":
    main(prog_name="python -m eval")
