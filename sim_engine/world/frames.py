"""Frames: one closed window of a run as plain data (docs/frames.md)."""

from typing import Any, Final

from sim_engine.causes import CAUSES
from sim_engine.kernel import layout
from sim_engine.kernel.figures import BUSY_FROM, BUSY_STATE, CALM, GROUP_COUNTS, SATURATED, SATURATED_FROM
from sim_engine.world.figures import Formulas
from sim_engine.world.group import Group
from sim_engine.world.instance import DOWN, UP, Instance
from sim_engine.world.latencies import percentiles_ms
from sim_engine.world.measure import NodeWindow, Window
from sim_engine.world.moments import Moment
from sim_engine.world.release import FIRST
from sim_engine.world.world import World

CAUSE_NAMES: Final = tuple(cause.name for cause in CAUSES[1:])
STATES: Final = ("up", "busy", "failing", "saturated")  # by CALM, BUSY_STATE …
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
    errors = (after.errors - before.errors).tolist()[1:]
    latencies = {
        "mean": rounded(mean),
        **percentiles_ms(after.requests, before.requests, rounded=True),
        "max": rounded(1000.0 * float(after.clock[layout.LATENCY_MAX])) if done else None,
    }
    return {
        **{name: counts[place] for name, place in TOTALS.items() if name != "in_flight"},
        "latency_ms": latencies,
        "errors": {name: number for name, number in zip(CAUSE_NAMES, errors, strict=True) if number},
        "stale_reads": counts[layout.STALE],
        "retries": counts[layout.RETRIES],
    }


def rounded(value: float | None, digits: int = 4) -> float | None:
    return None if value is None else round(float(value), digits)


def components_frame(world: World, whole: Window, monthly: dict[str, float]) -> dict[str, Any]:
    """Every component over the window: state, counts, its metrics and what it costs a month."""
    values, counts = whole.sheet.shown(), whole.sheet.counts()
    found, first = {}, 0
    for place, formulas in enumerate(whole.sheet.formulas):
        last = first + len(formulas.outputs)
        identifier = formulas.group.id
        counted = counts[place * GROUP_COUNTS : (place + 1) * GROUP_COUNTS]
        found[identifier] = _component(world, whole, formulas, values[first:last], counted, monthly[identifier])
        first = last
    return found


def _component(world: World, whole: Window, formulas: Formulas, values: list[float], counted: list[int], dollars: float) -> dict[str, Any]:
    group, component = formulas.group, formulas.group.component
    me = group.first
    metrics = formulas.metrics(values)
    arrived, done, failed, dropped, in_flight, alive, state = counted
    if formulas.told:
        state = _tell(NodeWindow(whole, group), formulas, metrics, state)
    shown = _state(whole, group, alive, state)
    made: dict[str, Any] = {
        "state": shown,
        "role": component.role(me),
        "noticed": shown != DOWN or component.notices(me, world),
        "arrived": arrived,
        "done": done,
        "failed": failed,
        "dropped": dropped,
        "in_flight": in_flight,
        "metrics": metrics,
    }
    if dollars > 0.0:
        made["cost"] = {"per_month": dollars}
    if formulas.has_instances and (len(group.everyone) > 1 or me.version != FIRST.number):
        window = NodeWindow(whole, group)
        if window.several() or me.version != FIRST.number:
            made["instances"] = [_instance(world, window, member) for member in group.members]
    return made


def _tell(window: NodeWindow, formulas: Formulas, metrics: dict[str, Any], state: int) -> int:
    """Fills in what no formula says, to four places; the state that follows from all."""
    formulas.tell(metrics, window)
    if formulas.level_told and state in (CALM, BUSY_STATE):
        level = metrics["utilisation"]
        state = SATURATED if level >= SATURATED_FROM else BUSY_STATE if level >= BUSY_FROM else CALM
    for names in formulas.told.values():
        for name in names:
            value = metrics[name]
            metrics[name] = (value * 1e4 + 0.5) // 1.0 / 1e4 if value.__class__ is float else value
    return state


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


def _state(whole: Window, group: Group, alive: int, state: int) -> str:
    """alive: how many of its nodes are; state: what follows from its counters."""
    me = group.first
    if me.stage != UP or alive < len(group.everyone):
        stage = NodeWindow(whole, group).stage()
        if stage != UP:
            return stage
    cluster = me.memory.get("cluster")
    if cluster is not None and me.id in cluster.recovering:
        return "recovering"
    return STATES[state]


def links_frame(world: World, window: Window) -> dict[str, Any]:
    grown, rows = window.calls(), world.builder.link_rows
    found = {}
    for link_id in world.links:
        sent, replies, failed = grown[rows[link_id]]
        found[link_id] = {"sent": sent, "failed": failed, "replies": replies}
    return found


def cache_hit_ratio(window: Window) -> float | None:
    """Hits over look-ups of all caches together."""
    asked = window.over("lookups", window.sheet.caches)
    return rounded(window.over("hits", window.sheet.caches) / asked) if asked else None


def frame(world: World, seq: int, before: Moment, after: Moment) -> dict[str, Any]:
    """The whole frame of the window between two moments."""
    whole = Window(world, before, after, rounded=True)
    window = window_of_requests(before, after)
    window["cache_hit_ratio"] = cache_hit_ratio(whole)
    window |= world.latencies.of_window(whole)
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
        "components": components_frame(world, whole, monthly),
        "links": links_frame(world, whole),
        "cost": {"per_month": total},
        "faults": world.faults.documents(),
        "incidents": world.losses.take_changed(),
        "events": world.story.take_new(),
        "notices": [],
    }
