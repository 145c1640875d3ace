"""Health checks: real requests, sent at an interval, judged by thresholds. Whoever watches something uses this.

A check that passes while its target is healthy changes nothing but counters, so the kernel only notes that it was answered; all
others are events at the time of their answer.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import simpy

from sim_engine.causes import CODE
from sim_engine.kernel.layout import ANSWERED, AWAITED, CHECKS_FROM, EXPECTED
from sim_engine.world.instance import Instance
from sim_engine.world.memory import Memory

OK = CODE["ok"]
DECISIVE = (
    "unhealthy_threshold",
    "election_timeout_s",
    "health_check_interval_s",
    "health_check_timeout_ms",
)  # parameters of whoever checks

if TYPE_CHECKING:
    from sim_engine.world.group import Group
    from sim_engine.world.world import World


@dataclass(slots=True)
class HealthCheck:
    """Who checks whom over which link. `settings` is whose parameters say how often and how strictly.

    watcher: asked before each check, since the one who checks may change or be dead (None).
    """

    settings: Instance
    purpose: str
    target: Instance
    link_id: Callable[[], str]
    watcher: Callable[[], Instance | None]
    loses: Callable[[int, float], bool] | None = None  # after so many failures in a row, so long after the first; None: by the threshold
    wiring: tuple[int, str] = -1, ""  # for which of the world's wirings, over which link the following were found
    member: int = -1
    timer: int = -1
    timeout_s: float = 0.0
    judge: Judge | None = None  # while it is carried out


@dataclass(slots=True)
class Judge:
    """What the checks of one target have shown so far; calls `lost` and `back` when a threshold is passed."""

    env: simpy.Environment
    notes: Notes
    values: dict[str, Any]  # with the thresholds
    lost: Callable[[float], None]
    back: Callable[[], None]
    loses: Callable[[int, float], bool]
    healthy: bool
    waiting: bool = False  # for an answer
    late: simpy.Event | None = None  # for which a watcher waits whose check outlasts its interval
    failures: int = 0  # in a row
    passes: int = 0
    started_s: float = 0.0
    first_failure_s: float = 0.0
    over: bool = False
    row: int = -1  # of State.checks

    def __post_init__(self) -> None:
        self.row = self.notes.take(self)

    def begins(self) -> None:
        self.started_s = self.env.now
        self.waiting = True
        self.notes.write(self.row, EXPECTED if self.healthy else AWAITED)

    def still_waits(self) -> bool:
        """Whether the last check has not been answered; from now on its answer is heard whatever it is."""
        if self.waiting and self.notes.read(self.row) == ANSWERED:
            self.failures = 0
            self.waiting = False
        if self.waiting:
            self.notes.write(self.row, AWAITED)
        return self.waiting

    def hear(self, answer: simpy.Event) -> None:
        self.waiting = False
        if answer.value == OK:
            self._passes()
        else:
            self._fails()
        if self.late is not None:
            self.late.succeed()
            self.late = None
        if self.over:
            self.notes.leave(self.row)

    def _passes(self) -> None:
        self.failures, self.passes = 0, self.passes + 1
        if not self.healthy and self.passes >= self.values.get("healthy_threshold", 1):
            self.healthy = True
            self.back()

    def _fails(self) -> None:
        if self.failures == 0:
            self.first_failure_s = self.started_s
        self.failures, self.passes = self.failures + 1, 0
        since_s = self.env.now - self.first_failure_s
        if self.healthy and self.loses(self.failures, since_s):
            self.healthy = False
            self.lost(since_s)

    def trust(self) -> None:
        """What failed before counts no more: it must fail as often again to be lost."""
        self.healthy, self.failures, self.passes = True, 0, 0

    def stop_listening(self) -> None:
        """Nobody wants to know any more how a check under way ends."""
        self.lost, self.back, self.late = _ignore, _ignore, None
        self.over = True
        if not self.still_waits():
            self.notes.leave(self.row)


class Notes:
    """Rows of State.checks, one for each judge, and whose they are."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._judges: dict[int, Judge] = {}
        self._free: list[int] = []

    def take(self, judge: Judge) -> int:
        row = self._free.pop() if self._free else self._memory.add("checks")
        self._judges[row] = judge
        return row

    def leave(self, row: int) -> None:
        """Nothing is under way for it any more."""
        del self._judges[row]
        self._free.append(row)

    def judge_of(self, waiter: int) -> Judge:
        return self._judges[waiter - CHECKS_FROM]

    def write(self, row: int, note: int) -> None:
        self._memory.state.checks[row] = note

    def read(self, row: int) -> int:
        return self._memory.state.checks.item(row)


def _ignore(*_seconds: float) -> None:
    """What follows from an answer that came too late."""


def watch(
    world: World, check: HealthCheck, lost: Callable[[float], None], back: Callable[[], None], healthy: bool = True
) -> Generator[simpy.Event, Any, None]:
    """Checks for ever; calls `lost` with the seconds since the first failure, and `back`, when a threshold is passed."""
    env, values = world.env, check.settings.values
    loses = check.loses or (lambda failures, _since_s: bool(failures >= values["unhealthy_threshold"]))

    def noticed(since_s: float) -> None:
        by = check.watcher() or check.settings
        with world.losses.about(check.target, by):
            lost(since_s)
        world.losses.noticed(check.target, by)
        decisive = tuple(name for name in DECISIVE if name in values)
        arguments = {"by": by.label, "count": judge.failures, "interval_s": values["health_check_interval_s"]}
        world.losses.decided(check.target, "decided_checks", check.settings.group, decisive, by, **arguments)

    def good_again() -> None:
        with world.losses.about(check.target, check.watcher() or check.settings):
            back()

    judge = check.judge = Judge(env, world.notes, values, noticed, good_again, loses, healthy)
    luck = world.luck_of(check.settings, check.purpose)
    number = 0
    try:
        yield env.timeout(world.uniform(check.settings, f"{check.purpose} phase", 0) * values["health_check_interval_s"])
        while True:
            number += 1
            watcher = check.watcher()
            if watcher is not None:
                judge.begins()
                world.send_check(check, watcher, judge, luck + number)
            yield env.timeout(values["health_check_interval_s"])
            if judge.still_waits():
                judge.late = env.event()
                yield judge.late
    finally:
        judge.stop_listening()


def follow(
    world: World, me: Instance, group: Group, watching: Callable[[Instance], Generator[simpy.Event, Any, None]]
) -> Generator[simpy.Event, Any, None]:
    """Lets `me` watch each instance of a component for as long as that one is in service."""
    watched: dict[tuple[str, int], simpy.Process] = {}
    try:
        while True:
            there = {(member.id, member.turn): member for member in group.in_service}
            for key in [known for known in watched if known not in there]:
                stop(watched.pop(key))
            for key, member in there.items():
                if key not in watched:
                    watched[key] = world.start(me, watching(member))
            yield group.changed
    finally:
        for process in watched.values():
            stop(process)


def stop(process: simpy.Process) -> None:
    if process.is_alive:
        process.interrupt()
