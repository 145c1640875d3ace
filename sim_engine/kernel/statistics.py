"""Exact counts, integrals over time and log histograms, updated where things happen."""

import numpy as np

from sim_engine.causes import CODE, DROPPED_CODES
from sim_engine.kernel.compiling import function, inlined
from sim_engine.kernel.layout import (
    BINS,
    BINS_PER_OCTAVE_BITS,
    IN_FLIGHT,
    IN_FLIGHT_AREA,
    IN_FLIGHT_SINCE,
    LOWEST_EXPONENT,
    SPAN_NUMBER,
    SPANS,
)
from sim_engine.kernel.state import State
from sim_engine.kernel.types import Key, Row

LAST_DROPPED = max(DROPPED_CODES)
assert frozenset(range(1, LAST_DROPPED + 1)) == DROPPED_CODES, "the kernel tells dropped causes by their range"
OK = CODE["ok"]
_SHIFT = 52 - BINS_PER_OCTAVE_BITS
_OFFSET = (1023 + LOWEST_EXPONENT) << BINS_PER_OCTAVE_BITS


@inlined
def bin_of(duration_s: float) -> int:
    """The bin that a duration falls into: the exponent and the leading bits of its float64."""
    place: Key = (np.float64(duration_s).view(np.int64) >> _SHIFT) - _OFFSET
    return min(max(place, 0), BINS - 1)


@inlined
def accrue_pool(pool: Row, now: float) -> None:
    passed = now - pool.since_s
    pool.used_area = pool.used_area + pool.used * passed
    pool.queue_area = pool.queue_area + pool.queued * passed
    pool.since_s = now


@inlined
def accrue_node(node: Row, now: float) -> None:
    node.area = node.area + node.in_flight * (now - node.since_s)
    node.since_s = now


@inlined
def accrue_requests(s: State, now: float) -> None:
    s.clock[IN_FLIGHT_AREA] += s.count[IN_FLIGHT] * (now - s.clock[IN_FLIGHT_SINCE])
    s.clock[IN_FLIGHT_SINCE] = now


@function
def accrue_all(s: State, nodes: int, pools: int, now: float) -> None:
    """Brings every integral up to `now`."""
    for index in range(nodes):
        accrue_node(s.nodes[index], now)
    for index in range(pools):
        if s.pools[index].sharing == 0:
            accrue_pool(s.pools[index], now)
    accrue_requests(s, now)


@inlined
def enter_node(node: Row, now: float) -> None:
    accrue_node(node, now)
    node.in_flight = node.in_flight + 1
    node.arrived = node.arrived + 1
    if node.in_flight > node.most_in_flight:
        node.most_in_flight = node.in_flight


@function
def leave_node(s: State, task: Row, now: float) -> None:
    """Counts a task that ends at its node, by outcome."""
    index = task.node
    cause = task.cause
    node = s.nodes[index]
    accrue_node(node, now)
    node.in_flight = node.in_flight - 1
    sojourn = now - task.started_s
    node.sojourn_sum_s = node.sojourn_sum_s + sojourn
    s.node_errors[index, cause] += 1
    if cause == OK:
        node.done = node.done + 1
        s.histograms[1 + index, bin_of(sojourn)] += 1
        s.waits[index, bin_of(task.waited_s)] += 1
        if task.waited_s > 0.0:
            node.waited = node.waited + 1
            node.wait_sum_s = node.wait_sum_s + task.waited_s
    elif cause <= LAST_DROPPED:
        node.dropped = node.dropped + 1
    else:
        node.failed = node.failed + 1


@function
def record_span(s: State, task: Row, now: float) -> None:
    """Keeps what a sampled request did at one node, while there is room in this frame."""
    place = s.count[SPANS]
    if place >= s.span_places:
        return
    s.count[SPANS] = place + 1
    span = s.spans[place]
    span.trace = task.trace
    span.span = task.span
    span.parent = task.parent_span
    span.node = task.node
    span.link = task.link
    span.verb = task.verb
    span.cause = task.cause
    span.sent_s = task.sent_s
    span.arrived_s = task.started_s
    span.ended_s = now
    span.waited_s = task.waited_s


@inlined
def next_span(s: State) -> int:
    s.count[SPAN_NUMBER] += 1
    return s.count[SPAN_NUMBER]
