"""The loop: take the earliest event, run the program of the task that it wakes until it must wait, repeat.

advance() goes on up to (and not including) the time of the next SimPy event, and hands back earlier when a SimPy process
has a message, when an array must grow, or when its budget of events is used up.
"""

import math

import numpy as np

from sim_engine.causes import CODE
from sim_engine.kernel.calls import (
    call,
    call_all,
    call_chosen,
    call_replicas,
    deliver,
    finish,
    forget_connection,
    fork,
    hedge,
    join_branches,
    launch,
    stop_timer,
    timer_fires,
)
from sim_engine.kernel.compiling import entry_point, function
from sim_engine.kernel.heap import next_s, push, take_next
from sim_engine.kernel.layout import (
    ARRIVING,
    CODE_MASK,
    DELAYED,
    EVENTS,
    FREE_COUNT,
    HEAP_SIZE,
    MESSAGES_FREE,
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
    WAITING_CALL,
)
from sim_engine.kernel.limiters import admit
from sim_engine.kernel.queues import publish, refill, settle_message, try_again
from sim_engine.kernel.random import draw, keyed, mix, uniform
from sim_engine.kernel.routes import pick
from sim_engine.kernel.sharing import join
from sim_engine.kernel.sources import arrive, begin_page, draw_count, end_page, issue, leave, leaves, may_retry, record, visit
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
from sim_engine.kernel.turns import lead, let_go, lock
from sim_engine.kernel.types import Row
from sim_engine.operations import codes as op

REFUSED = CODE["refused"]
NO_ROUTE = CODE["no_route"]
NOT_PRIMARY = CODE["not_primary"]
OUT_OF_MEMORY = CODE["out_of_memory"]
BROKER_FULL = CODE["broker_full"]
BREAKER_OPEN = CODE["breaker_open"]
BULKHEAD_FULL = CODE["bulkhead_full"]
RATE_LIMITED = CODE["rate_limited"]
DEADLINE = CODE["deadline"]
LONGEST_BACKOFF_S = 60.0

REACHED, SIGNALLED, NEEDS_TASKS, NEEDS_HEAP, OUT_OF_BUDGET, NEEDS_MESSAGES = range(6)
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
    factor = s.parameters[code.b + 2]
    wait_s = min(s.parameters[code.b + 1] * factor**task.attempt, LONGEST_BACKOFF_S)
    if s.parameters[code.b + 3] > 0.0:
        wait_s *= uniform(keyed(task.random_key ^ code.salt, task.attempt + 1))
    if now + wait_s >= task.expires_s or not may_retry(s, task.source):
        return _NEXT
    task.attempt = task.attempt + 1
    s.count[RETRIES] += 1
    s.sources[task.source].retried = s.sources[task.source].retried + 1
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
    sent = launch(s, index, task.node, task.needed, code.b, task.request_kb, task.random_key, now)
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
    found, version = look_up(s, code.a, task.key, code.b != 0, now)
    if code.b == 0:
        node.lookups = node.lookups + 1
    task.hit = 1 if found else 0
    if found:
        if code.b == 0:
            node.hits = node.hits + 1
        task.version = version
    return _NEXT


@function
def _fill(s: State, index: int, code: Row, now: float) -> int:
    task = s.tasks[index]
    life_s = s.parameters[code.b]
    if life_s <= 0.0:
        life_s = math.inf
    elif code.c >= 0:  # jitter: so that what was put together does not expire together
        life_s *= 1.0 + s.parameters[code.c] * (2.0 * uniform(mix(task.random_key ^ code.salt)) - 1.0)
    node = s.nodes[task.node]
    node.evictions = node.evictions + store(s, code.a, task.key, task.version, task.reply_kb, life_s, now)
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
def _new_version(s: State, index: int) -> int:
    """The next version of a key that several may write: the column of the node's dataset's issued versions counts them."""
    task = s.tasks[index]
    node = s.nodes[task.node]
    newest = max(s.keyed[task.key, node.issued], s.keyed[task.key, node.dataset])
    s.keyed[task.key, node.issued] = newest + 1
    task.version = newest + 1
    task.dataset = node.dataset
    return _NEXT


@function
def _keep_version(s: State, index: int, now: float) -> int:
    task = s.tasks[index]
    node = s.nodes[task.node]
    apply_version(s, node.store, task.key, task.version)
    node.applied = node.applied + 1
    return _NEXT


@function
def _publish(s: State, index: int, first: int, how_many: int, now: float) -> int:
    """A copy into each of several queues, if all have room for it; then whoever can take some gets them."""
    task = s.tasks[index]
    good = True
    for place in range(how_many):
        good = publish(s, first + place, index, now) and good
    if not good:
        task.cause = BROKER_FULL
    for place in range(how_many):
        refill(s, first + place, now)
    return _NEXT


@function
def _settle_delivery(s: State, queue_index: int, index: int, most: int, now: float) -> bool:
    """A delivery that met nobody is none: the message has not been tried."""
    task = s.tasks[index]
    if task.cause in (REFUSED, BREAKER_OPEN, BULKHEAD_FULL):
        message = s.messages[task.message]
        message.deliveries = message.deliveries - 1
    return settle_message(s, queue_index, index, most, task.cause == OK, now)


@function
def _acknowledge(s: State, index: int, code: Row, now: float) -> int:
    """The end of a delivery, by its outcome: done, to the dead letters, or rest and try again."""
    task = s.tasks[index]
    queue_index = s.messages[task.message].queue
    if task.flag != 0:  # it has rested
        try_again(s, queue_index, index, now)
    elif _settle_delivery(s, queue_index, index, int(s.parameters[code.b]), now):
        task.flag = 1
        rest_s = s.parameters[code.c]
        if rest_s > 0.0:
            refill(s, queue_index, now)
            task.state = DELAYED
            task.due = push(s, now + rest_s, index)
            return _WAIT
        try_again(s, queue_index, index, now)
    refill(s, queue_index, now)
    return _NEXT


@function
def _message_operation(s: State, index: int, code: Row, now: float) -> int:
    """Queues, replicas without a primary, and what waits for another request of the same key."""
    task = s.tasks[index]
    what = code.op
    if what == op.PUBLISH_ALL:
        return _publish(s, index, code.a, code.b, now)
    if what == op.PUBLISH_BY_KEY:
        partition = np.int64(keyed(code.salt, task.key) % np.uint64(code.b))
        return _publish(s, index, code.a + partition, 1, now)
    if what == op.ACKNOWLEDGE:
        return _acknowledge(s, index, code, now)
    if what == op.REFILL:
        for place in range(code.b):
            refill(s, code.a + place, now)
    elif what == op.LAND or what == op.UNLOCK:
        if task.leads > 0:
            let_go(s, index, now)
    elif what == op.LOCK:
        return _NEXT if lock(s, index, code, now) else _WAIT
    elif what == op.NEW_VERSION:
        return _new_version(s, index)
    elif what == op.KEEP_VERSION:
        return _keep_version(s, index, now)
    elif what == op.CALL_REPLICAS:
        return _WAIT if call_replicas(s, index, code, now) else _NEXT
    return _NEXT


@function
def _answer(s: State, index: int, code: Row, now: float) -> int:
    """Names a member of a route, for a caller that will call it itself; fails as the route says when there is none."""
    task = s.tasks[index]
    task.chosen = pick(s, code.a, task.random_key, task.address, task.key, task.origin, now)
    task.amount = s.parameters[code.b]
    if task.chosen < 0:
        task.cause = s.routes[code.a].cause
    return _NEXT


@function
def _resolver(s: State, index: int, code: Row) -> int:
    """The resolver that a client at this address asks."""
    resolvers = max(1, int(s.parameters[code.c]))
    return code.b + int(uniform(mix(np.uint64(s.tasks[index].address))) * resolvers)


@function
def _limit(s: State, index: int, code: Row, now: float) -> int:
    task = s.tasks[index]
    at_s = admit(s, code.a, code.b, task.address, now)
    if at_s < 0.0:
        task.cause = RATE_LIMITED
        s.limiters[code.a].refused = s.limiters[code.a].refused + 1
        finish(s, index, now)
        return _WAIT
    return _NEXT if at_s <= now else _sleep_until(s, index, at_s)


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
    elif what == op.ANSWER:
        return _answer(s, index, code, now)
    elif what == op.KEEP_ANSWER:
        answer = s.answers[_resolver(s, index, code)]
        answer.member = task.chosen
        answer.expires_s = now + task.amount
    elif what == op.LIMIT:
        return _limit(s, index, code, now)
    elif what == op.READ_CONTENT:
        task.version = task.acknowledged
    elif what == op.JOIN:
        return _WAIT if join_branches(s, index) else _NEXT
    elif what == op.CALL_CHOSEN:
        return _WAIT if call_chosen(s, index, code, now) else _NEXT
    elif op.LAND <= what <= op.REFILL:
        return _message_operation(s, index, code, now)
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
        issue(s, index, code.b, now)
    elif what == op.RETRY:
        return _retry(s, index, code, now)
    elif what == op.RECORD:
        record(s, index, now)
    elif what == op.THINK:
        return _think(s, index, code, now)
    elif what == op.LEAVE:
        if task.parent >= 0:
            finish(s, index, now)
        else:
            leave(s, index)
        return _WAIT
    elif what == op.VISIT:
        visit(s, index)
    elif what == op.DRAW_COUNT:
        draw_count(s, index, code)
    elif what == op.BEGIN_PAGE:
        begin_page(s, index, now)
    elif what == op.END_PAGE:
        end_page(s, index, now)
    elif what == op.CLEAR:
        task.cause = code.b
    elif what == op.AGAIN:
        if leaves(s, index):
            leave(s, index)
            return _WAIT
        task.pc = s.entries[task.node, task.verb]
        return _STAY
    elif what == op.SIZE:
        task.reply_kb = task.object_kb if task.object_kb > 0.0 else s.parameters[code.b]
    elif what == op.FLAG_IF_OK:
        task.flag = 1 if task.cause == OK else 0
    elif what == op.STOP:
        task.cause = code.b
        finish(s, index, now)
        return _WAIT
    return _NEXT


@function
def _rare_jump(s: State, index: int, code: Row, now: float) -> bool:
    task = s.tasks[index]
    what = code.op
    if what == op.IF_CLASS:
        return (code.b >> task.kind) & 1 != 0
    if what == op.IF_IN_SET:
        return (int(s.parameters[code.b]) >> task.kind) & 1 != 0
    if what == op.IF_CHANCE:
        return uniform(mix(task.random_key ^ code.salt)) < s.parameters[code.b]
    if what == op.IF_RESOLVED:
        answer = s.answers[_resolver(s, index, code)]
        task.chosen = answer.member
        return answer.member >= 0 and answer.expires_s > now
    of_parent = code.c == op.PARENT  # IF_NONE_LEFT
    if of_parent and s.tasks[task.parent].serial != task.parent_serial:
        return True  # whoever forked it has gone on
    counting = s.tasks[task.parent] if of_parent else task
    if counting.left <= 0:
        return True
    counting.left = counting.left - 1
    return False


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
        jumps = task.flag != 0
    elif what == op.FORK:
        fork(s, index, code, now)
        return _NEXT
    elif what == op.LEAD:
        return _NEXT if lead(s, index, code, now) else _WAIT
    elif what > op.IF_FLAG:
        jumps = _rare_jump(s, index, code, now)
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
        elif op.JUMP <= what <= op.FORK:
            outcome = _jump(s, index, code, now)
        elif what == op.TRANSMIT:
            pool = s.pools[code.a]
            at_s = sent_at(pool, task.reply_kb, now)
            outcome = _NEXT if at_s <= now else _sleep_until(s, index, at_s)
        elif what == op.STOP_IF_FAILED:
            outcome = _NEXT
        elif op.CLEAR <= what <= op.END_PAGE:
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
