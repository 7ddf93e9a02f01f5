"""The report as one HTML page: no script, no request to anywhere, light and dark.

Non-scope: the plots' drawing (`eval/plots.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from eval import plots
from eval.dataset import CHINESE, Question
from eval.judge import given, rightly_answered
from eval.metrics.confidence import calibration_bins, risk_coverage
from eval.results import Line, Results
from eval.summary import OVER, OVERALL, VERBATIM
from eval.table import BY_KIND, format_interval, format_number

# The numbers that a reader wants first, with what they mean.
CARDS = {
    "right": "questions handled right: answered with the right quote, or rightly refused",
    "recall@5": "of the gold passages are among the first five",
    "refusal": "of the questions that the material does not answer are refused",
    "false_refusal": "of the answerable questions are refused",
    VERBATIM: "of the quotes stand in the document exactly as shown",
}

STYLE = """
:root{color-scheme:light dark;--bg:#fbfbfa;--card:#fff;--ink:#1b1f24;--soft:#5c6570;--rule:#e3e5e8;--main:#2f6f8f;
--light:#a9c9d8;--bad:#a8452f}
@media(prefers-color-scheme:dark){:root{--bg:#15181b;--card:#1d2125;--ink:#e8eaed;--soft:#9aa4ae;--rule:#343a40;
--main:#6fb3d2;--light:#34586a;--bad:#e08a72}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,"Noto Sans","Noto Sans CJK TC",sans-serif}
main{max-width:1020px;margin:0 auto;padding:36px 20px 60px}
h1{font-size:26px;margin:0 0 4px}h2{font-size:18px;margin:36px 0 10px}
.meta,.notes,figcaption{color:var(--soft);font-size:13.5px}.meta{margin:0 0 24px}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(160px,1fr));gap:12px}
.card,figure,.scroll,details{background:var(--card);border:1px solid var(--rule);border-radius:8px}
.card{padding:14px 16px}.card b{display:block;font-size:27px;line-height:1.2;font-weight:600}
.card span{display:block;font-size:13.5px;line-height:1.4}
.card i{display:block;margin-top:6px;font-style:normal;color:var(--soft);font-size:12px}
figure{margin:0;padding:14px 16px;overflow-x:auto}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,400px),1fr));gap:12px;margin-top:12px}
figcaption{margin-bottom:6px}figcaption b{color:var(--ink)}
svg{width:100%;height:auto;display:block;font-size:12px}
svg text{fill:var(--ink)}svg .tick,svg .label{fill:var(--soft)}svg .row{font-size:13px}svg .note{font-size:12px}
.grid{stroke:var(--rule);stroke-width:1}.bar{fill:var(--light)}.bar.strong{fill:var(--main)}
.whisker{stroke:var(--ink);stroke-width:1.4}.curve{fill:none;stroke:var(--main);stroke-width:2.5}
.curve.faint{stroke:var(--light);stroke-dasharray:4 4}.dot{fill:var(--main);stroke:var(--card);stroke-width:2}
.diagonal{stroke:var(--soft);stroke-dasharray:4 4}.gap{stroke:var(--bad);stroke-width:1.6}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:13.5px}
th,td{padding:6px 12px;text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
th{color:var(--soft);font-weight:500;border-bottom:1px solid var(--rule)}
th:first-child,td:first-child,.over{text-align:left}
tr+tr td{border-top:1px solid var(--rule)}tr.strong td{font-weight:600}
.notes{padding-left:18px}
details{padding:9px 14px;margin:6px 0}summary{cursor:pointer}summary small{color:var(--soft)}
summary em{font-style:normal;color:var(--bad);font-size:13px}
dl{margin:8px 0 2px;display:grid;grid-template-columns:84px 1fr;gap:4px 12px;font-size:14px}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
"""


def render_page(results: Results, missed: Sequence[tuple[Line, Question]]) -> str:
    """The whole page. `missed`: what was not right, with its question."""
    title = f"Evaluation of {results.created[:10]}"
    body = [
        f"<h1>{escape(title)}</h1>",
        f'<p class="meta">{escape(_meta(results))}</p>',
        _cards(results),
        "<h2>By kind of question</h2>",
        _figure(
            "Share handled right",
            "with the 95 % bootstrap interval; questions about the same fact are resampled together.",
            plots.bars(results.summary, "right", "Share of questions handled right, by kind"),
        ),
        f'<div class="pair">{_risk(results)}{_reliability(results)}</div>',
        "<h2>All measures</h2>",
        _overall_table(results),
        "<h2>By kind</h2>",
        _kind_table(results),
        '<ul class="notes">' + "".join(f"<li>{escape(note)}</li>" for note in results.notes) + "</ul>",
        f"<h2>{len(missed)} questions that were not right</h2>",
        *(_miss(line, question) for line, question in missed),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n<body><main>\n"
        + "\n".join(body)
        + "\n</main></body></html>\n"
    )


def _meta(results: Results) -> str:
    models = ", ".join(f"{role} {name}" for role, name in results.models.items() if name)
    return f"Split {results.split} · commit {results.commit or '–'} · snapshot {results.snapshot} · {models}"


def _cards(results: Results) -> str:
    cards = []
    for name, meaning in CARDS.items():
        cell = results.summary[OVERALL][name]
        value = "–" if cell.value is None else f"{cell.value:.1%}"
        interval = "" if cell.low is None or cell.high is None else f"{cell.low:.1%} – {cell.high:.1%}, "
        cards.append(
            f'<div class="card"><b>{value}</b><span>{escape(meaning)}</span><i>{interval}n = {cell.n}</i></div>'
        )
    return '<div class="cards">' + "".join(cards) + "</div>"


def _figure(title: str, caption: str, svg: str) -> str:
    return f"<figure><figcaption><b>{escape(title)}</b> {escape(caption)}</figcaption>{svg}</figure>"


def _risk(results: Results) -> str:
    lines = [line for line in results.lines if line.kind != CHINESE]
    curve = risk_coverage(
        [line.probability for line in lines], [not rightly_answered(line.status, line.verdict) for line in lines]
    )
    answered = sum(given(line.status) for line in lines) / len(lines) if lines else 0.0
    return _figure(
        "Risk and coverage.",
        "If only the most confident questions were answered, how many would not be right? Dashed: refused today.",
        plots.risk_plot(curve, answered, "Risk against coverage"),
    )


def _reliability(results: Results) -> str:
    lines = [line for line in results.lines if line.kind != CHINESE and given(line.status)]
    bins = calibration_bins(
        [line.probability for line in lines], [rightly_answered(line.status, line.verdict) for line in lines]
    )
    return _figure(
        "Reliability.",
        "Of the answers given with a stated probability, how many were right? On the diagonal the two agree.",
        plots.reliability_plot(bins, "Share right against stated probability"),
    )


def _overall_table(results: Results) -> str:
    rows = [
        f"<tr><td>{escape(name)}</td><td>{cell.n}</td><td>{format_number(name, cell.value)}</td>"
        f'<td>{format_interval(name, cell)}</td><td class="over">{escape(OVER[name])}</td></tr>'
        for name, cell in results.summary[OVERALL].items()
    ]
    return _table(["measure", "n", "value", "95 % interval", "over"], rows)


def _kind_table(results: Results) -> str:
    rows = []
    for kind, cells in results.summary.items():
        numbers = "".join(f"<td>{format_number(name, cells[name].value)}</td>" for name in BY_KIND)
        css = ' class="strong"' if kind == OVERALL else ""
        rows.append(f"<tr{css}><td>{escape(kind.replace('_', ' '))}</td><td>{cells['right'].n}</td>{numbers}</tr>")
    return _table(["kind", "n", *BY_KIND.values()], rows)


def _table(head: Sequence[str], rows: Sequence[str]) -> str:
    cells = "".join(f'<th class="over">{h}</th>' if h == "over" else f"<th>{escape(h)}</th>" for h in head)
    return f'<div class="scroll"><table><tr>{cells}</tr>{"".join(rows)}</table></div>'


def _miss(line: Line, question: Question) -> str:
    facts = [("before", turn.content) for turn in question.history if turn.role == "user"]
    facts.append(("answered", "Refused: said that the material does not tell." if line.said is None else line.said))
    facts += [("gold", quote) for quote in question.gold] or [("gold", "The material does not say.")]
    facts.append(("found", f"gold passage at rank {line.rank}" if line.rank else "no gold passage found"))
    pairs = "".join(
        f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in facts if line.answerable or name != "found"
    )
    origin = f"{line.id} · {line.kind.replace('_', ' ')} · p = {line.probability:.2f}"
    return (
        f"<details><summary>{escape(question.text)} <em>{line.verdict.value}</em> "
        f"<small>{escape(origin)}</small></summary>"
        f"<dl>{pairs}</dl></details>"
    )
