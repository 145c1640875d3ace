"""How faults reach the kernel: the fields that say how slow, how faulty and how cut off something is."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from sim_engine.catalogue.component import Station
from sim_engine.kernel import control, links
from sim_engine.world.builder import Builder
from sim_engine.world.instance import Instance
from sim_engine.world.memory import Memory

PARTITIONS_AT_ONCE: Final = 64  # bits of NODE.side_a


class Condition:
    """The thin layer between the faults of a run and the kernel's arrays."""

    def __init__(self, memory: Memory, builder: Builder, settle: Callable[[], None]) -> None:
        """settle: lets those who are ready go on before something is done to them."""
        self._memory = memory
        self._builder = builder
        self._settle = settle

    def set_slow(self, me: Instance, factor: float) -> None:
        """What faults make of its pace."""
        self.set_pace(me, "fault", factor)

    def set_pace(self, me: Instance, reason: str, factor: float) -> None:
        """Every service time that begins from now on is longer by the factor, on top of other reasons; 1 ends this one.

        Where nothing is served, every delay is longer instead.
        """
        me.paces.pop(reason, None)
        if factor != 1.0:
            me.paces[reason] = factor
        slowness = math.prod(me.paces.values())
        for pool in me.pools.values():
            self._memory.state.pools[pool]["slowness"] = slowness
        if any(isinstance(pool, Station) for pool in me.component.pools) or me.slowness == slowness:
            return
        me.slowness = slowness
        for duration in me.component.durations:
            self._builder.write_duration(me, duration)

    def set_errors(self, me: Instance, ratio: float) -> None:
        """A share of its answers are errors."""
        self._memory.state.nodes[me.node]["error_ratio"] = ratio

    def set_silent(self, me: Instance, silent: bool) -> None:
        """Whether what is dead answers nothing, or refuses."""
        self._memory.state.nodes[me.node]["silent"] = int(silent)

    def set_memory(self, me: Instance, left_mb: float) -> None:
        """How much memory a machine has for requests."""
        self._settle()
        self._memory.room_for_events()
        control.set_capacity(self._memory.state, me.pools["memory"], left_mb)

    def set_leaked(self, me: Instance, share: float) -> None:
        """A share of its connections or workers is gone."""
        if me.leaked == share:
            return
        me.leaked = share
        self._settle()
        self._memory.room_for_events()
        for pool in me.component.leaks:
            control.set_capacity(self._memory.state, me.pools[pool], me.capacity(pool))

    def set_hot(self, me: Instance, share: float) -> None:
        """A share of what its clients ask for is one key."""
        if me.hot_share != share:
            me.hot_share = share
            self._builder.keys.write_popularity(me)

    def set_link_fault(self, link_id: str, extra_s: float, jitter_s: float, loss: float, cut_there: bool, cut_back: bool) -> None:
        """jitter_s: mean of an exponential time."""
        first = int(self._memory.state.links[self._builder.link_rows[link_id]]["parameter"])
        values = extra_s, jitter_s, loss, float(cut_there), float(cut_back)
        self._memory.state.parameters[first + links.FAULT_DELAY_S : first + links.CUT_BACK + 1] = values
        self._builder.write_link_policy(link_id)

    def is_cut(self, link_id: str) -> bool:
        """Whether requests or answers do not get over a link."""
        first = int(self._memory.state.links[self._builder.link_rows[link_id]]["parameter"])
        return bool(self._memory.state.parameters[first + links.CUT_THERE : first + links.CUT_BACK + 1].any())

    def set_partitions(self, sides: Mapping[int, tuple[int, int]], everyone: Iterable[Instance]) -> None:
        """sides: node -> the bits of the partitions on whose first side it is, and on whose second."""
        state = self._memory.state
        for me in everyone:
            row = state.nodes[me.node]
            row["side_a"], row["side_b"] = sides.get(me.node, (0, 0))
        self._memory.look_at_ways()
