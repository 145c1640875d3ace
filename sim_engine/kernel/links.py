"""Messages over links: bandwidth, latency, distance, losses, what TCP adds, partitions and faults.

A link's rarer features cost nothing where they are not used: LINK.policy says which of them there are.
"""

import math

from sim_engine.kernel.compiling import embedded, function, inlined
from sim_engine.kernel.layout import WIDE
from sim_engine.kernel.random import draw, keyed, mix, uniform
from sim_engine.kernel.state import State
from sim_engine.kernel.types import Key, Row

# Offsets from LINK.parameter
LATENCY, BANDWIDTH, LOSS, RETRANSMIT, TIMEOUT_S = 0, 5, 6, 7, 8
RETRIES, BACKOFF_S, BACKOFF_FACTOR, JITTER, BUDGET = 9, 10, 11, 12, 13
HEDGE_S, BREAKER_FAILURES, BREAKER_OPEN_S, BREAKER_PROBES, BULKHEAD = 14, 15, 16, 17, 18
HANDSHAKES, FIRST_WINDOW_KB, WINDOW_KB = 19, 20, 21
SHARE, CLASSES = 22, 23
FAULT_DELAY_S, FAULT_JITTER_S, FAULT_LOSS, CUT_THERE, CUT_BACK = 24, 25, 26, 27, 28
EFFECTIVE_TIMEOUT_S = 29
LINK_PARAMETERS = 30
# Bits of LINK.policy
HAS_RETRIES, HAS_HEDGE, HAS_BULKHEAD, HAS_TCP, HAS_FAULT = 1, 2, 4, 8, 16
MOST_LOSSES = 6


@function
def _lost_for(s: State, link: Row, loss: float, value: Key) -> float:
    """Seconds that retransmissions add; infinite when the message is gone for good."""
    wait_s = s.parameters[link.parameter + RETRANSMIT]
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
def distance_s(s: State, one: int, other: int) -> float:
    """Seconds that the way between two nodes adds to a message, by where they are."""
    if one < 0 or other < 0:
        return 0.0
    return s.distances[s.nodes[one].place, s.nodes[other].place]


@function
def _partitioned(s: State, one: int, other: int) -> bool:
    if one < 0 or other < 0:
        return False
    first = s.nodes[one]
    second = s.nodes[other]
    return (first.side_a & second.side_b) != 0 or (first.side_b & second.side_a) != 0


@function
def _tcp_s(s: State, first: int, back: int, size_kb: float, way_s: float) -> float:
    """Round trips that a new connection, its slow start and its window add: way_s is the time one way.

    Slow start: the first window doubles each round trip (RFC 5681, RFC 6928); a full window is sent once each round trip.
    """
    round_trip_s = 2.0 * way_s
    added_s = 0.0
    if back == 0:
        added_s += s.parameters[first + HANDSHAKES] * round_trip_s
    window_kb = s.parameters[first + WINDOW_KB]
    begins_kb = s.parameters[first + FIRST_WINDOW_KB]
    left_kb = size_kb
    if begins_kb > 0.0:
        sent_kb = begins_kb
        while left_kb > sent_kb and (window_kb <= 0.0 or sent_kb < window_kb):
            left_kb -= sent_kb
            sent_kb *= 2.0
            added_s += round_trip_s
    if window_kb > 0.0 and left_kb > window_kb:
        added_s += (math.ceil(left_kb / window_kb) - 1.0) * round_trip_s
    return added_s


@function
def _fault_s(s: State, link: Row, back: int, value: Key) -> float:
    """What a fault of the link adds; infinite when the message does not arrive."""
    first = link.parameter
    if s.parameters[first + CUT_THERE + back] != 0.0:
        link.lost = link.lost + 1
        return math.inf
    added_s = s.parameters[first + FAULT_DELAY_S] - s.parameters[first + FAULT_JITTER_S] * math.log(uniform(mix(value)))
    loss = s.parameters[first + FAULT_LOSS]
    return added_s + _lost_for(s, link, loss, keyed(value, 9)) if loss > 0.0 else added_s


@function
def _access_s(s: State, one: int, other: int) -> float:
    """Seconds that clients' own way to the network adds."""
    added_s = 0.0
    if one >= 0:
        added_s += s.nodes[one].access_s
    if other >= 0:
        added_s += s.nodes[other].access_s
    return added_s


@function
def _access_s_per_kb(s: State, one: int, other: int) -> float:
    """Seconds that each kB takes there."""
    added_s = 0.0
    if one >= 0:
        added_s += s.nodes[one].access_s_per_kb
    if other >= 0:
        added_s += s.nodes[other].access_s_per_kb
    return added_s


@inlined
def _over_land_s(s: State, sender: int, receiver: int) -> float:
    """Distance, partitions and the clients' own way, where the design has any."""
    if s.count[WIDE] == 0:
        return 0.0
    if _partitioned(s, sender, receiver):
        return math.inf
    return distance_s(s, sender, receiver) + _access_s(s, sender, receiver)


@function
def _count_crossing(s: State, link: Row, back: int, size_kb: float, sender: int, receiver: int) -> None:
    """By the places of both ends, where these differ from instance to instance."""
    one = s.nodes[sender].place if sender >= 0 else 0
    other = s.nodes[receiver].place if receiver >= 0 else 0
    pair = one * s.place_rows + other if back == 0 else other * s.place_rows + one
    row = s.crossings[link.crossings - 1 + pair]
    row.sent = row.sent + 1 - back
    row.sent_kb[back] = row.sent_kb[back] + size_kb


@embedded
def travel(s: State, link_index: int, back: int, size_kb: float, random_key: Key, sender: int, receiver: int, now: float) -> float:
    """When a message that is sent now arrives: bandwidth, then latency and distance, then losses. Infinite: never."""
    link = s.links[link_index]
    first = link.parameter
    at_s = now
    bandwidth = s.parameters[first + BANDWIDTH]
    link.sent_kb[back] = link.sent_kb[back] + size_kb
    if link.crossings != 0:
        _count_crossing(s, link, back, size_kb, sender, receiver)
    if bandwidth > 0.0:
        at_s = max(now, link.free_at_s[back]) + size_kb * 0.008 / bandwidth
        link.free_at_s[back] = at_s
    value = mix(random_key ^ link.salts[back])
    way_s = draw(s.parameters, first + LATENCY, value) + _over_land_s(s, sender, receiver)
    at_s += way_s
    if s.count[WIDE] != 0:
        at_s += size_kb * _access_s_per_kb(s, sender, receiver)
    if s.parameters[first + LOSS] > 0.0:
        at_s += _lost_for(s, link, s.parameters[first + LOSS], value)
    if link.policy & (HAS_TCP | HAS_FAULT) != 0 and at_s < math.inf:
        if link.policy & HAS_TCP != 0:
            at_s += _tcp_s(s, first, back, size_kb, way_s)
        if link.policy & HAS_FAULT != 0:
            at_s += _fault_s(s, link, back, value)
    if link.ordered != 0 and at_s < math.inf:
        at_s = max(at_s, link.last_s[back])
        link.last_s[back] = at_s
    return at_s
