"""What a primary and its replicas share: who is what, what ships between them, who takes over, what is lost by it."""

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import simpy

from tests.engine.oracle.basics import MS, Parameters, Part, Request, Steps
from tests.engine.oracle.wires import Lane, Wire

if TYPE_CHECKING:
    from tests.engine.oracle.shards import ShardRouter
    from tests.engine.oracle.world import World

RECOVERY_AT_LEAST_S = 1.0
AGAIN_S = 0.05


@dataclass(frozen=True)
class Rules:
    """What the parameters of the one that leads say, in one form for every kind of database.

    replication: `majority`, too. election_timeout_s: where that decides about a loss, and no number of failures.
    """

    reads_replicas: bool
    replication: str = "asynchronous"
    some: int = 0  # of semi-synchronous replication
    batch_s: float = 0.0
    automatic: bool = True
    promotion_needs_majority: bool = False
    stops_without_majority: bool = False
    unhealthy_threshold: int = 1
    healthy_threshold: int = 1
    election_timeout_s: float | None = None

    def wanted(self, in_rotation: int, members: int) -> int:
        """How many replicas must have a write that waits for them."""
        return min(in_rotation, {"semi_synchronous": self.some, "majority": members // 2}.get(self.replication, in_rotation))


@dataclass(frozen=True)
class Write:
    key: int
    version: int
    committed_at: float
    answer: simpy.Event
    """Ends with None when the write is applied, else with the cause for which it never will be."""


class Member(Part):
    """One machine of a cluster, primary or replica. What is written here is in `versions`."""

    def __init__(self, world: "World", name: str, parameters: Parameters) -> None:
        super().__init__(world, name, parameters)
        self.cluster: Cluster
        self.versions: Counter[int] = Counter()
        self.lives = 0
        self.lags_s: list[float] = []

    def rules(self) -> Rules:
        """Of the cluster that it leads."""
        raise NotImplementedError

    def hear_of(self, write: Write) -> None:
        """A replicated write has arrived over the wire."""
        self.arrived += 1
        if self.alive:
            self.take(write)
            return
        self.failed += 1
        if self.killed_as == "process":
            write.answer.succeed("refused")

    def take(self, write: Write) -> None:
        """Apply it in its turn."""
        raise NotImplementedError

    def unapplied_writes(self) -> int:
        """How many it has received and not applied yet."""
        raise NotImplementedError

    def applied(self, write: Write) -> None:
        self.versions[write.key] = max(self.versions[write.key], write.version)
        self.lags_s.append(self.env.now - write.committed_at)
        self.done += 1
        write.answer.succeed(None)

    def recovery_s(self, source: "Member") -> float:
        """How long it takes to copy what it has missed."""
        raise NotImplementedError

    def missed(self, source: "Member") -> int:
        return sum(max(0, version - self.versions[key]) for key, version in source.versions.items())

    def copy(self, source: "Member") -> None:
        self.versions = Counter(source.versions)

    def receive_key(self, key: int, version: int) -> None:
        """It comes from another shard."""
        self.versions[key] = version

    def give_away(self, key: int) -> None:
        """It has gone to another shard."""

    def forget(self) -> None:
        self.lives += 1
        self.cluster.died(self)

    def come_back(self) -> None:
        self.cluster.came_back(self)

    def disk_freed(self) -> None:
        """A replica copies what it could not store."""
        if self.alive and self not in self.cluster.acting():
            self.cluster.came_back(self)

    def newest(self, key: int) -> int:
        return max(member.versions[key] for member in self.cluster.members)

    def report(self) -> dict[str, float]:
        lag = {"lag_ms": 1000 * sum(self.lags_s) / len(self.lags_s)} if self.lags_s else {}
        return super().report() | lag


def enough(env: simpy.Environment, waits: list[simpy.Process], wanted: int) -> Steps[str | None]:
    """Wait until so many have ended with None; else the cause of the failure after which that cannot be any more."""
    causes: list[str] = []
    passed = 0
    pending = list(waits)
    while passed < wanted and len(causes) <= len(waits) - wanted:
        yield simpy.AnyOf(env, pending)
        for wait in [wait for wait in pending if wait.triggered]:
            pending.remove(wait)
            passed += wait.value is None
            causes += [wait.value] * (wait.value is not None)
    return None if passed >= wanted else causes[-1]


class Judge:
    """What the checks of one member have shown in a row."""

    def __init__(self, rules: Rules, interval_s: float) -> None:
        self.rules = rules
        self.interval_s = interval_s
        self.trust()

    def trust(self) -> None:
        self.healthy = True
        self.failures = self.passes = 0
        self.first_failure_sent = 0.0

    def hear(self, passed: bool, sent: float, now: float) -> bool:
        """Whether the member is lost now, or back."""
        self.passes = self.passes + 1 if passed else 0
        if not passed and self.failures == 0:
            self.first_failure_sent = sent
        self.failures = 0 if passed else self.failures + 1
        turns = self.passes >= self.rules.healthy_threshold if not self.healthy else self._is_lost(now)
        self.healthy ^= turns
        return turns

    def _is_lost(self, now: float) -> bool:
        if self.rules.election_timeout_s is None:
            return self.failures >= self.rules.unhealthy_threshold
        last_heard = self.first_failure_sent - self.interval_s
        return self.failures > 0 and now - last_heard >= self.rules.election_timeout_s - 1e-9


@dataclass(frozen=True)
class Rival:
    """A primary that goes on beside the one that was promoted. Versions when that happened: its own, and those both had."""

    who: Member
    had: Counter[int]
    shared: Counter[int]


class Cluster:
    def __init__(self, world: "World", first: Member) -> None:
        self.world = world
        self.env = world.env
        self.settings = first.parameters
        self.rules = first.rules()
        self.primary = first
        self.members = [first]
        self.links: dict[Member, Wire] = {}  # those that are drawn, by replica
        self.ways: dict[tuple[Member, Member], Wire] = {}
        self.out: set[Member] = set()
        self.out_alive: set[Member] = set()  # those of them that lived then: they must copy what they missed
        self.recovering: set[Member] = set()
        self.judges: dict[Member, Judge] = {}
        self.rival: Rival | None = None
        self.stopped = False
        self.replicating = True
        self.failing_over = False
        self.writes_lost = 0
        self.shard_of: tuple[ShardRouter, int] | None = None
        first.cluster = self

    def add_replica(self, member: Member, wire: Wire) -> None:
        member.cluster = self
        self.members.append(member)
        self.links[member] = wire

    def start(self) -> None:
        interval = self.settings["health_check_interval_s"]
        self.judges = {member: Judge(self.rules, interval) for member in self.members}
        if len(self.members) > 1:
            for member in self.members:
                self.env.process(self._watch(member))

    # Who is asked

    def in_rotation(self) -> list[Member]:
        return [member for member in self.members if member is not self.primary and member not in self.out | self.recovering]

    def answers(self, verb: str, asker: Part) -> list[Member]:
        """Those who say that they answer this, as far as the asker reaches them."""
        replicas = self.in_rotation() if verb == "read" and self.rules.reads_replicas else []
        if self.rival is None:
            return replicas or [self.primary]
        primaries = [who for who in (self.primary, self.rival.who) if who.alive and not self._apart(asker, who)]
        return [replica for replica in replicas if not self._apart(asker, replica)] or primaries or [self.primary]

    def acting(self) -> list[Member]:
        """Who takes writes."""
        return [self.primary] * (not self.stopped) + ([self.rival.who] if self.rival else [])

    def _apart(self, one: Part, other: Part) -> bool:
        return self.world.faults.apart(one, other)

    def _sees(self, one: Member, other: Member) -> bool:
        return one is other or not (self._apart(one, other) or self.world.faults.is_cut(self.way(one, other).link))

    def _company(self, member: Member) -> int:
        """How many members live and are in touch with this one, itself included."""
        return sum(other.alive and self._sees(member, other) for other in self.members)

    def _is_majority(self, count: int) -> bool:
        return 2 * count > len(self.members)

    # Replication

    def way(self, one: Member, other: Member) -> Wire:
        """From one member to another, over the replication link of the second, or of the first where that has none."""
        if (one, other) not in self.ways:
            drawn = self.links[other] if other in self.links else self.links[one]
            lanes = Lane(self.world, drawn.parameters), Lane(self.world, drawn.parameters)
            self.ways[one, other] = Wire(one, other, drawn.link, drawn.parameters, lanes)
        return self.ways[one, other]

    def replicate(self, primary: Member, key: int, version: int) -> Steps[str | None]:
        """Why too few of those who take part have confirmed a write; None when enough have, or when nobody waits for them."""
        write = (key, version, self.env.now)
        takers = self.in_rotation() if primary is self.primary else []
        if self.rules.replication == "asynchronous":
            for member in takers if self.replicating else []:
                self.env.process(self._ship_at_next_batch(primary, member, write))
            return None
        waits = [self.env.process(self._confirmed(primary, member, write)) for member in takers]
        return (yield from enough(self.env, waits, self.rules.wanted(len(waits), len(self.members))))

    def _ship_at_next_batch(self, primary: Member, member: Member, write: tuple[int, int, float]) -> Steps[None]:
        batch = self.rules.batch_s
        life = primary.lives
        if batch:
            yield self.env.timeout(math.ceil(self.env.now / batch) * batch - self.env.now)
        if primary.lives == life:
            yield from self._ship(primary, member, Write(*write, self.env.event()))

    def _ship(self, primary: Member, member: Member, write: Write) -> Steps[None]:
        if not (self.replicating and self.way(primary, member).gets_through(member, "there")):
            return
        if (yield from self.way(primary, member).there.carry_in_order(0.0, True)):
            member.hear_of(write)

    def _confirmed(self, primary: Member, member: Member, write: tuple[int, int, float]) -> Steps[str | None]:
        answered = self.env.event()
        self.env.process(self._ship_and_hear(primary, member, Write(*write, self.env.event()), answered))
        yield answered | self.env.timeout(self.way(primary, member).timeout_s)
        return cast("str | None", answered.value) if answered.triggered else "replication_timeout"

    def _ship_and_hear(self, primary: Member, member: Member, write: Write, answered: simpy.Event) -> Steps[None]:
        yield from self._ship(primary, member, write)
        cause = yield write.answer
        if not self.way(primary, member).gets_through(member, "back"):
            return
        if (yield from self.way(primary, member).back.carry_in_order(0.0, False)):
            answered.succeed(cause)

    def stop_replication(self, stopped: bool) -> None:
        self.replicating = not stopped
        if not stopped:
            for member in self.members:
                if member.alive and member not in self.acting():
                    self.came_back(member)

    # Deaths and returns

    def died(self, member: Member) -> None:
        self.recovering.discard(member)
        if member is self.primary and not self.failing_over and member in self.judges:
            self.judges[member].trust()

    def came_back(self, member: Member) -> None:
        """It runs again, or is in touch again. The primary goes on as it is, a replica catches up first."""
        if member is self.primary:
            return
        if self.rival is not None and member is self.rival.who:
            if not self._sees(self.primary, member):
                return
            self._step_down(self.rival)
        self.out_alive.discard(member)
        self.recovering.add(member)
        self.env.process(self._catch_up(member))

    def _catch_up(self, member: Member) -> Steps[None]:
        life = member.lives
        yield self.env.timeout(max(RECOVERY_AT_LEAST_S, member.recovery_s(self.primary)))
        while life == member.lives and not (self.primary.alive and self._sees(self.primary, member)):
            yield self.env.timeout(AGAIN_S)
        if life == member.lives and member is not self.primary:
            self.recovering.discard(member)
            self._rejoin(member)

    def _rejoin(self, member: Member) -> None:
        """Into the rotation, when it has caught up and passes its checks."""
        if member not in self.recovering | self.out and member is not self.primary and self.primary.alive:
            member.copy(self.primary)

    # Watching

    def _watcher_of(self, member: Member) -> Member | None:
        rival = self.rival.who if self.rival else None
        others = [other for other in self.members if other is not member and other is not rival and other.alive]
        if member is not self.primary:
            first = [self.primary] * self.primary.alive
            return next(iter([*first, *others, *([] if member is rival or not member.alive else [member])]), None)
        if self.rules.promotion_needs_majority:
            lost_it = [who for who in others if not self._sees(who, member) and self._is_majority(self._company(who))]
            others = lost_it or others
        return next(iter(others), None)

    def _watch(self, member: Member) -> Steps[None]:
        interval = self.settings["health_check_interval_s"]
        yield self.env.timeout(interval * self.world.luck.random())
        while True:
            began = self.env.now
            watcher = self._watcher_of(member)
            if watcher is not None:
                yield from self._check(watcher, member)
            yield self.env.timeout(max(0.0, began + interval - self.env.now))

    def _check(self, watcher: Member, member: Member) -> Steps[None]:
        sent = self.env.now
        answer = yield from self.way(watcher, member).send("check", Request(), self.settings["health_check_timeout_ms"] * MS)
        if not watcher.alive or not self.judges[member].hear(answer.ok, sent, self.env.now):
            return
        if self.judges[member].healthy:
            self._back(member)
        elif member is self.primary:
            self.env.process(self._fail_over(member))
        else:
            self.out.add(member)
            self.out_alive |= {member} if member.alive else set()
            self._count_company()

    def _back(self, member: Member) -> None:
        self.out.discard(member)
        if self.rival is not None and member is self.rival.who:
            self._step_down(self.rival)
            self.came_back(member)
        elif member in self.out_alive and member is not self.primary:
            self.came_back(member)
        else:
            self._rejoin(member)
        self._count_company()

    def _count_company(self) -> None:
        """A primary that has lost too many of the others by its checks takes no writes, where it is told to."""
        seen = len(self.members) - len(self.out - {self.primary})
        self.stopped = self.rules.stops_without_majority and self.primary.alive and not self._is_majority(seen)

    # Failing over

    def _fail_over(self, lost: Member) -> Steps[None]:
        if not self.rules.automatic:
            return
        self.failing_over = True
        yield self.env.timeout(self.settings["promotion_s"])
        while not self._is_back(lost):
            successor = self._successor(lost)
            if successor is None:
                yield self.env.timeout(AGAIN_S)
                continue
            while successor.alive and successor.unapplied_writes():
                yield self.env.timeout(AGAIN_S)
            if successor.alive:
                self._promote(lost, successor)
                break
        self.failing_over = False

    def _is_back(self, lost: Member) -> bool:
        watcher = self._watcher_of(lost)
        return lost.alive and (watcher is None or self._sees(watcher, lost))

    def _successor(self, lost: Member) -> Member | None:
        """The one with the most writes of those who are well, or whom only the lost primary cannot reach."""
        asking = self._watcher_of(lost)
        able = [
            member
            for member in self.members
            if asking is not None
            and member is not lost
            and member.alive
            and member not in self.recovering
            and self._sees(asking, member)
            and (member not in self.out or not self._sees(lost, member))
        ]
        best = max(able, key=lambda member: sum(member.versions.values()), default=None)
        if best is not None and self.rules.promotion_needs_majority and not self._is_majority(self._company(best)):
            return None
        return best

    def _promote(self, lost: Member, successor: Member) -> None:
        must_stop = self.rules.stops_without_majority and not self._is_majority(self._company(lost))
        if lost.alive and not self._is_back(lost) and not must_stop:
            self.rival = Rival(lost, Counter(lost.versions), lost.versions & successor.versions)
        self.primary, self.stopped = successor, False
        self.out.add(lost)
        self.out.discard(successor)
        self.out_alive.discard(successor)
        self.writes_lost += self.forget_lost()
        if lost.alive and (self.rival is None or self.rival.who is not lost):
            self.recovering.add(lost)
            self.env.process(self._catch_up(lost))

    def _step_down(self, rival: Rival) -> None:
        """What was written to it since the promotion is discarded."""
        self.rival = None
        self.writes_lost += (rival.who.versions - rival.had).total()
        rival.who.versions &= rival.shared
        self.forget_lost()

    def forget_lost(self) -> int:
        """Acknowledged versions that the primary does not have; no later read is expected to know them."""
        lost = 0
        for key in self.keys():
            gap = self.world.acknowledged[key] - self.primary.versions[key]
            if gap > 0:
                lost += gap
                self.world.acknowledged[key] -= gap
        return lost

    def keys(self) -> Iterator[int]:
        """Those that have been written, of its shard where it is one."""
        return filter(self.is_to_hold, list(self.world.acknowledged))

    def is_to_hold(self, key: int) -> bool:
        return self.shard_of is None or self.shard_of[0].has[key] == self.shard_of[1]
