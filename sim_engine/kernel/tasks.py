"""Task slots, the list of the ready, pools, stations and network cards."""

import math

from sim_engine.causes import CODE
from sim_engine.kernel.compiling import function, inlined
from sim_engine.kernel.heap import push
from sim_engine.kernel.layout import (
    FREE,
    FREE_COUNT,
    FREE_HEAD,
    READY_HEAD,
    READY_TAIL,
    SERVING,
    TASKS_PEAK,
    TASKS_USED,
    WAITING_POOL,
)
from sim_engine.kernel.sharing import part, service_time
from sim_engine.kernel.state import State
from sim_engine.kernel.statistics import accrue_pool
from sim_engine.kernel.types import Row
from sim_engine.operations.codes import ACKNOWLEDGEMENT_KB, LAST_IN_FIRST_OUT, PROCESSOR_SHARING, WRITE, WRITES_FIRST

DEADLINE = CODE["deadline"]


@inlined
def allocate(s: State) -> int:
    """A task slot with nothing in it. The caller of advance() sees to it that there are free ones."""
    index = s.count[FREE_HEAD]
    task = s.tasks[index]
    s.count[FREE_HEAD] = task.next
    s.count[FREE_COUNT] -= 1
    s.count[TASKS_USED] += 1
    if s.count[TASKS_USED] > s.count[TASKS_PEAK]:
        s.count[TASKS_PEAK] = s.count[TASKS_USED]
    task.due = -1
    task.held = 0
    task.parent = -1
    task.pending = 0
    task.link = -1
    task.member = -1
    task.queue = -1
    task.timer = -1
    task.waiter = -1
    task.source = -1
    task.trace = 0
    task.origin = -1
    task.chosen = -1
    task.tries = 0
    task.spare = 0
    task.kind = 0
    task.left = 0
    task.message = -1
    task.leads = 0
    task.poison = 0
    task.given = 0
    task.quorum = 0
    task.propagates = 0
    task.expires_s = math.inf
    task.object_kb = 0.0
    task.cost = 1.0
    task.waited_s = 0.0
    task.stamp_s = 0.0
    task.version = 0
    task.dataset = -1
    task.reply_kb = ACKNOWLEDGEMENT_KB
    task.cause = 0
    task.attempt = 0
    task.hit = 0
    task.flag = 0
    return index


@inlined
def release_slot(s: State, index: int) -> None:
    task = s.tasks[index]
    task.state = FREE
    task.due = -1
    task.serial = task.serial + 1
    task.next = s.count[FREE_HEAD]
    s.count[FREE_HEAD] = index
    s.count[FREE_COUNT] += 1
    s.count[TASKS_USED] -= 1


@inlined
def make_ready(s: State, index: int) -> None:
    """Lets a task go on at the current time, after those that became ready before it."""
    s.tasks[index].next = -1
    if s.count[READY_HEAD] < 0:
        s.count[READY_HEAD] = index
    else:
        s.tasks[s.count[READY_TAIL]].next = index
    s.count[READY_TAIL] = index


@function
def enqueue(s: State, pool_index: int, index: int, now: float) -> None:
    pool = s.pools[pool_index]
    task = s.tasks[index]
    accrue_pool(pool, now)
    task.state = WAITING_POOL
    task.queue = pool_index
    task.queued_s = now
    goes_first = pool.discipline == WRITES_FIRST and task.verb == WRITE
    before = pool.last_first if goes_first else pool.tail
    task.queue_previous = before
    if before >= 0:
        task.queue_next = s.tasks[before].queue_next
        s.tasks[before].queue_next = index
    else:
        task.queue_next = pool.head
        pool.head = index
    if task.queue_next >= 0:
        s.tasks[task.queue_next].queue_previous = index
    else:
        pool.tail = index
    if goes_first:
        pool.last_first = index
    pool.queued = pool.queued + 1


@function
def unlink_waiting(s: State, index: int, now: float) -> None:
    """Takes a task out of the queue that it waits in."""
    task = s.tasks[index]
    pool = s.pools[task.queue]
    accrue_pool(pool, now)
    if pool.last_first == index:
        pool.last_first = task.queue_previous
    if task.queue_previous >= 0:
        s.tasks[task.queue_previous].queue_next = task.queue_next
    else:
        pool.head = task.queue_next
    if task.queue_next >= 0:
        s.tasks[task.queue_next].queue_previous = task.queue_previous
    else:
        pool.tail = task.queue_previous
    pool.queued = pool.queued - 1
    waited = now - task.queued_s
    pool.wait_sum_s = pool.wait_sum_s + waited
    pool.waited = pool.waited + 1
    task.waited_s = task.waited_s + waited
    task.queue = -1


@inlined
def first_waiting(pool: Row) -> int:
    if pool.discipline == LAST_IN_FIRST_OUT:
        return pool.tail
    return pool.head


@inlined
def grab(s: State, pool_index: int, index: int, amount: float, now: float) -> None:
    pool = s.pools[pool_index]
    accrue_pool(pool, now)
    pool.used = pool.used + amount
    task = s.tasks[index]
    task.held_pool[task.held] = pool_index
    task.held_amount[task.held] = amount
    task.held = task.held + 1


@inlined
def fits(pool: Row, amount: float) -> bool:
    """Whether so much is free, sums of fractions apart."""
    return pool.used + amount <= pool.capacity * (1.0 + 1e-9)


@inlined
def give_up(s: State, index: int) -> None:
    """The deadline of a task has passed while it waited: it ends without the work."""
    task = s.tasks[index]
    task.cause = DEADLINE
    task.pc = 0
    make_ready(s, index)


@function
def wake_pool(s: State, pool_index: int, now: float) -> None:
    """Gives what is free in a pool to those who wait, in order; nobody overtakes the first."""
    pool = s.pools[pool_index]
    while pool.queued > 0:
        index = first_waiting(pool)
        task = s.tasks[index]
        if not fits(pool, task.amount):
            return
        unlink_waiting(s, index, now)
        if task.expires_s <= now:
            give_up(s, index)
            continue
        grab(s, pool_index, index, task.amount, now)
        task.pc = task.pc + 1
        make_ready(s, index)


@function
def release_held(s: State, index: int, now: float) -> None:
    """Gives back everything that a task holds, the last taken first."""
    task = s.tasks[index]
    while task.held > 0:
        task.held = task.held - 1
        pool_index = task.held_pool[task.held]
        pool = s.pools[pool_index]
        accrue_pool(pool, now)
        pool.used = max(0.0, pool.used - task.held_amount[task.held])
        pool.served = pool.served + 1
        if pool.queued > 0:
            wake_pool(s, pool_index, now)


@inlined
def start_service(s: State, index: int, now: float) -> None:
    """Begins the service that the task's instruction asks for; its server is counted already."""
    task = s.tasks[index]
    code = s.code[task.pc]
    service_s = service_time(s, task, code)
    task.service_s = service_s
    task.state = SERVING
    task.ends_s = now + service_s
    task.due = push(s, task.ends_s, index)


@function
def start_waiting(s: State, pool_index: int, now: float) -> None:
    """Lets waiting tasks into a station as long as it has a free server."""
    pool = s.pools[pool_index]
    while pool.queued > 0 and pool.used + 1.0 <= pool.capacity:
        index = first_waiting(pool)
        unlink_waiting(s, index, now)
        if s.tasks[index].expires_s <= now:
            give_up(s, index)
            continue
        pool.used = pool.used + 1.0
        start_service(s, index, now)


@inlined
def end_service(s: State, index: int, now: float) -> None:
    """The task leaves the station that its instruction names; the next one enters."""
    task = s.tasks[index]
    pool_index = s.code[task.pc].a
    pool = s.pools[pool_index]
    if pool.discipline == PROCESSOR_SHARING:
        part(s, pool_index, index, now)
        return
    accrue_pool(pool, now)
    pool.served = pool.served + 1
    pool.work_sum_s = pool.work_sum_s + task.service_s
    pool.used = pool.used - 1.0
    if pool.queued > 0:
        start_waiting(s, pool_index, now)


@inlined
def sent_at(pool: Row, size_kb: float, now: float) -> float:
    """When a network card has sent a message that is handed to it now."""
    if pool.capacity <= 0.0:
        return now
    start_s = max(now, pool.free_at_s)
    sending_s = size_kb * 0.008 / pool.capacity
    pool.arrived = pool.arrived + 1
    pool.served = pool.served + 1
    pool.wait_sum_s = pool.wait_sum_s + start_s - now
    pool.work_sum_s = pool.work_sum_s + sending_s
    pool.free_at_s = start_s + sending_s
    return pool.free_at_s
