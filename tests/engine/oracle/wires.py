"""Links: what carries a call to a part and its answer back, and how long a caller waits for it."""

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import simpy

from tests.engine.oracle.basics import MS, Answer, Parameters, Part, Request, Steps, draw

if TYPE_CHECKING:
    from tests.engine.oracle.world import World

LOSSES_UNTIL_GONE = 6
REQUEST_KB = 0.0


class Lane:
    """One direction of a link: a pipe for the bandwidth, then latency, then losses that cost time."""

    def __init__(self, world: "World", parameters: Parameters) -> None:
        self.env = world.env
        self.luck = world.luck
        self.parameters = parameters
        self.pipe_free_at = 0.0
        self.last_in_order = 0.0

    def carry(self, size_kb: float) -> Steps[bool]:
        """Take as long as a message of this size takes; False when it is gone for good."""
        through_pipe = self._through_pipe(size_kb)
        losses = self._losses_in_a_row()
        if losses == LOSSES_UNTIL_GONE:
            return False
        yield self.env.timeout(through_pipe + self._latency() + self._resending(losses))
        return True

    def carry_in_order(self, size_kb: float) -> Steps[bool]:
        """Like `carry`, and never before a message that was sent earlier."""
        through_pipe = self._through_pipe(size_kb)
        losses = self._losses_in_a_row()
        if losses == LOSSES_UNTIL_GONE:
            return False
        arrival = self.env.now + through_pipe + self._latency() + self._resending(losses)
        self.last_in_order = max(self.last_in_order, arrival)
        yield self.env.timeout(self.last_in_order - self.env.now)
        return True

    def _through_pipe(self, size_kb: float) -> float:
        bandwidth = self.parameters["bandwidth_mbit_s"]
        if not bandwidth:
            return 0.0
        begins = max(self.env.now, self.pipe_free_at)
        self.pipe_free_at = begins + 8 * size_kb / (1000 * bandwidth)
        return self.pipe_free_at - self.env.now

    def _latency(self) -> float:
        p = self.parameters
        return draw(self.luck, p["latency_distribution"], p["latency_ms"] * MS, p["latency_cv"])

    def _losses_in_a_row(self) -> int:
        losses = 0
        while losses < LOSSES_UNTIL_GONE and self.luck.random() < self.parameters["loss_ratio"]:
            losses += 1
        return losses

    def _resending(self, losses: int) -> float:
        return float(self.parameters["retransmit_timeout_ms"] * MS * (2**losses - 1))


@dataclass
class Pending:
    """A call that somebody waits for, until it has an answer or the wait is over."""

    answered: simpy.Event
    given_up: bool = field(default=False)


class Wire:
    """A link from a caller to a part, seen by the caller."""

    def __init__(self, world: "World", part: Part, parameters: Parameters, lanes: tuple[Lane, Lane]) -> None:
        """lanes: there and back; the instances at both ends of a link share them."""
        self.world = world
        self.env = world.env
        self.part = part
        self.parameters = parameters
        self.there, self.back = lanes
        self.sent = 0

    @property
    def timeout_s(self) -> float:
        return float(self.parameters["timeout_ms"]) * MS

    def call(self, verb: str, request: Request, patience_s: float = math.inf) -> Steps[Answer]:
        return (yield from self.call_part(self.part, verb, request, patience_s))

    def call_part(self, part: Part, verb: str, request: Request, patience_s: float = math.inf) -> Steps[Answer]:
        """Send, wait for the answer or the timeout. The timeout ends the waiting, not the work."""
        pending = Pending(self.env.event())
        self.sent += 1
        self.env.process(self._deliver(part, verb, request, pending))
        yield pending.answered | self.env.timeout(min(self.timeout_s, patience_s))
        if pending.answered.triggered:
            return cast(Answer, pending.answered.value)
        pending.given_up = True
        return Answer("timeout")

    def _deliver(self, part: Part, verb: str, request: Request, pending: Pending) -> Steps[None]:
        if not (yield from self.there.carry(REQUEST_KB)):
            return
        answer = yield from part.receive(verb, request)
        if answer is None:
            return
        if pending.given_up:
            part.wasted += 1
        if not (yield from self.back.carry(answer.size_kb)):
            return
        if not pending.given_up:
            pending.answered.succeed(answer)
