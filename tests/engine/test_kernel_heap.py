"""The event heap gives events back in order of time, and those of one time in the order of scheduling."""

import heapq

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim_engine.kernel import layout
from tests.engine.kernel_state import bare_state, hold, pop_all, pop_one, push_all, push_one

# few different times, so that ties are the rule
TIMES = st.sampled_from([0.0, 0.5, 0.5000000001, 1.0, 2.0, 1e6])


def emptied(times: list[float]) -> tuple[list[float], list[int]]:
    state = bare_state()
    push_all(state, np.array(times))
    out_times, out_codes = np.zeros(len(times)), np.zeros(len(times), np.int64)
    assert pop_all(state, out_times, out_codes) == len(times)
    return out_times.tolist(), out_codes.tolist()


@settings(derandomize=True, max_examples=200, deadline=None)
@given(st.lists(TIMES, min_size=1, max_size=300))
def test_order_is_that_of_a_stable_sort(times: list[float]) -> None:
    expected = sorted(range(len(times)), key=lambda place: times[place])
    assert emptied(times) == ([times[place] for place in expected], expected)


def test_many_random_times() -> None:
    times = np.random.default_rng(3).exponential(size=20_000).tolist()
    found, _ = emptied(times)
    assert found == sorted(times)


def test_a_thousand_events_at_one_time_keep_their_order() -> None:
    assert emptied([1.0] * 1000)[1] == list(range(1000))


@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.lists(st.one_of(TIMES, st.none()), max_size=200))
def test_pushes_and_pops_in_any_order(steps: list[float | None]) -> None:
    """None pops; a list sorted anew each time is the model."""
    state = bare_state()
    model: list[tuple[float, int]] = []
    for number, step in enumerate(steps):
        if step is not None:
            push_one(state, step, number)
            model.append((step, number))
        elif model:
            model.sort()
            assert pop_one(state) == model.pop(0)[1]
    assert state.count[layout.HEAP_SIZE] == len(model)


def test_entries_are_told_apart_although_they_wake_the_same_task() -> None:
    state = bare_state()
    assert push_one(state, 1.0, 7) != push_one(state, 1.0, 7)


def test_codes_fit_their_bits() -> None:
    state = bare_state()
    highest = layout.CODE_MASK
    push_one(state, 1.0, highest)
    assert pop_one(state) == highest
    assert layout.TIMER_BASE < layout.SOURCE_BASE <= highest


def delays(kind: str, luck: np.random.Generator, how_many: int) -> np.ndarray:
    """Delays whose rate changes a thousandfold, some of them far beyond the calendar, some of them none at all."""
    found = luck.exponential(0.01, how_many)
    if kind == "faster":
        found *= np.geomspace(1000.0, 0.001, how_many)
    elif kind == "slower":
        found *= np.geomspace(0.001, 1000.0, how_many)
    elif kind == "far":
        found[luck.random(how_many) < 0.3] += 1e5
    elif kind == "none":
        found[luck.random(how_many) < 0.5] = 0.0
    return found


@pytest.mark.parametrize("kind", ["even", "faster", "slower", "far", "none"])
@pytest.mark.parametrize("pending", [1, 40, 20_000])
def test_the_calendar_follows_the_rate(kind: str, pending: int) -> None:
    """Against a heap of Python's, over so many events that days change their length again and again."""
    luck = np.random.default_rng(pending)
    first, later = delays(kind, luck, pending), delays(kind, luck, 60_000)
    state = bare_state()
    push_all(state, first)
    times, codes = np.zeros(len(later)), np.zeros(len(later), np.int64)
    hold(state, later, times, codes)
    model = [(at_s, number, number) for number, at_s in enumerate(first.tolist())]
    heapq.heapify(model)
    for place, delay in enumerate(later.tolist()):
        now, _, code = model[0]
        assert (times[place], codes[place]) == (now, code)
        heapq.heapreplace(model, (now + delay, pending + place, place))
    assert state.count[layout.HEAP_SIZE] == pending
    assert kind not in ("faster", "slower") or state.clock[layout.DAYS_PER_S] != layout.FIRST_DAYS_PER_S


def test_endless_times_come_last() -> None:
    assert emptied([1e300, 1.0, 1e200])[1] == [1, 2, 0]
