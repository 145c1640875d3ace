"""What SimPy processes do to the kernel's state between two advances: kill, restore, resize, send a check, change routes."""

import math

from sim_engine.causes import CODE
from sim_engine.kernel.calls import finish, forget_connection, launch, start_timer
from sim_engine.kernel.compiling import entry_point, function
from sim_engine.kernel.heap import link_spare
from sim_engine.kernel.interpreter import fall_silent
from sim_engine.kernel.layout import (
    ARRIVED,
    ARRIVING,
    DELAYED,
    DONE,
    DROPPED,
    FAILED,
    FOLLOWING,
    FREE,
    FREE_COUNT,
    FREE_HEAD,
    IN_FLIGHT,
    MESSAGES_FREE,
    MESSAGES_SPARE,
    NOW,
    RETURNING,
    SERVING,
    SILENT,
    SPARE_MESSAGE,
    WAITING_CALL,
    WAITING_POOL,
)
from sim_engine.kernel.queues import accrue_queue, expire_older, lose_since, refill
from sim_engine.kernel.sharing import progress, resize
from sim_engine.kernel.sources import add_users, draw_interval, set_rate
from sim_engine.kernel.state import State
from sim_engine.kernel.statistics import accrue_all, accrue_pool
from sim_engine.kernel.stores import empty, remove, store
from sim_engine.kernel.tasks import start_waiting, unlink_waiting, wake_pool
from sim_engine.kernel.turns import forsake
from sim_engine.kernel.types import Key, Row
from sim_engine.operations.codes import PROCESSOR_SHARING, SMALL_KB

OUT_OF_MEMORY = CODE["out_of_memory"]
STATION, POOL, CARD = range(3)  # kinds of pool


@entry_point
def link_free_slots(s: State, first: int) -> None:
    """Puts the slots from `first` on into the free list, lowest first."""
    for index in range(s.task_slots - 1, first - 1, -1):
        task = s.tasks[index]
        task.state = FREE
        task.due = -1
        task.next = s.count[FREE_HEAD]
        s.count[FREE_HEAD] = index
        s.count[FREE_COUNT] += 1


@entry_point
def link_spare_messages(s: State, first: int) -> None:
    """Puts the rows of messages from `first` on into the list of the spare, lowest first."""
    for index in range(s.message_rows - 1, first - 1, -1):
        s.messages[index].state = SPARE_MESSAGE
        s.messages[index].next = s.count[MESSAGES_SPARE]
        s.count[MESSAGES_SPARE] = index
        s.count[MESSAGES_FREE] += 1


@entry_point
def link_spare_events(s: State, first: int) -> None:
    """Makes the rows of events from `first` on ready for use."""
    link_spare(s, first)


@entry_point
def refill_queue(s: State, queue_index: int) -> None:
    """Begins deliveries, after something about the consumers has changed."""
    refill(s, queue_index, s.clock[NOW])


@entry_point
def expire_messages(s: State, queue_index: int, before_s: float) -> int:
    return expire_older(s, queue_index, before_s, s.clock[NOW])


@entry_point
def lose_messages(s: State, queue_index: int, since_s: float) -> int:
    return lose_since(s, queue_index, since_s, s.clock[NOW])


@entry_point
def accrue(s: State, nodes: int, pools: int, queues: int) -> None:
    accrue_all(s, nodes, pools, s.clock[NOW])
    for index in range(queues):
        accrue_queue(s.queues[index], s.clock[NOW])
    for index in range(pools):
        if s.pools[index].sharing > 0:
            progress(s.pools[index], s.clock[NOW])


@entry_point
def flow_is_conserved(s: State, nodes: int, queues: int) -> bool:
    """Whether everything that has arrived is there or has ended: clients' requests, those at each node, messages in each queue."""
    count = s.count
    if count[ARRIVED] != count[DONE] + count[FAILED] + count[DROPPED] + count[IN_FLIGHT]:
        return False
    for index in range(nodes):
        node = s.nodes[index]
        if node.arrived != node.done + node.failed + node.dropped + node.in_flight:
            return False
    for index in range(queues):
        queue = s.queues[index]
        ended = queue.acknowledged + queue.dead + queue.expired + queue.lost
        if queue.published != ended + queue.ready + queue.under_way:
            return False
    return True


@function
def _service_had(pool: Row, task: Row, now: float) -> float:
    """Seconds of service that a task in service has had."""
    if pool.discipline == PROCESSOR_SHARING:
        progress(pool, now)
        return task.service_s - (task.ends_s - pool.virtual_s)
    accrue_pool(pool, now)
    return task.service_s - (task.ends_s - now)


@function
def _stop_here(s: State, index: int, now: float) -> bool:
    """Takes a task of a dying node out of whatever it waits for; False if it is not here at all."""
    task = s.tasks[index]
    state = task.state
    if state in (FREE, ARRIVING, RETURNING, SILENT):
        return False
    if state == WAITING_POOL:
        pool = s.pools[task.queue]
        accrue_pool(pool, now)
        pool.queued = pool.queued - 1
        task.queue = -1
    elif state == WAITING_CALL:
        task.serial = task.serial + 1
        task.tries = 0
    elif state == SERVING:
        pool = s.pools[s.code[task.pc].a]
        pool.work_sum_s = pool.work_sum_s + _service_had(pool, task, now)
    task.due = -1
    task.held = 0
    forsake(s, index)
    return True


@function
def _empty_pools(s: State, node_index: int, pools: int, now: float) -> None:
    for place in range(pools):
        pool = s.pools[place]
        if pool.node != node_index:
            continue
        accrue_pool(pool, now)
        pool.used = 0.0
        pool.queued = 0
        pool.sharing = 0
        pool.head = -1
        pool.tail = -1
        pool.last_first = -1
        if pool.kind == CARD:
            pool.work_sum_s = pool.work_sum_s - max(0.0, pool.free_at_s - now)
        pool.free_at_s = min(pool.free_at_s, now)


@function
def _forget_calls_of_dead(s: State) -> None:
    """Replies to callers that are gone shall not be counted as connections of theirs."""
    for index in range(s.task_slots):
        task = s.tasks[index]
        if task.state != FREE and task.parent >= 0 and s.tasks[task.parent].serial != task.parent_serial:
            forget_connection(s, task)
            task.parent = -1


@entry_point
def kill(s: State, node_index: int, silent: int, cause: int, pools: int) -> None:
    """A node dies. silent: nothing is answered from now on; else all that is there fails with `cause` at once."""
    now = s.clock[NOW]
    node = s.nodes[node_index]
    node.alive = 0
    node.silent = silent
    for index in range(s.task_slots):
        task = s.tasks[index]
        task.dying = 1 if task.node == node_index and _stop_here(s, index, now) else 0
    _empty_pools(s, node_index, pools, now)
    for index in range(s.task_slots):
        if s.tasks[index].dying != 0:
            s.tasks[index].dying = 0
            s.tasks[index].cause = cause
            if silent != 0:
                fall_silent(s, index, now)
            else:
                finish(s, index, now)
    _forget_calls_of_dead(s)


@entry_point
def restore(s: State, node_index: int) -> None:
    node = s.nodes[node_index]
    node.alive = 1
    node.silent = 0


@entry_point
def empty_cache(s: State, cache_index: int) -> None:
    empty(s, cache_index)


@entry_point
def put(s: State, cache_index: int, key: int, version: int, size_kb: float, life_s: float) -> None:
    store(s, cache_index, key, version, size_kb, life_s, s.clock[NOW])


@entry_point
def set_keys(s: State, cache_index: int, column: int) -> None:
    """Lets a cache hold those keys of which the column says anything but 0, as many as it has room for, and no others."""
    cache = s.caches[cache_index]
    for key in range(cache.keys):
        if s.keyed[key, column] == 0:
            remove(s, cache_index, key)
    for key in range(cache.keys):
        if cache.size >= cache.capacity:
            break
        if s.keyed[key, column] != 0 and s.keyed[key, cache.column] < 0:
            store(s, cache_index, key, 0, 0.0, math.inf, s.clock[NOW])


@entry_point
def first_interval(s: State, source_index: int) -> None:
    draw_interval(s, s.sources[source_index])


@function
def _fail_what_never_fits(s: State, pool_index: int, now: float) -> None:
    """Who waits for more than there is at all would hold everybody behind up for ever."""
    pool = s.pools[pool_index]
    index = pool.head
    while index >= 0:
        following = s.tasks[index].queue_next
        if s.tasks[index].amount > pool.capacity * (1.0 + 1e-9):
            unlink_waiting(s, index, now)
            s.tasks[index].cause = OUT_OF_MEMORY
            finish(s, index, now)
        index = following


@entry_point
def set_capacity(s: State, pool_index: int, capacity: float) -> None:
    """Resizes a pool, station or card; those who wait may go on at once."""
    now = s.clock[NOW]
    pool = s.pools[pool_index]
    if pool.discipline == PROCESSOR_SHARING:
        resize(s, pool_index, capacity, now)
        return
    accrue_pool(pool, now)
    pool.capacity = capacity
    if pool.kind == STATION:
        start_waiting(s, pool_index, now)
    elif pool.kind == POOL:
        _fail_what_never_fits(s, pool_index, now)
        wake_pool(s, pool_index, now)


@entry_point
def change_rate(s: State, source_index: int, rate_per_s: float, slope_per_s2: float) -> None:
    set_rate(s, source_index, rate_per_s, slope_per_s2, s.clock[NOW])


@entry_point
def change_users(s: State, source_index: int, users: int) -> None:
    """Closed users join at once, or leave when they have finished their request and their thinking."""
    source = s.sources[source_index]
    staying = source.users - source.retire
    if users >= staying:
        returning = min(source.retire, users - staying)
        source.retire = source.retire - returning
        add_users(s, source_index, users - staying - returning, s.clock[NOW])
    else:
        source.retire = source.retire + staying - users


@entry_point
def send_check(
    s: State, origin: int, member_index: int, verb: int, timer_index: int, timeout_s: float, waiter: int, random_key: Key
) -> None:
    """A health check from node `origin` on its way to a member of a route; a signal for `waiter` tells how it ended."""
    now = s.clock[NOW]
    index = launch(s, -1, origin, member_index, verb, SMALL_KB, random_key, now)
    s.tasks[index].waiter = waiter
    start_timer(s, timer_index, index, now + timeout_s)


@entry_point
def send_work(
    s: State, origin: int, member_index: int, verb: int, timer_index: int, timeout_s: float, waiter: int, random_key: Key, size_kb: float,
    cost: float,
) -> None:  # fmt: skip
    """A message of machinery (data that moves, hints that are handed over) from node `origin`; a signal for `waiter` tells how it ended."""
    now = s.clock[NOW]
    index = launch(s, -1, origin, member_index, verb, size_kb, random_key, now)
    s.tasks[index].waiter = waiter
    s.tasks[index].cost = cost
    s.tasks[index].object_kb = size_kb
    start_timer(s, timer_index, index, now + timeout_s)


@entry_point
def max_version_gap(s: State, newer: int, older: int) -> int:
    """Versions, summed over keys, that store `newer` has beyond store `older`."""
    total = 0
    for key in range(s.key_rows):
        gap = s.keyed[key, newer] - s.keyed[key, older]
        if gap > 0:
            total += gap
    return total


@entry_point
def forget_lost_writes(s: State, dataset: int, store_index: int) -> int:
    """NDArray[np.int64] acknowledged versions that a new primary does not have, and stops expecting them."""
    lost = 0
    for key in range(s.key_rows):
        gap = s.keyed[key, dataset] - s.keyed[key, store_index]
        if gap > 0:
            lost += gap
            s.keyed[key, dataset] = s.keyed[key, store_index]
    return lost


@entry_point
def copy_versions(s: State, source_index: int, target_index: int) -> None:
    for key in range(s.key_rows):
        s.keyed[key, target_index] = s.keyed[key, source_index]


@entry_point
def received_not_applied(s: State, node_index: int, verb: int) -> int:
    """Replicated writes that have reached a node and are not applied yet."""
    waiting = 0
    for index in range(s.task_slots):
        task = s.tasks[index]
        if task.node == node_index and task.verb == verb and task.state in (WAITING_POOL, SERVING, DELAYED):
            waiting += 1
    return waiting


@entry_point
def sojourn_in_flight(s: State, node_index: int) -> float:
    """Seconds that the tasks which are at a node now have been there; -1: clients' requests, all nodes of sources."""
    now = s.clock[NOW]
    total = 0.0
    for index in range(s.task_slots):
        task = s.tasks[index]
        if task.node != node_index:
            continue
        is_request = task.link >= 0 or (task.source >= 0 and task.flag == 1)
        if is_request and task.state in (SERVING, WAITING_POOL, WAITING_CALL, DELAYED, FOLLOWING):
            total += now - task.started_s
    return total


@entry_point
def service_under_way(s: State, pool_index: int) -> float:
    """Seconds of service that a station has given to those whom it serves now."""
    now = s.clock[NOW]
    total = 0.0
    for index in range(s.task_slots):
        task = s.tasks[index]
        if task.state == SERVING and s.code[task.pc].a == pool_index:
            total += _service_had(s.pools[pool_index], task, now)
    return total
