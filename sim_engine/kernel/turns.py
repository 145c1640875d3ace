"""Waiting for another request at the same component: one fetch for all who want the same key, and locks of keys.

The column of State.keyed says who leads for a key: 1 + its task, 0 nobody. Those who wait stand in a list that begins at the leader.
"""

from sim_engine.kernel.compiling import function
from sim_engine.kernel.layout import FOLLOWING
from sim_engine.kernel.state import State
from sim_engine.kernel.tasks import make_ready
from sim_engine.kernel.types import Row


@function
def _begin_to_lead(s: State, index: int, column: int, locks: bool) -> None:
    task = s.tasks[index]
    s.keyed[task.key, column - 1] = index + 1
    task.leads = column
    task.locks = 1 if locks else 0
    task.followers = -1
    task.last_follower = -1


@function
def _follow(s: State, index: int, leader_index: int, now: float) -> None:
    task = s.tasks[index]
    leader = s.tasks[leader_index]
    task.state = FOLLOWING
    task.queued_s = now
    task.queue_next = -1
    if leader.followers < 0:
        leader.followers = index
    else:
        s.tasks[leader.last_follower].queue_next = index
    leader.last_follower = index


@function
def _end_wait(s: State, index: int, now: float) -> None:
    task = s.tasks[index]
    task.waited_s = task.waited_s + now - task.queued_s
    make_ready(s, index)


@function
def lead(s: State, index: int, code: Row, now: float) -> bool:
    """Whether the task leads for its key; else it waits, and goes on at code.a with the leader's outcome."""
    leader = s.keyed[s.tasks[index].key, code.b - 1] - 1
    if leader < 0:
        _begin_to_lead(s, index, code.b, False)
        return True
    s.tasks[index].pc = code.a
    _follow(s, index, leader, now)
    return False


@function
def lock(s: State, index: int, code: Row, now: float) -> bool:
    """Whether the task has the lock of its key at once; else it waits for its turn and then goes on."""
    holder = s.keyed[s.tasks[index].key, code.b - 1] - 1
    if holder < 0:
        _begin_to_lead(s, index, code.b, True)
        return True
    s.tasks[index].pc = s.tasks[index].pc + 1
    _follow(s, index, holder, now)
    return False


@function
def let_go(s: State, index: int, now: float) -> None:
    """The task leads no more: whoever is next gets the lock, or all who waited get its outcome."""
    task = s.tasks[index]
    column = task.leads
    task.leads = 0
    following = task.followers
    task.followers = -1
    if task.locks != 0:
        s.keyed[task.key, column - 1] = 0
        if following >= 0:
            rest, last = s.tasks[following].queue_next, task.last_follower
            _begin_to_lead(s, following, column, True)
            if rest >= 0:
                s.tasks[following].followers = rest
                s.tasks[following].last_follower = last
            _end_wait(s, following, now)
        return
    s.keyed[task.key, column - 1] = 0
    while following >= 0:
        follower = s.tasks[following]
        after = follower.queue_next
        follower.cause = task.cause
        follower.version = task.version
        follower.dataset = task.dataset
        follower.reply_kb = task.reply_kb
        follower.hit = task.hit
        _end_wait(s, following, now)
        following = after


@function
def forsake(s: State, index: int) -> None:
    """A task of a dying component leads no more; those who wait for it die with it."""
    task = s.tasks[index]
    if task.leads > 0:
        s.keyed[task.key, task.leads - 1] = 0
        task.leads = 0
        task.followers = -1
