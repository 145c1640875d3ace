"""Message queues: messages that wait, are delivered, acknowledged, delivered again, or end among the dead letters.

A queue pushes: whoever takes messages out of it (a member of its route) has at most `prefetch` of them under way. A delivery is a task at
the broker that calls the consumer and then acknowledges by the outcome. What has not been acknowledged stays in the queue.
"""

from sim_engine.kernel.compiling import function, inlined
from sim_engine.kernel.layout import (
    DELAYED,
    DELIVERED,
    MESSAGES_FREE,
    MESSAGES_SPARE,
    READY_MESSAGE,
    RESTING,
    SPARE_MESSAGE,
)
from sim_engine.kernel.random import keyed, uniform
from sim_engine.kernel.state import State
from sim_engine.kernel.tasks import allocate, make_ready
from sim_engine.kernel.types import Row
from sim_engine.operations.codes import DELIVER


@inlined
def accrue_queue(queue: Row, now: float) -> None:
    queue.area = queue.area + queue.ready * (now - queue.since_s)
    queue.since_s = now


@function
def _append(s: State, queue_index: int, index: int, first: bool, now: float) -> None:
    """Puts a message where it waits: behind the others, urgent ones behind the urgent, or before all (`first`)."""
    queue = s.queues[queue_index]
    message = s.messages[index]
    message.queue = queue_index
    accrue_queue(queue, now)
    before = queue.tail
    if first:
        before = -1
    elif message.urgent != 0:
        before = queue.last_urgent
    after = queue.head if before < 0 else s.messages[before].next
    message.previous = before
    message.next = after
    if before >= 0:
        s.messages[before].next = index
    else:
        queue.head = index
    if after >= 0:
        s.messages[after].previous = index
    else:
        queue.tail = index
    if message.urgent != 0 and (not first or queue.last_urgent < 0):
        queue.last_urgent = index
    message.state = READY_MESSAGE
    queue.ready = queue.ready + 1


@function
def _take_out(s: State, queue_index: int, index: int, now: float) -> None:
    """Takes a ready message out of its queue's list."""
    queue = s.queues[queue_index]
    message = s.messages[index]
    accrue_queue(queue, now)
    if queue.last_urgent == index:
        queue.last_urgent = message.previous
    if message.previous >= 0:
        s.messages[message.previous].next = message.next
    else:
        queue.head = message.next
    if message.next >= 0:
        s.messages[message.next].previous = message.previous
    else:
        queue.tail = message.previous
    queue.ready = queue.ready - 1


@function
def _forget_message(s: State, index: int) -> None:
    message = s.messages[index]
    if s.queues[message.queue].on_disk != 0:
        node = s.nodes[s.queues[message.queue].node]
        node.stored_kb = node.stored_kb - message.size_kb
    message.state = SPARE_MESSAGE
    message.number = message.number + 1
    message.next = s.count[MESSAGES_SPARE]
    s.count[MESSAGES_SPARE] = index
    s.count[MESSAGES_FREE] += 1


@function
def publish(s: State, queue_index: int, task_index: int, now: float) -> bool:
    """A message with what the task carries; False when the queue is full."""
    queue = s.queues[queue_index]
    task = s.tasks[task_index]
    if queue.limit > 0 and queue.ready + queue.under_way >= queue.limit:
        if queue.drops_oldest == 0 or queue.head < 0:
            queue.refused = queue.refused + 1
            return False
        oldest = queue.head
        _take_out(s, queue_index, oldest, now)
        _forget_message(s, oldest)
        queue.lost = queue.lost + 1
    index = s.count[MESSAGES_SPARE]
    message = s.messages[index]
    s.count[MESSAGES_SPARE] = message.next
    s.count[MESSAGES_FREE] -= 1
    message.published_s = now
    message.random_key = keyed(task.random_key, 77)
    message.cost = task.cost
    message.size_kb = task.request_kb
    message.key = task.key
    message.version = task.version
    message.address = task.address
    message.deliveries = 0
    message.kind = task.kind
    message.urgent = (queue.urgent >> task.kind) & 1
    message.poison = 1 if queue.poison_ratio > 0.0 and uniform(keyed(task.random_key, 78)) < queue.poison_ratio else 0
    queue.published = queue.published + 1
    if queue.on_disk != 0:
        s.nodes[queue.node].stored_kb = s.nodes[queue.node].stored_kb + message.size_kb
    _append(s, queue_index, index, False, now)
    return True


@function
def _who_has_room(s: State, queue: Row) -> int:
    """The member with the fewest of its messages under way that may get another; -1: nobody."""
    if queue.paused != 0 or (queue.most_at_once > 0 and queue.under_way >= queue.most_at_once):
        return -1
    if queue.assigned >= 0:
        member = s.members[queue.assigned]
        return queue.assigned if member.enabled != 0 and member.promised < queue.prefetch else -1
    route = s.routes[queue.route]
    best = -1
    fewest = queue.prefetch
    turn = route.turn if route.turn < route.enabled else 0
    for step in range(route.enabled):
        place = turn + step
        if place >= route.enabled:
            place -= route.enabled
        index = s.targets[route.first + place]
        if s.members[index].promised < fewest:
            best = index
            fewest = s.members[index].promised
            route.turn = place + 1
    return best


@function
def refill(s: State, queue_index: int, now: float) -> None:
    """Begins as many deliveries as there are messages and room for them."""
    queue = s.queues[queue_index]
    if s.nodes[queue.node].alive == 0:
        return
    while queue.ready > 0:
        member = _who_has_room(s, queue)
        if member < 0:
            return
        index = queue.head
        _take_out(s, queue_index, index, now)
        _deliver(s, queue_index, index, member, now)


@function
def _deliver(s: State, queue_index: int, index: int, member: int, now: float) -> None:
    """A task at the broker that brings a message to a member."""
    queue = s.queues[queue_index]
    message = s.messages[index]
    message.state = DELIVERED
    message.deliveries = message.deliveries + 1
    queue.under_way = queue.under_way + 1
    queue.delivered = queue.delivered + 1
    if message.deliveries > 1:
        queue.redelivered = queue.redelivered + 1
    s.members[member].promised = s.members[member].promised + 1
    task_index = allocate(s)
    task = s.tasks[task_index]
    task.node = queue.node
    task.origin = queue.node
    task.verb = DELIVER
    task.kind = message.kind
    task.key = message.key
    task.version = message.version
    task.address = message.address
    task.cost = message.cost
    task.poison = message.poison
    task.request_kb = message.size_kb
    task.random_key = keyed(message.random_key, message.deliveries)
    task.acknowledged = 0
    task.message = index
    task.chosen = member
    if queue.visible_s > 0.0:
        task.expires_s = now + queue.visible_s
    task.started_s = now
    task.needed = 0
    task.state = DELAYED
    task.pc = s.entries[queue.node, DELIVER]
    make_ready(s, task_index)


@function
def settle_message(s: State, queue_index: int, task_index: int, most: int, good: bool, now: float) -> bool:
    """The outcome of a delivery; True when the message must rest before it is tried again (then call try_again)."""
    queue = s.queues[queue_index]
    task = s.tasks[task_index]
    message = s.messages[task.message]
    member = s.members[task.chosen]
    member.promised = max(0, member.promised - 1)
    if good:
        queue.under_way = queue.under_way - 1
        queue.acknowledged = queue.acknowledged + 1
        queue.age_sum_s = queue.age_sum_s + now - message.published_s
        _forget_message(s, task.message)
        task.message = -1
        return False
    if most > 0 and message.deliveries >= most:
        queue.under_way = queue.under_way - 1
        queue.dead = queue.dead + 1
        if queue.dead_letters >= 0:
            other = s.queues[queue.dead_letters]
            other.published = other.published + 1
            _append(s, queue.dead_letters, task.message, False, now)
        else:
            _forget_message(s, task.message)
        task.message = -1
        return False
    message.state = RESTING
    return True


@function
def try_again(s: State, queue_index: int, task_index: int, now: float) -> None:
    """A message that has rested is ready again, before those that came after it."""
    queue = s.queues[queue_index]
    task = s.tasks[task_index]
    queue.under_way = queue.under_way - 1
    _append(s, queue_index, task.message, True, now)
    task.message = -1


@function
def expire_older(s: State, queue_index: int, before_s: float, now: float) -> int:
    """Messages that wait and were published before that are gone (retention); returns how many."""
    queue = s.queues[queue_index]
    gone = 0
    index = queue.head
    while index >= 0:
        following = s.messages[index].next
        if s.messages[index].published_s < before_s:
            _take_out(s, queue_index, index, now)
            _forget_message(s, index)
            gone += 1
        index = following
    queue.expired = queue.expired + gone
    return gone


@function
def lose_since(s: State, queue_index: int, since_s: float, now: float) -> int:
    """A broker dies: what was published from then on had not been stored; returns how many are lost. The rest waits again."""
    queue = s.queues[queue_index]
    for index in range(s.message_rows):
        message = s.messages[index]
        if message.queue == queue_index and message.state in (DELIVERED, RESTING):
            _append(s, queue_index, index, True, now)
    queue.under_way = 0
    lost = 0
    index = queue.head
    while index >= 0:
        following = s.messages[index].next
        if s.messages[index].published_s >= since_s:
            _take_out(s, queue_index, index, now)
            _forget_message(s, index)
            lost += 1
        index = following
    queue.lost = queue.lost + lost
    return lost
