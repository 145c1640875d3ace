"""Calls with timeouts, hedges and retries, branches of a request, replies.

Each call is a task of its own at the callee. A timeout detaches it from its caller: the waiting stops, the work goes on.
A reply counts only for the call that its caller still waits for (`serial`).
"""

import math

from sim_engine.causes import CODE
from sim_engine.kernel.compiling import apart, embedded, function, inlined
from sim_engine.kernel.heap import push
from sim_engine.kernel.layout import (
    ARRIVING,
    DELAYED,
    HEDGES,
    MARKS,
    RETURNING,
    SILENT,
    TIMER_BASE,
    WAITING_CALL,
)
from sim_engine.kernel.links import HAS_HEDGE, HAS_RETRIES, HEDGE_S, travel
from sim_engine.kernel.policies import earn_retries, has_retry, observe, signal, turned_away
from sim_engine.kernel.random import keyed, mix, uniform
from sim_engine.kernel.routes import first_on_ring, pick
from sim_engine.kernel.state import State, fetch_ahead
from sim_engine.kernel.statistics import leave_node, next_span, record_span
from sim_engine.kernel.stores import give_version
from sim_engine.kernel.tasks import allocate, make_ready, release_held, release_slot
from sim_engine.kernel.turns import let_go
from sim_engine.kernel.types import Key, Row
from sim_engine.operations.codes import (
    ACKNOWLEDGEMENT_KB,
    APPLY_WRITE,
    CALL,
    CALL_CHOSEN,
    CHECK,
    DETACHED,
    FIRST_BRANCH,
    GET,
    OWN_REQUEST,
    PUT,
    RESOLVE,
    SMALL,
    SMALL_KB,
    WORK,
)

OK = CODE["ok"]
TIMEOUT = CODE["timeout"]
DEADLINE = CODE["deadline"]
REPLICATION_TIMEOUT = CODE["replication_timeout"]
ERROR = CODE["error"]
NO_QUORUM = CODE["no_quorum"]
UNKNOWN = -1  # version of a key before the first answer


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


@function
def _expire(s: State, index: int, now: float) -> None:
    """The caller of task `index` stops waiting; the task itself goes on."""
    task = s.tasks[index]
    stop_timer(s, index)
    link = s.links[task.link]
    link.timeouts = link.timeouts + 1
    link.failed = link.failed + 1
    cause = REPLICATION_TIMEOUT if task.verb == APPLY_WRITE else TIMEOUT
    if task.member >= 0 and s.members[task.member].watched != 0:
        observe(s, task.member, cause, now - task.sent_s, now)
    forget_connection(s, task)
    if task.waiter >= 0:
        signal(s, task.waiter, cause, now)
        task.waiter = -1
    if task.parent >= 0:
        if s.tasks[task.parent].expires_s <= now:
            cause = DEADLINE
        goes_on = _settle(s, task.parent, task, cause, now)
        if goes_on >= 0:
            make_ready(s, goes_on)
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
def launch(s: State, caller_index: int, origin: int, member_index: int, verb: int, request_kb: float, random_key: Key, now: float) -> int:
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
    task.origin = origin
    if caller_index >= 0:
        caller = s.tasks[caller_index]
        task.kind = caller.kind
        task.cost = caller.cost
        task.object_kb = caller.object_kb
        task.propagates = caller.propagates
        task.poison = caller.poison
        task.given = caller.given
        if caller.propagates != 0:
            task.expires_s = caller.expires_s
        task.key = caller.key
        fetch_ahead(s, caller.key)
        task.version = caller.version
        task.dataset = caller.dataset
        task.address = caller.address
        task.acknowledged = caller.acknowledged
        task.stamp_s = caller.stamp_s
        task.trace = caller.trace
        if task.trace > 0:
            task.parent_span = caller.span
            task.span = next_span(s)
    at_s = travel(s, member.link, 0, request_kb, random_key, task.origin, task.node, now)
    if at_s < math.inf:
        task.due = push(s, at_s, index)
    else:
        task.state = SILENT
    return index


@inlined
def _wait_for(s: State, caller_index: int, index: int, member_index: int, now: float) -> None:
    task = s.tasks[index]
    caller = s.tasks[caller_index]
    task.parent = caller_index
    task.parent_serial = caller.serial
    task.member = member_index
    member = s.members[member_index]
    member.in_flight = member.in_flight + 1
    timer_index = s.links[task.link].timer
    timeout_s = s.parameters[s.timers[timer_index].parameter]
    if caller.source >= 0:
        timeout_s = min(timeout_s, s.sources[caller.source].timeout_s)
    start_timer(s, timer_index, index, min(now + timeout_s, caller.expires_s))


@inlined
def _size_kb(caller: Row, code: Row) -> float:
    if code.c == OWN_REQUEST:
        return caller.request_kb
    return SMALL_KB if code.c == SMALL else caller.reply_kb


@inlined
def _key_of_call(caller: Row, code: Row) -> Key:
    """The random key of a caller's attempt at a call."""
    random_key = mix(caller.random_key ^ code.salt)
    number = caller.attempt + 64 * caller.tries
    return keyed(random_key, number) if number > 0 else random_key


@embedded
def call_member(s: State, caller_index: int, member_index: int, code: Row, random_key: Key, now: float) -> bool:
    """Sends a call to a member and lets the caller wait; False when its policies turn it away (the cause is set)."""
    caller = s.tasks[caller_index]
    member = s.members[member_index]
    link = s.links[member.link]
    if link.policy != 0 or member.watched != 0:
        refusal = turned_away(s, member_index, now)
        if refusal != OK:
            caller.cause = refusal
            caller.tries = 0
            return False
        if link.policy & HAS_RETRIES != 0 and caller.tries == 0:
            earn_retries(s, link)
    verb = code.b if code.b >= 0 else caller.verb
    caller.serial = caller.serial + 1
    caller.pending = 1
    caller.spare = 0
    caller.cause = OK
    caller.state = WAITING_CALL
    index = launch(s, caller_index, caller.node, member_index, verb, _size_kb(caller, code), random_key, now)
    _wait_for(s, caller_index, index, member_index, now)
    hedge_s = s.parameters[link.parameter + HEDGE_S] if link.policy & HAS_HEDGE != 0 else math.inf
    if caller.source >= 0:
        hedge_s = min(hedge_s, s.sources[caller.source].hedge_s)
    if hedge_s < math.inf:
        caller.called = member_index
        caller.due = push(s, now + hedge_s, caller_index)
    return True


@apart
def call(s: State, caller_index: int, code: Row, now: float) -> bool:
    """Sends a call and lets the caller wait; False when nobody could be called (the cause is set)."""
    caller = s.tasks[caller_index]
    random_key = _key_of_call(caller, code)
    member_index = pick(s, code.a, random_key, caller.address, caller.key, caller.node, now)
    if member_index < 0:
        caller.cause = s.routes[code.a].cause
        caller.tries = 0
        return False
    return call_member(s, caller_index, member_index, code, random_key, now)


@function
def call_chosen(s: State, caller_index: int, code: Row, now: float) -> bool:
    """Calls the member that a name was resolved to."""
    caller = s.tasks[caller_index]
    if caller.chosen < 0:
        caller.cause = s.routes[code.a].cause
        return False
    return call_member(s, caller_index, caller.chosen, code, _key_of_call(caller, code), now)


@function
def hedge(s: State, caller_index: int, now: float) -> None:
    """The answer has not come for so long that a second copy is sent; whichever answers first counts."""
    caller = s.tasks[caller_index]
    code = s.code[caller.pc]
    if code.op != CALL and code.op != CALL_CHOSEN:
        return
    random_key = keyed(_key_of_call(caller, code), 4096)
    member_index = caller.chosen
    if code.op == CALL:
        member_index = pick(s, code.a, random_key, caller.address, caller.key, caller.node, now)
        if member_index == caller.called:  # rather somebody else, where there is one
            member_index = pick(s, code.a, mix(random_key), caller.address, caller.key, caller.node, now)
    if member_index < 0 or turned_away(s, member_index, now) != OK:
        return
    verb = code.b if code.b >= 0 else caller.verb
    index = launch(s, caller_index, caller.node, member_index, verb, _size_kb(caller, code), random_key, now)
    _wait_for(s, caller_index, index, member_index, now)
    caller.spare = caller.spare + 1
    s.count[HEDGES] += 1
    if caller.source >= 0:
        s.sources[caller.source].hedged = s.sources[caller.source].hedged + 1
    link = s.links[s.members[member_index].link]
    link.hedged = link.hedged + 1


@function
def call_all(s: State, caller_index: int, code: Row, now: float) -> bool:
    """Calls every enabled member at once and waits for all, or for as many as parameter code.c − 1 says; False when there is none."""
    caller = s.tasks[caller_index]
    route = s.routes[code.a]
    if route.enabled == 0:
        return False
    caller.serial = caller.serial + 1
    needed = route.enabled if code.c == 0 else min(route.enabled, max(1, int(s.parameters[code.c - 1])))
    caller.pending = needed
    caller.spare = route.enabled - needed
    caller.quorum = 1
    caller.cause = OK
    caller.state = WAITING_CALL
    for place in range(route.enabled):
        member_index = s.targets[route.first + place]
        random_key = keyed(caller.random_key ^ code.salt, place + 1)
        index = launch(s, caller_index, caller.node, member_index, code.b, caller.request_kb, random_key, now)
        _wait_for(s, caller_index, index, member_index, now)
    return True


@function
def fork(s: State, index: int, code: Row, now: float) -> None:
    """Branches of a task that begin at code.a; the task itself goes on until it joins them."""
    task = s.tasks[index]
    if code.b == FIRST_BRANCH:
        task.serial = task.serial + 1
        task.pending = 0
        task.spare = 0
    how_many = 1
    if code.c >= 0:
        how_many = max(1, min(int(s.parameters[code.c]), task.left))
    for place in range(how_many):
        child_index = allocate(s)
        child = s.tasks[child_index]
        child.node = task.node
        child.origin = task.origin
        child.verb = task.verb
        child.kind = task.kind
        child.key = task.key
        child.version = task.version
        child.given = task.given
        child.address = task.address
        child.acknowledged = task.acknowledged
        child.stamp_s = task.stamp_s
        child.cost = task.cost
        child.object_kb = task.object_kb
        child.request_kb = task.request_kb
        child.reply_kb = task.reply_kb
        child.expires_s = task.expires_s
        child.propagates = task.propagates
        child.trace = task.trace
        child.span = task.span
        child.source = task.source
        child.visitor = task.visitor
        child.random_key = task.random_key if code.c < 0 else keyed(task.random_key ^ code.salt, place)
        child.needed = 0
        child.started_s = now
        child.state = DELAYED
        child.pc = code.a
        if code.b != DETACHED:
            child.parent = index
            child.parent_serial = task.serial
            task.pending = task.pending + 1
        make_ready(s, child_index)


@function
def join_branches(s: State, index: int) -> bool:
    """Whether the task must wait for branches of its own."""
    task = s.tasks[index]
    task.cause = OK
    if task.pending == 0:
        return False
    task.state = WAITING_CALL
    return True


@function
def end_branch(s: State, index: int, now: float) -> None:
    """A task that nobody has sent ends; whoever forked it may go on."""
    task = s.tasks[index]
    if task.parent >= 0:
        goes_on = _settle(s, task.parent, task, task.cause, now)
        if goes_on >= 0:
            make_ready(s, goes_on)
        task.parent = -1
    release_slot(s, index)


@function
def _copies_up(s: State, route: Row, first_place: int, copies: int) -> int:
    """How many of those who keep copies, from a place of the ring on, are not known to be down."""
    if route.down == 0:
        return copies
    s.count[MARKS] += 1
    mark = s.count[MARKS]
    place = first_place
    found, up = 0, 0
    while found < copies:
        member = s.members[s.ring[route.ring + place].member]
        place = place + 1 if place + 1 < route.ring_places else 0
        if member.mark == mark:
            continue
        member.mark = mark
        found += 1
        if member.down == 0:
            up += 1
    return up


@function
def call_replicas(s: State, caller_index: int, code: Row, now: float) -> bool:
    """Calls those who keep copies of the key: the next different members on the ring from the key's hash on.

    The copies, how many must answer (0: all that are asked) and how many are asked are parameters code.c, + 1, + 2. Who is known to
    be down is not asked. Where fewer are asked than there are copies, the first asked is drawn at random. False when too few can be
    reached (the cause is set). A write gets its version here, so that one that reaches nobody uses none.
    """
    caller = s.tasks[caller_index]
    route = s.routes[code.a]
    copies = min(int(s.parameters[code.c]), route.enabled)
    if route.ring_places == 0:
        caller.cause = NO_QUORUM
        return False
    place = first_on_ring(s, route, keyed(route.salt, caller.key))
    up = _copies_up(s, route, place, copies)
    asked = min(int(s.parameters[code.c + 2]), up)
    needed = int(s.parameters[code.c + 1])
    if needed == 0:
        needed = asked
    if asked < max(1, needed):
        caller.cause = NO_QUORUM
        return False
    random_key = _key_of_call(caller, code)
    caller.serial = caller.serial + 1
    caller.pending = needed
    caller.spare = asked - needed
    caller.quorum = 1
    if code.b == PUT:
        give_version(s, caller)
    elif code.b == GET:
        caller.version = UNKNOWN
        caller.flag = 0
    caller.cause = OK
    caller.state = WAITING_CALL
    s.count[MARKS] += 1
    mark = s.count[MARKS]
    turned = int(uniform(mix(random_key)) * up) if asked < up else 0
    found, met = 0, 0
    for _ in range(route.ring_places):
        member_index = s.ring[route.ring + place].member
        place = place + 1 if place + 1 < route.ring_places else 0
        member = s.members[member_index]
        if member.mark == mark:
            continue
        member.mark = mark
        met += 1
        if member.down == 0 and (found + turned) % up < asked:
            key = keyed(random_key, found + 1)
            index = launch(s, caller_index, caller.node, member_index, code.b, caller.request_kb, key, now)
            _wait_for(s, caller_index, index, member_index, now)
        if member.down == 0:
            found += 1
        if met == copies:
            break
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
    size_kb = task.reply_kb if task.cause == OK else ACKNOWLEDGEMENT_KB
    at_s = travel(s, task.link, 1, size_kb, task.random_key, task.node, task.origin, now)
    if at_s < math.inf:
        task.state = RETURNING
        task.due = push(s, at_s, index)
    else:
        task.state = SILENT


@function
def _goes_wrong(node: Row, task: Row) -> bool:
    return uniform(keyed(task.random_key, 7919)) < node.error_ratio


@function
def finish(s: State, index: int, now: float) -> None:
    """A task's program is over: count it, give back what it holds, reply."""
    task = s.tasks[index]
    if task.link < 0:
        if task.held > 0:
            release_held(s, index, now)
        end_branch(s, index, now)
        return
    node = s.nodes[task.node]
    if node.error_ratio > 0.0 and task.cause == OK and task.verb != CHECK and _goes_wrong(node, task):
        task.cause = ERROR
    if task.poison != 0 and task.verb == WORK and task.cause == OK:
        task.cause = ERROR
    if task.leads > 0:
        let_go(s, index, now)
    leave_node(s, task, now)
    if task.trace > 0:
        record_span(s, task, now)
    if task.held > 0:
        release_held(s, index, now)
    if task.parent >= 0 and s.tasks[task.parent].serial != task.parent_serial:
        task.parent = -1
    if task.parent < 0 and task.waiter < 0 and task.verb != APPLY_WRITE and task.cause != DEADLINE:
        node.wasted = node.wasted + 1
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
        if task.member >= 0 and s.members[task.member].watched != 0:
            observe(s, task.member, cause, now - task.sent_s, now)
    forget_connection(s, task)
    if task.waiter >= 0:
        signal(s, task.waiter, cause, now)
    goes_on = -1
    if task.parent >= 0:
        goes_on = _settle(s, task.parent, task, cause, now)
    release_slot(s, index)
    return goes_on


@inlined
def _take_results(parent: Row, task: Row) -> None:
    """What a caller learns from an answer."""
    if task.link < 0:  # of a branch: only what it has read
        if task.dataset >= 0:
            parent.version = max(parent.version, task.version)
            parent.dataset = task.dataset
        return
    parent.hit = task.hit
    if parent.quorum != 0 and parent.version != UNKNOWN and parent.version != task.version:
        parent.flag = 1
    parent.version = max(parent.version, task.version) if parent.quorum != 0 else task.version
    parent.dataset = task.dataset
    if task.verb != PUT:  # what was put is still at hand
        parent.reply_kb = task.reply_kb
    if task.verb == RESOLVE:
        parent.chosen = task.chosen
        parent.amount = task.amount


@function
def _settle(s: State, parent_index: int, task: Row, cause: int, now: float) -> int:
    """Hands an outcome to who waits for it; returns that task if it goes on now, else -1.

    A caller waits for `pending` successes and can bear `spare` failures.
    """
    parent = s.tasks[parent_index]
    if parent.serial != task.parent_serial:
        return -1
    if cause == OK:
        parent.pending = parent.pending - 1
        if task.verb != APPLY_WRITE:
            _take_results(parent, task)
        if parent.pending > 0:
            return -1
    elif parent.spare > 0:
        parent.spare = parent.spare - 1
        return -1
    parent.serial = parent.serial + 1
    if parent.due >= 0:
        parent.due = -1  # its hedge
    if cause != OK and task.link >= 0 and has_retry(s, parent_index, s.links[task.link], now):
        return -1
    parent.cause = cause
    parent.tries = 0
    parent.quorum = 0
    parent.pc = parent.pc + 1
    return parent_index
