"""The ratios of a benchmark as one SVG image, each beside its aim.

Every row has a scale of its own, from 0 to a little beyond the larger of the two. Non-scope: quality (`eval/plots.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from eval.plots import svg


@dataclass(frozen=True, slots=True)
class Aim:
    """What a number is to reach."""

    words: str
    value: float
    most: bool  # True: it is to stay at or below `value`; False: at or above

    def reached(self, value: float) -> bool:
        return value <= self.value if self.most else value >= self.value


# By the beginning of the measure's name; what each means stands in eval/results/README.md.
AIMS = {
    "B1 ": Aim("hybrid search ÷ embedding of the question", 1.3, True),
    "answer / ": Aim("answer ÷ embedding + reading", 1.35, True),
    "B2 ": Aim("sentence-transformers ÷ our search", 4.0, False),
    "B3 ": Aim("hybrid search ÷ ours", 4.0, False),
    "B4 ": Aim("passages/s ÷ sentence-transformers", 2.8, False),
    "B7 ": Aim("requests/s with 32 clients ÷ with one", 1.1, False),
    "B8 ": Aim("p99 ÷ p50 with 32 clients", 2.0, True),
    "B10 CPU s": Aim("CPU seconds to the first answer", 1.2, True),
    "B10 MiB after the load": Aim("MiB after all requests", 300.0, True),
}

WIDTH, STEP, LEFT, RIGHT = 760, 34, 300, 170  # pixels
STYLE = (
    "<style>text{font:13px system-ui,sans-serif;fill:#1b1f24}.soft{fill:#5c6570}.bar{fill:#2f6f8f}.missed{fill:#a8452f}"
    ".aim{stroke:#1b1f24;stroke-width:2}@media(prefers-color-scheme:dark){text{fill:#e8eaed}.soft{fill:#9aa4ae}"
    ".bar{fill:#6fb3d2}.missed{fill:#e08a72}.aim{stroke:#e8eaed}}</style>"
)


def plot(measured: Mapping[str, Mapping[str, Any]], title: str) -> str | None:
    """One bar for every number that has an aim, the aim as a line across it; None where none has one.

    A section of a peer (B3) is named before its row.
    """
    rows = [
        (f"{section}: {aim.words}" if prefix == "B3 " else aim.words, float(value), aim)
        for section, numbers in measured.items()
        for name, value in numbers.items()
        for prefix, aim in AIMS.items()
        if name.startswith(prefix) and not (prefix == "B3 " and value == 1)
    ]
    if not rows:
        return None
    parts = [STYLE]
    for number, (words, value, aim) in enumerate(rows):
        y = 8 + STEP * number
        scale = (WIDTH - LEFT - RIGHT) / (1.1 * max(value, aim.value))
        at = round(LEFT + scale * aim.value, 1)
        css = "bar" if aim.reached(value) else "missed"
        told = f'{value:g} <tspan class="soft">aim {"≤" if aim.most else "≥"} {aim.value:g}</tspan>'
        parts += [
            f'<text x="{LEFT - 12}" y="{y + 16}" text-anchor="end">{escape(words)}</text>',
            f'<rect class="{css}" x="{LEFT}" y="{y}" width="{round(scale * value, 1)}" height="22" rx="3"/>',
            f'<line class="aim" x1="{at}" y1="{y - 3}" x2="{at}" y2="{y + 25}"/>',
            f'<text x="{WIDTH - RIGHT + 12}" y="{y + 16}">{told}</text>',
        ]
    image = svg(WIDTH, 16 + STEP * len(rows), title, parts)
    return image.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)  # a file of its own has to say so
