"""Deployment pipeline: a version is built, tested and shipped to crews, and taken back."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.engine.oracle.basics import Parameters, Part, Release, Steps
from tests.engine.oracle.crew import Crew, Member

if TYPE_CHECKING:
    from tests.engine.oracle.world import World


@dataclass(frozen=True)
class Outcomes:
    ended: int = 0
    failed: int = 0
    seconds: float = 0.0

    @classmethod
    def of(cls, parts: list[Part]) -> "Outcomes":
        return cls(sum(p.done + p.failed for p in parts), sum(p.failed for p in parts), sum(p.seconds for p in parts))

    def since(self, before: "Outcomes") -> "Outcomes":
        return Outcomes(self.ended - before.ended, self.failed - before.failed, self.seconds - before.seconds)

    @property
    def error_ratio(self) -> float:
        return self.failed / max(1, self.ended)

    @property
    def mean_s(self) -> float:
        return self.seconds / max(1, self.ended)


class Pipeline:
    def __init__(self, world: "World", name: str, parameters: Parameters) -> None:
        self.env = world.env
        self.luck = world.luck
        self.parameters = parameters
        self.crews = world.crew_behind(name)
        self.history = [Release()]
        self.newest = 1
        self.is_busy = False
        self.called_off = self.env.event()

    @property
    def members(self) -> list[Member]:
        return [member for crew in self.crews for member in crew.staying]

    # What people ask for

    def deploy(self, bad: bool) -> None:
        if self.is_busy:
            return
        p = self.parameters
        self.newest += 1
        good = Release(self.newest, p["service_factor"])
        release = Release(self.newest, p["bad_service_factor"], p["bad_error_ratio"]) if bad else good
        self.env.process(self._deploy(release, bad))

    def roll_back(self) -> None:
        if self.is_busy:
            if not self.called_off.triggered:
                self.called_off.succeed()
        elif len(self.history) > 1:
            self.env.process(self._go_back())

    def _deploy(self, release: Release, bad: bool) -> Steps[None]:
        self._begin()
        yield from self._wait(self.parameters["build_s"])
        yield from self._wait(self.parameters["test_s"])
        caught = bad and self.luck.random() < self.parameters["test_catches"]
        if not caught and not self.called_off.triggered:
            shipped = yield from self._ship(release, self.history[-1], self.parameters["strategy"])
            if shipped:
                self.history.append(release)
        self.is_busy = False

    def _go_back(self) -> Steps[None]:
        """What was there before is known: nothing is tested, and no canary is needed."""
        self._begin()
        strategy = self.parameters["strategy"]
        shipped = yield from self._ship(self.history[-2], self.history[-1], "rolling" if strategy == "canary" else strategy)
        if shipped:
            self.history.pop()
        self.is_busy = False

    def _begin(self) -> None:
        self.is_busy = True
        self.called_off = self.env.event()

    def _wait(self, seconds: float) -> Steps[None]:
        if not self.called_off.triggered:
            yield self.called_off | self.env.timeout(seconds)

    # How it gets to the instances

    def _ship(self, release: Release, before: Release, strategy: str) -> Steps[bool]:
        """Whether it was shipped, and nobody wanted it back."""
        self._hold(True)
        if strategy == "blue_green":
            return (yield from self._second_set(release, before))
        at_once = strategy == "all_at_once"
        if strategy == "canary" and len(self.members) > 1:
            shipped = yield from self._canary(release)
        else:
            shipped = yield from self._in_batches(release, at_once)
        if not shipped:
            yield from self._in_batches(before, at_once, stoppable=False)
        self._hold(False)
        return shipped

    def _hold(self, held: bool) -> None:
        for crew in self.crews:
            crew.is_shipped_to = held

    def _in_batches(self, release: Release, at_once: bool = False, stoppable: bool = True) -> Steps[bool]:
        batch = len(self.members) if at_once else self.parameters["batch"]
        for crew in self.crews:
            crew.release = release
        while others := [member for member in self.members if member.release != release]:
            if stoppable and self.called_off.triggered:
                return False
            yield from self._renew(others[:batch], release)
        return True

    def _renew(self, members: list[Member], release: Release) -> Steps[None]:
        startup_s = self.parameters["startup_s"]
        crew_of = {member: crew for crew in self.crews for member in crew.members}
        yield self.env.all_of([self.env.process(crew_of[member].renew(member, release, startup_s)) for member in members])

    def _canary(self, release: Release) -> Steps[bool]:
        p, members = self.parameters, self.members
        count = min(len(members) - 1, max(1, round(p["canary_share"] * len(members))))
        yield from self._renew(members[-count:], release)
        canaries = [member.part for member in members[-count:] if member.part]
        rest = [member.part for member in members[:-count] if member.part]
        before, usual_before = Outcomes.of(canaries), Outcomes.of(rest)
        yield from self._wait(p["observe_s"])
        seen, usual = Outcomes.of(canaries).since(before), Outcomes.of(rest).since(usual_before)
        if self.called_off.triggered or not seen.ended or not all(part.alive for part in canaries):
            return False
        if seen.error_ratio - usual.error_ratio > p["error_threshold"]:
            return False
        if usual.ended and seen.mean_s > usual.mean_s * (1 + p["latency_threshold"]):
            return False
        return (yield from self._in_batches(release))

    # A second set

    def _second_set(self, release: Release, before: Release) -> Steps[bool]:
        startup_s = self.parameters["startup_s"]
        longest_s = max(crew.parameters["boot_s"] for crew in self.crews) + startup_s
        green = {
            crew: [crew.add(crew.parameters["boot_s"] + startup_s, release, standby=True) for _ in crew.staying] for crew in self.crews
        }
        yield from self._wait(longest_s)
        # those who are ready at this very moment are ready
        yield self.env.timeout(0)
        coming = [member for members in green.values() for member in members]
        if self.called_off.triggered or not all(member.stage == "standby" and member.alive for member in coming):
            self._retire(green)
            self._hold(False)
            return False
        blue = self._switch(green, release)
        self._hold(False)
        yield from self._wait(self.parameters["keep_s"])
        kept = {crew: [m for m in members if m.stage == "standby" and m.alive] for crew, members in blue.items()}
        self._retire({crew: [m for m in members if m not in kept[crew]] for crew, members in blue.items()})
        if not self.called_off.triggered:
            self._retire(kept)
            return True
        if all(kept.values()):
            self._retire(self._switch(kept, before))
        else:
            self._retire(kept)
            yield from self._in_batches(before, stoppable=False)
        return False

    def _switch(self, coming: dict[Crew, list[Member]], release: Release) -> dict[Crew, list[Member]]:
        """These are in rotation from now on, at the same moment; the old ones stand by."""
        going: dict[Crew, list[Member]] = {}
        for crew, members in coming.items():
            old = [member for member in crew.staying if member not in members]
            size = len(old)
            crew.release = release
            for member in members:
                crew.take_in(member)
            going[crew] = [member for member in old if member.stage == "up" and member.alive]
            for member in going[crew]:
                crew.stand_by(member)
            for member in old:
                if member not in going[crew]:
                    crew.retire(member)
            crew.resize(max(size, len(crew.staying)))
        return going

    @staticmethod
    def _retire(members: dict[Crew, list[Member]]) -> None:
        for crew, going in members.items():
            for member in going:
                if member in crew.members and member.stage in ("starting", "up", "standby"):
                    crew.retire(member)
