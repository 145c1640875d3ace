"""How much traffic there is: the design's rates and users, times the scenario's multiplier, times what was asked for live."""

from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from sim_engine.kernel import control, layout
from sim_engine.kernel.interpreter import SLACK
from sim_engine.world.instance import Instance

if TYPE_CHECKING:
    import simpy

    from sim_engine.world.scenario import Segment
    from sim_engine.world.world import World

USERS_STEP_S = 0.1  # how often the number of closed users follows a ramp


class Traffic:
    def __init__(self, world: "World") -> None:
        self._world = world
        self._began_s, self._level, self._slope = 0.0, 1.0, 0.0
        self.live_multiplier = 1.0
        self._new_segment = world.env.event()

    def multiplier(self) -> float:
        """The multiplier now: the scenario's, the live one and the spikes together."""
        return max(0.0, self._level + self._slope * (self._world.env.now - self._began_s)) * self._on_top()

    def _on_top(self) -> float:
        return self.live_multiplier * self._world.faults.multiplier()

    def changing(self) -> bool:
        """Whether the multiplier grows or falls now."""
        return self._slope != 0.0

    def begin(self, segment: "Segment") -> None:
        """A new piece of the scenario's traffic begins."""
        self._began_s, self._level, self._slope = self._world.env.now, segment.level, segment.slope
        self._world.changes += 1
        self.update()
        self._new_segment.succeed()
        self._new_segment = self._world.env.event()

    def update(self) -> None:
        """Makes all sources follow the current multiplier."""
        for instance in self._world.sources():
            self.follow(instance)

    def follow(self, instance: Instance) -> None:
        memory = self._world.memory
        demand, source = instance.component.demand(instance.values), instance.source
        own = self._world.faults.multiplier(instance.component_id)
        multiplier = self.multiplier() * own
        row = memory.state.sources[source]
        row["closed"] = int(demand.users > 0)
        users = round(demand.users * multiplier)
        rate = demand.rate_per_s * multiplier
        slope = demand.rate_per_s * self._slope * self._on_top() * own
        joining = users - int(memory.state.sources[source]["users"])
        while memory.state.count[layout.FREE_COUNT] < joining + SLACK:
            memory.more_tasks()
        memory.room_for_events()
        control.change_users(memory.state, source, users)
        control.change_rate(memory.state, source, rate, slope)

    def follow_ramps(self) -> Generator["simpy.Event", Any, None]:
        """Closed users are whole people: on a ramp they come and go in small steps."""
        while True:
            if self._slope == 0.0:
                yield self._new_segment
                continue
            yield self._world.env.timeout(USERS_STEP_S)
            for instance in self._world.sources():
                if instance.component.demand(instance.values).users:
                    self.follow(instance)
