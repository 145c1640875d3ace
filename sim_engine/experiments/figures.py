"""Figures of a run that experiments look at, each with what people call it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from sim_engine.messages import SHORT
from sim_engine.texts import _

Summary = Mapping[str, Any]
Parts = tuple[tuple[str, str], ...]
NEVER_S: Final = 1e9


@dataclass(frozen=True)
class Figure:
    """title: with blanks for `words`, which are texts of their own; that of a metric is what the component's kind calls it."""

    title: str
    read: Callable[[Summary], float]
    component: str | None = None  # id of the one in the design that is looked at
    words: Mapping[str, str] = field(default_factory=dict)
    metric: str | None = None

    def __call__(self, summary: Summary) -> float:
        return float(self.read(summary))


# what a summary counts for each component
COUNTS: Final = {
    "arrived": _("Requests that arrive"), "done": _("Requests done"), "failed": _("Requests failed"), "dropped": _("Requests dropped"),
    "refused": _("Requests refused"), "commits": _("Writes committed"), "applied": _("Writes applied"), "hits": _("Hits"),
    "late": _("Requests too late"), "in_flight_max": _("Most requests at a time"),
}  # fmt: skip
ITEMS: Final = {
    "instances": _("Monthly cost of instances"), "requests": _("Monthly cost of requests"), "storage": _("Monthly cost of storage"),
    "traffic": _("Monthly cost of traffic out"),
}  # fmt: skip

mean_ms: Final = Figure(_("Mean time to an answer"), lambda summary: summary["latency_ms"]["mean"])
p99_ms: Final = Figure(_("99th percentile of the time to an answer"), lambda summary: summary["latency_ms"]["p99"])
arrived: Final = Figure(_("Requests"), lambda summary: summary["requests"]["arrived"])
dropped: Final = Figure(_("Requests dropped"), lambda summary: summary["requests"]["dropped"])
failed: Final = Figure(_("Requests failed"), lambda summary: summary["requests"]["failed"] + summary["requests"]["dropped"])
hits: Final = Figure(_("Cache hits"), lambda summary: summary["cache_hit_ratio"])
retries: Final = Figure(_("Retries"), lambda summary: summary["retries"])
stale: Final = Figure(_("Stale reads"), lambda summary: summary["stale_reads"])
# of all requests, the failed ones too
waited_ms: Final = Figure(
    _("Mean time until a request is answered or given up"), lambda summary: summary["components"]["clients"]["latency_ms"]["mean"]
)


def of(component: str, name: str) -> Figure:
    """A count or a metric of one component."""

    def read(summary: Summary) -> float:
        report = summary["components"][component]
        return float(report[name] if name in report else report["metrics"][name])

    return Figure(COUNTS.get(name, ""), read, component, metric=None if name in COUNTS else name)


def mean_ms_at(component: str) -> Figure:
    return Figure(_("Mean time of a request there"), lambda summary: summary["components"][component]["latency_ms"]["mean"], component)


def when(code: str) -> Figure:
    """Time of the first such event; NEVER_S when there is none."""

    def read(summary: Summary) -> float:
        return next((float(event["t"]) for event in summary["events"] if event["kind"] == code), NEVER_S)

    return Figure(_("Time until the event “{event}”"), read, words={"event": SHORT[code]})


def how_often(code: str, title: str) -> Figure:
    """How many events there are whose code begins so."""
    return Figure(title, lambda summary: sum(event["kind"].startswith(code) for event in summary["events"]))


def cost(component: str, item: str) -> Figure:
    """US dollars a month."""
    return Figure(ITEMS[item], lambda summary: summary["cost"]["components"].get(component, {item: 0.0})[item], component)


def fewest(*components: str) -> Figure:
    return Figure(_("Requests of whoever gets the fewest"), lambda summary: min(summary["components"][c]["done"] for c in components))
