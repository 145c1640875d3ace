"""The event heap: four-ary, two arrays, ordered by (time, order of scheduling).

An entry packs the sequence number above the code of what it wakes, so one integer comparison settles ties.
"""

import numpy as np
from numpy.typing import NDArray

from sim_engine.kernel.compiling import inlined
from sim_engine.kernel.layout import CODE_BITS, HEAP_SIZE, SEQUENCE
from sim_engine.kernel.state import State


@inlined
def push(s: State, at_s: float, code: int) -> int:
    """Schedules `code` at `at_s`; returns the entry, which its owner keeps to tell it from stale ones."""
    times = s.heap_time
    entries = s.heap_entry
    sequence = s.count[SEQUENCE] + 1
    s.count[SEQUENCE] = sequence
    entry = (sequence << CODE_BITS) | code
    place = s.count[HEAP_SIZE]
    s.count[HEAP_SIZE] = place + 1
    while place > 0:
        above = (place - 1) >> 2
        # a new entry has the highest sequence, so at equal times it stays below
        if times[above] <= at_s:
            break
        times[place] = times[above]
        entries[place] = entries[above]
        place = above
    times[place] = at_s
    entries[place] = entry
    return entry


@inlined
def _earlier(times: NDArray[np.float64], entries: NDArray[np.int64], one: int, other: int) -> int:
    """Which of two places comes first. Without branches: which one it is cannot be predicted, so a branch would cost more."""
    before = (times[other] < times[one]) | ((times[other] == times[one]) & (entries[other] < entries[one]))
    return one + (other - one) * before


@inlined
def drop_first(s: State) -> None:
    """Removes the earliest entry; the heap must not be empty."""
    times = s.heap_time
    entries = s.heap_entry
    size = s.count[HEAP_SIZE] - 1
    s.count[HEAP_SIZE] = size
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
