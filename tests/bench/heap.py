"""The bare heap: what a core can do when an event is nothing but a push and a pop.

A four-ary heap over two flat arrays (time, number), compiled by Numba. The loop keeps a fixed number of events pending
(the classic hold model): take the first, put it back an exponential step later. Its rate is the ceiling of any
event-driven simulator with that many pending events.
"""

import time

import numba
import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.float64]
Numbers = NDArray[np.int64]


@numba.njit(cache=True)
def push(times: Times, numbers: Numbers, size: int, when: float, number: int) -> None:
    place = size
    while place > 0:
        parent = (place - 1) >> 2
        if times[parent] <= when:
            break
        times[place] = times[parent]
        numbers[place] = numbers[parent]
        place = parent
    times[place] = when
    numbers[place] = number


@numba.njit(cache=True)
def sift(times: Times, numbers: Numbers, size: int) -> None:
    """The last of `size + 1` events takes the root's place and goes down."""
    when, number = times[size], numbers[size]
    place = 0
    while True:
        first = 4 * place + 1
        if first >= size:
            break
        least = first
        for child in range(first + 1, min(first + 4, size)):
            if times[child] < times[least]:
                least = child
        if times[least] >= when:
            break
        times[place] = times[least]
        numbers[place] = numbers[least]
        place = least
    times[place] = when
    numbers[place] = number


@numba.njit(cache=True)
def hold(times: Times, numbers: Numbers, size: int, steps: Times, events: int) -> float:
    now = 0.0
    for event in range(events):
        now, number = times[0], numbers[0]
        sift(times, numbers, size - 1)
        push(times, numbers, size - 1, now + steps[event & (len(steps) - 1)], number)
    return now


def bare_rate(pending: int, events: int = 2_000_000) -> float:
    """Events a second (a pop and a push each) with so many pending."""
    luck = np.random.default_rng(1)
    steps = luck.exponential(1.0, 1 << 16)
    times = np.sort(luck.exponential(1.0, pending))
    numbers = np.arange(pending)
    hold(times.copy(), numbers.copy(), pending, steps, 10)
    began = time.thread_time()
    hold(times, numbers, pending, steps, events)
    return events / (time.thread_time() - began)
