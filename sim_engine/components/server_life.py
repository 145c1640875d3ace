"""What happens to a server without a request: it warms up, spends its CPU credits, is killed when it needs more memory than there is."""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Final

from sim_engine.components.machines import BURSTABLE, MACHINES

if TYPE_CHECKING:
    import simpy

    from sim_engine.world.instance import Instance
    from sim_engine.world.world import World

LOOK_S: Final = 0.1  # how often the operating system notices that memory is wanted and not there
CREDIT_STEP_S: Final = 1.0
CORE_SECONDS_IN_A_CREDIT: Final = 60.0
LONGEST_SAVING_S: Final = 86_400.0  # credits of a day are kept
COLD, THROTTLED = "cold", "throttled"  # reasons to be slow


def warm_up(world: World, me: Instance) -> Generator[simpy.Event, Any, None]:
    """Slower for a while after a start; a further start begins anew."""
    start = me.memory["start"] = me.memory.get("start", 0) + 1
    world.condition.set_pace(me, COLD, float(me.values["cold_factor"]))
    yield world.env.timeout(float(me.values["warm_up_s"]))
    if me.memory["start"] == start:
        world.condition.set_pace(me, COLD, 1.0)
        if me.alive:
            world.tell("warmed_up", me, "good", marker=True)


def watch_memory(world: World, me: Instance) -> Generator[simpy.Event, Any, None]:
    """Whoever waits for memory while the process shall not wait gets it killed; it starts again by itself."""
    while me.values["memory_full"] == "killed":
        yield world.env.timeout(LOOK_S)
        wanting = world.memory.state.pools[me.pools["memory"]]["queued"] > 0
        if wanting and me.alive and me.values["memory_full"] == "killed":
            yield from world.faults.leaks.run_out(me)


def is_burstable(me: Instance) -> bool:
    return me.values["size"] in BURSTABLE


def spend_credits(world: World, me: Instance) -> Generator[simpy.Event, Any, None]:
    """A burstable machine saves up what it does not use of its baseline, and is throttled to the baseline when nothing is left."""
    size = me.values["size"]
    earned_s = MACHINES[size].baseline * MACHINES[size].cores * CREDIT_STEP_S
    most = earned_s / CREDIT_STEP_S * LONGEST_SAVING_S / CORE_SECONDS_IN_A_CREDIT
    saved, used_s = float(me.values["cpu_credits"]), _core_seconds(world, me)
    while me.values["size"] == size:
        yield world.env.timeout(CREDIT_STEP_S)
        now_used_s = _core_seconds(world, me)
        spent_s = (now_used_s - used_s) / me.paces.get(THROTTLED, 1.0)
        used_s = now_used_s
        saved = max(0.0, min(most, saved + (earned_s - spent_s) / CORE_SECONDS_IN_A_CREDIT))
        _throttle(world, me, saved <= 0.0 and me.values["size"] == size, 1.0 / MACHINES[size].baseline)


def _throttle(world: World, me: Instance, shall: bool, factor: float) -> None:
    throttled = THROTTLED in me.paces
    if shall == throttled:
        return
    world.condition.set_pace(me, THROTTLED, factor if shall else 1.0)
    if shall and not me.memory.get("told of credits"):
        me.memory["told of credits"] = True
        world.tell("credits_spent", me, "warning", marker=True, percent=100.0 / factor)


def _core_seconds(world: World, me: Instance) -> float:
    """Time that its cores have been busy so far."""
    pool = world.memory.state.pools[me.pools["cpu"]]
    return float(pool["used_area"] + pool["used"] * (world.env.now - pool["since_s"]))
