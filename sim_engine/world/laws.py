"""Laws that hold on every sample path, checked in every run: a run that breaks one is wrong and says so.

Flow conservation: arrived = done + failed + dropped + in flight, at every node and for the clients' requests.
Little's law: the integral of the number in the system equals the time spent there by all who were.
Utilisation law: the integral of busy servers equals the service that was given.
"""

from dataclasses import dataclass

from sim_engine.kernel import control, layout
from sim_engine.world.instance import Instance
from sim_engine.world.memory import Memory

TOLERANCE = 1e-9  # relative


@dataclass(frozen=True, slots=True)
class Broken:
    law: str
    component: str | None
    residual: float


def _relative(one: float, other: float) -> float:
    return abs(one - other) / max(abs(one), abs(other), 1.0)


def flow_residual(row: object) -> int:
    """Arrived less all that became of it. row: a record of NODE."""
    return int(row["arrived"] - row["done"] - row["failed"] - row["dropped"] - row["in_flight"])  # type: ignore[index]


def check_flow(memory: Memory, instances: dict[str, Instance]) -> list[Broken]:
    """Cheap enough for every frame."""
    count = memory.state.count
    ended = count[layout.DONE] + count[layout.FAILED] + count[layout.DROPPED] + count[layout.IN_FLIGHT]
    broken = []
    if count[layout.ARRIVED] != ended:
        broken.append(Broken("flow conservation", None, float(count[layout.ARRIVED] - ended)))
    for identifier, me in instances.items():
        residual = flow_residual(memory.state.nodes[me.node])
        if residual:
            broken.append(Broken("flow conservation", identifier, float(residual)))
    return broken


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
    for identifier, me in instances.items():
        row = memory.state.nodes[me.node]
        present_s = float(control.sojourn_in_flight(memory.state, me.node))
        residual = _relative(float(row["area"]), float(row["sojourn_sum_s"]) + present_s)
        found.append(Broken("Little's law", identifier, residual))
        for index in me.pools.values():
            pool = memory.state.pools[index]
            if pool["kind"] == control.STATION:
                served_s = float(pool["work_sum_s"]) + float(control.service_under_way(memory.state, index))
                residual = _relative(float(pool["used_area"]), served_s)
                found.append(Broken("utilisation law", identifier, residual))
    return found
