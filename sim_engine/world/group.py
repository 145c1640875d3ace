"""The instances of one component in one run: one machine, or a group of equal ones that come and go under traffic.

Each member is a node of its own, with its own queues, checks and luck; member 1 has the component's id, the others
`id#2`, `id#3` … (no id of a design has a `#`). Who ends leaves its rows behind, and who comes next takes them over:
so the counters of a component keep what its former members did, and a group that breathes does not grow for ever.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Final

import simpy

from sim_engine.catalogue.component import Component
from sim_engine.limits import LimitReached, limit
from sim_engine.world.instance import DOWN, DRAINING, GONE, STANDBY, STARTING, UP, Instance
from sim_engine.world.release import FIRST, Release

if TYPE_CHECKING:
    from sim_engine.design.document import LinkSpec
    from sim_engine.world.world import World

DRAIN_POLL_S: Final = 0.05
STAYING: Final = (STARTING, UP, DOWN)


class Group:
    def __init__(self, world: World, identifier: str, label: str, component: type[Component], values: dict[str, Any]) -> None:
        self.id = identifier
        self.label = label
        self.component = component
        self.values = values
        self.links: dict[str, str] = {}  # as Instance.links
        self.drawn: dict[str, LinkSpec] = {}  # the same links, as they are set now
        self.callers: list[str] = []  # ids of the links over which it is called
        self.members: list[Instance] = []  # those that are starting, up (dead or alive) or draining, by number
        self.gone: list[Instance] = []
        self.everyone: list[Instance] = []  # all that have rows in the kernel, the gone ones too
        self.first: Instance  # the member with the lowest number; when there is none, of those that are gone
        self.version = FIRST.number  # of those that come from now on
        self.releases = {FIRST.number: FIRST}  # by their numbers
        self.deploying = False  # whoever ships a new version decides now who comes and goes
        self.changed = world.env.event()  # succeeds when somebody comes into service or leaves it, and is renewed
        self.several_until_s = -1.0  # when it last had more than one member
        self.shape = 0  # grows with whatever its formulas depend on: its instances, its parameters
        self._world = world

    @property
    def component_id(self) -> str:
        return self.id

    def leads_on(self, link_id: str, port: str) -> bool:
        """Whether the component behind a link has links of that port itself."""
        target = self._world.groups.get(self.drawn[link_id].target)
        return target is not None and port in target.links.values()

    @property
    def in_service(self) -> list[Instance]:
        """Those that may be sent requests, as far as anybody knows."""
        return [member for member in self.members if member.stage == UP]

    def chosen(self, number: int) -> list[Instance]:
        """The member with a number, or all for 0."""
        return [member for member in self.members if number in (0, member.number)]

    def release_of(self, member: Instance) -> Release:
        """What runs on a member."""
        return self.releases.get(member.version, FIRST)

    # -- coming
    def add_member(self, version: int | None = None, starting_s: float = 0.0, standby: bool = False) -> Instance:
        """One more: it takes requests when it has started for `starting_s`, at once when that is 0, or (standby) when it is told to."""
        member = self._next_member()
        member.version = self.version if version is None else version
        member.stage = STARTING
        member.turn += 1
        self._order([*self.members, member], self.gone)
        self._world.bills.change(self, 1)
        if starting_s > 0.0:
            self._world.env.process(self._start(member, member.turn, starting_s, standby))
        else:
            self.join(member, standby)
        return member

    def _next_member(self) -> Instance:
        if sum(len(group.members) for group in self._world.groups.values()) >= limit("instances"):
            raise LimitReached("instances")
        if self.gone:
            member, *rest = self.gone
            self.gone = rest
            self._world.places.put(member)
            return member
        member = self._world.new_instance(self, 1 + len(self.members), alive=False)
        self._world.wire([member])
        return member

    def populate(self) -> None:
        """The members that it begins with, all of them up; who made it wires them."""
        numbers = range(1, 1 + self.component.instances_of(self.values))
        self._order([self._world.new_instance(self, number, alive=True) for number in numbers], [])

    def _start(self, member: Instance, turn: int, starting_s: float, standby: bool) -> Generator[simpy.Event, Any, None]:
        self._world.tell("instance_starting", member, "info", seconds=starting_s)
        yield self._world.env.timeout(starting_s)
        if member.turn == turn and member.stage == STARTING:
            self.join(member, standby)
            if standby:
                self._world.tell("instance_ready", member, "good")
            else:
                self._world.tell("instance_up", member, "good", marker=True)

    def join(self, member: Instance, standby: bool = False) -> None:
        """It is up, and whoever sends to the component sends to it too, unless it stands by."""
        member.stage = STANDBY if standby else UP
        self._world.raise_up(member)
        self._tell_callers()

    # -- in place
    def renew(self, member: Instance, version: int, starting_s: float, drain_s: float) -> Generator[simpy.Event, Any, None]:
        """Another version on the same machine: the old one finishes what it has, for `drain_s` at most, and ends; the new one starts."""
        if not member.alive:  # it has the new one when it starts again
            self._install(member, version)
            return
        member.stage = DRAINING
        member.turn += 1
        turn = member.turn
        self._tell_callers()
        yield from self._finish(member, turn, self._world.env.now + drain_s)
        if member.turn == turn:
            self._install(member, version)
            yield from self._restart(member, turn, starting_s)

    def _restart(self, member: Instance, turn: int, starting_s: float) -> Generator[simpy.Event, Any, None]:
        if not member.alive:  # killed meanwhile
            member.stage = UP
            self._tell_callers()
            return
        self._world.tell(
            "instance_restarts", member, "info", cut=self._world.requests_at(member), version=member.version, seconds=starting_s
        )
        self._world.kill(member, silent=False)
        member.stage = STARTING
        yield self._world.env.timeout(starting_s)
        if member.turn == turn and member.stage == STARTING:
            member.stage = UP
            self._world.restore(member)
            self._world.faults.refresh(member)
            self._tell_callers()
            self._world.tell("instance_up", member, "good", marker=True)

    def _install(self, member: Instance, version: int) -> None:
        member.version = version
        self._world.faults.refresh(member)

    def switch(self, coming: list[Instance], going: list[Instance]) -> None:
        """From one moment to the next these are sent everything and those nothing; they stand by."""
        for member in coming:
            member.stage = UP
        for member in going:
            member.stage = STANDBY
        self._tell_callers()

    # -- going
    def retire(self, member: Instance, drain_s: float = 0.0) -> None:
        """Takes a member out of every rotation; it ends when what it has is done, or has been for `drain_s`."""
        assert member.stage in (*STAYING, STANDBY), "it is on its way out already"
        if not member.alive or drain_s <= 0.0:
            self._end(member)
            return
        member.stage = DRAINING
        member.turn += 1
        self._tell_callers()
        self._world.tell("instance_draining", member, "info", marker=True, seconds=drain_s)
        self._world.env.process(self._drain(member, member.turn, self._world.env.now + drain_s))

    def _drain(self, member: Instance, turn: int, until_s: float) -> Generator[simpy.Event, Any, None]:
        yield from self._finish(member, turn, until_s)
        if member.turn == turn:
            self._end(member)

    def _finish(self, member: Instance, turn: int, until_s: float) -> Generator[simpy.Event, Any, None]:
        """Waits until a member has nothing under way any more, or the time is over, or it is somebody else."""
        while member.turn == turn and self._world.busy(member) and self._world.env.now < until_s:
            yield self._world.env.timeout(min(DRAIN_POLL_S, until_s - self._world.env.now))

    def _end(self, member: Instance) -> None:
        """Nothing of a member goes on; what it has fails with cause `removed`."""
        self._world.tell("instance_removed", member, "info", marker=True, cut=self._world.requests_at(member))
        if len(self.members) > 1:
            self.several_until_s = self._world.env.now
        member.stage = GONE
        member.turn += 1
        self._order([other for other in self.members if other is not member], [*self.gone, member])
        self._world.bills.change(self, -1)
        self._world.lay_down(member)
        self._tell_callers()

    # -- size
    def resize(self, n: int) -> None:
        """Makes it `n` members: new ones start up, surplus ones drain, by the component's own parameters."""
        staying = [member for member in self.members if member.stage in STAYING]
        for _ in range(n - len(staying)):
            self.add_member(starting_s=float(self.values["boot_s"]))
        for member in sorted(staying, key=_dispensable)[: max(0, len(staying) - n)]:
            self.retire(member, float(self.values["drain_s"]))

    def _order(self, members: list[Instance], gone: list[Instance]) -> None:
        self.members = sorted(members, key=lambda member: member.number)
        self.gone = sorted(gone, key=lambda member: member.number)
        self.everyone = [*self.members, *self.gone]
        self.first = self.everyone[0]
        self.shape += 1

    def _tell_callers(self) -> None:
        self._world.refresh_callers(self)
        self.changed.succeed()
        self.changed = self._world.env.event()


def _dispensable(member: Instance) -> tuple[bool, bool, int]:
    """Who goes first: those that have not started, then dead ones, then the newest."""
    return member.stage != STARTING, member.alive, -member.number
