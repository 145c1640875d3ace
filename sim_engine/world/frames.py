"""Frames: one closed window of a run as plain data (docs/frames.md)."""

from typing import Any

from sim_engine.causes import CAUSES
from sim_engine.kernel import layout
from sim_engine.operations.codes import CLASS_NAMES, CLASSES
from sim_engine.world.group import Group
from sim_engine.world.instance import DOWN, UP, Instance
from sim_engine.world.measure import PAGE_LOADS, Moment, NodeWindow, Window, percentiles_ms
from sim_engine.world.release import FIRST
from sim_engine.world.world import World

BUSY, SATURATED = 0.5, 0.95
TOTALS = {
    "arrived": layout.ARRIVED, "done": layout.DONE, "failed": layout.FAILED, "dropped": layout.DROPPED,
    "in_flight": layout.IN_FLIGHT,
}  # fmt: skip


def totals(moment: Moment) -> dict[str, int]:
    counts = moment.count.tolist()
    return {name: counts[place] for name, place in TOTALS.items()}


def window_of_requests(before: Moment, after: Moment) -> dict[str, Any]:
    """Clients' requests between two moments: counts, latencies of those done, errors by cause."""
    counts = (after.count - before.count).tolist()
    done = counts[layout.DONE]
    mean = 1000.0 * (after.latency_sum_s - before.latency_sum_s) / done if done else None
    errors = (after.errors - before.errors).tolist()
    latencies = {
        "mean": rounded(mean),
        **_rounded(percentiles_ms(after.requests, before.requests)),
        "max": rounded(1000.0 * float(after.clock[layout.LATENCY_MAX])) if done else None,
    }
    return {
        **{name: counts[place] for name, place in TOTALS.items() if name != "in_flight"},
        "latency_ms": latencies,
        "errors": {cause.name: number for cause, number in zip(CAUSES[1:], errors[1:], strict=True) if number},
        "stale_reads": counts[layout.STALE],
        "retries": counts[layout.RETRIES],
    }


def rounded(value: float | None, digits: int = 4) -> float | None:
    return None if value is None else round(float(value), digits)


def component_frame(world: World, group: Group, whole: Window, dollars: float) -> dict[str, Any]:
    """One component over the window: state, counts, its metrics and what it costs a month."""
    me, component = group.first, group.component
    window = whole.of(group)
    metrics = component.measure(window)
    failed, dropped = window.growth("failed"), window.growth("dropped")
    state = _state(me, window, metrics, failed + dropped)
    shown: dict[str, Any] = {
        "state": state,
        "role": component.role(me),
        "noticed": state != DOWN or component.notices(me, world),
        "arrived": window.growth("arrived"),
        "done": window.growth("done"),
        "failed": failed,
        "dropped": dropped,
        "in_flight": window.in_flight,
        # to four places; round() takes three times as long
        "metrics": {name: (v * 1e4 + 0.5) // 1.0 / 1e4 if v.__class__ is float else v for name, v in metrics.items()},
    }
    if dollars > 0.0:
        shown["cost"] = {"per_month": dollars}
    if (component.grows or component.everywhere) and (window.several() or me.version != FIRST.number):
        shown["instances"] = [_instance(world, window, member) for member in group.members]
    return shown


def _instance(world: World, window: NodeWindow, me: Instance) -> dict[str, Any]:
    title, zone = me.component.instance_title(me), world.places.zone_of(me)
    return {
        "number": me.number,
        **({} if title == str(me.number) else {"title": title}),
        **({} if zone is None else {"zone": zone}),
        "state": window.state_of(me),
        "utilisation": round(window.utilisation_of(me), 4),
        "version": me.version,
    }


def _state(me: Instance, window: NodeWindow, metrics: dict[str, Any], failed: int) -> str:
    stage = window.stage()
    if stage != UP:
        return stage
    cluster = me.memory.get("cluster")
    if cluster is not None and me.id in cluster.recovering:
        return "recovering"
    level = metrics.get("utilisation") or 0.0
    if level >= SATURATED or window.rejects():
        return "saturated"
    if failed:
        return "failing"
    return "busy" if level >= BUSY else "up"


def links_frame(world: World, window: Window) -> dict[str, Any]:
    sent, failed, replies = window.links["sent"], window.links["failed"], window.links["replies"]
    rows = world.link_rows()
    return {i: {"sent": sent[row], "failed": failed[row], "replies": replies[row]} for i, row in zip(world.links, rows, strict=True)}


def classes_of(window: Window) -> dict[str, Any]:
    """What became of each class of traffic, when there is more than one; and of page views, when there are any."""
    in_play = [number for number in range(CLASSES) if number in window.after.latencies]
    found: dict[str, Any] = {}
    if len(in_play) > 1:
        counts = {name: window.class_counts(name) for name in ("arrived", "done", "failed", "dropped", "late")}
        found["classes"] = {
            CLASS_NAMES[number]: {
                **{name: values[number] for name, values in counts.items()},
                "latency_ms": _rounded(window.class_latencies_ms(number)),
            }
            for number in in_play
        }
    if PAGE_LOADS in window.after.latencies or window.after.sources["pages_broken"].any():
        loads = window.class_latencies_ms(PAGE_LOADS)
        views, broken = (sum(window.sources[name]) for name in ("pages", "pages_broken"))
        found["pages"] = {"views": views, "broken": broken, "load_ms": _rounded(loads)}
    return found


def _rounded(values: dict[str, float | None]) -> dict[str, float | None]:
    return {name: rounded(value) for name, value in values.items()}


def _inner(me: Instance) -> bool:
    return me.component.key_store is not None and me.component.key_store.inner


def cache_hit_ratio(world: World, window: Window) -> float | None:
    """Hits over look-ups of all caches together."""
    caches = [me.node for me in world.instances.values() if me.cache >= 0 and not _inner(me)]
    hits, lookups = window.nodes["hits"], window.nodes["lookups"]
    asked = sum(lookups[node] for node in caches)
    return rounded(sum(hits[node] for node in caches) / asked) if asked else None


def frame(world: World, seq: int, before: Moment, after: Moment) -> dict[str, Any]:
    """The whole frame of the window between two moments."""
    whole = Window(world.memory, before, after)
    window = window_of_requests(before, after)
    window["cache_hit_ratio"] = cache_hit_ratio(world, whole)
    window |= classes_of(whole)
    total, monthly = world.bills.monthly()
    return {
        "seq": seq,
        "t": rounded(after.at_s, 6),
        "dt": rounded(after.at_s - before.at_s, 6),
        "clients": {
            "rate_multiplier": rounded(world.traffic.multiplier()),
            "active_users": int(after.count[layout.PRESENT]),
        },
        "totals": totals(after),
        "window": window,
        "components": {i: component_frame(world, group, whole, monthly[i]) for i, group in world.groups.items()},
        "links": links_frame(world, whole),
        "cost": {"per_month": total},
        "faults": world.faults.documents(),
        "incidents": world.losses.take_changed(),
        "events": world.story.take_new(),
        "notices": [],
    }
