"""What happened between two moments, of everything in one pass: pools, nodes, and the formulas of what is shown.

A moment is a copy of the counters as one array of 64-bit words, section after section (world/moments.py); `starts` says where each
section begins. Two moments that are compared have the same sections. A formula is a row of instructions (operation, a, b, c), each of which
gives one value; those of one group of nodes stand together, and name each other by their distance from the group's first.
A value that does not exist is NaN.
"""

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from sim_engine.kernel.compiling import entry_point, function
from sim_engine.kernel.control import CARD
from sim_engine.kernel.layout import BINS, CLASS, NODE, NOW, POOL
from sim_engine.kernel.state import State
from sim_engine.operations.codes import CLASSES as KINDS_OF_TRAFFIC

Words: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]

# Sections of a moment
NODES, POOLS, LINKS, CROSSINGS, QUEUES, SOURCES, CLASSES, LIVED, SENT, REQUESTS, ERRORS, COUNT, CLOCK = range(13)
SECTIONS = 13

# Instructions: what grew in a window (a: section, b: word), what there is at its end …
COUNTED, SUMMED, THERE, AMOUNT, HELD_KEYS, ROOM_FOR_KEYS, REFUSED, ENABLED = range(8)
# … of a pool (a: its row), of a node (a: its row), a number (a: its bits), the window's length …
BUSY, WAITING, CAPACITY, LIVES, NUMBER, SECONDS = range(8, 14)
# … and what is made of values (a, b: which). USED_SHARE: DIVIDE, but 0 of nothing; PLACE_OF_HIGHEST: of b values from a on
ADD, SUBTRACT, MULTIPLY, DIVIDE, USED_SHARE, HIGHER, LOWER, SAME, PLACE_OF_HIGHEST = range(14, 23)
INSTRUCTION = 4  # words

# What is counted of each group of nodes
GROUP_ARRIVED, GROUP_DONE, GROUP_FAILED, GROUP_DROPPED, GROUP_IN_FLIGHT, GROUP_ALIVE, GROUP_STATE = range(7)
GROUP_COUNTS = 7
CALM, BUSY_STATE, FAILING, SATURATED = range(4)  # its state, as far as counters say
BUSY_FROM, SATURATED_FROM = 0.5, 0.95  # utilisation

# … and of each class of traffic, over all sources: all that have arrived so far, and what grew
SO_FAR, CLASS_ARRIVED, CLASS_DONE, CLASS_FAILED, CLASS_DROPPED, CLASS_LATE = range(6)
CLASS_COUNTS = 6


def word_of(dtype: np.dtype[np.void], name: str) -> int:
    """Where a field of eight bytes is in a record, in words."""
    fields = dtype.fields
    assert fields is not None and fields[name][0].itemsize % 8 == 0, name
    return int(fields[name][1]) // 8


_NODE_WORDS, _POOL_WORDS = NODE.itemsize // 8, POOL.itemsize // 8
_ARRIVED, _DONE, _FAILED, _DROPPED = (word_of(NODE, name) for name in ("arrived", "done", "failed", "dropped"))
_IN_FLIGHT = word_of(NODE, "in_flight")
_CAPACITY, _USED_AREA, _QUEUE_AREA = (word_of(POOL, name) for name in ("capacity", "used_area", "queue_area"))
_FREE_AT_S, _WORK_SUM_S, _REJECTED = (word_of(POOL, name) for name in ("free_at_s", "work_sum_s", "rejected"))
_CLASS_WORDS = CLASS.itemsize // 8
_OF_CLASS = word_of(CLASS, "arrived")  # and after it, in order, what became of them
assert [word_of(CLASS, name) - _OF_CLASS for name in ("arrived", "done", "failed", "dropped", "late")] == [0, 1, 2, 3, 4]


@function
def _card_work(moment: Floats, pool: int, at_s: float) -> float:
    """Seconds that a network card has sent so far: what was handed to it, less what is still to be sent."""
    left = moment[pool + _FREE_AT_S] - at_s
    return moment[pool + _WORK_SUM_S] - (left if left > 0.0 else 0.0)


@function
def _pool_was_busy(s: State, index: int, starts: Words, was: Floats, now: Floats) -> float:
    """Seconds for which all of a pool was used; of a network card, for which it sent."""
    row = starts[POOLS] + index * _POOL_WORDS
    capacity = now[row + _CAPACITY]
    if capacity <= 0.0:
        return 0.0
    if s.pools[index].kind == CARD:
        clock = starts[CLOCK] + NOW
        return _card_work(now, row, now[clock]) - _card_work(was, row, was[clock])
    return (now[row + _USED_AREA] - was[row + _USED_AREA]) / capacity


@function
def _look_at_pools(
    s: State, starts: Words, before: Words, after: Words, was: Floats, now: Floats, seconds: float, pools: Floats, nodes: Floats
) -> None:
    """pools: of each its utilisation and mean queue; nodes: of each the highest utilisation of its pools, and how many they turned away."""
    for index in range(len(pools) // 2):
        row = starts[POOLS] + index * _POOL_WORDS
        busy = _pool_was_busy(s, index, starts, was, now) / seconds
        pools[2 * index] = busy
        pools[2 * index + 1] = (now[row + _QUEUE_AREA] - was[row + _QUEUE_AREA]) / seconds
        node = 2 * s.pools[index].node
        nodes[node] = max(nodes[node], busy)
        nodes[node + 1] += after[row + _REJECTED] - before[row + _REJECTED]


@function
def _place_of_highest(values: Floats, first: int, count: int) -> float:
    place = 0
    for other in range(1, count):
        if values[first + other] > values[first + place]:
            place = other
    return float(place)


@function
def _combined(operation: int, one: float, other: float) -> float:
    if operation == ADD:
        return one + other
    if operation == SUBTRACT:
        return one - other
    if operation == MULTIPLY:
        return one * other
    if operation == DIVIDE:
        return one / other if other != 0.0 else np.nan
    if operation == USED_SHARE:
        return one / other if other > 0.0 else 0.0
    if operation == HIGHER:
        return other if other > one else one
    return other if other < one else one  # LOWER


@function
def _off_the_kernel(s: State, operation: int, row: int) -> float:
    """What there is now."""
    if operation == HELD_KEYS:
        return float(s.caches[row].size)
    if operation == ROOM_FOR_KEYS:
        return float(s.caches[row].capacity)
    if operation == REFUSED:
        return float(s.limiters[row].refused)
    return float(s.routes[row].enabled)  # ENABLED


@function
def _work_out(
    s: State, starts: Words, before: Words, after: Words, was: Floats, now: Floats, seconds: float, pools: Floats, code: Words,
    numbers: Floats, first: int, last: int, values: Floats,
) -> None:  # fmt: skip
    """The values of one group's instructions."""
    for place in range(first, last):
        word = place * INSTRUCTION
        operation, a, b = code[word], code[word + 1], code[word + 2]
        if operation == COUNTED:
            values[place] = float(after[starts[a] + b] - before[starts[a] + b])
        elif operation == SUMMED:
            values[place] = now[starts[a] + b] - was[starts[a] + b]
        elif operation == THERE:
            values[place] = float(after[starts[a] + b])
        elif operation == AMOUNT:
            values[place] = now[starts[a] + b]
        elif operation <= ENABLED:
            values[place] = _off_the_kernel(s, operation, a)
        elif operation == BUSY:
            values[place] = pools[2 * a]
        elif operation == WAITING:
            values[place] = pools[2 * a + 1]
        elif operation == CAPACITY:
            values[place] = now[starts[POOLS] + a * _POOL_WORDS + _CAPACITY]
        elif operation == LIVES:
            values[place] = (now[starts[LIVED] + a] - was[starts[LIVED] + a]) / seconds
        elif operation == NUMBER:
            values[place] = numbers[word + 1]
        elif operation == SECONDS:
            values[place] = seconds
        elif operation == SAME:
            values[place] = values[first + a]
        elif operation == PLACE_OF_HIGHEST:
            values[place] = _place_of_highest(values, first + a, b)
        else:
            values[place] = _combined(operation, values[first + a], values[first + b])


@function
def _count(
    s: State, members: Words, first: int, last: int, start: int, before: Words, after: Words, nodes: Floats, level: float, counts: Words,
    to: int,
) -> None:  # fmt: skip
    """What the nodes of one group have counted together, and its state."""
    rejected = 0.0
    for place in range(GROUP_COUNTS):
        counts[to + place] = 0
    for member in range(first, last):
        node = members[member]
        row = start + node * _NODE_WORDS
        counts[to + GROUP_ARRIVED] += after[row + _ARRIVED] - before[row + _ARRIVED]
        counts[to + GROUP_DONE] += after[row + _DONE] - before[row + _DONE]
        counts[to + GROUP_FAILED] += after[row + _FAILED] - before[row + _FAILED]
        counts[to + GROUP_DROPPED] += after[row + _DROPPED] - before[row + _DROPPED]
        counts[to + GROUP_IN_FLIGHT] += after[row + _IN_FLIGHT]
        counts[to + GROUP_ALIVE] += 1 if s.nodes[node].alive != 0 else 0
        rejected += nodes[2 * node + 1]
    if level >= SATURATED_FROM or rejected > 0.0:
        counts[to + GROUP_STATE] = SATURATED
    elif counts[to + GROUP_FAILED] + counts[to + GROUP_DROPPED] > 0:
        counts[to + GROUP_STATE] = FAILING
    else:
        counts[to + GROUP_STATE] = BUSY_STATE if level >= BUSY_FROM else CALM


@entry_point
def reckon(
    s: State, starts: Words, before: Words, after: Words, was: Floats, now: Floats, groups: Words, members: Words, code: Words,
    numbers: Floats, outputs: Words, rounded: int, values: Floats, shown: Floats, counts: Words, pools: Floats, nodes: Floats,
) -> None:  # fmt: skip
    """Works out everything that is shown of a window.

    before, after: two moments; was, now: the same words as floats. groups: for each group where its members, its instructions and its
    outputs begin, and which value its utilisation is (-1: none), and a last one where all of them end. numbers: the words of `code` as
    floats. outputs: which values are shown. rounded: 1 for values to four places. The rest is written: values of all instructions, those
    shown, the counts of each group, utilisation and mean queue of each pool, highest utilisation and number turned away of each node.
    """
    seconds = max(now[starts[CLOCK] + NOW] - was[starts[CLOCK] + NOW], 1e-12)
    for place in range(len(nodes)):
        nodes[place] = 0.0
    _look_at_pools(s, starts, before, after, was, now, seconds, pools, nodes)
    for group in range(len(groups) // 4 - 1):
        row = 4 * group
        first = groups[row + 1]
        _work_out(s, starts, before, after, was, now, seconds, pools, code, numbers, first, groups[row + 5], values)
        level = values[first + groups[row + 3]] if groups[row + 3] >= 0 else 0.0
        to = GROUP_COUNTS * group
        _count(s, members, groups[row], groups[row + 4], starts[NODES], before, after, nodes, level, counts, to)
        for output in range(groups[row + 2], groups[row + 6]):
            value = values[first + outputs[output]]
            shown[output] = np.floor(value * 1e4 + 0.5) / 1e4 if rounded == 1 else value


@function
def _places(before: Words, after: Words, first: int, shares: Floats, places: Words, to: int) -> int:
    """Writes the bins that shares of what has been counted between two histograms do not exceed; returns how many that are."""
    total = 0
    for place in range(first, first + BINS):
        total += after[place] - before[place]
    if total == 0:
        return 0
    place = first
    upto = after[place] - before[place]
    for number in range(len(shares)):
        wanted = math.ceil(shares[number] * total)
        while upto < wanted:
            place += 1
            upto += after[place] - before[place]
        places[to + number] = place - first
    return total


@entry_point
def places_of_shares(before: Words, after: Words, shares: Floats, places: Words) -> int:
    """As above, of one histogram at two times."""
    return _places(before, after, 0, shares, places, 0)


@entry_point
def look_at_traffic(
    starts: Words, before: Words, after: Words, then: Words, now: Words, shares: Floats, counts: Words, places: Words, ended: Words
) -> None:
    """What became of each class of traffic between two moments.

    then, now: histograms of latencies, of each class and of page views, one after the other; `then` becomes as `now` where anything has
    been counted. Written: CLASS_COUNTS of each class; of each histogram the bins that the shares do not exceed, and how many were counted.
    """
    for place in range(len(counts)):
        counts[place] = 0
    for row in range((starts[LIVED] - starts[CLASSES]) // _CLASS_WORDS):
        first = starts[CLASSES] + row * _CLASS_WORDS + _OF_CLASS
        to = row % KINDS_OF_TRAFFIC * CLASS_COUNTS
        counts[to + SO_FAR] += after[first]
        for place in range(CLASS_COUNTS - 1):
            counts[to + CLASS_ARRIVED + place] += after[first + place] - before[first + place]
    for number in range(KINDS_OF_TRAFFIC + 1):
        ended[number] = 0
        if number < KINDS_OF_TRAFFIC and counts[number * CLASS_COUNTS + SO_FAR] == 0:
            continue
        first = number * BINS
        ended[number] = _places(then, now, first, shares, places, number * len(shares))
        if ended[number] > 0:
            for place in range(first, first + BINS):
                then[place] = now[place]
