"""Crews: the instances of a component that come and go, and the autoscaler that decides how many there shall be."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.engine.oracle.basics import Parameters, Part, Release, Steps

if TYPE_CHECKING:
    from tests.engine.oracle.world import World

LOOKS_EVERY_S = 0.05
ROUNDING = 1e-9
TARGETS = {"cpu": "target_utilisation", "requests": "target_requests_per_s", "in_flight": "target_in_flight"}


@dataclass(eq=False)
class Member:
    """One that starts has no part yet: there is nothing that anybody could call."""

    number: int
    release: Release
    part: Part | None = None
    stage: str = "starting"  # up, draining, standby, gone

    @property
    def alive(self) -> bool:
        return self.part is not None and self.part.alive

    @property
    def stays(self) -> bool:
        return self.stage in ("starting", "up")


class Crew:
    def __init__(self, world: "World", name: str) -> None:
        self.world = world
        self.env = world.env
        self.name = name
        self.parameters: Parameters = world.design["components"][name]["parameters"]
        self.members = [Member(number, part.release, part, "up") for number, part in enumerate(world.parts[name], 1)]
        self.release = Release()  # of those that come from now on
        self.is_shipped_to = False

    @property
    def staying(self) -> list[Member]:
        return [member for member in self.members if member.stays]

    # Coming

    def add(self, starting_s: float, release: Release | None = None, standby: bool = False) -> Member:
        taken = {member.number for member in self.members}
        number = next(number for number in range(1, len(taken) + 2) if number not in taken)
        member = Member(number, release or self.release)
        self.members.append(member)
        self.members.sort(key=lambda each: each.number)
        if starting_s:
            self.env.process(self._start(member, starting_s, standby))
        else:
            self._up(member, standby)
        return member

    def _start(self, member: Member, starting_s: float, standby: bool) -> Steps[None]:
        yield self.env.timeout(starting_s)
        if member.stage == "starting":
            self._up(member, standby)

    def _up(self, member: Member, standby: bool) -> None:
        member.part = self.world.new_part(self.name)
        member.part.release = member.release
        member.part.come_back()
        member.part.in_service = False
        member.stage = "standby"
        if not standby:
            self.take_in(member)

    def take_in(self, member: Member) -> None:
        assert member.part is not None
        member.stage = "up"
        member.part.join()

    def stand_by(self, member: Member) -> None:
        assert member.part is not None
        member.stage = "standby"
        member.part.in_service = False

    # Going

    def retire(self, member: Member) -> None:
        """It finishes what it has, for as long as it may drain."""
        drain_s = self.parameters["drain_s"]
        if not member.alive or not drain_s:
            self._end(member)
            return
        self._drains(member)
        self.env.process(self._drain(member, drain_s))

    def _drains(self, member: Member) -> None:
        assert member.part is not None
        member.stage = "draining"
        member.part.in_service = False

    def _drain(self, member: Member, drain_s: float) -> Steps[None]:
        yield from self._finish(member, drain_s)
        self._end(member)

    def _finish(self, member: Member, drain_s: float) -> Steps[None]:
        until = self.env.now + drain_s
        while member.part is not None and member.part.alive and member.part.under_way and self.env.now < until:
            yield self.env.timeout(min(LOOKS_EVERY_S, until - self.env.now))

    def _end(self, member: Member) -> None:
        member.stage = "gone"
        self.members.remove(member)
        if member.part is not None:
            member.part.in_service = False
            member.part.kill("removed")

    # In place

    def renew(self, member: Member, release: Release, startup_s: float) -> Steps[None]:
        """Another version on the same machine."""
        member.release = release
        part = member.part
        if part is None:
            return
        if part.alive:
            self._drains(member)
            yield from self._finish(member, self.parameters["drain_s"])
        part.release = release
        if part.alive:
            part.kill("process")
            yield self.env.timeout(startup_s)
            part.restore()
        if member.stage == "draining":
            self.take_in(member)

    # Size

    def resize(self, size: int) -> None:
        staying = self.staying
        for _ in range(size - len(staying)):
            self.add(self.parameters["boot_s"])
        going = sorted(staying, key=lambda member: (member.stage != "starting", member.alive, -member.number))
        for member in going[: max(0, len(staying) - size)]:
            self.retire(member)


class Scaling:
    """What an autoscaler remembers of one crew."""

    def __init__(self, crew: Crew, metric: str) -> None:
        self.crew = crew
        self.metric = metric
        self.before = self.total()
        self.raised_at = self.changed_at = -math.inf

    def total(self) -> float:
        """Of what is measured, by all who have ever been there, since the beginning."""
        parts: list[Any] = self.crew.world.parts[self.crew.name]
        if self.metric == "requests":
            return float(sum(part.arrived for part in parts))
        if self.metric == "in_flight":
            return float(sum(part.present.mean() for part in parts) * self.crew.env.now)
        return float(sum(part.cpu.utilisation() for part in parts) * self.crew.env.now)

    def resize(self, size: int) -> None:
        self.changed_at = self.crew.env.now
        if size > len(self.crew.staying):
            self.raised_at = self.crew.env.now
        self.crew.resize(size)


class Autoscaler:
    def __init__(self, world: "World", name: str, parameters: Parameters) -> None:
        self.env = world.env
        self.parameters = parameters
        self.scalings = [Scaling(crew, parameters["metric"]) for crew in world.crew_behind(name)]

    def run(self) -> Steps[None]:
        p = self.parameters
        for scaling in self.scalings:
            self._keep_bounds(scaling)
            if p["scheduled"]:
                self.env.process(self._begin_schedule(scaling))
        while True:
            yield self.env.timeout(p["evaluation_s"])
            for scaling in self.scalings:
                self._look(scaling)

    def _begin_schedule(self, scaling: Scaling) -> Steps[None]:
        yield self.env.timeout(self.parameters["schedule_from_s"])
        self._keep_bounds(scaling)

    def _bounds(self) -> tuple[int, int]:
        p = self.parameters
        fewest = p["minimum"]
        if p["scheduled"] and p["schedule_from_s"] <= self.env.now < p["schedule_until_s"]:
            fewest = max(fewest, p["schedule_instances"])
        return min(fewest, p["maximum"]), p["maximum"]

    def _keep_bounds(self, scaling: Scaling) -> None:
        if scaling.crew.is_shipped_to:
            return
        fewest, most = self._bounds()
        have = len(scaling.crew.staying)
        if not fewest <= have <= most:
            scaling.resize(min(max(have, fewest), most))

    def _look(self, scaling: Scaling) -> None:
        before, scaling.before = scaling.before, scaling.total()
        if scaling.crew.is_shipped_to:
            return
        load = (scaling.before - before) / self.parameters["evaluation_s"]
        if self.parameters["replaces_dead"]:
            self._replace_dead(scaling.crew)
        self._keep_bounds(scaling)
        self._follow(scaling, load)

    @staticmethod
    def _replace_dead(crew: Crew) -> None:
        size = len(crew.staying)
        for member in [member for member in crew.staying if member.stage == "up" and not member.alive]:
            crew.retire(member)
        crew.resize(size)

    def _follow(self, scaling: Scaling, load: float) -> None:
        p = self.parameters
        target = p[TARGETS[p["metric"]]]
        have = len(scaling.crew.staying)
        if abs(load / (have * target) - 1) <= p["tolerance"]:
            return
        fewest, most = self._bounds()
        wanted = min(max(math.ceil(load / target - ROUNDING), fewest), most)
        since, rest = (scaling.raised_at, p["cooldown_out_s"]) if wanted > have else (scaling.changed_at, p["cooldown_in_s"])
        if wanted != have and self.env.now - since >= rest - ROUNDING:
            scaling.resize(wanted)
