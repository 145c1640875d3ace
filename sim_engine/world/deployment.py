"""A deployment: one version on its way to instances, built and tested first, shipped by a strategy, and taken back when need be.

In place (at once, rolling, canary) an instance gets nothing new, finishes what it has, ends, and starts again with the new version
on the same machine. Blue-green starts a second set of machines beside the first and switches the traffic. Whoever ships stands
still while it is dead, and goes on when it is back.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sim_engine.limits import limit
from sim_engine.world.group import STAYING
from sim_engine.world.instance import STANDBY, UP, Instance

if TYPE_CHECKING:
    import simpy

    from sim_engine.world.group import Group
    from sim_engine.world.release import Release
    from sim_engine.world.world import World

AT_ONCE, ROLLING, BLUE_GREEN, CANARY = "all_at_once", "rolling", "blue_green", "canary"
SHIPPED, UNDONE, CANCELLED = "shipped", "undone", "cancelled"
BUILDING, SHIPPING, KEEPING = "building", "shipping", "keeping"
STANDS_STILL_S: Final = 1.0  # how often it looks whether it is back

Steps = Generator["simpy.Event", Any, bool]


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Of requests that have ended: how many, how many of them failed, how long all took together."""

    ended: int
    failed: int
    seconds: float

    def since(self, before: Outcomes) -> Outcomes:
        return Outcomes(self.ended - before.ended, self.failed - before.failed, self.seconds - before.seconds)

    @property
    def error_ratio(self) -> float:
        return self.failed / self.ended if self.ended else 0.0

    @property
    def mean_s(self) -> float:
        return self.seconds / self.ended if self.ended else 0.0


class Deployment:
    """Its steps are generators that SimPy runs; they answer whether all went well and nobody wanted it back."""

    def __init__(self, world: World, me: Instance, release: Release, before: Release) -> None:
        """me: who ships; its parameters say how. before: what runs now, and again when this is taken back."""
        self.release = release
        self.before = before
        self.phase = BUILDING
        self.began_s = float(world.env.now)
        self._world = world
        self._me = me
        self._called_off = world.env.event()
        self._held: list[Group] = []  # whose instances nobody else decides about meanwhile
        self.sets: list[Instance] = []  # both sets of a blue-green deployment
        self._rents = False

    @property
    def ships(self) -> bool:
        return self.phase != BUILDING

    @property
    def groups(self) -> list[Group]:
        return [self._world.group_behind(link_id) for link_id in self._me.links_of("servers")]

    @property
    def members(self) -> list[Instance]:
        """Who is to have the version: everybody that is not on its way out or standing by."""
        return [member for group in self.groups for member in group.members if member.stage in STAYING]

    def call_off(self) -> None:
        """Somebody wants it stopped, and taken back as far as it has come."""
        if not self.wanted_back():
            self._called_off.succeed()

    def wanted_back(self) -> bool:
        return bool(self._called_off.triggered)

    # -- the whole
    def run(self) -> Generator[simpy.Event, Any, str]:
        """Builds, tests and ships; how it ended."""
        if not (yield from self._build()):
            return CANCELLED
        return (yield from self.ship(str(self._me.values["strategy"])))

    def ship(self, strategy: str) -> Generator[simpy.Event, Any, str]:
        self.phase = SHIPPING
        self._held = self.groups
        for group in self._held:
            group.deploying = True
            group.releases[self.release.number] = self.release
        if strategy == BLUE_GREEN:
            outcome = yield from self._second_set()
        else:
            outcome = yield from self._change_in_place(strategy)
        self._let_go()
        return outcome

    def _change_in_place(self, strategy: str) -> Generator[simpy.Event, Any, str]:
        going = self._canary() if strategy == CANARY and len(self.members) > 1 else self._in_place(strategy == AT_ONCE)
        if (yield from going):
            seconds = self._world.env.now - self.began_s
            self._tell("deployed", "good", version=self.release.number, seconds=seconds)
            return SHIPPED
        yield from self._take_back(strategy == AT_ONCE)
        return UNDONE

    def _let_go(self) -> None:
        """Others may decide about the instances again."""
        for group in self._held:
            group.deploying = False

    def abandon(self) -> None:
        """Nobody goes on with it: whatever is not in service ends, the rest stays as it is."""
        self._rent(False)
        self._let_go()
        self._retire([member for member in self.sets if member.stage != UP])
        if self._world.groups.get(self._me.component_id) is self._me.group:
            self._tell("deploy_abandoned", "warning", version=self.release.number)

    def _tell(self, code: str, severity: str, **arguments: Any) -> None:
        self._world.tell(code, self._me, severity, marker=True, **arguments)

    def _wait(self, seconds: float) -> Generator[simpy.Event, Any, None]:
        """So long, or until it is called off; and then for as long as nobody is there to go on."""
        if seconds > 0.0 and not self.wanted_back():
            yield self._world.env.any_of([self._world.env.timeout(seconds), self._called_off])
        while not self._me.alive:
            yield self._world.env.timeout(STANDS_STILL_S)

    # -- before it is shipped
    def _build(self) -> Steps:
        values, number = self._me.values, self.release.number
        self._tell("deploy_builds", "info", version=number, seconds=values["build_s"])
        self._rent(True)
        yield from self._wait(float(values["build_s"]))
        if not self.wanted_back():
            self._tell("deploy_tests", "info", version=number, seconds=values["test_s"])
            yield from self._wait(float(values["test_s"]))
        self._rent(False)
        if self.wanted_back():
            self._tell("deploy_cancelled", "info", version=number)
            return False
        caught = self._world.uniform(self._me, "tests", number) < values["test_catches"]
        if self.release.bad and caught:
            self._tell("tests_failed", "warning", version=number, before=self.before.number)
            return False
        return True

    def _rent(self, rents: bool) -> None:
        """The machine that builds."""
        if rents != self._rents:
            self._world.bills.change(self._me.group, 1 if rents else -1)
        self._rents = rents

    # -- in place
    def _in_place(self, at_once: bool) -> Steps:
        count, number, batch = len(self.members), self.release.number, int(self._me.values["batch"])
        if at_once:
            self._tell("ships_at_once", "info", version=number, count=count, seconds=self._me.values["startup_s"])
        else:
            self._tell("ships_rolling", "info", version=number, count=count, batch=batch)
        return (yield from self._ship_batches(self.release, count if at_once else batch))

    def _take_back(self, at_once: bool) -> Generator[simpy.Event, Any, None]:
        """Whoever has the new version gets the old one again."""
        began_s = self._world.env.now
        self._tell("ships_back", "warning", version=self.before.number, before=self.release.number)
        yield from self._ship_batches(self.before, len(self.members) if at_once else int(self._me.values["batch"]), stoppable=False)
        self._tell("rolled_back", "good", version=self.before.number, seconds=self._world.env.now - began_s)

    def _ship_batches(self, release: Release, batch: int, stoppable: bool = True) -> Steps:
        """So many instances at a time, until all have it."""
        for group in self.groups:
            group.version = release.number
        while outdated := [member for member in self.members if member.version != release.number]:
            yield from self._wait(0.0)
            if stoppable and self.wanted_back():
                return False
            yield from self._renew(outdated[: max(1, batch)], release)
            have = sum(member.version == release.number for member in self.members)
            self._tell("batch_shipped", "info", version=release.number, done=have, total=len(self.members))
        return True

    def _renew(self, members: list[Instance], release: Release) -> Generator[simpy.Event, Any, None]:
        startup_s = float(self._me.values["startup_s"])
        renewing = (m.group.renew(m, release.number, startup_s, float(m.group.values["drain_s"])) for m in members)
        yield self._world.env.all_of([self._world.env.process(steps) for steps in renewing])

    # -- canary
    def _canary(self) -> Steps:
        """A few get it first, and the rest only when these are not worse."""
        values, members, number = self._me.values, self.members, self.release.number
        count = min(len(members) - 1, max(1, round(values["canary_share"] * len(members))))
        canaries, others = members[-count:], members[:-count]
        self._tell("ships_canary", "info", version=number, count=count, total=len(members), seconds=values["observe_s"])
        yield from self._renew(canaries, self.release)
        before = self._outcomes(canaries), self._outcomes(others)
        yield from self._wait(float(values["observe_s"]))
        if self.wanted_back():
            return False
        seen, usual = self._outcomes(canaries).since(before[0]), self._outcomes(others).since(before[1])
        if seen.ended == 0 or not all(member.alive for member in canaries):
            self._tell("canary_unseen", "warning", version=number)
            return False
        code, severity = self._verdict(seen, usual)
        self._tell(
            code, severity, version=number, seconds=values["observe_s"], percent=100.0 * seen.error_ratio, others=100.0 * usual.error_ratio,
            ms=1000.0 * seen.mean_s, others_ms=1000.0 * usual.mean_s,
        )  # fmt: skip
        return severity == "good" and (yield from self._ship_batches(self.release, int(values["batch"])))

    def _verdict(self, seen: Outcomes, usual: Outcomes) -> tuple[str, str]:
        values = self._me.values
        if seen.error_ratio - usual.error_ratio > values["error_threshold"]:
            return "canary_bad", "error"
        if usual.ended and seen.mean_s > usual.mean_s * (1.0 + values["latency_threshold"]):
            return "canary_slow", "error"
        return "canary_good", "good"

    def _outcomes(self, members: list[Instance]) -> Outcomes:
        """Of the requests that have ended at these so far."""
        nodes = self._world.memory.state.nodes[[member.node for member in members]]
        failed = int(nodes["failed"].sum())
        return Outcomes(int(nodes["done"].sum()) + failed, failed, float(nodes["sojourn_sum_s"].sum()))

    # -- blue-green
    def _second_set(self) -> Generator[simpy.Event, Any, str]:
        """New machines beside the old ones. The traffic is switched when they are ready, and back as long as the old ones are kept."""
        number, keep_s = self.release.number, float(self._me.values["keep_s"])
        green = yield from self._start_green()
        ready = [member for member in green if member.stage == STANDBY and member.alive]
        if self.wanted_back() or len(ready) < max(1, len(green)):
            self._retire(green)
            if not self.wanted_back():
                self._tell("second_set_fails", "warning", version=number, done=len(ready), total=len(green))
            self._tell("deploy_cancelled", "info", version=number)
            return CANCELLED
        blue = self._switch(ready, self.release)
        self.sets += blue
        self._tell("switched", "good", version=number, before=self.before.number, seconds=keep_s)
        self.phase = KEEPING
        self._let_go()
        yield from self._wait(keep_s)
        kept = [member for member in blue if member.stage == STANDBY and member.alive]
        enough = {member.group for member in kept} == set(self.groups)
        self._retire([member for member in blue if member not in kept or not (enough and self.wanted_back())])
        if not self.wanted_back():
            self._tell("old_set_ends", "info", before=self.before.number, version=number)
            return SHIPPED
        if enough:
            self._retire(self._switch(kept, self.before))
            self._tell("switched_back", "good", version=self.before.number, before=number)
        else:
            yield from self._take_back(at_once=False)
        return UNDONE

    def _start_green(self) -> Generator[simpy.Event, Any, list[Instance]]:
        """As many as there are, if there is room for them."""
        sizes = {group: sum(member.stage in STAYING for member in group.members) for group in self.groups}
        count, there = sum(sizes.values()), sum(len(group.members) for group in self._world.groups.values())
        if there + count > limit("instances"):
            self._tell("no_room_for_two_sets", "warning", count=count, maximum=limit("instances"))
            return []
        startup_s = float(self._me.values["startup_s"])
        starting_s = {group: float(group.values["boot_s"]) + startup_s for group in sizes}
        longest_s = max(starting_s.values())
        self._tell("ships_second_set", "info", version=self.release.number, count=count, seconds=longest_s)
        green = [
            group.add_member(self.release.number, starting_s[group], standby=True) for group, size in sizes.items() for _ in range(size)
        ]
        self.sets += green
        yield from self._wait(longest_s)
        return green

    def _switch(self, coming: list[Instance], release: Release) -> list[Instance]:
        """These are sent everything from now on; returns those that now stand by."""
        going = []
        for group in self.groups:
            group.version = release.number
            size = sum(member.stage in STAYING for member in group.members)
            old = [member for member in group.members if member.stage in STAYING and member not in coming]
            living = [member for member in old if member.stage == UP and member.alive]
            group.switch([member for member in coming if member.group is group], living)
            self._retire([member for member in old if member not in living])
            group.resize(max(size, sum(member.stage in STAYING for member in group.members)))
            going += living
        return going

    def _retire(self, members: list[Instance]) -> None:
        for member in members:
            if member in member.group.members and member.stage in (*STAYING, STANDBY):
                member.group.retire(member, float(member.group.values["drain_s"]))
