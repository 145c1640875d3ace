"""The charts under the canvas: their traces and layout, declared once with plotly.graph_objects.

The page gets these figures in its boot block and streams only numbers into them. What a trace shows is in its
`meta`: `source` names a series of the frame store, `each` asks for one trace per component (`metrics`: which of its
metrics, with what one of it is worth in the chart's unit) or per error cause, `colour` names a meaning colour of the
style sheet (a component's colour is the page's business). Titles stand in the page, not in the drawing, so that they
can be read aloud and wrap; they are in the layout's `meta`. A chart whose `meta` says `optional` is there as soon as
it has something to show.
"""

from typing import Any

import plotly.graph_objects as go
from django.utils.translation import gettext as _

MARGIN = {"l": 44, "r": 8, "t": 14, "b": 20}
LINE_WIDTH = 1.6


def figures() -> dict[str, dict[str, Any]]:
    """In the order in which they stand on the page, in the visitor's language."""
    built = {
        "requests": _requests(),
        "latency": _latency(),
        "utilisation": _utilisation(),
        "cache": _cache(),
        "behind": _behind(),
        "errors": _errors(),
    }
    return {name: figure.to_plotly_json() for name, figure in built.items()}


def _requests() -> go.Figure:
    traces = [
        _line(_("Done"), source="done", colour="done", stackgroup="outcome"),
        _line(_("Dropped"), source="dropped", colour="dropped", stackgroup="outcome"),
        _line(_("Failed"), source="failed", colour="failed", stackgroup="outcome"),
    ]
    return _figure(_("Requests"), "requests/s", traces, _("How many requests ended each second, and how."))


def _latency() -> go.Figure:
    traces = [
        _line("p50", source="latency.p50", colour="p50"),
        _line("p95", source="latency.p95", colour="p95"),
        _line("p99", source="latency.p99", colour="p99"),
    ]
    figure = _figure(_("Latency"), "ms", traces, _("What clients wait: half, 95 of 100 and 99 of 100 requests are faster than this."))
    # A timeout is a hundred times a good answer: only a logarithmic axis shows both.
    figure.update_yaxes(type="log")
    return figure


def _utilisation() -> go.Figure:
    each = _line("", each="component", metrics={"utilisation": 1.0})
    return _ratio_figure(_("Utilisation"), [each], _("The scarcest resource of each component."))


def _cache() -> go.Figure:
    hits = _line(_("Hit ratio"), source="hitRatio", colour="cached", fill="tozeroy")
    figure = _ratio_figure(_("Cache hit ratio"), [hits], _("The part of the look-ups that the cache could answer."))
    return _optional(figure)


def _behind() -> go.Figure:
    each = _line("", each="component", metrics={"oldest_s": 1000.0, "lag_ms": 1.0})
    help_text = _("How far behind each part is: the age of the oldest message that waits, and the lag of replicas.")
    figure = _figure(_("Behind"), "ms", [each], help_text)
    figure.update_yaxes(type="log")
    return _optional(figure)


def _errors() -> go.Figure:
    each = _line("", each="cause", stackgroup="cause")
    return _figure(_("Errors by cause"), "requests/s", [each], _("Requests that did not succeed, by what ended them."))


def _line(name: str, *, stackgroup: str | None = None, fill: str | None = None, **meta: Any) -> go.Scatter:
    return go.Scatter(
        name=name,
        mode="lines",
        line={"width": LINE_WIDTH, "shape": "linear"},
        stackgroup=stackgroup,
        fill=fill,
        hoverinfo="skip",
        meta=meta,
        x=[],
        y=[],
    )


def _figure(title: str, unit: str, traces: list[go.Scatter], help_text: str) -> go.Figure:
    layout = go.Layout(
        template="none",
        margin=MARGIN,
        showlegend=False,
        hovermode=False,
        dragmode=False,
        uirevision="keep",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        xaxis={"zeroline": False, "showgrid": False, "fixedrange": True, "ticks": "", "nticks": 5},
        yaxis={"zeroline": False, "fixedrange": True, "ticks": "", "nticks": 4},
        meta={"title": title, "unit": unit, "help": help_text},
    )
    return go.Figure(data=traces, layout=layout)


def _optional(figure: go.Figure) -> go.Figure:
    figure.layout.meta = {**figure.layout.meta, "optional": True}
    return figure


def _ratio_figure(title: str, traces: list[go.Scatter], help_text: str) -> go.Figure:
    figure = _figure(title, "ratio", traces, help_text)
    figure.update_yaxes(range=[0, 1.02], tickvals=[0, 0.25, 0.5, 0.75, 1], tickformat=".0%")
    return figure
