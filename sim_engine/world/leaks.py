"""Memory leaks: a machine has less and less memory for requests, is killed when none is left, starts again and leaks again.

Left out: swapping, and the slowness of a machine that is almost out of memory.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Final

from sim_engine.world.instance import Instance

if TYPE_CHECKING:
    import simpy

    from sim_engine.world.world import World

SHORTEST_STEP_S, LONGEST_STEP_S = 0.1, 60.0
STEPS: Final = 100  # in which the memory goes


class Leaks:
    def __init__(self, world: World) -> None:
        self._world = world
        self._running: set[tuple[Instance, int]] = set()  # with their turn
        self._booting: set[Instance] = set()

    def boots(self, me: Instance) -> bool:
        """Whether it has run out of memory and starts by itself."""
        return me in self._booting

    def follow(self, me: Instance) -> None:
        """Begins to leak when a fault wants it; it ends by itself."""
        if (me, me.turn) not in self._running and self._world.faults.leak_mb_per_s(me) > 0.0:
            self._running.add((me, me.turn))
            self._world.env.process(self._leak(me, me.turn))

    def _leak(self, me: Instance, turn: int) -> Generator[simpy.Event, Any, None]:
        lost_mb, since_s = 0.0, self._world.env.now
        while self._leaks_on(me, turn):
            rate = self._world.faults.leak_mb_per_s(me)
            left_mb = me.capacity("memory") - lost_mb
            step_s = min(left_mb / rate, max(SHORTEST_STEP_S, min(LONGEST_STEP_S, me.capacity("memory") / rate / STEPS)))
            yield self._world.env.timeout(max(step_s, 1e-6))
            if not me.alive:  # something else has killed it
                lost_mb, since_s = 0.0, self._world.env.now
                self._world.condition.set_memory(me, me.capacity("memory"))
                continue
            lost_mb += step_s * rate
            if lost_mb >= me.capacity("memory") * (1.0 - 1e-9):
                yield from self._die(me, turn, self._world.env.now - since_s)
                lost_mb, since_s = 0.0, self._world.env.now
            elif self._leaks_on(me, turn):
                self._world.condition.set_memory(me, me.capacity("memory") - lost_mb)
        self._running.discard((me, turn))
        self._world.condition.set_memory(me, me.capacity("memory"))

    def _leaks_on(self, me: Instance, turn: int) -> bool:
        return _is_there(me, turn) and self._world.faults.leak_mb_per_s(me) > 0.0

    def _die(self, me: Instance, turn: int, seconds: float) -> Generator[simpy.Event, Any, None]:
        boot_s = float(me.values["boot_s"])
        self._world.losses.died("killed_out_of_memory", me.component_id, me.label, [me], silent=False)
        self._world.tell("killed_out_of_memory", me, "error", marker=True, seconds=seconds, boot=boot_s)
        yield from self._start_again(me, turn, boot_s)

    def run_out(self, me: Instance) -> Generator[simpy.Event, Any, None]:
        """Its requests want more memory than there is: it is killed and starts again."""
        boot_s = float(me.values["boot_s"])
        self._world.losses.died("killed_for_memory", me.component_id, me.label, [me], silent=False)
        self._world.tell("killed_for_memory", me, "error", marker=True, boot=boot_s)
        yield from self._start_again(me, me.turn, boot_s)

    def _start_again(self, me: Instance, turn: int, boot_s: float) -> Generator[simpy.Event, Any, None]:
        self._world.kill(me, silent=False, cause="out_of_memory")
        self._world.losses.decided(me, "decided_boot", me.group, ("boot_s",), seconds=boot_s)
        self._booting.add(me)
        yield self._world.env.timeout(boot_s)
        self._booting.discard(me)
        self._world.condition.set_memory(me, me.capacity("memory"))
        if _is_there(me, turn) and not self._world.faults.keep_dead(me):
            self._world.tell("restored", me, "good", marker=True)
            self._world.restore(me)


def _is_there(me: Instance, turn: int) -> bool:
    """Whether it is still the instance that it was, and has not been removed."""
    return me.turn == turn and me in me.group.members
