"""What the operations do that are rarer than a call, a pool and a station: on keys, on messages, and those of clients."""

import math

import numpy as np

from sim_engine.causes import CODE
from sim_engine.kernel.calls import call_all, call_chosen, call_replicas, finish, join_branches, launch
from sim_engine.kernel.compiling import apart, function
from sim_engine.kernel.heap import push
from sim_engine.kernel.layout import DELAYED, RETRIES, SILENT
from sim_engine.kernel.limiters import admit
from sim_engine.kernel.queues import publish, refill, settle_message, try_again
from sim_engine.kernel.random import draw, keyed, mix, uniform
from sim_engine.kernel.routes import pick
from sim_engine.kernel.sources import begin_page, draw_count, end_page, issue, leave, leaves, may_retry, record, visit
from sim_engine.kernel.state import State
from sim_engine.kernel.statistics import OK
from sim_engine.kernel.stores import apply_version, give_version, look_up, remove, store
from sim_engine.kernel.tasks import allocate, make_ready, release_slot
from sim_engine.kernel.turns import let_go, lock
from sim_engine.kernel.types import Row
from sim_engine.operations import codes as op

REFUSED = CODE["refused"]
NOT_PRIMARY = CODE["not_primary"]
BROKER_FULL = CODE["broker_full"]
BREAKER_OPEN = CODE["breaker_open"]
BULKHEAD_FULL = CODE["bulkhead_full"]
RATE_LIMITED = CODE["rate_limited"]
DISK_FULL = CODE["disk_full"]
LONGEST_BACKOFF_S = 60.0

# What an operation tells the loop: go to the next instruction, stay at the pc that was set, or wait.
NEXT, STAY, WAIT = 0, 1, 2


@function
def sleep_until(s: State, index: int, at_s: float) -> int:
    """Lets a task go on after its instruction at `at_s`."""
    task = s.tasks[index]
    task.pc = task.pc + 1
    task.state = DELAYED
    task.due = push(s, at_s, index)
    return WAIT


@function
def _retry(s: State, index: int, code: Row, now: float) -> int:
    task = s.tasks[index]
    if task.cause == OK or task.attempt >= s.parameters[code.b]:
        return NEXT
    factor = s.parameters[code.b + 2]
    wait_s = min(s.parameters[code.b + 1] * factor**task.attempt, LONGEST_BACKOFF_S)
    if s.parameters[code.b + 3] > 0.0:
        wait_s *= uniform(keyed(task.random_key ^ code.salt, task.attempt + 1))
    if now + wait_s >= task.expires_s or not may_retry(s, task.source):
        return NEXT
    task.attempt = task.attempt + 1
    s.count[RETRIES] += 1
    s.sources[task.source].retried = s.sources[task.source].retried + 1
    task.cause = OK
    task.pc = code.a
    task.state = DELAYED
    task.due = push(s, now + wait_s, index)
    return WAIT


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
    return NEXT


@function
def _send(s: State, index: int, code: Row, now: float) -> int:
    task = s.tasks[index]
    sent = launch(s, index, task.node, task.needed, code.b, task.request_kb, task.random_key, now)
    if s.tasks[sent].state == SILENT:
        release_slot(s, sent)
    return NEXT


@function
def _commit(s: State, index: int, now: float) -> int:
    task = s.tasks[index]
    node = s.nodes[task.node]
    newest = s.keyed[task.key, node.store]
    if task.given == 0:
        task.version = newest + 1
    s.keyed[task.key, node.store] = max(newest, task.version)
    task.dataset = node.dataset
    task.stamp_s = now
    node.commits = node.commits + 1
    return NEXT


@function
def _apply(s: State, index: int, now: float) -> int:
    task = s.tasks[index]
    node = s.nodes[task.node]
    apply_version(s, node.store, task.key, task.version)
    node.applied = node.applied + 1
    node.lag_sum_s = node.lag_sum_s + now - task.stamp_s
    return NEXT


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
        if task.given == 0:
            task.version = version
    return NEXT


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
    return NEXT


@function
def _think(s: State, index: int, code: Row, now: float) -> int:
    task = s.tasks[index]
    if leaves(s, index):
        leave(s, index)
        return WAIT
    task.random_key = keyed(task.random_key, 0)
    return sleep_until(s, index, now + draw(s.parameters, code.b, mix(task.random_key ^ code.salt)))


@function
def _next_tick(s: State, index: int, code: Row, now: float) -> int:
    period_s = s.parameters[code.b]
    if period_s <= 0.0:
        return NEXT
    return sleep_until(s, index, (math.floor(now / period_s) + 1.0) * period_s)


@function
def _new_version(s: State, index: int, code: Row) -> int:
    task = s.tasks[index]
    give_version(s, task)
    task.given = code.b
    return NEXT


@function
def _keep_version(s: State, index: int, now: float) -> int:
    task = s.tasks[index]
    node = s.nodes[task.node]
    if task.verb == op.REPAIR and s.keyed[task.key, node.store] < task.version:
        node.repaired = node.repaired + 1
    apply_version(s, node.store, task.key, task.version)
    node.applied = node.applied + 1
    return NEXT


@function
def _store(s: State, index: int, code: Row, now: float) -> int:
    """What the request carries goes to the disk, if there is room for it."""
    task = s.tasks[index]
    node = s.nodes[task.node]
    size_kb = task.request_kb * (s.parameters[code.b] if code.b >= 0 else 1.0)
    if node.stored_kb + size_kb > node.room_kb:
        node.unstored = node.unstored + 1
        task.cause = DISK_FULL
        finish(s, index, now)
        return WAIT
    if code.c == op.KEEPS:
        node.stored_kb = node.stored_kb + size_kb
    return NEXT


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
    return NEXT


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
            return WAIT
        try_again(s, queue_index, index, now)
    refill(s, queue_index, now)
    return NEXT


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
    if what == op.LAND:
        if task.leads > 0:
            let_go(s, index, now)
    elif what == op.LOCK:
        return NEXT if lock(s, index, code, now) else WAIT
    elif what == op.NEW_VERSION:
        return _new_version(s, index, code)
    elif what == op.KEEP_VERSION:
        return _keep_version(s, index, now)
    elif what == op.STORE:
        return _store(s, index, code, now)
    elif what == op.CALL_REPLICAS:
        return WAIT if call_replicas(s, index, code, now) else NEXT
    return NEXT


@function
def _answer(s: State, index: int, code: Row, now: float) -> int:
    """Names a member of a route, for a caller that will call it itself; fails as the route says when there is none."""
    task = s.tasks[index]
    task.chosen = pick(s, code.a, task.random_key, task.address, task.key, task.origin, now)
    task.amount = s.parameters[code.b]
    if task.chosen < 0:
        task.cause = s.routes[code.a].cause
    return NEXT


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
        return WAIT
    return NEXT if at_s <= now else sleep_until(s, index, at_s)


@apart
def data_operation(s: State, index: int, code: Row, now: float) -> int:
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
            return WAIT
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
        return WAIT if join_branches(s, index) else NEXT
    elif what == op.CALL_CHOSEN:
        return WAIT if call_chosen(s, index, code, now) else NEXT
    elif op.LAND <= what <= op.ACKNOWLEDGE:
        return _message_operation(s, index, code, now)
    elif what == op.NEXT_TICK:
        return _next_tick(s, index, code, now)
    elif what == op.CALL_ALL:
        return WAIT if call_all(s, index, code, now) else NEXT
    elif what == op.DELAY:
        return sleep_until(s, index, now + draw(s.parameters, code.b, mix(task.random_key ^ code.salt)))
    return NEXT


@apart
def client_operation(s: State, index: int, code: Row, now: float) -> int:
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
        return WAIT
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
            return WAIT
        task.pc = s.entries[task.node, task.verb]
        return STAY
    elif what == op.SIZE:
        task.reply_kb = task.object_kb if task.object_kb > 0.0 else s.parameters[code.b]
    elif what == op.FLAG_IF_OK:
        task.flag = task.flag | code.b if task.cause == OK else task.flag & ~code.b
    elif what == op.STOP:
        task.cause = code.b
        finish(s, index, now)
        return WAIT
    return NEXT


@apart
def rare_jump(s: State, index: int, code: Row, now: float) -> bool:
    task = s.tasks[index]
    what = code.op
    if what == op.IF_IN_SET:
        return (int(s.parameters[code.b]) >> task.kind) & 1 != 0
    if what == op.IF_CHANCE:
        return uniform(mix(task.random_key ^ code.salt)) < s.parameters[code.b]
    if what == op.IF_FULL:
        return s.caches[code.b].size >= s.caches[code.b].capacity
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
