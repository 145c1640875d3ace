"""Frames: one closed window of a run as plain data (docs/frames.md)."""

from typing import Any

from sim_engine.causes import CAUSES
from sim_engine.kernel import layout
from sim_engine.world.instance import Instance
from sim_engine.world.measure import Moment, NodeWindow, Window, percentile_ms
from sim_engine.world.world import World

BUSY, SATURATED = 0.5, 0.95
TOTALS = {
    "arrived": layout.ARRIVED, "done": layout.DONE, "failed": layout.FAILED, "dropped": layout.DROPPED,
    "in_flight": layout.IN_FLIGHT,
}  # fmt: skip


def totals(moment: Moment) -> dict[str, int]:
    return {name: int(moment.count[place]) for name, place in TOTALS.items()}


def window_of_requests(before: Moment, after: Moment) -> dict[str, Any]:
    """Clients' requests between two moments: counts, latencies of those done, errors by cause."""
    counts = after.count - before.count
    done = int(counts[layout.DONE])
    histogram = after.requests - before.requests
    mean = 1000.0 * float(after.clock[layout.LATENCY_SUM] - before.clock[layout.LATENCY_SUM]) / done if done else None
    errors = after.errors - before.errors
    latencies = {
        "mean": rounded(mean),
        **{name: rounded(percentile_ms(histogram, share)) for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))},
        "max": rounded(1000.0 * float(after.clock[layout.LATENCY_MAX])) if done else None,
    }
    return {
        **{name: int(counts[place]) for name, place in TOTALS.items() if name != "in_flight"},
        "latency_ms": latencies,
        "errors": {CAUSES[code].name: int(errors[code]) for code in range(1, len(CAUSES)) if errors[code]},
        "stale_reads": int(counts[layout.STALE]),
        "retries": int(counts[layout.RETRIES]),
    }


def rounded(value: float | None, digits: int = 4) -> float | None:
    return None if value is None else round(float(value), digits)


def component_frame(world: World, me: Instance, whole: Window) -> dict[str, Any]:
    """One component over the window: state, counts and its metrics."""
    window = NodeWindow(whole, me)
    metrics = me.component.measure(window)
    state = _state(me, window, metrics)
    return {
        "state": state,
        "role": me.component.role(me),
        "noticed": state != "down" or me.component.notices(me, world),
        "arrived": window.count("arrived"),
        "done": window.count("done"),
        "failed": window.count("failed"),
        "dropped": window.count("dropped"),
        "in_flight": int(whole.after.nodes[me.node]["in_flight"]),
        "metrics": {name: rounded(v) if isinstance(v, float) else v for name, v in metrics.items()},
    }


def _state(me: Instance, window: NodeWindow, metrics: dict[str, Any]) -> str:
    if not me.alive:
        return "down"
    cluster = me.memory.get("cluster")
    if cluster is not None and me.id in cluster.recovering:
        return "recovering"
    failed = window.count("failed") + window.count("dropped")
    level = metrics.get("utilisation") or 0.0
    if level >= SATURATED or window.rejects():
        return "saturated"
    if failed:
        return "failing"
    return "busy" if level >= BUSY else "up"


def links_frame(world: World, window: Window) -> dict[str, Any]:
    rows = {link_id: world.link_row(link_id) for link_id in world.links}
    sent, failed, replies = window.link("sent"), window.link("failed"), window.link("replies")
    return {i: {"sent": sent[row], "failed": failed[row], "replies": replies[row]} for i, row in rows.items()}


def cache_hit_ratio(world: World, window: Window) -> float | None:
    """Hits over look-ups of all caches together."""
    caches = [me.node for me in world.instances.values() if me.cache >= 0]
    hits, lookups = window.node("hits"), window.node("lookups")
    asked = sum(lookups[node] for node in caches)
    return rounded(sum(hits[node] for node in caches) / asked) if asked else None


def frame(world: World, seq: int, before: Moment, after: Moment) -> dict[str, Any]:
    """The whole frame of the window between two moments."""
    whole = Window(world.memory, before, after)
    window = window_of_requests(before, after)
    window["cache_hit_ratio"] = cache_hit_ratio(world, whole)
    users = int(after.count[layout.USERS])
    return {
        "seq": seq,
        "t": rounded(after.at_s, 6),
        "dt": rounded(after.at_s - before.at_s, 6),
        "clients": {
            "rate_multiplier": rounded(world.traffic.multiplier()),
            "active_users": users or int(after.count[layout.IN_FLIGHT]),
        },
        "totals": totals(after),
        "window": window,
        "components": {i: component_frame(world, me, whole) for i, me in world.instances.items()},
        "links": links_frame(world, whole),
        "events": world.story.take_new(),
        "notices": [],
    }
