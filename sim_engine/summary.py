"""The summary of a run: what the command line prints and the last frame carries."""

from typing import TYPE_CHECKING, Any

from sim_engine.kernel import layout
from sim_engine.world.frames import cache_hit_ratio, totals, window_of_requests
from sim_engine.world.measure import NodeWindow, percentile_ms

if TYPE_CHECKING:
    from sim_engine.run import Run


def summary(run: "Run") -> dict[str, Any]:
    """Everything from the beginning to the last closed window."""
    before, after = run.moments()
    world = run.world
    window = window_of_requests(before, after)
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
        "cache_hit_ratio": cache_hit_ratio(world, before, after),
        "limit": run.limit,
        "components": {identifier: _component(run, identifier) for identifier in world.instances},
        "events": world.story.all,
    }


def _component(run: "Run", identifier: str) -> dict[str, Any]:
    before, after = run.moments()
    me = run.world.instances[identifier]
    window = NodeWindow(run.world.memory, me, before, after)
    metrics = me.component.measure(window)
    histogram = run.world.memory.state.histograms[1 + me.node]
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
            **{name: percentile_ms(histogram, share) for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))},
        },
        "metrics": metrics,
    }
    if me.component.has_versions:
        found |= {"commits": window.count("commits"), "applied": window.count("applied")}
    return found


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None
