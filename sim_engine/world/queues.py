"""What happens to message queues besides publishing and delivering."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim_engine.kernel import control

if TYPE_CHECKING:
    from sim_engine.world.instance import Instance
    from sim_engine.world.world import World


class Queues:
    def __init__(self, world: World) -> None:
        self._world = world

    def set(self, me: Instance, number: int, **fields: Any) -> None:
        """Writes fields of one of a component's queues; whoever has room then gets messages."""
        self._world.settle()
        row = self._world.memory.state.queues[me.queues + number]
        for name, value in fields.items():
            row[name] = value
        control.refill_queue(self._world.memory.state, me.queues + number)

    def refill(self, me: Instance) -> None:
        for number in range(me.queue_count):
            self.set(me, number)

    def pause(self, me: Instance, paused: bool) -> None:
        """Lets a broker hand out nothing, or again."""
        for number in range(me.queue_count):
            self.set(me, number, paused=int(paused))

    def poison(self, me: Instance, ratio: float) -> None:
        """Share of the messages published from now on that nobody can work on."""
        for number in range(me.queue_count):
            self.set(me, number, poison_ratio=ratio)

    def expire(self, me: Instance, before_s: float) -> int:
        self._world.settle()
        state = self._world.memory.state
        return sum(control.expire_messages(state, me.queues + number, before_s) for number in range(me.queue_count))

    def lose(self, me: Instance, since_s: float) -> int:
        """A broker has died: what was published since then is gone, what was under way waits again; returns how many are lost."""
        state = self._world.memory.state
        for route in {int(row["route"]) for row in state.queues[me.queues : me.queues + me.queue_count]} - {-1}:
            for member in self._world.builder.everybody_of(route):
                state.members[member]["promised"] = 0
        return sum(control.lose_messages(state, me.queues + number, since_s) for number in range(me.queue_count))
