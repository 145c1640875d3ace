"""Where a component is in a regime that a formula covers, what the formula expects; where not, why not.

The measured value stands beside it with its confidence interval, over the steady stretch since the last change.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sim_engine.kernel import layout
from sim_engine.statistics.intervals import of_ratio
from sim_engine.statistics.record import Steady
from sim_engine.theory import formulas
from sim_engine.world.instance import Instance

if TYPE_CHECKING:
    from sim_engine.world.world import World

che_hit_ratio = lru_cache(maxsize=64)(formulas.che_hit_ratio)

# Why no formula applies: keys of MESSAGES
CLOSED = "theory_closed"
NOT_RANDOM = "theory_not_random"
NOT_POISSON = "theory_not_poisson"
RETRIED = "theory_retried"
CHANGING = "theory_changing"
LIMITED = "theory_limited"
GENERAL = "theory_general"
OVERLOADED = "theory_overloaded"
INVALIDATED = "theory_invalidated"
SEVERAL_SOURCES = "theory_several_sources"


@dataclass(frozen=True, slots=True)
class Expectation:
    """A formula's value of a metric, beside the measured one."""

    formula: str
    metric: str
    unit: str
    expected: float
    measured: float
    half_width: float

    def document(self) -> dict[str, Any]:
        return {
            "formula": self.formula, "metric": self.metric, "unit": self.unit, "expected": round(self.expected, 5),
            "measured": round(self.measured, 5), "half_width": round(self.half_width, 5),
        }  # fmt: skip


def _callers(world: "World", me: Instance) -> list[Instance]:
    return [world.instances[link.source] for link in world.links.values() if link.target == me.id]


def not_poisson_because(world: "World", me: Instance, steady: Steady | None) -> str | None:
    """Why the arrivals at `me` are no Poisson process; None when they are (thinning and merging keep one)."""
    callers = _callers(world, me)
    if not callers:
        return NOT_POISSON
    for caller in callers:
        if caller.source >= 0:
            if caller.values["model"] == "closed":
                return CLOSED
            if steady is not None and steady.count(layout.RETRIES).sum() > 0:
                return RETRIED
        elif caller.component.passes_on is not None:
            if caller.values[caller.component.passes_on] != "random" and len(caller.links) > 1:
                return NOT_RANDOM
            reason = not_poisson_because(world, caller, steady)
            if reason is not None:
                return reason
        else:
            return NOT_POISSON
    return None


def station_expectation(world: "World", me: Instance, steady: Steady | None, station: str, duration: str) -> Expectation | str:
    """Mean number waiting (or present) at a station against the formula that covers it."""
    reason = not_poisson_because(world, me, steady)
    if reason is not None:
        return reason
    if steady is None or world.traffic.changing():
        return CHANGING
    servers = int(world.memory.state.pools[me.pools[station]]["capacity"])
    kind, service_s, cv = (float(v) for v in world.memory.state.parameters[me.durations[duration] :][:3])
    cv = {0.0: 0.0, 1.0: 1.0}.get(kind, cv)
    if kind == 3.0:
        cv = max(1, round(1.0 / (cv * cv))) ** -0.5
    rate = float(steady.pool(me, station, "arrived").sum() / steady.seconds().sum())
    if rate * service_s >= servers:
        return OVERLOADED
    figures = steady.component(me)
    shared = me.values.get("discipline") == "sharing"
    if shared and servers > 1:
        return GENERAL
    if shared:
        return _beside("M/G/1-PS", "present", formulas.mg1_sharing_number(rate, service_s), _present(steady, me, station))
    queue = figures.get(f"{station}.queue")
    if kind == 1.0:
        return _beside(f"M/M/{servers} (Erlang C)", "queue", formulas.mmc_queue(servers, rate, service_s), queue)
    if servers == 1:
        return _beside("M/G/1 (Pollaczek–Khinchine)", "queue", formulas.mg1_queue(rate, service_s, cv), queue)
    return GENERAL


def _present(steady: Steady, me: Instance, station: str) -> Any:
    area = steady.pool(me, station, "used_area") + steady.pool(me, station, "queue_area")
    return of_ratio(area, steady.seconds())


def _beside(formula: str, metric: str, expected: float, measured: Any) -> Expectation | str:
    if measured is None:
        return CHANGING
    return Expectation(formula, metric, "requests", expected, measured.value, measured.half_width)


def cache_expectation(world: "World", me: Instance, steady: Steady | None) -> Expectation | str:
    """Hit ratio against Che's approximation."""
    sources = [source for source in world.sources() if source.values["arrival_rate_per_s"] > 0]
    if len(sources) != 1:
        return SEVERAL_SOURCES
    source = sources[0]
    if source.values["read_ratio"] < 1.0 or me.values["ttl_s"] > 0.0:
        return INVALIDATED
    if steady is None:
        return CHANGING
    measured = steady.component(me).get("hit_ratio")
    if measured is None:
        return CHANGING
    expected = che_hit_ratio(int(source.values["keys"]), float(source.values["zipf_exponent"]), int(me.values["capacity_keys"]))
    return Expectation("LRU, Che", "hit_ratio", "ratio", expected, measured.value, measured.half_width)
