"""Messages over links, calls with timeouts, replies.

Each call is a task of its own at the callee. A timeout detaches it from its caller: the waiting stops, the work goes on.
A reply counts only for the call that its caller still waits for (`serial`).
"""

import math

from sim_engine.causes import CODE
from sim_engine.kernel.compiling import function, inlined
from sim_engine.kernel.heap import push
from sim_engine.kernel.layout import (
    ARRIVING,
    RETURNING,
    SIGNALS,
    SILENT,
    TIMER_BASE,
    WAITING_CALL,
)
from sim_engine.kernel.random import draw, keyed, mix, uniform
from sim_engine.kernel.state import State
from sim_engine.kernel.statistics import leave_node, next_span, record_span
from sim_engine.kernel.tasks import allocate, make_ready, release_held, release_slot
from sim_engine.kernel.types import Key, Row
from sim_engine.operations.codes import (
    ADDRESS_HASH,
    APPLY_WRITE,
    LEAST_CONNECTIONS,
    OWN_REQUEST,
    POWER_OF_TWO,
    ROUND_ROBIN,
    SMALL,
    SMALL_KB,
)

OK = CODE["ok"]
TIMEOUT = CODE["timeout"]
REPLICATION_TIMEOUT = CODE["replication_timeout"]
CRASHED = CODE["crashed"]

# Offsets from LINK.parameter
LATENCY, BANDWIDTH, LOSS, RETRANSMIT, TIMEOUT_S = 0, 5, 6, 7, 8
LINK_PARAMETERS = 10
MOST_LOSSES = 6


@function
def _lost_for(s: State, link: Row, first: int, value: Key) -> float:
    """Seconds that retransmissions add; infinite when the message is gone for good."""
    loss = s.parameters[first + LOSS]
    wait_s = s.parameters[first + RETRANSMIT]
    added_s = 0.0
    for _ in range(MOST_LOSSES):
        value = mix(value)
        if uniform(value) >= loss:
            return added_s
        link.lost = link.lost + 1
        added_s += wait_s
        wait_s *= 2.0
    return math.inf


@function
def travel(s: State, link_index: int, back: int, size_kb: float, random_key: Key, now: float) -> float:
    """When a message that is sent now arrives: bandwidth, then latency, then losses."""
    link = s.links[link_index]
    first = link.parameter
    at_s = now
    bandwidth = s.parameters[first + BANDWIDTH]
    link.sent_kb = link.sent_kb + size_kb
    if bandwidth > 0.0:
        at_s = max(now, link.free_at_s[back]) + size_kb * 0.008 / bandwidth
        link.free_at_s[back] = at_s
    value = mix(random_key ^ keyed(link.salt, back))
    at_s += draw(s.parameters, first + LATENCY, value)
    if s.parameters[first + LOSS] > 0.0:
        at_s += _lost_for(s, link, first, value)
    if link.ordered != 0 and at_s < math.inf:
        at_s = max(at_s, link.last_s[back])
        link.last_s[back] = at_s
    return at_s


@function
def _pick_least(s: State, route: Row) -> int:
    """The enabled member with the fewest calls out; ties go to the first from the turn on."""
    best = -1
    best_place = 0
    fewest = 0
    for step in range(route.enabled):
        place = route.turn + step
        if place >= route.enabled:
            place -= route.enabled
        member = s.targets[route.first + place]
        out = s.members[member].in_flight
        if best < 0 or out < fewest:
            best = member
            fewest = out
            best_place = place
    route.turn = (best_place + 1) % route.enabled
    return best


@function
def pick(s: State, route_index: int, random_key: Key, address: int) -> int:
    """The member that a call goes to, by the route's policy; -1 when none is enabled."""
    route = s.routes[route_index]
    enabled = route.enabled
    if enabled == 0:
        return -1
    if enabled == 1:
        return s.targets[route.first]
    policy = route.policy
    if policy == ROUND_ROBIN:
        turn = route.turn
        if turn >= enabled:
            turn = 0
        route.turn = turn + 1
        return s.targets[route.first + turn]
    if policy == LEAST_CONNECTIONS:
        if route.turn >= enabled:
            route.turn = 0
        return _pick_least(s, route)
    if policy == ADDRESS_HASH:
        value = keyed(route.salt, address)
        return s.targets[route.first + int(uniform(value) * enabled)]
    value = mix(random_key ^ route.salt)
    one = int(uniform(value) * enabled)
    if policy != POWER_OF_TWO:
        return s.targets[route.first + one]
    value = mix(value)
    other = int(uniform(value) * (enabled - 1))
    if other >= one:
        other += 1
    first = s.targets[route.first + one]
    second = s.targets[route.first + other]
    return second if s.members[second].in_flight < s.members[first].in_flight else first


@inlined
def _set_timer(s: State, timer: Row, timer_index: int, at_s: float) -> None:
    timer.due_s = at_s
    timer.due = push(s, at_s, TIMER_BASE + timer_index)


@function
def start_timer(s: State, timer_index: int, index: int, deadline_s: float) -> None:
    """Puts a call into its timer's list, which is in order of deadlines."""
    timer = s.timers[timer_index]
    task = s.tasks[index]
    task.timer = timer_index
    task.deadline_s = deadline_s
    after = timer.tail
    while after >= 0 and s.tasks[after].deadline_s > deadline_s:
        after = s.tasks[after].timer_previous
    task.timer_previous = after
    if after >= 0:
        task.timer_next = s.tasks[after].timer_next
        s.tasks[after].timer_next = index
    else:
        task.timer_next = timer.head
        timer.head = index
    if task.timer_next >= 0:
        s.tasks[task.timer_next].timer_previous = index
    else:
        timer.tail = index
    if timer.due < 0 or deadline_s < timer.due_s:
        _set_timer(s, timer, timer_index, deadline_s)


@inlined
def stop_timer(s: State, index: int) -> None:
    task = s.tasks[index]
    timer = s.timers[task.timer]
    if task.timer_previous >= 0:
        s.tasks[task.timer_previous].timer_next = task.timer_next
    else:
        timer.head = task.timer_next
    if task.timer_next >= 0:
        s.tasks[task.timer_next].timer_previous = task.timer_previous
    else:
        timer.tail = task.timer_previous
    task.timer = -1


@inlined
def forget_connection(s: State, task: Row) -> None:
    if task.member >= 0:
        member = s.members[task.member]
        member.in_flight = member.in_flight - 1
        task.member = -1


@inlined
def signal(s: State, waiter: int, cause: int, now: float) -> None:
    """Tells a SimPy process how the request that it sent has ended."""
    place = s.count[SIGNALS]
    s.count[SIGNALS] = place + 1
    s.signals[place].waiter = waiter
    s.signals[place].cause = cause
    s.signals[place].at_s = now


@function
def _expire(s: State, index: int, now: float) -> None:
    """The caller of task `index` stops waiting; the task itself goes on."""
    task = s.tasks[index]
    stop_timer(s, index)
    link = s.links[task.link]
    link.timeouts = link.timeouts + 1
    link.failed = link.failed + 1
    forget_connection(s, task)
    cause = REPLICATION_TIMEOUT if task.verb == APPLY_WRITE else TIMEOUT
    if task.waiter >= 0:
        signal(s, task.waiter, cause, now)
        task.waiter = -1
    if task.parent >= 0:
        parent = s.tasks[task.parent]
        if parent.serial == task.parent_serial:
            parent.serial = parent.serial + 1
            parent.cause = cause
            parent.pc = parent.pc + 1
            make_ready(s, task.parent)
        task.parent = -1
    if task.state == SILENT:
        release_slot(s, index)


@function
def timer_fires(s: State, timer_index: int, now: float) -> None:
    """Ends the waits whose deadline has come and sets the timer for the next."""
    timer = s.timers[timer_index]
    timer.due = -1
    while timer.head >= 0 and s.tasks[timer.head].deadline_s <= now:
        _expire(s, timer.head, now)
    if timer.head >= 0:
        _set_timer(s, timer, timer_index, s.tasks[timer.head].deadline_s)


@function
def launch(s: State, caller_index: int, member_index: int, verb: int, request_kb: float, random_key: Key, now: float) -> int:
    """A new task on its way to a member; returns its index. Who waits for it is up to the caller."""
    index = allocate(s)
    task = s.tasks[index]
    member = s.members[member_index]
    link = s.links[member.link]
    link.sent = link.sent + 1
    member.sent = member.sent + 1
    task.node = member.node
    task.link = member.link
    task.verb = verb
    task.random_key = random_key
    task.request_kb = request_kb
    task.sent_s = now
    task.state = ARRIVING
    if caller_index >= 0:
        caller = s.tasks[caller_index]
        task.key = caller.key
        task.version = caller.version
        task.dataset = caller.dataset
        task.address = caller.address
        task.acknowledged = caller.acknowledged
        task.stamp_s = caller.stamp_s
        task.trace = caller.trace
        if task.trace > 0:
            task.parent_span = caller.span
            task.span = next_span(s)
    at_s = travel(s, member.link, 0, request_kb, random_key, now)
    if at_s < math.inf:
        task.due = push(s, at_s, index)
    else:
        task.state = SILENT
    return index


@inlined
def _wait_for(s: State, caller_index: int, index: int, member_index: int, now: float) -> None:
    task = s.tasks[index]
    task.parent = caller_index
    task.parent_serial = s.tasks[caller_index].serial
    task.member = member_index
    member = s.members[member_index]
    member.in_flight = member.in_flight + 1
    timer_index = s.links[task.link].timer
    start_timer(s, timer_index, index, now + s.parameters[s.timers[timer_index].parameter])


@function
def call(s: State, caller_index: int, code: Row, now: float) -> bool:
    """Sends a call and lets the caller wait; False when nobody could be called (the cause is set)."""
    caller = s.tasks[caller_index]
    random_key = mix(caller.random_key ^ code.salt)
    if caller.attempt > 0:
        random_key = keyed(random_key, caller.attempt)
    member_index = pick(s, code.a, random_key, caller.address)
    if member_index < 0:
        caller.cause = s.routes[code.a].cause
        return False
    size_kb = SMALL_KB
    if code.c == OWN_REQUEST:
        size_kb = caller.request_kb
    elif code.c != SMALL:
        size_kb = caller.reply_kb
    verb = code.b if code.b >= 0 else caller.verb
    caller.serial = caller.serial + 1
    caller.pending = 1
    caller.cause = OK
    caller.state = WAITING_CALL
    index = launch(s, caller_index, member_index, verb, size_kb, random_key, now)
    _wait_for(s, caller_index, index, member_index, now)
    return True


@function
def call_all(s: State, caller_index: int, code: Row, now: float) -> bool:
    """Calls every enabled member at once; False when there is none."""
    caller = s.tasks[caller_index]
    route = s.routes[code.a]
    if route.enabled == 0:
        return False
    caller.serial = caller.serial + 1
    caller.pending = route.enabled
    caller.cause = OK
    caller.state = WAITING_CALL
    for place in range(route.enabled):
        member_index = s.targets[route.first + place]
        random_key = keyed(caller.random_key ^ code.salt, place + 1)
        index = launch(s, caller_index, member_index, code.b, caller.request_kb, random_key, now)
        _wait_for(s, caller_index, index, member_index, now)
    return True


@function
def reply(s: State, index: int, now: float) -> None:
    """Sends a task's outcome back to whoever waits for it; the slot is freed when it has arrived."""
    task = s.tasks[index]
    if task.parent < 0 and task.waiter < 0:
        if task.timer >= 0:
            stop_timer(s, index)
        forget_connection(s, task)
        release_slot(s, index)
        return
    at_s = travel(s, task.link, 1, task.reply_kb, task.random_key, now)
    if at_s < math.inf:
        task.state = RETURNING
        task.due = push(s, at_s, index)
    else:
        task.state = SILENT


@function
def finish(s: State, index: int, now: float) -> None:
    """A task's program is over: count it, give back what it holds, reply."""
    task = s.tasks[index]
    if task.link >= 0:
        leave_node(s, task, now)
    if task.trace > 0:
        record_span(s, task, now)
    if task.held > 0:
        release_held(s, index, now)
    if task.parent >= 0 and s.tasks[task.parent].serial != task.parent_serial:
        task.parent = -1
    if task.parent < 0 and task.waiter < 0 and task.link >= 0 and task.verb != APPLY_WRITE:
        node = s.nodes[task.node]
        node.wasted = node.wasted + 1
    if task.link < 0:
        release_slot(s, index)
    else:
        reply(s, index, now)


@function
def deliver(s: State, index: int, now: float) -> int:
    """A reply arrives. Returns the caller that goes on, or -1."""
    task = s.tasks[index]
    cause = task.cause
    link = s.links[task.link]
    link.replies = link.replies + 1
    if cause != OK:
        link.failed = link.failed + 1
    if task.timer >= 0:
        stop_timer(s, index)
    forget_connection(s, task)
    if task.waiter >= 0:
        signal(s, task.waiter, cause, now)
    goes_on = -1
    if task.parent >= 0:
        goes_on = _settle(s, task.parent, task, cause)
    release_slot(s, index)
    return goes_on


@inlined
def _settle(s: State, parent_index: int, task: Row, cause: int) -> int:
    """Hands a reply to its caller; returns the caller if that is all it waited for."""
    parent = s.tasks[parent_index]
    if parent.serial != task.parent_serial:
        return -1
    parent.pending = parent.pending - 1
    if cause != OK or parent.pending == 0:
        parent.serial = parent.serial + 1
        parent.cause = cause
        if task.verb != APPLY_WRITE:
            parent.hit = task.hit
            parent.version = task.version
            parent.dataset = task.dataset
            parent.reply_kb = task.reply_kb
        parent.pc = parent.pc + 1
        return parent_index
    return -1
