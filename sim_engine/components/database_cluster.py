"""A primary and its replicas: who is what, who is read from, what happens when one is lost.

The primary is checked by the first replica that is alive, replicas by the primary, over the replication links. Nobody knows
of a death before its checks have failed often enough.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import simpy

from sim_engine.catalogue.component import Component
from sim_engine.world.health import HealthCheck, watch

if TYPE_CHECKING:
    from sim_engine.world.instance import Instance
    from sim_engine.world.world import World


SHORTEST_RECOVERY_S = 1.0
DRAIN_POLL_S = 0.05
LONGEST_DRAIN_S = 600.0


class ClusterMember(Component):
    """Base of the kinds that a cluster is made of; not a kind itself."""

    @classmethod
    def recovery_s(cls, me: Instance, source: Instance, missed: int) -> float:
        """How long it takes to copy what it has missed from another member."""
        return missed * float(me.values["apply_ms"]) / 1000.0

    @classmethod
    def copy_data(cls, world: World, me: Instance, source: Instance) -> None:
        world.data.copy_versions(source, me)


@dataclass(slots=True)
class Cluster:
    """State of one database and its replicas in one run. `owner` is the component whose parameters count."""

    owner: Instance
    members: list[Instance] = field(default_factory=list)
    link_of: dict[str, str] = field(default_factory=dict)  # replica id -> its replication link
    primary: Instance = None  # type: ignore[assignment]  # set by __post_init__
    out: set[str] = field(default_factory=set)
    recovering: set[str] = field(default_factory=set)
    failing_over: bool = False
    replicating: bool = True
    writes_lost: int = 0
    without_primary_since_s: float = 0.0

    def __post_init__(self) -> None:
        self.primary = self.owner
        self.members = [self.owner]

    @property
    def waits_for_replicas(self) -> bool:
        """Whether a write waits until replicas have it."""
        return bool(self.owner.values.get("replication", "asynchronous") != "asynchronous")

    @property
    def enough(self) -> str | None:
        """The parameter that says how many must have it; None: all that take part."""
        return "semi_synchronous_replicas" if self.owner.values.get("replication") == "semi_synchronous" else None

    def stop_replication(self, world: World) -> None:
        """Nothing reaches the replicas any more; they go on answering reads with what they have."""
        self.replicating = False
        self.refresh(world)

    def resume_replication(self, world: World) -> None:
        """The replicas copy what they have missed."""
        self.replicating = True
        for member in self.members:
            if member is not self.primary and member.alive:
                self.came_back(world, member)

    # -- who is asked for what
    def in_rotation(self) -> list[Instance]:
        """Replicas that are read from: those that nobody believes to be gone."""
        return [m for m in self.members if m is not self.primary and m.id not in self.out and m.id not in self.recovering]

    def answers(self, verb: str) -> list[Instance]:
        if verb == "read" and self.owner.values["reads_from"] == "replicas":
            return self.in_rotation() or [self.primary]
        return [self.primary]

    def knows_down(self, member: Instance) -> bool:
        return member.id in self.out or (member is self.primary and self.failing_over)

    def link_to(self, member: Instance) -> str:
        """The drawn replication link that a message to `member` takes."""
        return self.link_of.get(member.id) or self.link_of[self.primary.id]

    def refresh(self, world: World) -> None:
        """Tells everybody's routes who the primary and the replicas are now."""
        takers = [m for m in self.members if m is not self.primary and m.id not in self.out and self.replicating]
        for member in self.members:
            behind = [(self.link_to(taker), taker) for taker in takers] if member is self.primary else []
            world.set_route(member, "replicas", behind)
            world.data.set_primary(member, member is self.primary)
        world.refresh_callers(self.owner)

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
        self.recovering &= known

    def died(self, world: World, member: Instance) -> None:
        self.recovering.discard(member.id)
        if member is self.primary:
            self.without_primary_since_s = world.env.now

    def came_back(self, world: World, member: Instance) -> None:
        """What a member does when it runs again: the primary goes on, a replica catches up first."""
        if member is self.primary:
            return
        self.recovering.add(member.id)
        self.refresh(world)
        world.start(member, self._catch_up(world, member))

    def _catch_up(self, world: World, member: Instance) -> Generator[simpy.Event, Any, None]:
        missed = world.data.version_gap(self.primary, member)
        world.tell("catching_up", member, "info", writes=missed)
        yield world.env.timeout(max(SHORTEST_RECOVERY_S, _kind_of(member).recovery_s(member, self.primary, missed)))
        while member.alive and not self.primary.alive:  # from a dead one nothing can be copied
            yield world.env.timeout(DRAIN_POLL_S)
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
            yield self._fail_over(world, self.primary, 0.0, (self._watcher_of(self.primary) or self.primary).label)
        for member in self.members:
            if member.id in self.recovering and not any(process.is_alive for process in member.processes):
                yield self._catch_up(world, member)

    def _watcher_of(self, member: Instance) -> Instance | None:
        others = [m for m in self.members if m is not member]
        if member is not self.primary:
            # nobody else is left to ask: its own agent checks it
            others = [self.primary, *others, member]
        return next((m for m in others if m.alive), None)

    def _watch(self, world: World, member: Instance) -> Generator[simpy.Event, int, None]:
        def lost(since_s: float) -> None:
            by = (self._watcher_of(member) or member).label
            if member is self.primary:
                world.start(self.owner, self._fail_over(world, member, since_s, by))
            else:
                self.out.add(member.id)
                self.refresh(world)
                world.tell("replica_out", member, "warning", marker=True, seconds=since_s, by=by)

        def back() -> None:
            self.out.discard(member.id)
            self._rejoin(world, member)

        check = HealthCheck(self.owner, f"check {member.id}", member, lambda: self._check_link(member), lambda: self._watcher_of(member))
        return watch(world, check, lost, back, healthy=member.id not in self.out)

    def _check_link(self, member: Instance) -> str:
        """A replica is checked over its own link, the first primary over that of the replica which asks."""
        own = self.link_of.get(member.id)
        watcher = self._watcher_of(member)
        return own or self.link_of[watcher.id if watcher is not None else self.members[1].id]

    # -- failover
    def _fail_over(self, world: World, lost: Instance, since_s: float, by: str) -> Generator[simpy.Event, Any, None]:
        self.failing_over = True
        world.tell("primary_lost", lost, "error", marker=True, seconds=since_s, by=by)
        if not self.owner.values["automatic_failover"]:
            world.tell("no_automatic_failover", lost, "warning")
            yield from self._until_back(world, lost)
            return
        yield world.env.timeout(float(self.owner.values["promotion_s"]))
        candidate = yield from self._candidate(world, lost)
        if candidate is not None:
            yield from self._drain(world, candidate)
            self._promote(world, lost, candidate)
        self.failing_over = False

    def _until_back(self, world: World, lost: Instance) -> Generator[simpy.Event, Any, None]:
        while not lost.alive:
            yield world.env.timeout(DRAIN_POLL_S)
        self.failing_over = False
        world.tell("primary_back", lost, "good", marker=True)

    def _candidate(self, world: World, lost: Instance) -> Generator[simpy.Event, Any, Instance | None]:
        """The replica with the most applied writes, as soon as there is one; None when the primary came back first."""
        complained = False
        while True:
            if lost.alive:
                world.tell("primary_back", lost, "good", marker=True)
                return None
            alive = [m for m in self.in_rotation() if m.alive]
            if alive:
                return min(alive, key=lambda m: (-world.data.versions_total(m), m.id))
            if not complained:
                complained = True
                world.tell("nobody_to_promote", lost, "error")
            yield world.env.timeout(DRAIN_POLL_S)

    def _drain(self, world: World, candidate: Instance) -> Generator[simpy.Event, Any, None]:
        """It applies what it has received before it takes writes."""
        until_s = world.env.now + LONGEST_DRAIN_S
        while candidate.alive and world.data.received_not_applied(candidate) > 0 and world.env.now < until_s:
            yield world.env.timeout(DRAIN_POLL_S)

    def _promote(self, world: World, lost: Instance, candidate: Instance) -> None:
        self.primary = candidate
        self.out.add(lost.id)
        writes = world.data.forget_lost_writes(candidate)
        self.writes_lost += writes
        if lost.alive:
            self.recovering.add(lost.id)
            world.start(lost, self._catch_up(world, lost))
        self.refresh(world)
        severity = "warning" if writes else "good"
        seconds = world.env.now - self.without_primary_since_s
        world.tell("promoted", candidate, severity, marker=True, writes=writes, seconds=seconds)


def _kind_of(member: Instance) -> type[ClusterMember]:
    assert issubclass(member.component, ClusterMember)
    return member.component


def cluster_of(me: Instance) -> Cluster | None:
    """The cluster that a database belongs to in this run; None before the run has begun to wire it."""
    found = me.memory.get("cluster")
    return found if isinstance(found, Cluster) else None
