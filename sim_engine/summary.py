"""The summary of a run: what the command line prints and the last frame carries."""

from typing import TYPE_CHECKING, Any

from sim_engine.kernel import layout
from sim_engine.messages import MESSAGES
from sim_engine.statistics.intervals import Interval
from sim_engine.statistics.record import PERCENTILES, Steady
from sim_engine.world.frames import cache_hit_ratio, totals, window_of_requests
from sim_engine.world.laws import worst_residuals
from sim_engine.world.measure import NodeWindow, Window, percentile_ms
from sim_engine.world.world import World

if TYPE_CHECKING:
    from sim_engine.run import Run


def summary(run: "Run") -> dict[str, Any]:
    """Everything from the beginning to the last closed window."""
    before, after = run.moments()
    world = run.world
    window = window_of_requests(before, after)
    whole = Window(world.memory, before, after)
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
        "cache_hit_ratio": cache_hit_ratio(world, whole),
        "limit": run.limit,
        "laws": worst_residuals(world.memory, world.instances),
        "steady": _steady(run),
        "components": {identifier: _component(run, whole, identifier) for identifier in world.instances},
        "events": world.story.all,
    }


def _component(run: "Run", whole: Window, identifier: str) -> dict[str, Any]:
    after = whole.after
    me = run.world.instances[identifier]
    window = NodeWindow(whole, me)
    metrics = me.component.measure(window)
    histogram = run.world.memory.state.histograms[1 + me.node]
    waits = run.world.memory.state.waits[me.node]
    done = max(window.count("done"), 1)
    found: dict[str, Any] = {
        "kind": me.component.kind,
        "label": me.label,
        "role": me.component.role(me),
        "arrived": window.count("arrived"),
        "done": window.count("done"),
        "failed": window.count("failed"),
        "dropped": window.count("dropped"),
        "in_flight": int(after.nodes[me.node]["in_flight"]),
        "wasted": window.count("wasted"),
        "refused": window.count("refused"),
        "utilisation": _number(metrics.get("utilisation")) or 0.0,
        "queue_mean": _number(metrics.get("queue")) or 0.0,
        "in_flight_mean": window.mean_in_flight,
        "latency_ms": {
            "mean": window.mean_latency_ms,
            **{name: percentile_ms(histogram, share) for name, share in PERCENTILES},
        },
        "wait_ms": {
            "mean": 1000.0 * float(after.nodes[me.node]["wait_sum_s"]) / done,
            **{name: percentile_ms(waits, share) for name, share in PERCENTILES},
        },
        "waited_ratio": window.count("waited") / done,
        "in_flight_max": int(after.nodes[me.node]["most_in_flight"]),
        "metrics": metrics,
        "theory": expectation(run.world, identifier, run.record.steady()),
    }
    if me.cache >= 0:
        found |= {"hits": window.count("hits"), "misses": window.count("lookups") - window.count("hits")}
    if me.component.has_versions:
        found |= {"commits": window.count("commits"), "applied": window.count("applied")}
    return found


def expectation(world: World, identifier: str, steady: Steady | None) -> dict[str, Any]:
    """What a formula expects of a component, or why there is none."""
    me = world.instances[identifier]
    found = me.component.expectation(world, me, steady)
    return {"none": found, "text": MESSAGES[found]} if isinstance(found, str) else found.document()


def _steady(run: "Run") -> dict[str, Any] | None:
    """Figures of the steady stretch since the last change, each with half the width of its 95 % confidence interval."""
    steady = run.record.steady()
    if steady is None:
        return None
    figures = {f"latency_ms.{name}": interval for name, interval in steady.latency().items()}
    figures |= {"throughput_per_s": steady.throughput(), "error_ratio": steady.error_ratio()}
    components = {identifier: steady.component(me) for identifier, me in run.world.instances.items()}
    return {
        "from_s": steady.from_s,
        "to_s": steady.moments[-1].at_s,
        "intervals": _documents(figures),
        "components": {identifier: _documents(found) for identifier, found in components.items()},
    }


def _documents(intervals: dict[str, Interval | None]) -> dict[str, Any]:
    return {name: interval.document() for name, interval in intervals.items() if interval is not None}


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None
