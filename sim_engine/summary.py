"""The summary of a run: what the command line prints and the last frame carries."""

from typing import TYPE_CHECKING, Any

from sim_engine.kernel import layout
from sim_engine.messages import MESSAGES
from sim_engine.statistics.intervals import Interval
from sim_engine.statistics.record import Steady
from sim_engine.world.frames import cache_hit_ratio, totals, window_of_requests
from sim_engine.world.latencies import percentiles_ms
from sim_engine.world.laws import worst_residuals
from sim_engine.world.measure import NodeWindow, Window
from sim_engine.world.world import World

if TYPE_CHECKING:
    from sim_engine.run import Run


def summary(run: "Run") -> dict[str, Any]:
    """Everything from the beginning to the last closed window."""
    before, after = run.moments()
    world = run.world
    window = window_of_requests(before, after)
    whole = Window(world, before, after)
    metrics = whole.metrics()
    steady = run.record.steady()
    latency = {**window["latency_ms"], "max": round(1000.0 * run.slowest_s, 4) if window["done"] else None}
    return {
        "name": run.design.name,
        "scenario": run.scenario,
        "seed": run.seed,
        "simulated_s": round(after.at_s, 6),
        "wall_s": round(run.wall_s, 4),
        "requests": totals(after),
        "latency_ms": latency,
        "errors": window["errors"],
        "retries": window["retries"],
        "stale_reads": window["stale_reads"],
        "reads_checked": int(after.count[layout.READS]),
        "cache_hit_ratio": cache_hit_ratio(whole),
        **world.latencies.of_all(whole),
        "limit": run.limit,
        "laws": worst_residuals(world.memory, world.instances),
        "steady": _steady(run, steady),
        "components": {identifier: _component(run, whole, steady, identifier, metrics[identifier]) for identifier in world.groups},
        "cost": world.bills.document(),
        "incidents": world.losses.documents(),
        "events": world.story.all,
    }


def _component(run: "Run", whole: Window, steady: Steady | None, identifier: str, metrics: dict[str, Any]) -> dict[str, Any]:
    rows = whole.after.records("nodes")
    group = run.world.groups[identifier]
    me = group.first
    window = NodeWindow(whole, group)
    nodes = [each.node for each in group.everyone]
    histogram = run.world.memory.state.histograms[[1 + node for node in nodes]].sum(axis=0)
    waits = run.world.memory.state.waits[nodes].sum(axis=0)
    done = max(window.count("done"), 1)
    found: dict[str, Any] = {
        "kind": me.component.kind,
        "label": group.label,
        "role": me.component.role(me),
        "arrived": window.count("arrived"),
        "done": window.count("done"),
        "failed": window.count("failed"),
        "dropped": window.count("dropped"),
        "in_flight": window.in_flight,
        "wasted": window.count("wasted"),
        "refused": window.count("refused"),
        "utilisation": _number(metrics.get("utilisation")) or 0.0,
        **({"queue_mean": _number(metrics["queue"]) or 0.0} if "queue" in metrics else {}),
        "in_flight_mean": window.mean_in_flight,
        "latency_ms": {
            "mean": window.mean_latency_ms,
            **percentiles_ms(histogram),
        },
        "wait_ms": {
            "mean": 1000.0 * float(rows["wait_sum_s"][nodes].sum()) / done,
            **percentiles_ms(waits),
        },
        "waited_ratio": window.count("waited") / done,
        "in_flight_max": int(rows["most_in_flight"][nodes].max()),  # of one instance
        "metrics": metrics,
        "theory": expectation(run.world, identifier, steady),
    }
    if me.component.grows or me.component.everywhere:
        found["instances"] = len(group.members)
    if me.cache >= 0:
        found |= {"hits": window.count("hits"), "misses": window.count("lookups") - window.count("hits")}
    if me.component.has_versions:
        found |= {"commits": window.count("commits"), "applied": window.count("applied")}
    return found


def expectation(world: World, identifier: str, steady: Steady | None) -> dict[str, Any]:
    """What a formula expects of a component, or why there is none."""
    me = world.groups[identifier].first
    found = me.component.expectation(world, me, steady)
    return {"none": found, "text": MESSAGES[found]} if isinstance(found, str) else found.document()


def _steady(run: "Run", steady: Steady | None) -> dict[str, Any] | None:
    """Figures of the steady stretch since the last change, each with half the width of its 95 % confidence interval."""
    if steady is None:
        return None
    figures = {f"latency_ms.{name}": interval for name, interval in steady.latency().items()}
    figures |= {"throughput_per_s": steady.throughput(), "error_ratio": steady.error_ratio()}
    components = {identifier: steady.component(group.first) for identifier, group in run.world.groups.items()}
    return {
        "from_s": steady.from_s,
        "to_s": steady.to_s,
        "intervals": _documents(figures),
        "components": {identifier: _documents(found) for identifier, found in components.items()},
    }


def _documents(intervals: dict[str, Interval | None]) -> dict[str, Any]:
    return {name: interval.document() for name, interval in intervals.items() if interval is not None}


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None
