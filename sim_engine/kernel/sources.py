"""Where requests come from: open arrivals (a renewal process) with a rate that may change linearly, and closed users.

The interval to the next arrival is drawn with mean 1 and used up by the integral of the rate, so a change of rate in the middle of a
wait is exact. Exponential intervals make a Poisson process.
"""

import math

import numpy as np

from sim_engine.causes import CODE
from sim_engine.kernel.compiling import function, inlined
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
    PAGES,
    PRESENT,
    READS,
    SOJOURN_SUM,
    SOURCE_BASE,
    STALE,
    TRACES,
    USERS,
)
from sim_engine.kernel.policies import MOST_RETRY_TOKENS
from sim_engine.kernel.random import draw, keyed, mix, normal_quantile, uniform
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
from sim_engine.kernel.types import Key, Row
from sim_engine.operations.codes import (
    BACKGROUND,
    CLASSES,
    GEOMETRIC,
    READ,
    READING,
    STATIC,
    UPLOAD,
    WRITE,
    WRITING,
)

DEADLINE = CODE["deadline"]

ONE = np.uint64(1)
ARRIVALS, THINKING, VISITING = 1, 2, 3  # purposes of a source's draws

USER = 7  # marks the task of a closed user

# Offsets from SOURCE.parameter
READ_RATIO, ADDRESSES, REQUEST_KB, OTHER_SHARE, PROPAGATES, RETRY_BUDGET, STALE_VERSIONS = range(7)
SOURCE_PARAMETERS = 7


@function
def _next_arrival(source: Row) -> float:
    """Seconds from source.since_s to the next arrival on the current segment of the rate."""
    rate = source.rate_per_s
    slope = source.slope_per_s2
    if slope == 0.0:
        return source.left / rate if rate > 0.0 else math.inf
    under_root = rate * rate + 2.0 * slope * source.left
    if under_root < 0.0:
        return math.inf
    below = rate + math.sqrt(under_root)
    return 2.0 * source.left / below if below > 0.0 else math.inf


@function
def schedule_arrival(s: State, source_index: int) -> None:
    source = s.sources[source_index]
    wait_s = _next_arrival(source)
    source.due = -1
    if wait_s < math.inf:
        source.due = push(s, source.since_s + wait_s, SOURCE_BASE + source_index)


@function
def draw_interval(s: State, source: Row) -> None:
    source.drawn = source.drawn + ONE
    source.left = draw(s.parameters, source.interval, keyed(keyed(source.salt, ARRIVALS), source.drawn))


@function
def set_rate(s: State, source_index: int, rate_per_s: float, slope_per_s2: float, now: float) -> None:
    """From now on requests arrive at rate_per_s + slope_per_s2 × (time from now)."""
    source = s.sources[source_index]
    passed = now - source.since_s
    used = source.rate_per_s * passed + 0.5 * source.slope_per_s2 * passed * passed
    source.left = max(0.0, source.left - used)
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
    task.visitor = 0
    source.present = source.present + 1
    s.count[PRESENT] += 1
    return index


@function
def arrive(s: State, source_index: int, now: float) -> int:
    """An open arrival: returns its task, and schedules the next one."""
    source = s.sources[source_index]
    source.rate_per_s = max(0.0, source.rate_per_s + source.slope_per_s2 * (now - source.since_s))
    source.since_s = now
    draw_interval(s, source)
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
    task = s.tasks[index]
    source = s.sources[task.source]
    if source.retire > 0 and task.needed == USER:
        source.retire = source.retire - 1
        return True
    return False


@function
def leave(s: State, index: int) -> None:
    """A client's task ends."""
    source = s.sources[s.tasks[index].source]
    source.present = source.present - 1
    s.count[PRESENT] -= 1
    if s.tasks[index].needed == USER:
        source.users = source.users - 1
        source.retire = min(source.retire, source.users)
        s.count[USERS] -= 1
    release_slot(s, index)


@function
def _popular_key(s: State, kind: Row, share: float) -> int:
    """The key whose rank a uniform share falls on: inverse of the cumulative popularity, through a guide table."""
    first = kind.table
    cell = kind.guide + int(share * kind.guide_cells)
    low = s.guide[cell]
    high = s.guide[cell + 1]
    while low < high:
        middle = (low + high) >> 1
        if s.popularity[first + middle] < share:
            low = middle + 1
        else:
            high = middle
    rank = low
    return kind.first_key + (rank * kind.key_factor + kind.key_shift) % kind.keys


@function
def _draw_class(s: State, source: Row, key: Key) -> int:
    """Reads and writes by their ratio, unless another class comes up by its share."""
    other_share = s.parameters[source.parameter + OTHER_SHARE]
    if other_share > 0.0:
        share = uniform(keyed(key, 5))
        if share < other_share:
            for kind in range(CLASSES):
                if share < s.classes[source.first_class + kind].upto:
                    return kind
    return READING if uniform(keyed(key, 1)) < s.parameters[source.parameter + READ_RATIO] else WRITING


@inlined
def _version_of_content(kind: Row, key: int, now: float) -> int:
    """How often a static object has changed so far; each at its own phase."""
    if kind.change_s <= 0.0:
        return 0
    return math.floor(now / kind.change_s + uniform(keyed(keyed(kind.salt, np.uint64(key)), 12)))


@function
def _size_factor(kind: Row, key: int) -> float:
    """How much larger than the mean of its class that is what a key stands for: the same whenever it is asked for."""
    if kind.spread <= 0.0:
        return 1.0
    normal = normal_quantile(uniform(keyed(keyed(kind.salt, np.uint64(key)), 11)))
    return math.exp(kind.spread * normal - 0.5 * kind.spread * kind.spread)


@function
def issue(s: State, index: int, class_number: int, now: float) -> None:
    """A client draws its next request and begins to wait for it. class_number: -1 draws that too."""
    task = s.tasks[index]
    source = s.sources[task.source]
    source.issued = source.issued + ONE
    key = keyed(source.salt, source.issued)
    task.random_key = key
    number = class_number if class_number >= 0 else _draw_class(s, source, key)
    kind = s.classes[source.first_class + number]
    kind.arrived = kind.arrived + 1
    task.kind = number
    task.verb = WRITE if number in (WRITING, UPLOAD, BACKGROUND) else READ
    task.key = _popular_key(s, kind, uniform(keyed(key, 2)))
    if task.visitor == 0:
        task.address = int(uniform(keyed(key, 3)) * s.parameters[source.parameter + ADDRESSES])
    size_factor = _size_factor(kind, task.key)
    task.request_kb = kind.request_kb * size_factor if task.verb == WRITE else kind.request_kb
    task.object_kb = kind.object_kb * size_factor
    task.cost = kind.cost
    task.expires_s = now + kind.deadline_s if kind.deadline_s > 0.0 else math.inf
    task.propagates = 1 if s.parameters[source.parameter + PROPAGATES] > 0.0 else 0
    task.dataset = -1
    if number == STATIC:
        task.acknowledged = _version_of_content(kind, task.key, now)
    else:
        task.acknowledged = s.keyed[task.key, source.dataset] if source.dataset >= 0 else 0
    task.version = 0
    task.cause = OK
    task.attempt = 0
    task.tries = 0
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
    budget = s.parameters[source.parameter + RETRY_BUDGET]
    if budget > 0.0:
        source.retry_tokens = min(source.retry_tokens + budget, max(MOST_RETRY_TOKENS, budget))
    accrue_requests(s, now)
    s.count[ARRIVED] += 1
    s.count[IN_FLIGHT] += 1
    enter_node(s.nodes[task.node], now)


@function
def may_retry(s: State, source_index: int) -> bool:
    """Takes one retry out of the clients' budget; False when there is none left."""
    source = s.sources[source_index]
    if s.parameters[source.parameter + RETRY_BUDGET] <= 0.0:
        return True
    if source.retry_tokens < 1.0:
        return False
    source.retry_tokens = source.retry_tokens - 1.0
    return True


@function
def visit(s: State, index: int) -> None:
    """A new visitor: all that it asks for comes from one address."""
    task = s.tasks[index]
    source = s.sources[task.source]
    source.visits = source.visits + ONE
    task.random_key = keyed(keyed(source.salt, VISITING), source.visits)
    task.visitor = 1
    task.address = int(uniform(keyed(task.random_key, 3)) * s.parameters[source.parameter + ADDRESSES])


@function
def draw_count(s: State, index: int, code: Row) -> None:
    """How many of something follow: exactly the mean, or a geometric number with it (at least one)."""
    task = s.tasks[index]
    mean = s.parameters[code.b]
    task.random_key = keyed(task.random_key, 0)
    share = uniform(mix(task.random_key ^ code.salt))
    if code.c == GEOMETRIC:
        task.left = 1 if mean <= 1.0 else 1 + int(math.log(share) / math.log(1.0 - 1.0 / mean))
    else:
        task.left = int(mean) + (1 if share < mean - math.floor(mean) else 0)


@function
def begin_page(s: State, index: int, now: float) -> None:
    s.tasks[index].page_s = now


@function
def _break_page(s: State, index: int) -> None:
    """A request has failed: the page view that it belongs to will never be complete."""
    task = s.tasks[index]
    task.page_s = math.inf
    if task.parent >= 0 and s.tasks[task.parent].serial == task.parent_serial:
        s.tasks[task.parent].page_s = math.inf


@function
def end_page(s: State, index: int, now: float) -> None:
    """A page view is over; it counts when all of it has come."""
    task = s.tasks[index]
    source = s.sources[task.source]
    if task.page_s == math.inf:
        source.pages_broken = source.pages_broken + 1
        return
    load_s = now - task.page_s
    source.pages = source.pages + 1
    source.page_sum_s = source.page_sum_s + load_s
    s.count[PAGES] += 1
    s.class_histograms[CLASSES, bin_of(load_s)] += 1


@inlined
def _is_stale(s: State, task: Row) -> bool:
    """Whether what it has read is older than what its clients put up with."""
    return task.acknowledged - task.version >= s.parameters[s.sources[task.source].parameter + STALE_VERSIONS]


@function
def _count_success(s: State, task: Row, latency_s: float) -> None:
    s.count[DONE] += 1
    s.clock[LATENCY_SUM] += latency_s
    s.clock[LATENCY_MAX] = max(s.clock[LATENCY_MAX], latency_s)
    s.histograms[0, bin_of(latency_s)] += 1
    s.histograms[1 + task.node, bin_of(latency_s)] += 1
    s.class_histograms[task.kind, bin_of(latency_s)] += 1
    if task.kind == STATIC:
        s.count[READS] += 1
        if _is_stale(s, task):
            s.count[STALE] += 1
    elif task.verb == WRITE:
        if task.dataset >= 0 and task.version > s.keyed[task.key, task.dataset]:
            s.keyed[task.key, task.dataset] = task.version
    elif s.sources[task.source].dataset >= 0:
        s.count[READS] += 1
        if _is_stale(s, task):
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
    task.expires_s = math.inf
    s.count[IN_FLIGHT] -= 1
    s.clock[SOJOURN_SUM] += latency_s
    node.in_flight = node.in_flight - 1
    node.sojourn_sum_s = node.sojourn_sum_s + latency_s
    s.errors[task.cause] += 1
    s.node_errors[task.node, task.cause] += 1
    kind = s.classes[s.sources[task.source].first_class + task.kind]
    if task.cause == OK:
        node.done = node.done + 1
        kind.done = kind.done + 1
        _count_success(s, task, latency_s)
    elif task.cause <= LAST_DROPPED:
        node.dropped = node.dropped + 1
        kind.dropped = kind.dropped + 1
        s.count[DROPPED] += 1
        _break_page(s, index)
    else:
        node.failed = node.failed + 1
        kind.failed = kind.failed + 1
        kind.late = kind.late + (1 if task.cause == DEADLINE else 0)
        s.count[FAILED] += 1
        _break_page(s, index)
    if task.trace > 0:
        record_span(s, task, now)
