"""Where a component is in a regime that a formula covers, what the formula expects; where not, why not.

The measured value stands beside it with its confidence interval, over the steady stretch since the last change.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim_engine.catalogue.classes import CLASS_NAMES
from sim_engine.kernel import layout
from sim_engine.kernel.random import EXPONENTIAL, PARETO, PARETO_EXPONENTIAL
from sim_engine.statistics.intervals import of_ratio
from sim_engine.statistics.record import Steady
from sim_engine.theory import formulas
from sim_engine.world.group import Group
from sim_engine.world.instance import UP, Instance

if TYPE_CHECKING:
    from sim_engine.world.world import World

lru_hit_ratio = lru_cache(maxsize=64)(formulas.lru_hit_ratio)
fifo_hit_ratio = lru_cache(maxsize=64)(formulas.fifo_hit_ratio)

# Why no formula applies: keys of MESSAGES
CLOSED = "theory_closed"
NOT_RANDOM = "theory_not_random"
NOT_POISSON = "theory_not_poisson"
NOT_EXPONENTIAL = "theory_not_exponential"
RETRIED = "theory_retried"
CHANGING = "theory_changing"
LIMITED = "theory_limited"
GENERAL = "theory_general"
OVERLOADED = "theory_overloaded"
INVALIDATED = "theory_invalidated"
MIXED = "theory_mixed"
SEVERAL_SOURCES = "theory_several_sources"
SEVERAL_NODES = "theory_several_nodes"
FREQUENTLY = "theory_frequently"


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


def _callers(world: "World", me: Group) -> list[Group]:
    return [world.groups[world.links[link_id].source] for link_id in world.links_to(me.id)]


def not_poisson_because(world: "World", me: Group, steady: Steady | None) -> str | None:
    """Why the arrivals at `me` are no Poisson process; None when they are (thinning and merging keep one)."""
    callers = _callers(world, me)
    if not callers:
        return NOT_POISSON
    for caller in callers:
        if caller.first.source >= 0:
            if caller.values.get("model") == "closed":
                return CLOSED
            if not _exponential(world, caller.first, "arrival"):
                return NOT_EXPONENTIAL
            if caller.first.read("behaviour", "single") != "single":
                return NOT_POISSON
            if steady is not None and steady.count(layout.RETRIES).sum() > 0:
                return RETRIED
        elif caller.component.passes_on is not None:
            if caller.values[caller.component.passes_on] != "random" and _chooses(world, caller):
                return NOT_RANDOM
            reason = not_poisson_because(world, caller, steady)
            if reason is not None:
                return reason
        else:
            return NOT_POISSON
    return None


def _exponential(world: "World", me: Instance, duration: str) -> bool:
    return bool(world.memory.state.parameters[me.durations[duration]] == EXPONENTIAL)


def work_differs(world: "World") -> bool:
    """Whether requests ask for unequal work, by their traffic class."""
    return any(_has_special_class(source.values) for source in world.sources())


def _has_special_class(values: Mapping[str, Any]) -> bool:
    if values.get("behaviour") == "page_views":
        return True
    for name in CLASS_NAMES:
        share = float(values.get(f"{name}_share", 1.0 if name in ("read", "write") else 0.0))
        if share > 0.0 and (name == "static" or float(values.get(f"{name}_cost", 1.0)) != 1.0):
            return True
    return False


def _chooses(world: "World", caller: Group) -> bool:
    """Whether there is more than one instance that it may call."""
    return len(caller.links) > 1 or any(len(world.group_behind(link_id).members) > 1 for link_id in caller.links)


def station_expectation(world: "World", me: Instance, steady: Steady | None, station: str, duration: str) -> Expectation | str:
    """Mean number waiting (or present) at a station, all instances together, against the formula that covers it."""
    reason = not_poisson_because(world, me.group, steady)
    alone = reason == CLOSED and _all_that_users_call(world, me)
    if reason is not None and not alone:
        return reason
    if steady is None or world.traffic.changing():
        return CHANGING
    working = sum(each.alive for each in me.group.members)
    if working == 0 or any(each.stage != UP for each in me.group.members):
        return CHANGING
    servers = int(world.memory.state.pools[me.pools[station]]["capacity"])
    kind, service_s, cv = (float(v) for v in world.memory.state.parameters[me.durations[duration] :][:3])
    paces = {float(world.memory.state.pools[each.pools[station]]["slowness"]) for each in me.group.members}
    if len(paces) > 1:
        return GENERAL
    service_s *= paces.pop()
    if kind in (PARETO, PARETO_EXPONENTIAL):
        return GENERAL
    cv = {0.0: 0.0, 1.0: 1.0}.get(kind, cv)
    if kind == 3.0:
        cv = max(1, round(1.0 / (cv * cv))) ** -0.5
    shared = me.values.get("discipline") == "sharing"
    if alone:
        return _of_users(world, me, steady, station, service_s) if kind == 1.0 or shared else GENERAL
    rate = float(steady.pool(me, station, "arrived").sum() / steady.seconds().sum()) / working
    if rate * service_s >= servers:
        return OVERLOADED
    if shared and servers > 1:
        return GENERAL
    if shared:
        return _beside("M/G/1-PS", "present", working * formulas.mg1_sharing_number(rate, service_s), _present(steady, me, station))
    queue = steady.queue(me, station)
    if kind == 1.0:
        return _beside(f"M/M/{servers} (Erlang C)", "queue", working * formulas.mmc_queue(servers, rate, service_s), queue)
    if servers == 1:
        return _beside("M/G/1 (Pollaczek–Khinchine)", "queue", working * formulas.mg1_queue(rate, service_s, cv), queue)
    return GENERAL


def _all_that_users_call(world: "World", me: Instance) -> bool:
    """Whether closed users send single requests to this machine and nothing else, and it calls nobody."""
    callers = _callers(world, me.group)
    if len(callers) != 1 or len(me.group.members) != 1 or me.group.links:
        return False
    users = callers[0]
    return users.first.source >= 0 and len(users.links) == 1 and users.first.read("behaviour", "single") == "single"


def _of_users(world: "World", me: Instance, steady: Steady, station: str, service_s: float) -> Expectation | str:
    """Against M/M/c//N. The time elsewhere (thinking, the network) is as measured; N* says from how many users on the station limits."""
    ended_badly = sum(steady.count(place).sum() for place in (layout.FAILED, layout.DROPPED, layout.RETRIES))
    if ended_badly > 0 or service_s <= 0.0:
        return CLOSED
    users = int(world.memory.state.sources[_callers(world, me.group)[0].first.source]["users"])
    servers = int(world.memory.state.pools[me.pools[station]]["capacity"])
    shared = me.values.get("discipline") == "sharing"
    seconds, arrived = steady.seconds().sum(), steady.pool(me, station, "arrived").sum()
    there = float(_at_station(steady, me, station).sum() / seconds)
    if shared and servers > 1:
        return GENERAL
    if arrived == 0 or there >= users:
        return CHANGING
    elsewhere_s = (users - there) * float(seconds / arrived)
    number, busy = formulas.users_at_station(users, elsewhere_s, service_s, servers)
    formula = f"M/M/{servers}//{users}, N* = {formulas.knee(elsewhere_s, service_s, servers):.4g}"
    if shared:
        return _beside(formula, "present", number, _present(steady, me, station))
    return _beside(formula, "queue", number - busy, steady.queue(me, station))


def _at_station(steady: Steady, me: Instance, station: str) -> NDArray[np.float64]:
    """Who is there in each window, times its length."""
    return steady.pool(me, station, "used_area") + steady.pool(me, station, "queue_area")


def _present(steady: Steady, me: Instance, station: str) -> Any:
    return of_ratio(_at_station(steady, me, station), steady.seconds())


def _beside(formula: str, metric: str, expected: float, measured: Any) -> Expectation | str:
    if measured is None:
        return CHANGING
    return Expectation(formula, metric, "requests", expected, measured.value, measured.half_width)


def _has_other_classes(source: Instance) -> bool:
    """Whether its requests are not only reads and writes."""
    shares = (source.read(f"{name}_share", 0.0) for name in CLASS_NAMES)
    return any(share > 0.0 for share in shares) or source.read("behaviour", "single") != "single"


def cache_expectation(world: "World", me: Instance, steady: Steady | None) -> Expectation | str:
    """Hit ratio against Che's approximation, and its like for a cache in which a use does not keep a key."""
    sources = [source for source in world.sources() if source.values.get("arrival_rate_per_s", 1.0) > 0.0]
    if len(sources) != 1 or _has_other_classes(sources[0]):
        return SEVERAL_SOURCES
    source = sources[0]
    if source.values["read_ratio"] < 1.0 or me.values["ttl_s"] > 0.0:
        return INVALIDATED
    if len(me.group.members) > 1:
        return SEVERAL_NODES
    eviction = me.values["eviction"]
    if eviction == "lfu":
        return FREQUENTLY
    if steady is None:
        return CHANGING
    measured = steady.hit_ratio(me)
    if measured is None:
        return CHANGING
    formula, hit_ratio = ("LRU, Che", lru_hit_ratio) if eviction == "lru" else ("FIFO, random", fifo_hit_ratio)
    expected = hit_ratio(int(source.values["keys"]), float(source.values["zipf_exponent"]), int(me.values["capacity_keys"]))
    return Expectation(formula, "hit_ratio", "ratio", expected, measured.value, measured.half_width)
