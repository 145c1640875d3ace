"""Where requests come from: open Poisson arrivals with a rate that may change linearly, and closed users.

The unit exponential of the next arrival is used up by the integral of the rate, so a change of rate in the middle of a wait is exact.
"""

import math

import numpy as np

from sim_engine.kernel.compiling import function
from sim_engine.kernel.heap import push
from sim_engine.kernel.layout import (
    ARRIVED,
    DELAYED,
    DONE,
    DROPPED,
    FAILED,
    IN_FLIGHT,
    LATENCY_MAX,
    LATENCY_SUM,
    READS,
    SOJOURN_SUM,
    SOURCE_BASE,
    STALE,
    TRACES,
    USERS,
)
from sim_engine.kernel.random import keyed, uniform
from sim_engine.kernel.state import State
from sim_engine.kernel.statistics import (
    LAST_DROPPED,
    OK,
    accrue_node,
    accrue_requests,
    bin_of,
    enter_node,
    next_span,
    record_span,
)
from sim_engine.kernel.tasks import allocate, make_ready, release_slot
from sim_engine.kernel.types import Row
from sim_engine.operations.codes import READ, WRITE

ONE = np.uint64(1)
ARRIVALS, THINKING = 1, 2  # purposes of a source's draws

USER = 7  # marks the task of a closed user

# Offsets from SOURCE.parameter
READ_RATIO, ADDRESSES, REQUEST_KB = 0, 1, 2


@function
def _next_arrival(source: Row) -> float:
    """Seconds from source.since_s to the next arrival on the current segment of the rate."""
    rate = source.rate_per_s
    slope = source.slope_per_s2
    if slope == 0.0:
        return source.hazard / rate if rate > 0.0 else math.inf
    under_root = rate * rate + 2.0 * slope * source.hazard
    if under_root < 0.0:
        return math.inf
    below = rate + math.sqrt(under_root)
    return 2.0 * source.hazard / below if below > 0.0 else math.inf


@function
def schedule_arrival(s: State, source_index: int) -> None:
    source = s.sources[source_index]
    wait_s = _next_arrival(source)
    source.due = -1
    if wait_s < math.inf:
        source.due = push(s, source.since_s + wait_s, SOURCE_BASE + source_index)


@function
def draw_hazard(source: Row) -> None:
    source.drawn = source.drawn + ONE
    source.hazard = -math.log(uniform(keyed(keyed(source.salt, ARRIVALS), source.drawn)))


@function
def set_rate(s: State, source_index: int, rate_per_s: float, slope_per_s2: float, now: float) -> None:
    """From now on requests arrive at rate_per_s + slope_per_s2 × (time from now)."""
    source = s.sources[source_index]
    passed = now - source.since_s
    used = source.rate_per_s * passed + 0.5 * source.slope_per_s2 * passed * passed
    source.hazard = max(0.0, source.hazard - used)
    source.since_s = now
    source.rate_per_s = rate_per_s
    source.slope_per_s2 = slope_per_s2
    schedule_arrival(s, source_index)


@function
def new_client_task(s: State, source_index: int, now: float) -> int:
    """A task that runs the program of the source's clients from its beginning."""
    source = s.sources[source_index]
    index = allocate(s)
    task = s.tasks[index]
    task.source = source_index
    task.node = source.node
    task.verb = READ
    task.pc = s.entries[source.node, READ]
    task.state = DELAYED
    task.started_s = now
    task.needed = 0
    return index


@function
def arrive(s: State, source_index: int, now: float) -> int:
    """An open arrival: returns its task, and schedules the next one."""
    source = s.sources[source_index]
    source.rate_per_s = max(0.0, source.rate_per_s + source.slope_per_s2 * (now - source.since_s))
    source.since_s = now
    draw_hazard(source)
    schedule_arrival(s, source_index)
    return new_client_task(s, source_index, now)


@function
def add_users(s: State, source_index: int, how_many: int, now: float) -> None:
    """Closed users join; each begins by thinking."""
    source = s.sources[source_index]
    for _ in range(how_many):
        source.drawn = source.drawn + ONE
        index = new_client_task(s, source_index, now)
        s.tasks[index].random_key = keyed(keyed(source.salt, THINKING), source.drawn)
        s.tasks[index].needed = USER
        source.users = source.users + 1
        s.count[USERS] += 1
        make_ready(s, index)


@function
def leaves(s: State, index: int) -> bool:
    """Whether this user is one of those who shall leave."""
    source = s.sources[s.tasks[index].source]
    if source.retire > 0:
        source.retire = source.retire - 1
        return True
    return False


@function
def leave(s: State, index: int) -> None:
    """A client's task ends."""
    if s.tasks[index].needed == USER:
        source = s.sources[s.tasks[index].source]
        source.users = source.users - 1
        s.count[USERS] -= 1
    release_slot(s, index)


@function
def _popular_key(s: State, source: Row, share: float) -> int:
    """The key whose rank a uniform share falls on: inverse of the cumulative popularity, through a guide table."""
    first = source.table
    cell = source.guide + int(share * source.guide_cells)
    low = s.guide[cell]
    high = s.guide[cell + 1]
    while low < high:
        middle = (low + high) >> 1
        if s.popularity[first + middle] < share:
            low = middle + 1
        else:
            high = middle
    rank = low
    return (rank * source.key_factor + source.key_shift) % source.keys


@function
def issue(s: State, index: int, now: float) -> None:
    """A client draws its next request and begins to wait for it."""
    task = s.tasks[index]
    source = s.sources[task.source]
    source.issued = source.issued + ONE
    key = keyed(source.salt, source.issued)
    task.random_key = key
    task.verb = READ if uniform(keyed(key, 1)) < s.parameters[source.parameter + READ_RATIO] else WRITE
    task.key = _popular_key(s, source, uniform(keyed(key, 2)))
    task.address = int(uniform(keyed(key, 3)) * s.parameters[source.parameter + ADDRESSES])
    task.request_kb = s.parameters[source.parameter + REQUEST_KB]
    task.dataset = -1
    task.acknowledged = s.keyed[task.key, source.dataset] if source.dataset >= 0 else 0
    task.version = 0
    task.cause = OK
    task.attempt = 0
    task.started_s = now
    task.sent_s = now
    task.waited_s = 0.0
    task.trace = 0
    task.flag = 1  # a request of this task is under way
    if source.trace_every > 0 and np.int64(source.issued) % source.trace_every == 0:
        s.count[TRACES] += 1
        task.trace = s.count[TRACES]
        task.parent_span = 0
        task.span = next_span(s)
    accrue_requests(s, now)
    s.count[ARRIVED] += 1
    s.count[IN_FLIGHT] += 1
    enter_node(s.nodes[task.node], now)


@function
def _count_success(s: State, task: Row, latency_s: float) -> None:
    s.count[DONE] += 1
    s.clock[LATENCY_SUM] += latency_s
    s.clock[LATENCY_MAX] = max(s.clock[LATENCY_MAX], latency_s)
    s.histograms[0, bin_of(latency_s)] += 1
    s.histograms[1 + task.node, bin_of(latency_s)] += 1
    if task.verb == WRITE:
        if task.dataset >= 0 and task.version > s.keyed[task.key, task.dataset]:
            s.keyed[task.key, task.dataset] = task.version
    elif s.sources[task.source].dataset >= 0:
        s.count[READS] += 1
        if task.version < task.acknowledged:
            s.count[STALE] += 1


@function
def record(s: State, index: int, now: float) -> None:
    """A client's request has ended: done, dropped or failed."""
    task = s.tasks[index]
    node = s.nodes[task.node]
    accrue_requests(s, now)
    accrue_node(node, now)
    latency_s = now - task.started_s
    task.flag = 0
    s.count[IN_FLIGHT] -= 1
    s.clock[SOJOURN_SUM] += latency_s
    node.in_flight = node.in_flight - 1
    node.sojourn_sum_s = node.sojourn_sum_s + latency_s
    s.errors[task.cause] += 1
    s.node_errors[task.node, task.cause] += 1
    if task.cause == OK:
        node.done = node.done + 1
        _count_success(s, task, latency_s)
    elif task.cause <= LAST_DROPPED:
        node.dropped = node.dropped + 1
        s.count[DROPPED] += 1
    else:
        node.failed = node.failed + 1
        s.count[FAILED] += 1
    if task.trace > 0:
        record_span(s, task, now)
