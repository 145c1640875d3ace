"""Processor sharing: all requests at a station are served at once, each at the rate min(1, servers / requests).

Everybody's attained service grows at the same rate, so a request ends when the station's virtual time has grown by its service
time. Those present stand in a pairing heap by that virtual end (Fredman et al. 1986), and only the first has an event.
"""

from sim_engine.kernel.compiling import function
from sim_engine.kernel.heap import push
from sim_engine.kernel.layout import SERVING
from sim_engine.kernel.random import draw, mix
from sim_engine.kernel.state import State
from sim_engine.kernel.statistics import accrue_pool
from sim_engine.kernel.types import Row
from sim_engine.operations.codes import BY_COST, BY_SLOWNESS


@function
def _meld(s: State, one: int, other: int) -> int:
    """Joins two heaps; returns the root."""
    if one < 0:
        return other
    if other < 0:
        return one
    if s.tasks[other].ends_s < s.tasks[one].ends_s:
        one, other = other, one
    s.tasks[other].queue_next = s.tasks[one].queue_previous
    s.tasks[one].queue_previous = other
    return one


@function
def _without_root(s: State, root: int) -> int:
    """Melds the children of a root in pairs from the left, then all from the right."""
    child = s.tasks[root].queue_previous
    pairs = -1
    while child >= 0:
        other = s.tasks[child].queue_next
        following = s.tasks[other].queue_next if other >= 0 else -1
        s.tasks[child].queue_next = -1
        if other >= 0:
            s.tasks[other].queue_next = -1
        pair = _meld(s, child, other)
        s.tasks[pair].queue_next = pairs
        pairs = pair
        child = following
    root = -1
    while pairs >= 0:
        following = s.tasks[pairs].queue_next
        s.tasks[pairs].queue_next = -1
        root = _meld(s, root, pairs)
        pairs = following
    return root


@function
def _rate(pool: Row) -> float:
    return min(1.0, pool.capacity / pool.sharing) if pool.sharing > 0 else 0.0


@function
def _count(pool: Row) -> None:
    pool.used = min(float(pool.sharing), pool.capacity)
    pool.queued = max(0, pool.sharing - int(pool.capacity))


@function
def progress(pool: Row, now: float) -> None:
    """Brings the virtual time and the integrals of a station up to now."""
    pool.virtual_s = pool.virtual_s + _rate(pool) * (now - pool.since_s)
    accrue_pool(pool, now)


@function
def schedule_first(s: State, pool: Row, now: float) -> None:
    """Gives the first to end its event; the one that it had before is stale."""
    if pool.head >= 0:
        first = s.tasks[pool.head]
        first.due = push(s, now + max(0.0, first.ends_s - pool.virtual_s) / _rate(pool), pool.head)


@function
def service_time(s: State, task: Row, code: Row) -> float:
    """Seconds that the task's instruction asks of its station: the draw, times its class's cost and the machine's slowness."""
    service_s = draw(s.parameters, code.b, mix(task.random_key ^ code.salt))
    if code.c & BY_COST != 0:
        service_s *= task.cost
    if code.c & BY_SLOWNESS != 0:
        service_s *= s.pools[code.a].slowness
    return service_s


@function
def join(s: State, pool_index: int, index: int, now: float) -> None:
    """A request begins to share the processor."""
    pool = s.pools[pool_index]
    task = s.tasks[index]
    code = s.code[task.pc]
    progress(pool, now)
    task.service_s = service_time(s, task, code)
    task.ends_s = pool.virtual_s + task.service_s
    task.state = SERVING
    task.queue_next = -1
    task.queue_previous = -1
    task.queued_s = now
    if pool.head >= 0:
        s.tasks[pool.head].due = -1
    pool.head = _meld(s, pool.head, index)
    pool.sharing = pool.sharing + 1
    _count(pool)
    schedule_first(s, pool, now)


@function
def part(s: State, pool_index: int, index: int, now: float) -> None:
    """The first of those who share has had its service."""
    pool = s.pools[pool_index]
    task = s.tasks[index]
    progress(pool, now)
    pool.virtual_s = task.ends_s
    pool.head = _without_root(s, index)
    pool.sharing = pool.sharing - 1
    pool.served = pool.served + 1
    pool.work_sum_s = pool.work_sum_s + task.service_s
    task.waited_s = task.waited_s + max(0.0, now - task.queued_s - task.service_s)
    _count(pool)
    schedule_first(s, pool, now)


@function
def resize(s: State, pool_index: int, capacity: float, now: float) -> None:
    """Another number of servers from now on."""
    pool = s.pools[pool_index]
    progress(pool, now)
    pool.capacity = capacity
    _count(pool)
    if pool.head >= 0:
        s.tasks[pool.head].due = -1
        schedule_first(s, pool, now)
