"""The loop: take the earliest event, run the program of the task that it wakes until it must wait, repeat.

advance() goes on up to (and not including) the time of the next SimPy event, and hands back earlier when a SimPy process
has a message, when an array must grow, or when its budget of events is used up.
"""

import math

from sim_engine.causes import CODE
from sim_engine.kernel.calls import (
    call,
    call_all,
    deliver,
    finish,
    forget_connection,
    launch,
    stop_timer,
    timer_fires,
)
from sim_engine.kernel.compiling import entry_point, function
from sim_engine.kernel.heap import drop_first, push
from sim_engine.kernel.layout import (
    ARRIVING,
    CODE_MASK,
    DELAYED,
    EVENTS,
    FREE_COUNT,
    HEAP_SIZE,
    NOW,
    OPERATIONS,
    READY_HEAD,
    RETRIES,
    RETURNING,
    SERVING,
    SIGNALS,
    SILENT,
    SOURCE_BASE,
    STALE_EVENTS,
    TIMER_BASE,
)
from sim_engine.kernel.random import draw, keyed, mix, uniform
from sim_engine.kernel.sharing import join
from sim_engine.kernel.sources import arrive, issue, leave, leaves, record
from sim_engine.kernel.state import State
from sim_engine.kernel.statistics import OK, accrue_pool, enter_node, leave_node
from sim_engine.kernel.stores import apply_version, look_up, remove, store
from sim_engine.kernel.tasks import (
    allocate,
    end_service,
    enqueue,
    fits,
    grab,
    make_ready,
    release_slot,
    sent_at,
    start_service,
)
from sim_engine.kernel.types import Row
from sim_engine.operations import codes as op

REFUSED = CODE["refused"]
NO_ROUTE = CODE["no_route"]
NOT_PRIMARY = CODE["not_primary"]
OUT_OF_MEMORY = CODE["out_of_memory"]
LONGEST_BACKOFF_S = 60.0

REACHED, SIGNALLED, NEEDS_TASKS, NEEDS_HEAP, OUT_OF_BUDGET = range(5)
SLACK = 1024  # slots and heap places that one event may use up

# What an operation tells the loop: go to the next instruction, stay at the pc that was set, or wait.
_NEXT, _STAY, _WAIT = 0, 1, 2


@function
def _take(s: State, index: int, code: Row, now: float) -> int:
    task = s.tasks[index]
    pool = s.pools[code.a]
    amount = 1.0 if code.b < 0 else s.parameters[code.b]
    pool.arrived = pool.arrived + 1
    if amount > pool.capacity:
        task.cause = OUT_OF_MEMORY if code.b >= 0 else pool.cause
        pool.rejected = pool.rejected + 1
        finish(s, index, now)
        return _WAIT
    if pool.queued == 0 and fits(pool, amount):
        grab(s, code.a, index, amount, now)
        return _NEXT
    if pool.queue_limit >= 0 and pool.queued >= pool.queue_limit:
        task.cause = pool.cause
        pool.rejected = pool.rejected + 1
        finish(s, index, now)
        return _WAIT
    task.amount = amount
    enqueue(s, code.a, index, now)
    return _WAIT


@function
def _serve(s: State, index: int, code: Row, now: float) -> int:
    pool = s.pools[code.a]
    pool.arrived = pool.arrived + 1
    if pool.discipline == op.PROCESSOR_SHARING:
        join(s, code.a, index, now)
    elif pool.queued == 0 and pool.used + 1.0 <= pool.capacity:
        accrue_pool(pool, now)
        pool.used = pool.used + 1.0
        start_service(s, index, now)
    else:
        enqueue(s, code.a, index, now)
    return _WAIT


@function
def _sleep_until(s: State, index: int, at_s: float) -> int:
    """Lets a task go on after its instruction at `at_s`."""
    task = s.tasks[index]
    task.pc = task.pc + 1
    task.state = DELAYED
    task.due = push(s, at_s, index)
    return _WAIT


@function
def _retry(s: State, index: int, code: Row, now: float) -> int:
    task = s.tasks[index]
    if task.cause == OK or task.attempt >= s.parameters[code.b]:
        return _NEXT
    task.attempt = task.attempt + 1
    s.count[RETRIES] += 1
    factor = s.parameters[code.b + 2]
    wait_s = min(s.parameters[code.b + 1] * factor ** (task.attempt - 1), LONGEST_BACKOFF_S)
    if s.parameters[code.b + 3] > 0.0:
        wait_s *= uniform(keyed(task.random_key ^ code.salt, task.attempt))
    task.cause = OK
    task.pc = code.a
    task.state = DELAYED
    task.due = push(s, now + wait_s, index)
    return _WAIT


@function
def _spawn(s: State, index: int, code: Row, now: float) -> int:
    """One task at this node for each enabled member of a route, that will send to it. It is no request: nobody counts it."""
    task = s.tasks[index]
    route = s.routes[code.a]
    for place in range(route.enabled):
        child_index = allocate(s)
        child = s.tasks[child_index]
        child.node = task.node
        child.verb = code.b
        child.key = task.key
        child.version = task.version
        child.stamp_s = task.stamp_s
        child.request_kb = task.request_kb
        child.random_key = keyed(task.random_key ^ code.salt, place + 1)
        child.attempt = 0
        child.flag = 0
        child.needed = s.targets[route.first + place]
        child.started_s = now
        child.state = DELAYED
        child.pc = s.entries[task.node, code.b]
        make_ready(s, child_index)
    return _NEXT


@function
def _send(s: State, index: int, code: Row, now: float) -> int:
    task = s.tasks[index]
    sent = launch(s, index, task.needed, code.b, task.request_kb, task.random_key, now)
    if s.tasks[sent].state == SILENT:
        release_slot(s, sent)
    return _NEXT


@function
def _commit(s: State, index: int, now: float) -> int:
    task = s.tasks[index]
    node = s.nodes[task.node]
    s.keyed[task.key, node.store] += 1
    task.version = s.keyed[task.key, node.store]
    task.dataset = node.dataset
    task.stamp_s = now
    node.commits = node.commits + 1
    return _NEXT


@function
def _apply(s: State, index: int, now: float) -> int:
    task = s.tasks[index]
    node = s.nodes[task.node]
    apply_version(s, node.store, task.key, task.version)
    node.applied = node.applied + 1
    node.lag_sum_s = node.lag_sum_s + now - task.stamp_s
    return _NEXT


@function
def _look_up(s: State, index: int, code: Row, now: float) -> int:
    task = s.tasks[index]
    node = s.nodes[task.node]
    found, version = look_up(s, code.a, task.key, now)
    node.lookups = node.lookups + 1
    task.hit = 1 if found else 0
    if found:
        node.hits = node.hits + 1
        task.version = version
    return _NEXT


@function
def _fill(s: State, index: int, code: Row, now: float) -> int:
    task = s.tasks[index]
    life_s = s.parameters[code.b]
    expires_s = now + life_s if life_s > 0.0 else math.inf
    if store(s, code.a, task.key, task.version, expires_s):
        node = s.nodes[task.node]
        node.evictions = node.evictions + 1
    return _NEXT


@function
def _think(s: State, index: int, code: Row, now: float) -> int:
    task = s.tasks[index]
    if leaves(s, index):
        leave(s, index)
        return _WAIT
    task.random_key = keyed(task.random_key, 0)
    return _sleep_until(s, index, now + draw(s.parameters, code.b, mix(task.random_key ^ code.salt)))


@function
def _next_tick(s: State, index: int, code: Row, now: float) -> int:
    period_s = s.parameters[code.b]
    if period_s <= 0.0:
        return _NEXT
    return _sleep_until(s, index, (math.floor(now / period_s) + 1.0) * period_s)


@function
def _data_operation(s: State, index: int, code: Row, now: float) -> int:
    """Operations on keys, and the rarer ones."""
    task = s.tasks[index]
    what = code.op
    if what == op.LOOKUP:
        return _look_up(s, index, code, now)
    if what == op.FILL:
        return _fill(s, index, code, now)
    if what == op.REMOVE:
        remove(s, code.a, task.key)
    elif what == op.READ_VERSION:
        task.version = s.keyed[task.key, s.nodes[task.node].store]
        task.dataset = s.nodes[task.node].dataset
    elif what == op.COMMIT:
        return _commit(s, index, now)
    elif what == op.APPLY:
        return _apply(s, index, now)
    elif what == op.REQUIRE_PRIMARY:
        if s.nodes[task.node].primary == 0:
            task.cause = NOT_PRIMARY
            finish(s, index, now)
            return _WAIT
    elif what == op.SPAWN:
        return _spawn(s, index, code, now)
    elif what == op.SEND:
        return _send(s, index, code, now)
    elif what == op.NEXT_TICK:
        return _next_tick(s, index, code, now)
    elif what == op.CALL_ALL:
        return _WAIT if call_all(s, index, code, now) else _NEXT
    elif what == op.DELAY:
        return _sleep_until(s, index, now + draw(s.parameters, code.b, mix(task.random_key ^ code.salt)))
    return _NEXT


@function
def _client_operation(s: State, index: int, code: Row, now: float) -> int:
    task = s.tasks[index]
    what = code.op
    if what == op.ISSUE:
        issue(s, index, now)
    elif what == op.RETRY:
        return _retry(s, index, code, now)
    elif what == op.RECORD:
        record(s, index, now)
    elif what == op.THINK:
        return _think(s, index, code, now)
    elif what == op.LEAVE:
        leave(s, index)
        return _WAIT
    elif what == op.CLEAR:
        task.cause = OK
    elif what == op.SIZE:
        task.reply_kb = s.parameters[code.b]
    elif what == op.FLAG_IF_OK:
        task.flag = 1 if task.cause == OK else 0
    elif what == op.STOP:
        task.cause = code.b
        finish(s, index, now)
        return _WAIT
    return _NEXT


@function
def _jump(s: State, index: int, code: Row) -> int:
    task = s.tasks[index]
    what = code.op
    jumps = what == op.JUMP
    if what == op.IF_VERB:
        jumps = task.verb == code.b
    elif what == op.IF_HIT:
        jumps = task.hit != 0
    elif what == op.IF_FAILED:
        jumps = task.cause != OK
    elif what == op.IF_FLAG:
        jumps = task.flag != 0
    if jumps:
        task.pc = code.a
        return _STAY
    return _NEXT


@function
def run(s: State, index: int, now: float) -> None:
    """Interprets a task's program from its pc until it waits or ends."""
    task = s.tasks[index]
    operations = 0
    while True:
        operations += 1
        code = s.code[task.pc]
        what = code.op
        if what == op.SERVE:
            _serve(s, index, code, now)
            break
        if what == op.CALL:
            if call(s, index, code, now):
                break
            outcome = _NEXT
        elif what == op.END or (what == op.STOP_IF_FAILED and task.cause != OK):
            finish(s, index, now)
            break
        elif what == op.TAKE:
            outcome = _take(s, index, code, now)
        elif op.JUMP <= what <= op.IF_FLAG:
            outcome = _jump(s, index, code)
        elif what == op.TRANSMIT:
            pool = s.pools[code.a]
            at_s = sent_at(pool, task.reply_kb, now)
            outcome = _NEXT if at_s <= now else _sleep_until(s, index, at_s)
        elif what == op.STOP_IF_FAILED:
            outcome = _NEXT
        elif op.CLEAR <= what <= op.LEAVE:
            outcome = _client_operation(s, index, code, now)
        else:
            outcome = _data_operation(s, index, code, now)
        if outcome == _WAIT:
            break
        if outcome == _NEXT:
            task.pc = task.pc + 1
    s.count[OPERATIONS] += operations


@function
def _enter(s: State, index: int, now: float) -> None:
    """A request reaches its node: refused or swallowed when it is dead, else its program begins."""
    task = s.tasks[index]
    node = s.nodes[task.node]
    task.started_s = now
    enter_node(node, now)
    entry = s.entries[task.node, task.verb]
    if node.alive != 0 and entry >= 0:
        task.pc = entry
        run(s, index, now)
        return
    task.cause = NO_ROUTE if node.alive != 0 else REFUSED
    if node.alive == 0:
        node.refused = node.refused + 1
    if node.alive == 0 and node.silent != 0:
        fall_silent(s, index, now)
    else:
        finish(s, index, now)


@function
def fall_silent(s: State, index: int, now: float) -> None:
    """A task that is swallowed: counted as failed at its node, never answered; its caller's timer frees it."""
    task = s.tasks[index]
    if task.link < 0:
        release_slot(s, index)
        return
    leave_node(s, task, now)
    if task.parent >= 0 and s.tasks[task.parent].serial != task.parent_serial:
        task.parent = -1
    task.due = -1
    if task.parent >= 0 or task.waiter >= 0:
        task.state = SILENT
        return
    if task.timer >= 0:
        stop_timer(s, index)
    forget_connection(s, task)
    release_slot(s, index)


@function
def _wake(s: State, index: int, now: float) -> None:
    task = s.tasks[index]
    state = task.state
    if state == SERVING:
        end_service(s, index, now)
        task.pc = task.pc + 1
        run(s, index, now)
    elif state == ARRIVING:
        _enter(s, index, now)
    elif state == RETURNING:
        goes_on = deliver(s, index, now)
        if goes_on >= 0:
            run(s, goes_on, now)
    else:
        run(s, index, now)


@function
def _handle(s: State, entry: int, now: float) -> bool:
    """One event; False if it was stale."""
    code = entry & CODE_MASK
    if code < TIMER_BASE:
        if s.tasks[code].due != entry:
            return False
        s.tasks[code].due = -1
        _wake(s, code, now)
    elif code < SOURCE_BASE:
        if s.timers[code - TIMER_BASE].due != entry:
            return False
        timer_fires(s, code - TIMER_BASE, now)
    else:
        source_index = code - SOURCE_BASE
        if s.sources[source_index].due != entry:
            return False
        run(s, arrive(s, source_index, now), now)
    return True


@entry_point
def advance(s: State, until_s: float, budget: int) -> int:
    """Moves requests up to `until_s` (exclusive); returns why it stopped.

    s: State. until_s: simulated seconds. budget: number of events after which it hands back.
    """
    now = s.clock[NOW]
    events = 0
    why = REACHED
    while True:
        if s.count[FREE_COUNT] < SLACK:
            why = NEEDS_TASKS
            break
        if s.count[HEAP_SIZE] + 2 * SLACK > s.heap_places:
            why = NEEDS_HEAP
            break
        if events >= budget:
            why = OUT_OF_BUDGET
            break
        ready = s.count[READY_HEAD]
        if ready >= 0:
            events += 1
            s.count[READY_HEAD] = s.tasks[ready].next
            run(s, ready, now)
            continue
        if s.count[SIGNALS] > 0:
            why = SIGNALLED
            break
        if s.count[HEAP_SIZE] == 0 or s.heap_time[0] >= until_s:
            now = max(now, until_s)
            break
        now = s.heap_time[0]
        entry = s.heap_entry[0]
        drop_first(s)
        events += 1
        if not _handle(s, entry, now):
            s.count[STALE_EVENTS] += 1
    s.clock[NOW] = now
    s.count[EVENTS] += events
    return why
