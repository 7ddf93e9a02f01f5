"""Plots are well-formed SVG whose marks stand where their values say."""

from __future__ import annotations

from xml.etree import ElementTree

from eval.metrics.confidence import Bin, RiskPoint
from eval.plots import Frame, bars, reliability_plot, risk_plot
from eval.summary import Cell


def elements(svg: str, tag: str, css: str) -> list[dict[str, str]]:
    return [e.attrib for e in ElementTree.fromstring(svg).iter(tag) if e.attrib.get("class") == css]


def test_bars_have_the_width_of_their_value_and_escape_their_names() -> None:
    summary = {
        "overall": {"right": Cell(4, 1.0, 1.0, 1.0)},
        "a<b": {"right": Cell(2, 0.5, 0.25, 0.75)},
        "none": {"right": Cell(0, None)},
    }
    svg = bars(summary, "right", "Shares & more")
    (strong,), (plain,) = elements(svg, "rect", "bar strong"), elements(svg, "rect", "bar")
    assert float(plain["width"]) == float(strong["width"]) / 2
    assert len(elements(svg, "line", "whisker")) == 6


def test_the_risk_curve_is_solid_until_where_answers_stop() -> None:
    curve = [RiskPoint(0.25, 0.0), RiskPoint(0.5, 0.1), RiskPoint(0.75, 0.3), RiskPoint(1.0, 0.4)]
    svg = risk_plot(curve, 0.5, "Risk")
    (solid,), (faint,) = elements(svg, "polyline", "curve"), elements(svg, "polyline", "curve faint")
    assert len(solid["points"].split()) == 2
    assert len(faint["points"].split()) == 3
    (dot,) = elements(svg, "circle", "dot")
    assert float(dot["cx"]) == Frame().x(0.5)


def test_reliability_dots_stand_at_probability_and_share() -> None:
    (dot,) = elements(reliability_plot([Bin(0.8, 0.9, 5, 0.85, 0.6)], "Reliability"), "circle", "dot")
    assert (float(dot["cx"]), float(dot["cy"])) == (Frame().x(0.85), Frame().y(0.6))


def test_nothing_measured_is_still_a_plot() -> None:
    for svg in (risk_plot([], 0.0, "Risk"), reliability_plot([], "Reliability"), bars({}, "right", "Shares")):
        ElementTree.fromstring(svg)
