"""The loop: take the earliest event, run the program of the task that it wakes until it must wait, repeat.

advance() goes on up to (and not including) the time of the next SimPy event, and hands back earlier when a SimPy process
has a message, when an array must grow, or when its budget of events is used up.
"""

from sim_engine.causes import CODE
from sim_engine.kernel.calls import call, deliver, finish, forget_connection, fork, hedge, stop_timer, timer_fires
from sim_engine.kernel.compiling import entry_point, function
from sim_engine.kernel.heap import next_s, take_next
from sim_engine.kernel.instructions import NEXT, STAY, WAIT, client_operation, data_operation, rare_jump, sleep_until
from sim_engine.kernel.layout import (
    ARRIVING,
    CODE_MASK,
    EVENTS,
    FREE_COUNT,
    HEAP_SIZE,
    MESSAGES_FREE,
    NOW,
    OPERATIONS,
    READY_HEAD,
    RETURNING,
    SERVING,
    SIGNALS,
    SILENT,
    SOURCE_BASE,
    STALE_EVENTS,
    TIMER_BASE,
    WAITING_CALL,
)
from sim_engine.kernel.sharing import join
from sim_engine.kernel.sources import arrive
from sim_engine.kernel.state import State
from sim_engine.kernel.statistics import OK, accrue_pool, enter_node, leave_node
from sim_engine.kernel.tasks import end_service, enqueue, fits, grab, release_slot, sent_at, start_service
from sim_engine.kernel.turns import lead
from sim_engine.kernel.types import Row
from sim_engine.operations import codes as op

REFUSED = CODE["refused"]
NO_ROUTE = CODE["no_route"]
OUT_OF_MEMORY = CODE["out_of_memory"]
DEADLINE = CODE["deadline"]

REACHED, SIGNALLED, NEEDS_TASKS, NEEDS_HEAP, OUT_OF_BUDGET, NEEDS_MESSAGES = range(6)
SLACK = 1024  # slots and heap places that one event may use up
MOMENT_S = 20e-6  # of a network card; a link within a data centre takes 250e-6


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
        return WAIT
    if pool.queued == 0 and fits(pool, amount):
        grab(s, code.a, index, amount, now)
        return NEXT
    if pool.queue_limit >= 0 and pool.queued >= pool.queue_limit:
        task.cause = pool.cause
        pool.rejected = pool.rejected + 1
        finish(s, index, now)
        return WAIT
    task.amount = amount
    enqueue(s, code.a, index, now)
    return WAIT


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
    return WAIT


@function
def _transmit(s: State, index: int, code: Row, now: float) -> int:
    """What is over in a moment is not waited for: an event less; its time is taken from the card all the same."""
    task = s.tasks[index]
    if task.cause != OK:
        return NEXT
    size_kb = task.request_kb if code.b == op.OWN_REQUEST else task.reply_kb
    if code.b == op.ACKNOWLEDGEMENT:
        size_kb = op.ACKNOWLEDGEMENT_KB
    at_s = sent_at(s.pools[code.a], size_kb, now)
    return NEXT if at_s - now < MOMENT_S else sleep_until(s, index, at_s)


@function
def _jump(s: State, index: int, code: Row, now: float) -> int:
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
        jumps = task.flag & code.b != 0
    elif what == op.IF_CLASS:
        jumps = (code.b >> task.kind) & 1 != 0
    elif what == op.FORK:
        fork(s, index, code, now)
        return NEXT
    elif what == op.LEAD:
        return NEXT if lead(s, index, code, now) else WAIT
    elif what > op.IF_FLAG:
        jumps = rare_jump(s, index, code, now)
    if jumps != (what <= op.IF_CHANCE and code.c == op.UNLESS):
        task.pc = code.a
        return STAY
    return NEXT


@function
def run(s: State, index: int, now: float) -> None:
    """Interprets a task's program from its pc until it waits or ends."""
    task = s.tasks[index]
    pc = task.pc
    operations = 0
    while True:
        operations += 1
        task.pc = pc
        code = s.code[pc]
        what = code.op
        if what == op.SERVE:
            _serve(s, index, code, now)
            break
        if what == op.CALL:
            if call(s, index, code, now):
                break
            outcome = NEXT
        elif what == op.END or (what == op.STOP_IF_FAILED and task.cause != OK):
            finish(s, index, now)
            break
        elif what == op.TAKE:
            outcome = _take(s, index, code, now)
        elif op.JUMP <= what <= op.FORK:
            outcome = _jump(s, index, code, now)
        elif what == op.TRANSMIT:
            outcome = _transmit(s, index, code, now)
        elif what == op.STOP_IF_FAILED:
            outcome = NEXT
        elif op.CLEAR <= what <= op.END_PAGE:
            outcome = client_operation(s, index, code, now)
        else:
            outcome = data_operation(s, index, code, now)
        if outcome == WAIT:
            break
        pc = pc + 1 if outcome == NEXT else task.pc
    s.count[OPERATIONS] += operations


@function
def _enter(s: State, index: int, now: float) -> None:
    """A request reaches its node: refused or swallowed when it is dead, else its program begins."""
    task = s.tasks[index]
    node = s.nodes[task.node]
    task.started_s = now
    enter_node(node, now)
    entry = s.entries[task.node, task.verb]
    if node.alive != 0 and task.expires_s <= now:
        task.cause = DEADLINE
        finish(s, index, now)
        return
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
    elif state == WAITING_CALL:
        hedge(s, index, now)
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
        if s.count[MESSAGES_FREE] < SLACK:
            why = NEEDS_MESSAGES
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
        at_s = next_s(s, now)
        if at_s >= until_s:
            now = max(now, until_s)
            break
        now = at_s
        entry = take_next(s)
        events += 1
        if not _handle(s, entry, now):
            s.count[STALE_EVENTS] += 1
    s.clock[NOW] = now
    s.count[EVENTS] += events
    return why
