"""A primary and its replicas: who is what, who is read from, what happens when one is lost.

The primary is checked by the first replica that is alive, replicas by the primary, over the replication links. Nobody knows
of a death before its checks have failed often enough. Who is only cut off looks as dead as the dead: a primary that goes on
beside the one that was promoted in its place is a rival (`Rival`), until it is heard of again.
Left out: members that answer only some of the others over the same link.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import simpy
from numpy.typing import NDArray

from sim_engine.catalogue.component import Component
from sim_engine.world.health import HealthCheck, watch

if TYPE_CHECKING:
    from sim_engine.world.instance import Instance
    from sim_engine.world.world import World


SHORTEST_RECOVERY_S = 1.0
DRAIN_POLL_S = 0.05
LONGEST_DRAIN_S = 600.0
SHIPPING = ("replication", "write_concern", "replication_batch_ms")  # parameters that say when replicas have a write
MAJORITY = ("promotion_needs_majority", "stops_without_majority")  # parameters that keep a second primary from arising


class ClusterMember(Component):
    """Base of the kinds that a cluster is made of; not a kind itself. What it says with `values` counts where it leads the cluster."""

    consensus: ClassVar[bool] = False  # its members decide by majority, whatever their parameters say

    @classmethod
    def reads_replicas(cls, values: Mapping[str, Any]) -> bool:
        return bool(values["reads_from"] == "replicas")

    @classmethod
    def waits(cls, values: Mapping[str, Any]) -> bool:
        """Whether a write waits until replicas have it."""
        return bool(values.get("replication", "asynchronous") != "asynchronous")

    @classmethod
    def enough(cls, values: Mapping[str, Any]) -> str | None:
        """The number that says how many must have it; None: all that take part."""
        return "semi_synchronous_replicas" if values.get("replication") == "semi_synchronous" else None

    @classmethod
    def needed(cls, values: Mapping[str, Any], members: int) -> int | None:
        """How many replicas must have a write, in a cluster of so many; None: all that take part."""
        return int(values["semi_synchronous_replicas"]) if cls.enough(values) else None

    @classmethod
    def loses(cls, values: Mapping[str, Any], failures: int, since_s: float) -> bool:
        """Whether a member is lost after so many failed checks in a row, the first of which was sent so long ago."""
        return failures >= int(values["unhealthy_threshold"])

    @classmethod
    def recovery_s(cls, me: Instance, source: Instance, missed: int) -> float:
        """How long it takes to copy what it has missed from another member."""
        return missed * float(me.values["apply_ms"]) / 1000.0

    @classmethod
    def copy_data(cls, world: World, me: Instance, source: Instance) -> None:
        world.data.copy_versions(source, me)
        world.disks.copy(me, source)


@dataclass(slots=True)
class Rival:
    """A primary that takes writes beside the one that replaced it. Versions of each key, when it was replaced."""

    who: Instance
    had: NDArray[np.int32]
    shared: NDArray[np.int32]  # those that the new primary had, too


@dataclass(slots=True)
class Cluster:
    """State of one database and its replicas in one run. `owner` is the component whose parameters count."""

    owner: Instance
    members: list[Instance] = field(default_factory=list)
    link_of: dict[str, str] = field(default_factory=dict)  # replica id -> its replication link
    primary: Instance = None  # type: ignore[assignment]  # set by __post_init__
    out: set[str] = field(default_factory=set)
    behind: set[str] = field(default_factory=set)  # of those: who lived when it was lost, so nobody has told it what it missed
    recovering: set[str] = field(default_factory=set)
    copying: set[str] = field(default_factory=set)  # of those that recover: whose process runs
    failing_over: bool = False
    checks: dict[str, HealthCheck] = field(default_factory=dict)  # of each member
    rival: Rival | None = None
    stopped: bool = False  # the primary sees no majority and takes no writes
    replicating: bool = True
    unanswered_s: float | None = None  # after which a write fails, since too few of the replicas that it waits for will have answered
    writes_lost: int = 0
    without_primary_since_s: float = 0.0

    def __post_init__(self) -> None:
        self.primary = self.owner
        self.members = [self.owner]

    @property
    def waits_for_replicas(self) -> bool:
        """Whether a write waits until replicas have it."""
        return _kind_of(self.owner).waits(self.owner.values)

    @property
    def enough(self) -> str | None:
        """The number that says how many must have it; None: all that take part."""
        return _kind_of(self.owner).enough(self.owner.values)

    def _guarded(self, by: str) -> bool:
        """Whether a majority is asked for, where this parameter says it."""
        return _kind_of(self.owner).consensus or bool(self.owner.values.get(by))

    def stop_replication(self, world: World) -> None:
        """Nothing reaches the replicas any more; they go on answering reads with what they have."""
        self.replicating = False
        self.refresh(world)

    def resume_replication(self, world: World) -> None:
        """The replicas copy what they have missed."""
        self.replicating = True
        for member in self.members:
            if member not in self.acting() and member.alive:
                self.came_back(world, member)

    # -- who is asked for what
    def in_rotation(self) -> list[Instance]:
        """Replicas that are read from: those that nobody believes to be gone."""
        return [m for m in self.members if m is not self.primary and m.id not in self.out and m.id not in self.recovering]

    def answers(self, verb: str, asker: Instance) -> list[Instance]:
        """Who is asked. With two primaries everybody asks those that can be reached: each says that it is the one."""
        replicas = self.in_rotation() if verb == "read" and _kind_of(self.owner).reads_replicas(self.owner.values) else []
        if self.rival is None:
            return replicas or [self.primary]
        primaries = [m for m in (self.primary, self.rival.who) if m.alive and not asker.apart_from(m)]
        reached = [m for m in replicas if not asker.apart_from(m)] or primaries or [self.primary]
        return reached[:1] if asker.shards is not None else reached

    def acting(self) -> list[Instance]:
        """Who takes writes."""
        return [*([] if self.stopped else [self.primary]), *([] if self.rival is None else [self.rival.who])]

    def sees(self, world: World, one: Instance, other: Instance) -> bool:
        """Whether messages get through between two members."""
        link = self.link_of.get(other.id) or self.link_of.get(one.id)
        return one is other or not (one.apart_from(other) or (link is not None and world.condition.is_cut(link)))

    def company(self, world: World, member: Instance) -> int:
        """How many members are alive and in touch with one of them, itself included."""
        return sum(m.alive and self.sees(world, member, m) for m in self.members)

    def is_majority(self, count: int) -> bool:
        return 2 * count > len(self.members)

    def knows_down(self, member: Instance) -> bool:
        return member.id in self.out or (member is self.primary and self.failing_over)

    def link_to(self, member: Instance) -> str:
        """The drawn replication link that a message to `member` takes."""
        return self.link_of.get(member.id) or self.link_of[self.primary.id]

    def refresh(self, world: World) -> None:
        """Tells everybody's routes who the primary and the replicas are now."""
        takers = self.in_rotation() if self.replicating else []
        self._wait_in_vain(world)
        for member in self.members:
            behind = [(self.link_to(taker), taker) for taker in takers] if member is self.primary else []
            world.set_route(member, "replicas", behind)
            world.data.set_primary(member, member in self.acting())
        world.refresh_callers(self.owner)

    def _wait_in_vain(self, world: World) -> None:
        """Works out how long a write waits for replicas that nothing is shipped to."""
        was, self.unanswered_s = self.unanswered_s, None
        timeouts_s = sorted(float(world.links[self.link_to(m)].parameters["timeout_ms"]) / 1000.0 for m in self.in_rotation())
        if timeouts_s and self.waits_for_replicas and not self.replicating:
            needed = _kind_of(self.owner).needed(self.owner.values, len(self.members))
            self.unanswered_s = timeouts_s[len(timeouts_s) - min(needed or len(timeouts_s), len(timeouts_s))]
        if self.unanswered_s is not None or was is not None:
            world.rewrite(self.members)
            world.builder.set_delay(self.primary, "unanswered", self.unanswered_s or 0.0)

    # -- members come and go
    def adopt(self, replicas: dict[str, Instance]) -> None:
        """Takes the replicas that are linked now, by link id."""
        self.link_of = {instance.id: link_id for link_id, instance in replicas.items()}
        self.members = [self.owner, *replicas.values()]
        if self.primary not in self.members:
            self.primary = self.owner
            self.out.discard(self.owner.id)
        known = {member.id for member in self.members}
        self.out &= known
        self.behind &= known
        self.recovering &= known
        if self.rival is not None and self.rival.who not in self.members:
            self.rival = None

    def died(self, world: World, member: Instance) -> None:
        self.recovering.discard(member.id)
        if member is self.primary:
            self._count_anew(member)
            self.without_primary_since_s = world.env.now
            world.losses.writes_stop(member, self.owner)
            if len(self.members) == 1:
                world.losses.decided(member, "decided_no_replica", self.owner)
        if self.rival is not None:
            self.refresh(world)

    def _count_anew(self, member: Instance) -> None:
        """A primary that was lost, came back and dies again before it has passed its checks is lost anew."""
        check = self.checks.get(member.id)
        if check is not None and check.judge is not None and not self.failing_over:
            check.judge.trust()

    def came_back(self, world: World, member: Instance) -> None:
        """What a member does when it runs again: the primary goes on, a replica catches up first."""
        if member is self.primary:
            world.losses.writes_go_on(member, self.owner)
            if self.rival is not None:
                self.refresh(world)
            return
        if self.rival is not None and member is self.rival.who:
            if not self.sees(world, self.primary, member):
                self.refresh(world)
                return
            self._give_up(world, self.rival)
        self.behind.discard(member.id)
        self.recovering.add(member.id)
        self.refresh(world)
        world.start(member, self._catch_up(world, member))

    def _catch_up(self, world: World, member: Instance) -> Generator[simpy.Event, Any, None]:
        self.copying.add(member.id)
        try:
            missed = world.data.version_gap(self.primary, member)
            world.tell("catching_up", member, "info", writes=missed)
            yield world.env.timeout(max(SHORTEST_RECOVERY_S, _kind_of(member).recovery_s(member, self.primary, missed)))
            # from one that is dead or cut off nothing can be copied
            while member.alive and not (self.primary.alive and self.sees(world, self.primary, member)):
                yield world.env.timeout(DRAIN_POLL_S)
        finally:
            self.copying.discard(member.id)
        if member.alive and member is not self.primary:
            self.recovering.discard(member.id)
            self._rejoin(world, member)

    def _rejoin(self, world: World, member: Instance) -> None:
        """Back into the rotation once it has caught up and its checks pass."""
        if member.id in self.recovering or member.id in self.out or member is self.primary:
            return
        if self.primary.alive:
            _kind_of(member).copy_data(world, member, self.primary)
        self.refresh(world)
        world.tell("replica_back", member, "good", marker=True)

    # -- watching
    def life(self, world: World) -> Iterator[Any]:
        if len(self.members) > 1:
            for member in self.members:
                yield self._watch(world, member)
        # what was under way when the design changed goes on
        if self.failing_over:
            yield self._fail_over(world, self.primary, 0.0, (self._watcher_of(world, self.primary) or self.primary).label)
        for member in self.members:
            if member.id in self.recovering - self.copying:
                yield self._catch_up(world, member)

    def _watcher_of(self, world: World, member: Instance) -> Instance | None:
        """Who checks a member now. A rival is checked by the others only, and checks nobody."""
        rival = None if self.rival is None else self.rival.who
        others = [m for m in self.members if m is not member and m is not rival]
        if member is rival:
            others = [self.primary, *others]
        elif member is not self.primary:
            # nobody else is left to ask: its own agent checks it
            others = [self.primary, *others, member]
        alive = [m for m in others if m.alive]
        if member is self.primary and self._guarded("promotion_needs_majority"):
            # all check it, and a majority that has lost it counts
            lost_it = [m for m in alive if not self.sees(world, m, member) and self.is_majority(self.company(world, m))]
            alive = lost_it or alive
        return alive[0] if alive else None

    def _watch(self, world: World, member: Instance) -> Generator[simpy.Event, int, None]:
        def lost(since_s: float) -> None:
            by = (self._watcher_of(world, member) or member).label
            if member is self.primary:
                world.start(self.owner, self._fail_over(world, member, since_s, by))
            else:
                self.out.add(member.id)
                if member.alive:
                    self.behind.add(member.id)
                self.refresh(world)
                world.tell("replica_out", member, "warning", marker=True, seconds=since_s, by=by)
                self._count_company(world)

        def back() -> None:
            self.out.discard(member.id)
            if self.rival is not None and member is self.rival.who:
                self._give_up(world, self.rival)
                self.came_back(world, member)
            elif member.id in self.behind and member is not self.primary:
                self.came_back(world, member)
            else:
                self._rejoin(world, member)
            self._count_company(world)

        check = self.checks[member.id] = HealthCheck(
            self.owner, f"check {member.id}", member, lambda: self._check_link(world, member), lambda: self._watcher_of(world, member),
            partial(_kind_of(self.owner).loses, self.owner.values),
        )  # fmt: skip
        return watch(world, check, lost, back, healthy=member.id not in self.out)

    def _count_company(self, world: World) -> None:
        """A primary that sees too few of the others stops taking writes, where it is told to, until it sees enough again."""
        seen = len(self.members) - len(self.out - {self.primary.id})
        stop = self._guarded("stops_without_majority") and self.primary.alive and not self.is_majority(seen)
        if stop != self.stopped:
            self.stopped = stop
            self.refresh(world)
            code, severity = ("primary_stops", "error") if stop else ("primary_goes_on", "good")
            world.tell(code, self.primary, severity, marker=True, seen=seen, count=len(self.members))
            self._account_for_company(world, seen)

    def _check_link(self, world: World, member: Instance) -> str:
        """A replica is checked over its own link, the first primary over that of the replica which asks."""
        own = self.link_of.get(member.id)
        watcher = self._watcher_of(world, member)
        return own or self.link_of[watcher.id if watcher is not None else self.members[1].id]

    # -- failover
    def _fail_over(self, world: World, lost: Instance, since_s: float, by: str) -> Generator[simpy.Event, Any, None]:
        self.failing_over = True
        if lost.alive:
            self.without_primary_since_s = world.env.now - since_s
        world.tell("primary_lost", lost, "error", marker=True, seconds=since_s, by=by)
        if not self.owner.values.get("automatic_failover", True):
            if not lost.alive:
                world.tell("no_automatic_failover", lost, "warning")
                world.losses.decided(lost, "decided_no_failover", self.owner, ("automatic_failover",))
            yield from self._until_back(world, lost)
            return
        yield world.env.timeout(float(self.owner.values["promotion_s"]))
        candidate = yield from self._candidate(world, lost)
        while candidate is not None:
            yield from self._drain(world, candidate)
            if candidate.alive:
                self._promote(world, lost, candidate)
                break
            candidate = yield from self._candidate(world, lost)
        self.failing_over = False

    def _is_back(self, world: World, lost: Instance) -> bool:
        """Whether those who have lost a primary would hear of it again."""
        watcher = self._watcher_of(world, lost)
        return lost.alive and (watcher is None or self.sees(world, watcher, lost))

    def _until_back(self, world: World, lost: Instance) -> Generator[simpy.Event, Any, None]:
        while not self._is_back(world, lost):
            yield world.env.timeout(DRAIN_POLL_S)
        self.failing_over = False
        world.tell("primary_back", lost, "good", marker=True)

    def _candidate(self, world: World, lost: Instance) -> Generator[simpy.Event, Any, Instance | None]:
        """The replica with the most applied writes, as soon as one may be promoted; None when the primary came back first."""
        complained = ""
        while True:
            if self._is_back(world, lost):
                world.tell("primary_back", lost, "good", marker=True)
                return None
            able = self._able(world, lost)
            if able:
                best = min(able, key=lambda m: (-world.data.versions_total(m), m.id))
                votes = self.company(world, best)
                if not self._guarded("promotion_needs_majority") or self.is_majority(votes):
                    return best
                if complained != "no_majority":
                    complained = "no_majority"
                    world.tell("no_majority", best, "error", marker=True, votes=votes, count=len(self.members))
                    world.losses.decided(
                        lost, "decided_majority", self.owner, self._own(MAJORITY[0]), best, votes=votes, count=len(self.members)
                    )
            elif not complained:
                complained = "nobody_to_promote"
                world.tell("nobody_to_promote", lost, "error")
                world.losses.decided(lost, "decided_nobody", self.owner)
            yield world.env.timeout(DRAIN_POLL_S)

    def _able(self, world: World, lost: Instance) -> list[Instance]:
        """Replicas that could take over: those whom nobody believes to be gone, but a primary that is cut off from them."""
        asking = self._watcher_of(world, lost)
        others = [m for m in self.members if m is not lost and m.alive and m.id not in self.recovering]
        return [
            m for m in others
            if asking is not None and self.sees(world, asking, m) and (m.id not in self.out or not self.sees(world, lost, m))
        ]  # fmt: skip

    def _drain(self, world: World, candidate: Instance) -> Generator[simpy.Event, Any, None]:
        """It applies what it has received before it takes writes."""
        until_s = world.env.now + LONGEST_DRAIN_S
        while candidate.alive and world.data.received_not_applied(candidate) > 0 and world.env.now < until_s:
            yield world.env.timeout(DRAIN_POLL_S)

    def _promote(self, world: World, lost: Instance, candidate: Instance) -> None:
        goes_on = lost.alive and not self._is_back(world, lost) and not self._must_stop(world, lost)
        if goes_on:
            state = world.memory.state.keyed
            had = state[:, lost.store].copy()
            self.rival = Rival(lost, had, np.minimum(had, state[:, candidate.store]))
        self.primary, self.stopped = candidate, False
        self.out.add(lost.id)
        self.out.discard(candidate.id)
        self.behind.discard(candidate.id)
        writes = world.data.forget_lost_writes(candidate)
        self.writes_lost += writes
        self._account(world, lost, candidate, writes)
        if lost.alive and not goes_on:
            self.recovering.add(lost.id)
            world.start(lost, self._catch_up(world, lost))
        self.refresh(world)
        severity = "warning" if writes else "good"
        seconds = world.env.now - self.without_primary_since_s
        with world.losses.about(lost, candidate):
            world.tell("promoted", candidate, severity, marker=True, writes=writes, seconds=seconds)
            if goes_on:
                world.tell("split_brain", candidate, "error", marker=True, other=lost.label)
        if goes_on:
            parameters = self._own(*MAJORITY)
            world.losses.decided(lost, "decided_two_primaries", self.owner, parameters, candidate, first=lost.label, second=candidate.label)

    def _own(self, *names: str) -> tuple[str, ...]:
        """Those of these parameters that its kind has."""
        return tuple(name for name in names if name in self.owner.values)

    def _account(self, world: World, lost: Instance, candidate: Instance, writes: int) -> None:
        """What the story of the loss should know of the promotion."""
        losses, values = world.losses, self.owner.values
        losses.lose_writes(lost, writes, candidate)
        losses.writes_go_on(lost, self.owner)
        losses.decided(lost, "decided_promotion", self.owner, ("promotion_s",), candidate, seconds=values["promotion_s"])
        if self.waits_for_replicas:
            losses.decided(lost, "decided_waits_for_replicas", self.owner, self._own(*SHIPPING[:2]), candidate, writes=writes)
        else:
            parameters = self._own(*SHIPPING)
            batch_ms = values.get("replication_batch_ms", 0.0)
            losses.decided(lost, "decided_asynchronous", self.owner, parameters, candidate, writes=writes, batch_ms=batch_ms)

    def _account_for_company(self, world: World, seen: int) -> None:
        """What the story of a loss should know of a primary that stops, or goes on."""
        losses = world.losses
        if not self.stopped:
            losses.writes_go_on(self.primary, self.owner)
            return
        losses.writes_stop(self.primary, self.owner)
        losses.decided(self.primary, "decided_stops", self.owner, self._own(MAJORITY[1]), seen=seen, count=len(self.members))

    def _must_stop(self, world: World, primary: Instance) -> bool:
        """Nobody is promoted before a primary that has to stop alone has done so."""
        return self._guarded("stops_without_majority") and not self.is_majority(self.company(world, primary))

    def _give_up(self, world: World, rival: Rival) -> None:
        """A rival becomes a replica; what was written to it since it was replaced is discarded."""
        self.rival = None
        column = world.memory.state.keyed[: len(rival.had), rival.who.store]
        writes = int(np.maximum(0, column - rival.had).sum())
        column[:] = np.minimum(column, rival.shared)
        world.data.forget_lost_writes(self.primary)
        self.writes_lost += writes
        world.losses.lose_writes(rival.who, writes, self.primary)
        world.tell("stepped_down", rival.who, "error" if writes else "warning", marker=True, writes=writes, other=self.primary.label)


def _kind_of(member: Instance) -> type[ClusterMember]:
    assert issubclass(member.component, ClusterMember)
    return member.component


def cluster_of(me: Instance) -> Cluster | None:
    """The cluster that a database belongs to in this run; None before the run has begun to wire it."""
    found = me.memory.get("cluster")
    return found if isinstance(found, Cluster) else None
