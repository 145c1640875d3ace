"""Links: what carries a call to a part and its answer back, what TCP adds to it, and how long a caller waits for it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, cast

import simpy

from tests.engine.oracle.basics import MS, Answer, Parameters, Part, Request, Steps, draw, tail_of
from tests.engine.oracle.places import distance_s
from tests.engine.oracle.policies import Call, Guard

if TYPE_CHECKING:
    from tests.engine.oracle.world import World

LOSSES_UNTIL_GONE = 6


def connection_round_trips(p: Parameters, size_kb: float, is_request: bool) -> float:
    """How often there and back a message has to wait: a handshake before a request, slow start, and a window that is full."""
    round_trips = float(p["handshake_round_trips"]) if is_request else 0.0
    first, largest = p["first_window_kb"], p["window_kb"] or math.inf
    left = size_kb
    window = first
    while 0 < window < min(left, largest):
        left -= window
        window *= 2
        round_trips += 1
    return round_trips + max(0, math.ceil(left / largest) - 1)


class Lane:
    """One direction of a link: a pipe for the bandwidth, then latency, losses that cost time, and the round trips of a connection."""

    def __init__(self, world: "World", parameters: Parameters) -> None:
        self.env = world.env
        self.luck = world.luck
        self.parameters = parameters
        self.pipe_free_at = 0.0
        self.last_in_order = 0.0

    def carry(self, size_kb: float, is_request: bool, far_s: float = 0.0, line_s: float = 0.0) -> Steps[bool]:
        """Take as long as a message of this size takes; False when it is gone for good.

        far_s: what its ends add to the latency; line_s: what they need for its kB.
        """
        arrival = self._arrival(size_kb, is_request, far_s)
        if arrival == math.inf:
            return False
        yield self.env.timeout(arrival + line_s - self.env.now)
        return True

    def carry_in_order(self, size_kb: float, is_request: bool) -> Steps[bool]:
        """Like `carry`, and never before a message that was sent earlier."""
        arrival = self._arrival(size_kb, is_request, 0.0)
        if arrival == math.inf:
            return False
        self.last_in_order = max(self.last_in_order, arrival)
        yield self.env.timeout(self.last_in_order - self.env.now)
        return True

    def _arrival(self, size_kb: float, is_request: bool, far_s: float) -> float:
        through_pipe = self._through_pipe(size_kb)
        losses = self._losses_in_a_row()
        if losses == LOSSES_UNTIL_GONE:
            return math.inf
        latency = self._latency() + far_s
        waits = 2 * latency * connection_round_trips(self.parameters, size_kb, is_request)
        return self.env.now + through_pipe + latency + self._resending(losses) + waits

    def _through_pipe(self, size_kb: float) -> float:
        bandwidth = self.parameters["bandwidth_mbit_s"]
        if not bandwidth:
            return 0.0
        begins = max(self.env.now, self.pipe_free_at)
        self.pipe_free_at = begins + 8 * size_kb / (1000 * bandwidth)
        return self.pipe_free_at - self.env.now

    def _latency(self) -> float:
        p = self.parameters
        return draw(self.luck, p["latency_distribution"], p["latency_ms"] * MS, p["latency_cv"], tail_of(p, "latency"))

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

    def __init__(self, caller: Part, part: Part, link: str, parameters: Parameters, lanes: tuple[Lane, Lane]) -> None:
        """lanes: there and back; the instances at both ends of a link share them."""
        self.world = caller.world
        self.env = caller.env
        self.link = link
        self.caller = caller
        self.part = part
        self.parameters = parameters
        self.there, self.back = lanes
        self.ways: dict[Part, WayTo] = {}

    @property
    def timeout_s(self) -> float:
        return float(self.parameters["timeout_ms"]) * MS

    @property
    def guard(self) -> Guard:
        return self.to(self.part).guard

    def send(self, verb: str, request: Request, patience_s: float) -> Steps[Answer]:
        return (yield from self.call_part(self.part, verb, request, patience_s))

    def to(self, part: Part) -> "WayTo":
        """The way over this link to one of those whom it may lead to."""
        if part not in self.ways:
            self.ways[part] = WayTo(self, part, Guard(self.env, self.parameters))
        return self.ways[part]

    def call(self, verb: str, request: Request) -> Steps[Answer]:
        """With all the policies of the link."""
        return (yield from Call(self.world, lambda: self, request, verb).run())

    def call_one_of(self, choose: Callable[[], Part], verb: str, request: Request) -> Steps[Answer]:
        return (yield from Call(self.world, lambda: self.to(choose()), request, verb).run())

    def call_part(self, part: Part, verb: str, request: Request, patience_s: float = math.inf) -> Steps[Answer]:
        """Send once, wait for the answer, the timeout or the deadline. They end the waiting, not the work."""
        pending = Pending(self.env.event())
        self.env.process(self._deliver(part, verb, request, pending))
        patience = min(self.timeout_s, patience_s)
        left = max(0.0, request.deadline - self.env.now)
        yield pending.answered | self.env.timeout(min(patience, left))
        if pending.answered.triggered:
            return cast(Answer, pending.answered.value)
        pending.given_up = True
        return Answer("deadline" if left <= patience else "timeout")

    def _deliver(self, part: Part, verb: str, request: Request, pending: Pending) -> Steps[None]:
        part.under_way += 1
        yield from self._there_and_back(part, verb, request, pending)
        part.under_way -= 1

    def _there_and_back(self, part: Part, verb: str, request: Request, pending: Pending) -> Steps[None]:
        if not self.gets_through(part, "there"):
            return
        if not (yield from self.there.carry(request.sent_kb, True, self._far_s(part), self._line_s(request.sent_kb))):
            return
        seen = request if request.propagates else replace(request, deadline=math.inf)
        answer = yield from part.receive(verb, seen)
        if answer is None:
            return
        if pending.given_up and answer.cause != "deadline":
            part.wasted += 1
        if not self.gets_through(part, "back"):
            return
        if not (yield from self.back.carry(answer.size_kb, False, self._far_s(part), self._line_s(answer.size_kb))):
            return
        if not pending.given_up:
            pending.answered.succeed(answer)

    def gets_through(self, part: Part, way: str) -> bool:
        """Whether nothing that has been cut or parted stands between the caller and a part when the message is sent."""
        faults = self.world.faults
        return not (faults.is_cut(self.link, way) or faults.apart(self.caller, part))

    def _far_s(self, part: Part) -> float:
        """What the caller's access and the distance between both add to the latency."""
        return self.caller.access_s(0.0) + distance_s(self.caller.spot, part.spot)

    def _line_s(self, size_kb: float) -> float:
        """What the caller's own line needs for so many kB."""
        return self.caller.access_s(size_kb) - self.caller.access_s(0.0)


@dataclass
class WayTo:
    """One whom a link may lead to, and what the caller remembers of it."""

    wire: Wire
    part: Part
    guard: Guard

    def send(self, verb: str, request: Request, patience_s: float) -> Steps[Answer]:
        return (yield from self.wire.call_part(self.part, verb, request, patience_s))
