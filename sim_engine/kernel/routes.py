"""Whom a call goes to: the policies of routes."""

import math

import numpy as np

from sim_engine.kernel.compiling import function, inlined
from sim_engine.kernel.layout import WATCH_RESPONSE
from sim_engine.kernel.links import FAULT_DELAY_S, HAS_FAULT, LATENCY, distance_s
from sim_engine.kernel.random import keyed, mix, uniform
from sim_engine.kernel.state import State
from sim_engine.kernel.types import Key, Row
from sim_engine.operations.codes import (
    ADDRESS_HASH,
    BESIDE_OWNER,
    BY_OWNER,
    CLOSEST,
    CONSISTENT_HASH,
    LEAST_CONNECTIONS,
    LEAST_RESPONSE_TIME,
    MODULO,
    NEAREST,
    POWER_OF_TWO,
    RANDOM_WEIGHTED,
    RANGE,
    ROUND_ROBIN,
    WEIGHTED,
)

SECOND_LOOKS = 3  # at most so often another member is looked for instead of one that starts slowly
LEAST_SHARE = 0.1  # of its traffic that a member gets at the very start


@inlined
def _next_place(route: Row) -> int:
    return route.turn if route.turn < route.enabled else 0


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
def _pick_quickest(s: State, route: Row) -> int:
    """The enabled member with the least (calls out + 1) × moving average of its response time; one without any goes first."""
    best = -1
    best_place = 0
    least = 0.0
    for step in range(route.enabled):
        place = route.turn + step
        if place >= route.enabled:
            place -= route.enabled
        index = s.targets[route.first + place]
        member = s.members[index]
        expected_s = (member.in_flight + 1.0) * member.response_s
        if best < 0 or expected_s < least:
            best = index
            least = expected_s
            best_place = place
    route.turn = (best_place + 1) % route.enabled
    return best


@function
def _pick_by_weight(s: State, route: Row) -> int:
    """Smooth weighted round robin: everybody earns its weight, the richest is chosen and pays the sum of all."""
    best = -1
    most = 0.0
    total = 0.0
    for place in range(route.enabled):
        index = s.targets[route.first + place]
        member = s.members[index]
        member.credit = member.credit + member.weight
        total += member.weight
        if best < 0 or member.credit > most:
            best = index
            most = member.credit
    s.members[best].credit = s.members[best].credit - total
    return best


@function
def _pick_weighted_at_random(s: State, route: Row, share: float) -> int:
    total = 0.0
    for place in range(route.enabled):
        total += s.members[s.targets[route.first + place]].weight
    left = share * total
    for place in range(route.enabled):
        index = s.targets[route.first + place]
        left -= s.members[index].weight
        if left < 0.0:
            return index
    return s.targets[route.first + route.enabled - 1]


@function
def _pick_best_of_some(s: State, route: Row, value: Key) -> int:
    """The member with the fewest calls out among `choices` at random; two are never the same."""
    first = int(uniform(value) * route.enabled)
    best = s.targets[route.first + first]
    if route.choices == 2:
        value = mix(value)
        other = int(uniform(value) * (route.enabled - 1))
        if other >= first:
            other += 1
        second = s.targets[route.first + other]
        return second if s.members[second].in_flight < s.members[best].in_flight else best
    for _ in range(route.choices - 1):  # with replacement, as in Mitzenmacher 2001
        value = mix(value)
        member = s.targets[route.first + int(uniform(value) * route.enabled)]
        if s.members[member].in_flight < s.members[best].in_flight:
            best = member
    return best


@function
def _pick_nearest(s: State, route: Row, origin: int, by_distance: bool) -> int:
    """The member with the shortest way from where the caller is: by distance alone, or with what its link adds."""
    best = -1
    least_s = math.inf
    for place in range(route.enabled):
        index = s.targets[route.first + place]
        member = s.members[index]
        way_s = distance_s(s, origin, member.node)
        if not by_distance:
            link = s.links[member.link]
            way_s += s.parameters[link.parameter + LATENCY + 1]
            if link.policy & HAS_FAULT != 0:
                way_s += s.parameters[link.parameter + FAULT_DELAY_S]
        if best < 0 or way_s < least_s:
            best = index
            least_s = way_s
    return best


@function
def first_on_ring(s: State, route: Row, value: Key) -> int:
    """The first place of the route's ring at or after a hash."""
    low = 0
    high = route.ring_places
    while low < high:
        middle = (low + high) >> 1
        if s.ring[route.ring + middle].hash < value:
            low = middle + 1
        else:
            high = middle
    return low if low < route.ring_places else 0


@function
def _pick_beside(s: State, route: Row, owner: int, value: Key) -> int:
    """One of the enabled members behind the same link as the owner, at random; the owner when there is none."""
    link = s.members[owner].link
    there = 0
    for place in range(route.enabled):
        if s.members[s.targets[route.first + place]].link == link:
            there += 1
    left = int(uniform(value) * there)
    for place in range(route.enabled):
        index = s.targets[route.first + place]
        if s.members[index].link == link:
            if left == 0:
                return index
            left -= 1
    return owner


@function
def _pick_by_key(s: State, route: Row, key: int, value: Key) -> int:
    """The member that has a key: by hash modulo members, by equal ranges of keys, or by the table of owners."""
    if route.policy in (BY_OWNER, BESIDE_OWNER):
        owner = s.keyed[key, route.owners] - 1
        if owner >= 0:
            return owner if route.policy == BY_OWNER else _pick_beside(s, route, owner, value)
    if route.policy == RANGE:
        return s.targets[route.first + min(route.enabled - 1, key * route.enabled // max(1, route.keys))]
    place = keyed(route.salt, key) % np.uint64(route.enabled)
    return s.targets[route.first + np.int64(place)]


@function
def _pick_by_policy(s: State, route: Row, random_key: Key, address: int, key: int, origin: int) -> int:
    policy = route.policy
    if policy == ROUND_ROBIN:
        turn = _next_place(route)
        route.turn = turn + 1
        return s.targets[route.first + turn]
    if policy == LEAST_CONNECTIONS:
        route.turn = _next_place(route)
        return _pick_least(s, route)
    if policy == LEAST_RESPONSE_TIME:
        route.turn = _next_place(route)
        return _pick_quickest(s, route)
    if policy == WEIGHTED:
        return _pick_by_weight(s, route)
    if policy in (NEAREST, CLOSEST):
        return _pick_nearest(s, route, origin, policy == CLOSEST)
    if policy in (ADDRESS_HASH, CONSISTENT_HASH):
        value = keyed(route.salt, key if route.by_key != 0 else address)
        if policy == CONSISTENT_HASH:
            return s.ring[route.ring + first_on_ring(s, route, value)].member
        return s.targets[route.first + np.int64(value % np.uint64(route.enabled))]
    value = mix(random_key ^ route.salt)
    if policy in (MODULO, RANGE, BY_OWNER, BESIDE_OWNER):
        return _pick_by_key(s, route, key, value)
    if policy == RANDOM_WEIGHTED:
        return _pick_weighted_at_random(s, route, uniform(value))
    if policy == POWER_OF_TWO:
        return _pick_best_of_some(s, route, value)
    return s.targets[route.first + int(uniform(value) * route.enabled)]


@function
def _starts_slowly(s: State, route: Row, member_index: int, share: float, now: float) -> bool:
    """Whether a member that has come into rotation lately passes this one on."""
    age = (now - s.members[member_index].since_s) / route.slow_start_s
    return age < 1.0 and share > max(LEAST_SHARE, age)


@function
def _pick_another_way(s: State, route: Row, random_key: Key, address: int, key: int, origin: int, now: float) -> int:
    """For routes with sticky sessions or a slow start."""
    cell = -1
    if route.sticky_cells > 0:
        cell = route.sticky + address % route.sticky_cells
        known = s.sticky[cell]
        if known >= 0 and s.members[known].enabled != 0:
            return known
    picked = _pick_by_policy(s, route, random_key, address, key, origin)
    if route.slow_start_s > 0.0:
        value = mix(random_key ^ route.salt)
        for _ in range(SECOND_LOOKS):
            value = keyed(value, 5)
            if not _starts_slowly(s, route, picked, uniform(value), now):
                break
            picked = _pick_by_policy(s, route, mix(value), address, key, origin)
    if cell >= 0:
        s.sticky[cell] = picked
    return picked


@function
def pick(s: State, route_index: int, random_key: Key, address: int, key: int, origin: int, now: float) -> int:
    """The member that a call goes to, by the route's policy; -1 when none is enabled.

    origin: the node that it is sent from (or, for a name's resolution, that of who asks).
    """
    route = s.routes[route_index]
    if route.enabled == 0:
        return -1
    if route.enabled == 1:
        return s.targets[route.first]
    if route.sticky_cells > 0 or route.slow_start_s > 0.0:
        return _pick_another_way(s, route, random_key, address, key, origin, now)
    return _pick_by_policy(s, route, random_key, address, key, origin)


@inlined
def note_response(member: Row, response_s: float) -> None:
    """Keeps a moving average of a member's response times."""
    if member.watched & WATCH_RESPONSE != 0:
        member.response_s = response_s if member.response_s == 0.0 else 0.9 * member.response_s + 0.1 * response_s
