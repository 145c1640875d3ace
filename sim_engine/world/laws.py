"""Laws that hold on every sample path, checked in every run: a run that breaks one is wrong and says so.

Flow conservation: arrived = done + failed + dropped + in flight, at every node and for the clients' requests;
published = acknowledged + dead + expired + lost + waiting + under way, in every message queue.
Little's law: the integral of the number in the system equals the time spent there by all who were.
Utilisation law: the integral of busy servers equals the service that was given.
"""

from dataclasses import dataclass

from sim_engine.kernel import control, layout
from sim_engine.world.direct import Direct
from sim_engine.world.instance import Instance
from sim_engine.world.memory import Memory

TOLERANCE = 1e-9  # relative
CONSERVED = Direct(control.flow_is_conserved)


@dataclass(frozen=True, slots=True)
class Broken:
    law: str
    component: str | None
    residual: float


def _relative(one: float, other: float) -> float:
    return abs(one - other) / max(abs(one), abs(other), 1.0)


def check_flow(memory: Memory, instances: dict[str, Instance]) -> list[Broken]:
    """Cheap enough for every frame."""
    if CONSERVED.call(memory.state, memory.used.get("nodes", 0), memory.used.get("queues", 0)):
        return []
    count = memory.state.count
    ended = count[layout.DONE] + count[layout.FAILED] + count[layout.DROPPED] + count[layout.IN_FLIGHT]
    broken = []
    if count[layout.ARRIVED] != ended:
        broken.append(Broken("flow conservation", None, float(count[layout.ARRIVED] - ended)))
    nodes = memory.state.nodes[: memory.used.get("nodes", 0)]
    residuals = nodes["arrived"] - nodes["done"] - nodes["failed"] - nodes["dropped"] - nodes["in_flight"]
    found = ((me.component_id, int(residuals[me.node])) for me in instances.values())
    broken += [Broken("flow conservation", component, float(residual)) for component, residual in found if residual]
    return [*broken, *_check_messages(memory, instances)]


def _check_messages(memory: Memory, instances: dict[str, Instance]) -> list[Broken]:
    """Messages that have come into a queue are those that have ended and those that are still there."""
    queues = memory.state.queues[: memory.used.get("queues", 0)]
    ended = queues["acknowledged"] + queues["dead"] + queues["expired"] + queues["lost"]
    residuals = queues["published"] - ended - queues["ready"] - queues["under_way"]
    owners = ((me.component_id, residuals[me.queues : me.queues + me.queue_count]) for me in instances.values() if me.queue_count)
    return [Broken("flow conservation", component, float(rows.sum())) for component, rows in owners if rows.any()]


def check_integrals(memory: Memory, instances: dict[str, Instance]) -> list[Broken]:
    """Little's law and the utilisation law at every node, where they do not hold."""
    return [law for law in integral_residuals(memory, instances) if law.residual > TOLERANCE]


def worst_residuals(memory: Memory, instances: dict[str, Instance]) -> dict[str, float]:
    """The largest residual of each law; a run is right when flow is exact and the others are below TOLERANCE."""
    worst = {"flow conservation": 0.0, "Little's law": 0.0, "utilisation law": 0.0}
    for law in [*check_flow(memory, instances), *integral_residuals(memory, instances)]:
        worst[law.law] = max(worst[law.law], abs(law.residual))
    return worst


def integral_residuals(memory: Memory, instances: dict[str, Instance]) -> list[Broken]:
    """Relative residuals of the two laws at every node; looks at every request in flight."""
    found = []
    for me in instances.values():
        row = memory.state.nodes[me.node]
        present_s = float(control.sojourn_in_flight(memory.state, me.node))
        residual = _relative(float(row["area"]), float(row["sojourn_sum_s"]) + present_s)
        found.append(Broken("Little's law", me.component_id, residual))
        for index in me.pools.values():
            pool = memory.state.pools[index]
            if pool["kind"] == control.STATION:
                served_s = float(pool["work_sum_s"]) + float(control.service_under_way(memory.state, index))
                residual = _relative(float(pool["used_area"]), served_s)
                found.append(Broken("utilisation law", me.component_id, residual))
    return found
