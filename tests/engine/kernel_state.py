"""Bare kernel states for unit tests: arrays without a design, and compiled loops around single kernel functions."""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from sim_engine.kernel import heap, layout, random, statistics, tasks
from sim_engine.kernel.state import State
from sim_engine.world.memory import Memory

BARE = {"_nrt": False, "error_model": "numpy", "cache": True}
"""Kept beside the kernel's own code, in a directory named after its sources."""


def bare_state() -> State:
    """A state with free task slots and nothing else."""
    return Memory().state


@njit(**BARE)
def push_all(s: State, times: NDArray[np.float64]) -> None:
    for place in range(times.size):
        heap.push(s, times[place], place)


@njit(**BARE)
def push_one(s: State, at_s: float, code: int) -> int:
    return heap.push(s, at_s, code)


@njit(**BARE)
def pop_all(s: State, times: NDArray[np.float64], codes: NDArray[np.int64]) -> int:
    """Empties the queue of events into the arrays; returns how many came."""
    place = 0
    now = 0.0
    while s.count[layout.HEAP_SIZE] > 0:
        now = heap.next_s(s, now)
        times[place] = now
        codes[place] = heap.take_next(s) & layout.CODE_MASK
        place += 1
    return place


@njit(**BARE)
def pop_one(s: State) -> int:
    heap.next_s(s, 0.0)
    return heap.take_next(s) & layout.CODE_MASK


@njit(**BARE)
def hold(s: State, delays: NDArray[np.float64], times: NDArray[np.float64], codes: NDArray[np.int64]) -> None:
    """For each delay takes the earliest event and schedules another one, so much later; what was taken goes into the arrays."""
    now = 0.0
    for place in range(delays.size):
        now = heap.next_s(s, now)
        times[place] = now
        codes[place] = heap.take_next(s) & layout.CODE_MASK
        heap.push(s, now + delays[place], place)


@njit(**BARE)
def uniforms(first: np.uint64, out: NDArray[np.float64]) -> None:
    """The uniform numbers of things 1, 2, … under one key."""
    for place in range(out.size):
        out[place] = random.uniform(random.keyed(first, place + 1))


@njit(**BARE)
def draws(parameters: NDArray[np.float64], first: np.uint64, out: NDArray[np.float64]) -> None:
    """Durations of things 1, 2, … from the distribution at the beginning of `parameters`."""
    for place in range(out.size):
        out[place] = random.draw(parameters, 0, random.keyed(first, place + 1))


@njit(**BARE)
def bins(durations: NDArray[np.float64], out: NDArray[np.int64]) -> None:
    for place in range(durations.size):
        out[place] = statistics.bin_of(durations[place])


@njit(**BARE)
def new_task(s: State, amount: float) -> int:
    """A task that would take `amount` of a pool."""
    index = tasks.allocate(s)
    s.tasks[index].amount = amount
    return index


@njit(**BARE)
def take_or_wait(s: State, pool: int, index: int, now: float) -> bool:
    """What TAKE does: takes at once, or queues behind those who wait."""
    row = s.pools[pool]
    amount = s.tasks[index].amount
    if row.queued == 0 and row.used + amount <= row.capacity:
        tasks.grab(s, pool, index, amount, now)
        return True
    tasks.enqueue(s, pool, index, now)
    return False


@njit(**BARE)
def give_back(s: State, index: int, now: float) -> None:
    tasks.release_held(s, index, now)
    tasks.release_slot(s, index)


@njit(**BARE)
def next_ready(s: State) -> int:
    """Takes the first of those who may go on; -1 when there is none."""
    index = s.count[layout.READY_HEAD]
    if index >= 0:
        s.count[layout.READY_HEAD] = s.tasks[index].next
    return index
