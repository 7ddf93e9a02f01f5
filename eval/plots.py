"""The report's plots as inline SVG: shares by kind, risk–coverage, reliability.

Drawn by hand because three plots of lines and bars need no plotting library; colours come from the page's CSS.
All positions are in pixels of the view box, y downwards.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from eval.metrics.confidence import Bin, RiskPoint
from eval.summary import OVERALL, Cell

TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class Frame:
    """A plot area for two axes from 0 to `x_max` and 0 to `y_max`."""

    width: int = 460
    height: int = 320
    left: int = 58
    right: int = 16
    top: int = 14
    bottom: int = 46
    y_max: float = 1.0

    def x(self, value: float) -> float:
        return round(self.left + value * (self.width - self.left - self.right), 1)

    def y(self, value: float) -> float:
        return round(self.height - self.bottom - value / self.y_max * (self.height - self.top - self.bottom), 1)


def svg(width: int, height: int, title: str, parts: Sequence[str]) -> str:
    """An image with a name for screen readers; narrow screens scroll it rather than shrink its words."""
    frame = f'style="min-width:{round(width * 0.7)}px" viewBox="0 0 {width} {height}"'
    return f'<svg {frame} role="img"><title>{escape(title)}</title>{"".join(parts)}</svg>'


def _line(css: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{css}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>'


def _text(x: float, y: float, text: str, css: str = "", anchor: str = "start") -> str:
    return f'<text class="{css}" x="{x}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'


def _axes(frame: Frame, x_label: str, y_label: str) -> list[str]:
    parts = []
    for tick in TICKS:
        x, y = frame.x(tick), frame.y(tick * frame.y_max)
        parts += [
            _line("grid", x, frame.y(0), x, frame.y(frame.y_max)),
            _line("grid", frame.x(0), y, frame.x(1), y),
            _text(x, frame.y(0) + 18, f"{tick:g}", "tick", "middle"),
            _text(frame.left - 8, y + 4, f"{tick * frame.y_max:g}", "tick", "end"),
        ]
    middle = (frame.y(0) + frame.y(frame.y_max)) / 2
    upright = f'transform="translate(14 {middle}) rotate(-90)" text-anchor="middle"'
    return [
        *parts,
        _text((frame.x(0) + frame.x(1)) / 2, frame.height - 8, x_label, "label", "middle"),
        f'<text class="label" {upright}>{escape(y_label)}</text>',
    ]


def bars(summary: Mapping[str, Mapping[str, Cell]], measure: str, title: str) -> str:
    """One bar per row of the summary, with its interval as a whisker."""
    step, left, width, right = 30, 128, 940, 118
    rows = [(name, cells[measure]) for name, cells in summary.items() if cells[measure].value is not None]
    height = 12 + step * len(rows) + 28

    def x(share: float) -> float:
        return round(left + share * (width - left - right), 1)

    parts = [_line("grid", x(tick), 6, x(tick), height - 28) for tick in TICKS]
    parts += [_text(x(tick), height - 10, f"{tick:.0%}", "tick", "middle") for tick in TICKS]
    for number, (name, cell) in enumerate(rows):
        y = 12 + step * number
        value = cell.value or 0.0
        css = "bar strong" if name == OVERALL else "bar"
        parts += [
            _text(left - 10, y + 15, name.replace("_", " "), "row", "end"),
            f'<rect class="{css}" x="{x(0)}" y="{y + 2}" width="{round(x(value) - x(0), 1)}" height="18" rx="3"/>',
            _text(x(1) + 14, y + 15, f"{value:.1%}  n = {cell.n}", "tick"),
        ]
        if cell.low is not None and cell.high is not None:
            parts += [
                _line("whisker", x(cell.low), y + 11, x(cell.high), y + 11),
                _line("whisker", x(cell.low), y + 6, x(cell.low), y + 16),
                _line("whisker", x(cell.high), y + 6, x(cell.high), y + 16),
            ]
    return svg(width, height, title, parts)


def risk_plot(curve: Sequence[RiskPoint], answered: float, title: str) -> str:
    """The risk–coverage curve; `answered` is the share of questions that got an answer, where the service stops."""
    frame = Frame(y_max=_ceiling(max((point.risk for point in curve), default=1.0)))
    shown = [point for point in curve if point.coverage <= answered + 1e-9]
    beyond = curve[max(len(shown) - 1, 0) :]
    parts = _axes(frame, "coverage: share of questions, most confident first", "risk: share not rightly answered")
    parts += [_path(frame, "curve faint", beyond), _path(frame, "curve", shown)]
    if shown:
        x, y = frame.x(shown[-1].coverage), frame.y(shown[-1].risk)
        label = f"● answered {shown[-1].coverage:.0%}, risk {shown[-1].risk:.1%}"
        parts += [
            f'<circle class="dot" cx="{x}" cy="{y}" r="5"/>',
            _text(frame.x(0) + 10, frame.y(frame.y_max) + 18, label, "note"),
        ]
    return svg(frame.width, frame.height, title, parts)


def _ceiling(risk: float) -> float:
    """The lowest of a few round axis ends that holds `risk`."""
    return next((end for end in (0.1, 0.2, 0.4, 0.6, 0.8) if risk <= end), 1.0)


def _path(frame: Frame, css: str, curve: Sequence[RiskPoint]) -> str:
    points = " ".join(f"{frame.x(point.coverage)},{frame.y(point.risk)}" for point in curve)
    return f'<polyline class="{css}" points="{points}"/>'


def reliability_plot(bins: Sequence[Bin], title: str) -> str:
    """Stated probability against the share that was right; a perfectly calibrated answer lies on the diagonal."""
    frame = Frame()
    largest = max((b.n for b in bins), default=1)
    parts = _axes(frame, "stated probability", "share right")
    parts.append(_line("diagonal", frame.x(0), frame.y(0), frame.x(1), frame.y(1)))
    for b in bins:
        x, y = frame.x(b.probability), frame.y(b.right)
        radius = round(4 + 10 * (b.n / largest) ** 0.5, 1)  # the area follows the number of answers
        below = y + radius + 14
        parts += [
            _line("gap", x, y, x, frame.y(b.probability)),
            f'<circle class="dot" cx="{x}" cy="{y}" r="{radius}"/>',
            _text(x, below if below < frame.y(0) else y - radius - 6, str(b.n), "note", "middle"),
        ]
    return svg(frame.width, frame.height, title, parts)
