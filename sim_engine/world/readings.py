"""What the traffic was like before a loss, and whether it is like that again: counters of the kernel, read once a second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from sim_engine.kernel import layout

if TYPE_CHECKING:
    from sim_engine.world.world import World

ENOUGH: Final = 0.9  # share of the requests done before that must be done again
MORE_BAD: Final = 0.01  # share of failed and dropped ones that may come on top of what was usual
MORE_STALE: Final = 0.01  # likewise of the reads
MORE_WAITING: Final = 1.1, 10  # times as many messages as before, and so many more, are chance
SPREAD: Final = 3.0  # standard deviations of a Poisson count that are chance


@dataclass(frozen=True, slots=True)
class Reading:
    """Counters of all clients' requests at one time."""

    at_s: float
    asked: float  # how much traffic is meant to be now: changes with every rate, number of users and multiplier
    arrived: int
    done: int
    failed: int
    dropped: int
    stale: int
    reads: int
    retried: int
    waiting: int  # messages in queues that nobody has been given
    latency_sum_s: float
    errors: NDArray[np.int64]
    commits: NDArray[np.int64]  # of each node

    @property
    def bad(self) -> int:
        return self.failed + self.dropped


def read(world: World) -> Reading:
    state, used = world.memory.state, world.memory.used
    count = state.count
    asked = float(state.sources["rate_per_s"][: used.get("sources", 0)].sum()) + float(count[layout.USERS]) + world.traffic.multiplier()
    return Reading(
        float(world.env.now), asked, int(count[layout.ARRIVED]), int(count[layout.DONE]),
        int(count[layout.FAILED]), int(count[layout.DROPPED]), int(count[layout.STALE]), int(count[layout.READS]),
        int(count[layout.RETRIES]) + int(state.links["retried"][: used.get("links", 0)].sum()),
        int(state.queues["ready"][: used.get("queues", 0)].sum()), float(state.clock[layout.LATENCY_SUM]),
        state.errors.copy(), state.nodes["commits"][: used.get("nodes", 0)].copy(),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Level:
    """What was usual between two readings before a loss."""

    before: Reading
    after: Reading

    def _share(self, part: str, whole: Sequence[str]) -> float:
        of = sum(_grown(self.before, self.after, name) for name in whole)
        return _grown(self.before, self.after, part) / of if of else 0.0

    @property
    def bad_share(self) -> float:
        return self._share("bad", ("done", "bad"))

    @property
    def stale_share(self) -> float:
        return self._share("stale", ("reads",))

    @property
    def retried_share(self) -> float:
        return self._share("retried", ("done", "bad"))

    @property
    def latency_ms(self) -> float | None:
        return mean_ms(self.before, self.after)

    def commits_per_s(self, node: int) -> float:
        """Writes that a node committed a second."""
        seconds = self.after.at_s - self.before.at_s
        if seconds <= 0.0 or node >= len(self.before.commits):
            return 0.0
        return float(self.after.commits[node] - self.before.commits[node]) / seconds

    def is_back(self, first: Reading, window: Sequence[Reading]) -> bool:
        """Whether as many requests are done, and as few are not, between two readings as before the loss."""
        last = window[-1]
        done, bad = _grown(first, last, "done"), _grown(first, last, "bad")
        usual_bad = self.bad_share * (done + bad)
        if bad > usual_bad + MORE_BAD * (done + bad) + SPREAD * sqrt(usual_bad) + 1.0:
            return False
        seconds = self.after.at_s - self.before.at_s
        done_before = _grown(self.before, self.after, "done")
        arrived_before = _grown(self.before, self.after, "arrived")
        expected = min(1.0, done_before / arrived_before) * _grown(first, last, "arrived") if arrived_before else 0.0
        if seconds > 0.0 and self.before.asked == self.after.asked and all(each.asked == self.after.asked for each in (first, *window)):
            expected = max(expected, done_before / seconds * (last.at_s - first.at_s))
        return done >= ENOUGH * expected - SPREAD * sqrt(expected)

    def is_stale(self, first: Reading, last: Reading) -> bool:
        """Whether more reads are stale than before the loss."""
        reads, stale = _grown(first, last, "reads"), _grown(first, last, "stale")
        usual = self.stale_share * reads
        return stale > usual + MORE_STALE * reads + SPREAD * sqrt(usual) + 1.0

    def is_behind(self, now: Reading) -> bool:
        """Whether more messages wait than before the loss."""
        factor, more = MORE_WAITING
        return now.waiting > factor * self.after.waiting + more

    def above(self, since: Reading, now: Reading, part: str) -> int:
        """How many more requests have become `bad`, `stale` or `retried` than would have at the rate of before."""
        share, whole = {
            "bad": (self.bad_share, ("done", "bad")),
            "stale": (self.stale_share, ("reads",)),
            "retried": (self.retried_share, ("done", "bad")),
        }[part]
        usual = share * sum(_grown(since, now, name) for name in whole)
        return max(0, round(_grown(since, now, part) - usual))


def _grown(before: Reading, after: Reading, name: str) -> int:
    return int(getattr(after, name) - getattr(before, name))


def mean_ms(before: Reading, after: Reading) -> float | None:
    """Mean latency of the requests done between two readings."""
    done = after.done - before.done
    return 1000.0 * (after.latency_sum_s - before.latency_sum_s) / done if done else None
