"""Call policies: circuit breakers, bulkheads, retries with a budget, and the watch over a member's failures."""

from sim_engine.causes import CODE
from sim_engine.kernel.compiling import function
from sim_engine.kernel.heap import push
from sim_engine.kernel.layout import (
    ANSWERED,
    BREAKER_CLOSED,
    BREAKER_OPENED,
    CHECKS_FROM,
    CLOSED,
    DELAYED,
    EXPECTED,
    HALF_OPEN,
    MEMBER_FAILS,
    OPEN,
    RETRIES,
    SIGNALS,
    WATCH_BREAKER,
    WATCH_FAILURES,
)
from sim_engine.kernel.links import (
    BACKOFF_FACTOR,
    BACKOFF_S,
    BREAKER_FAILURES,
    BREAKER_OPEN_S,
    BREAKER_PROBES,
    BUDGET,
    BULKHEAD,
    HAS_BULKHEAD,
    HAS_RETRIES,
    JITTER,
)
from sim_engine.kernel.links import RETRIES as LINK_RETRIES
from sim_engine.kernel.random import keyed, uniform
from sim_engine.kernel.routes import note_response
from sim_engine.kernel.state import State
from sim_engine.kernel.types import Row
from sim_engine.operations.codes import CALL, CALL_CHOSEN

OK = CODE["ok"]
BULKHEAD_FULL = CODE["bulkhead_full"]
BREAKER_IS_OPEN = CODE["breaker_open"]
LONGEST_BACKOFF_S = 60.0
MOST_RETRY_TOKENS = 10.0  # a budget saves up so many retries
KINDS_OF_SIGNAL = 4


@function
def signal(s: State, waiter: int, cause: int, now: float) -> None:
    """Tells SimPy: how a request that it sent has ended, or (waiter below zero) what has become of a member."""
    if waiter >= CHECKS_FROM and cause == OK and s.checks[waiter - CHECKS_FROM] == EXPECTED:
        s.checks[waiter - CHECKS_FROM] = ANSWERED
        return
    place = s.count[SIGNALS]
    s.count[SIGNALS] = place + 1
    s.signals[place].waiter = waiter
    s.signals[place].cause = cause
    s.signals[place].at_s = now


@function
def _tell(s: State, member_index: int, what: int, now: float) -> None:
    signal(s, -1 - (member_index * KINDS_OF_SIGNAL + what), 0, now)


@function
def turned_away(s: State, member_index: int, now: float) -> int:
    """Cause with which a call to a member is not even tried, by its bulkhead or breaker; OK when it is."""
    member = s.members[member_index]
    link = s.links[member.link]
    first = link.parameter
    if link.policy & HAS_BULKHEAD != 0 and member.in_flight >= s.parameters[first + BULKHEAD]:
        link.turned_away = link.turned_away + 1
        return BULKHEAD_FULL
    if member.watched & WATCH_BREAKER == 0 or member.breaker == CLOSED:
        return OK
    if member.breaker == OPEN and now >= member.opened_s + s.parameters[first + BREAKER_OPEN_S]:
        member.breaker = HALF_OPEN
        member.probes = 0
    if member.breaker == HALF_OPEN and member.probes < s.parameters[first + BREAKER_PROBES]:
        member.probes = member.probes + 1
        return OK
    link.turned_away = link.turned_away + 1
    return BREAKER_IS_OPEN


@function
def _open_breaker(s: State, member_index: int, now: float) -> None:
    member = s.members[member_index]
    if member.breaker == CLOSED:
        _tell(s, member_index, BREAKER_OPENED, now)
    member.breaker = OPEN
    member.opened_s = now


@function
def _watch_breaker(s: State, member_index: int, good: bool, now: float) -> None:
    member = s.members[member_index]
    if member.breaker == HALF_OPEN:
        member.probes = max(0, member.probes - 1)
        if good:
            member.breaker = CLOSED
            _tell(s, member_index, BREAKER_CLOSED, now)
        else:
            _open_breaker(s, member_index, now)
    elif member.breaker == CLOSED and member.failures >= s.parameters[s.links[member.link].parameter + BREAKER_FAILURES]:
        _open_breaker(s, member_index, now)


@function
def observe(s: State, member_index: int, cause: int, response_s: float, now: float) -> None:
    """What the outcome of a call tells its caller about the member that it called."""
    member = s.members[member_index]
    good = cause == OK
    member.failures = 0 if good else member.failures + 1
    if good:
        note_response(member, response_s)
    if member.watched & WATCH_BREAKER != 0:
        _watch_breaker(s, member_index, good, now)
    ejects = member.watched & WATCH_FAILURES != 0 and not good and member.ejected == 0
    if ejects and member.failures >= s.routes[member.route].ejects_after:
        member.ejected = 1
        _tell(s, member_index, MEMBER_FAILS, now)


@function
def has_retry(s: State, caller_index: int, link: Row, now: float) -> bool:
    """Whether a call that has failed is tried again; then its caller waits for that."""
    caller = s.tasks[caller_index]
    code = s.code[caller.pc]
    first = link.parameter
    if link.policy & HAS_RETRIES == 0 or code.op not in (CALL, CALL_CHOSEN) or caller.tries >= s.parameters[first + LINK_RETRIES]:
        return False
    wait_s = min(s.parameters[first + BACKOFF_S] * s.parameters[first + BACKOFF_FACTOR] ** caller.tries, LONGEST_BACKOFF_S)
    if s.parameters[first + JITTER] > 0.0:
        wait_s *= uniform(keyed(caller.random_key ^ code.salt, 65 + caller.tries))
    if now + wait_s >= caller.expires_s:
        return False
    if s.parameters[first + BUDGET] > 0.0:
        if link.retry_tokens < 1.0:
            return False
        link.retry_tokens = link.retry_tokens - 1.0
    caller.tries = caller.tries + 1
    link.retried = link.retried + 1
    s.count[RETRIES] += 1
    if caller.source >= 0:
        s.sources[caller.source].retried = s.sources[caller.source].retried + 1
    caller.state = DELAYED
    caller.due = push(s, now + wait_s, caller_index)
    return True


@function
def earn_retries(s: State, link: Row) -> None:
    """A first call adds its share to the link's budget of retries."""
    share = s.parameters[link.parameter + BUDGET]
    link.retry_tokens = min(link.retry_tokens + share, max(MOST_RETRY_TOKENS, share))
