"""The event queue, ordered by (time, order of scheduling): a calendar between two heaps.

Time is cut into days of equal length, so short that a day holds a few events. What is due within the current day stands in a small
heap; what is due within the next days in the list of its day, unordered; what comes after that in a large heap. When the small
heap is empty, the next day that holds anything is poured into it (after Brown 1988, whose days are lists in order). So an event
costs the same however many are pending. The length of a day follows the rate at which events are scheduled; since the small heap
orders whatever comes into it, it makes no difference to what happens. No more days are used than what is pending needs: their lists
then stay in the processor's nearest cache.

Heaps are four-ary, two arrays each. An entry packs the sequence number above the code of what it wakes, so one integer
comparison settles ties.
"""

import math

import numpy as np
from numpy.typing import NDArray

from sim_engine.kernel.compiling import function, inlined
from sim_engine.kernel.layout import (
    CODE_BITS,
    DAY,
    DAYS_PER_S,
    FAR_SIZE,
    HEAP_SIZE,
    LAST_PLACE,
    LISTED,
    MEASURED_S,
    MEASURED_SEQUENCE,
    MOST_DAYS,
    NEAR_SIZE,
    SEQUENCE,
    SPARE_EVENT,
)
from sim_engine.kernel.state import State

EVENTS_IN_A_DAY = 2.0
HORIZON = 3.0  # mean delays that the days shall cover
LEAST_DAYS = 256
OFTEN = 4096  # events scheduled before the length of a day is looked at again
TOLERANCE = 2.0  # by which factor a day may be too long or too short
MOST_DAYS_PER_S = 1e9
LAST_DAY = 4e18  # days are counted in 64 bits


@inlined
def _day_of(s: State, at_s: float) -> int:
    return int(min(at_s * s.clock[DAYS_PER_S], LAST_DAY))


@inlined
def _rise(times: NDArray[np.float64], entries: NDArray[np.int64], place: int, at_s: float, entry: int) -> None:
    """Puts an entry into the free place at a heap's end."""
    while place > 0:
        above = (place - 1) >> 2
        if times[above] < at_s or (times[above] == at_s and entries[above] < entry):
            break
        times[place] = times[above]
        entries[place] = entries[above]
        place = above
    times[place] = at_s
    entries[place] = entry


@inlined
def _earlier(times: NDArray[np.float64], entries: NDArray[np.int64], one: int, other: int) -> int:
    """Which of two places comes first. Without branches: which one it is cannot be predicted, so a branch would cost more."""
    before = (times[other] < times[one]) | ((times[other] == times[one]) & (entries[other] < entries[one]))
    return one + (other - one) * before


@inlined
def _sink(times: NDArray[np.float64], entries: NDArray[np.int64], size: int) -> None:
    """Removes the first of size + 1 entries: the last one takes its place and goes down."""
    at_s = times[size]
    entry = entries[size]
    place = 0
    while True:
        child = 4 * place + 1
        if child + 3 < size:
            least = _earlier(times, entries, _earlier(times, entries, child, child + 1), _earlier(times, entries, child + 2, child + 3))
        elif child < size:
            least = child
            for other in range(child + 1, size):
                least = _earlier(times, entries, least, other)
        else:
            break
        least_s = times[least]
        if least_s > at_s or (least_s == at_s and entries[least] > entry):
            break
        times[place] = least_s
        entries[place] = entries[least]
        place = least
    times[place] = at_s
    entries[place] = entry


@inlined
def _push_near(s: State, at_s: float, entry: int) -> None:
    size = s.count[NEAR_SIZE]
    s.count[NEAR_SIZE] = size + 1
    _rise(s.heap_time, s.heap_entry, size, at_s, entry)


@inlined
def _list(s: State, index: int, day: int) -> None:
    """Puts a row of State.listed into the list of its day."""
    place = day & s.count[LAST_PLACE]
    s.listed[index].next = s.days[place]
    s.days[place] = index


@function
def push(s: State, at_s: float, code: int) -> int:
    """Schedules `code` at `at_s`; returns the entry, which its owner keeps to tell it from stale ones."""
    sequence = s.count[SEQUENCE] + 1
    s.count[SEQUENCE] = sequence
    s.count[HEAP_SIZE] += 1
    entry = (sequence << CODE_BITS) | code
    day = _day_of(s, at_s)
    ahead = day - s.count[DAY]
    if ahead <= 0:
        _push_near(s, at_s, entry)
    elif ahead <= s.count[LAST_PLACE]:
        index = s.count[SPARE_EVENT]
        row = s.listed[index]
        s.count[SPARE_EVENT] = row.next
        s.count[LISTED] += 1
        row.at_s = at_s
        row.entry = entry
        _list(s, index, day)
    else:
        size = s.count[FAR_SIZE]
        s.count[FAR_SIZE] = size + 1
        _rise(s.far_time, s.far_entry, size, at_s, entry)
    return entry


@function
def _measure(s: State, now: float) -> None:
    """Makes days as long as it takes to schedule a few events, and as long as it takes for all of them to cover what is pending."""
    passed = now - s.clock[MEASURED_S]
    scheduled = s.count[SEQUENCE] - s.count[MEASURED_SEQUENCE]
    if passed <= 0.0:
        return
    s.clock[MEASURED_S] = now
    s.count[MEASURED_SEQUENCE] = s.count[SEQUENCE]
    pending = s.count[HEAP_SIZE]
    events_in_a_day = max(EVENTS_IN_A_DAY, HORIZON * pending / MOST_DAYS)
    days_per_s = min(scheduled / passed / events_in_a_day, MOST_DAYS_PER_S)
    days = LEAST_DAYS
    while days < MOST_DAYS and days * events_in_a_day < HORIZON * pending:
        days *= 2
    have = s.count[LAST_PLACE] + 1
    too_far = days > have or TOLERANCE * days < have
    if too_far or days_per_s > TOLERANCE * s.clock[DAYS_PER_S] or TOLERANCE * days_per_s < s.clock[DAYS_PER_S]:
        _change_days(s, days_per_s, days, now)


@function
def _change_days(s: State, days_per_s: float, days: int, now: float) -> None:
    """Gives days another length, and takes another number of them, while nothing is near: lists what is in the lists anew."""
    everything = -1
    for place in range(s.count[LAST_PLACE] + 1):
        index = s.days[place]
        s.days[place] = -1
        while index >= 0:
            following = s.listed[index].next
            s.listed[index].next = everything
            everything = index
            index = following
    last_place = days - 1
    s.count[LAST_PLACE] = last_place
    s.clock[DAYS_PER_S] = days_per_s
    s.count[DAY] = _day_of(s, now) - 1
    while everything >= 0:
        row = s.listed[everything]
        following = row.next
        day = _day_of(s, row.at_s)
        if day - s.count[DAY] <= last_place:
            _list(s, everything, day)
        else:
            size = s.count[FAR_SIZE]
            s.count[FAR_SIZE] = size + 1
            _rise(s.far_time, s.far_entry, size, row.at_s, row.entry)
            _spare(s, everything)
        everything = following


@inlined
def _spare(s: State, index: int) -> None:
    s.listed[index].next = s.count[SPARE_EVENT]
    s.count[SPARE_EVENT] = index
    s.count[LISTED] -= 1


@function
def _begin_day(s: State, now: float) -> None:
    """Makes the next day that holds anything the current one. Nothing is near, but something is pending."""
    if s.count[SEQUENCE] - s.count[MEASURED_SEQUENCE] > max(OFTEN, s.count[HEAP_SIZE]):
        _measure(s, now)
    day = s.count[DAY]
    last_place = s.count[LAST_PLACE]
    if s.count[LISTED] > 0:
        day += 1
        while s.days[day & last_place] < 0:
            day += 1
    if s.count[FAR_SIZE] > 0:
        far = _day_of(s, s.far_time[0])
        if s.count[LISTED] == 0 or far < day:
            day = far
    s.count[DAY] = day
    index = s.days[day & last_place]
    s.days[day & last_place] = -1
    while index >= 0:
        row = s.listed[index]
        following = row.next
        _push_near(s, row.at_s, row.entry)
        _spare(s, index)
        index = following
    while s.count[FAR_SIZE] > 0 and _day_of(s, s.far_time[0]) <= day:
        _push_near(s, s.far_time[0], s.far_entry[0])
        s.count[FAR_SIZE] -= 1
        _sink(s.far_time, s.far_entry, s.count[FAR_SIZE])


@inlined
def next_s(s: State, now: float) -> float:
    """When the earliest event is due; infinite when there is none. Nothing is due before `now`."""
    if s.count[NEAR_SIZE] == 0:
        if s.count[HEAP_SIZE] == 0:
            return math.inf
        _begin_day(s, now)
    return s.heap_time[0]


@inlined
def take_next(s: State) -> int:
    """Removes the earliest event and returns its entry; next_s() must have said when it is due."""
    entry = s.heap_entry[0]
    s.count[HEAP_SIZE] -= 1
    size = s.count[NEAR_SIZE] - 1
    s.count[NEAR_SIZE] = size
    _sink(s.heap_time, s.heap_entry, size)
    return entry


@function
def link_spare(s: State, first: int) -> None:
    """Puts the rows of State.listed from `first` on into the list of the spare, lowest first."""
    for index in range(s.heap_places - 1, first - 1, -1):
        s.listed[index].next = s.count[SPARE_EVENT]
        s.count[SPARE_EVENT] = index
