"""The least-recently-used cache with expiry against a naive one on an OrderedDict, step by step."""

from collections import OrderedDict

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from numba import njit

from sim_engine.kernel import control, stores
from sim_engine.kernel.state import State
from sim_engine.world.memory import Memory
from tests.engine.kernel_state import BARE

KEYS, CAPACITY = 12, 5
key_numbers = st.integers(0, KEYS - 1)


@njit(**BARE)
def get(s: State, key: int, now: float) -> int:
    """The version that a look-up finds, or -1."""
    found, version = stores.look_up(s, 0, key, False, now)
    return version if found else -1


@njit(**BARE)
def put(s: State, key: int, version: int, expires_s: float, now: float) -> bool:
    return stores.store(s, 0, key, version, 1.0, expires_s - now, now) > 0


@njit(**BARE)
def forget(s: State, key: int) -> None:
    stores.remove(s, 0, key)


def empty_store(capacity: int) -> State:
    memory = Memory()
    row_index = memory.add("caches")
    base = memory.add("cache_entries", capacity)
    memory.state.replace(keyed=np.zeros((KEYS, 3), np.int32))
    row = memory.state.caches[row_index]
    row["base"], row["column"], row["capacity"], row["keys"] = base, 1, capacity, KEYS
    control.empty_cache(memory.state, row_index)
    return memory.state


class LeastRecentlyUsed(RuleBasedStateMachine):
    """The model keeps (version, expiry) by key, the last used at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.state = empty_store(CAPACITY)
        self.model: OrderedDict[int, tuple[int, float]] = OrderedDict()
        self.now_s = 0.0

    @rule(key=key_numbers)
    def get(self, key: int) -> None:
        expected = -1
        if key in self.model:
            version, expires_s = self.model[key]
            if expires_s <= self.now_s:
                del self.model[key]
            else:
                expected = version
                self.model.move_to_end(key)
        assert get(self.state, key, self.now_s) == expected

    @rule(key=key_numbers, version=st.integers(1, 9), life_s=st.sampled_from([1.0, 5.0, np.inf]))
    def put(self, key: int, version: int, life_s: float) -> None:
        full = key not in self.model and len(self.model) >= CAPACITY
        if full:
            self.model.popitem(last=False)
        self.model[key] = (version, self.now_s + life_s)
        self.model.move_to_end(key)
        assert put(self.state, key, version, self.now_s + life_s, self.now_s) == full

    @rule(key=key_numbers)
    def delete(self, key: int) -> None:
        self.model.pop(key, None)
        forget(self.state, key)

    @rule(seconds=st.sampled_from([0.5, 1.0, 4.0]))
    def time_passes(self, seconds: float) -> None:
        self.now_s += seconds

    @rule()
    def dies(self) -> None:
        self.model.clear()
        control.empty_cache(self.state, 0)

    @invariant()
    def same_keys_in_the_same_order(self) -> None:
        found, slot = [], int(self.state.caches[0]["head"])
        while slot >= 0:
            found.append(int(self.state.cache_entries[slot]["key"]))
            slot = int(self.state.cache_entries[slot]["next"])
        assert found == list(reversed(self.model))
        assert self.state.caches[0]["size"] == len(self.model)


TestLeastRecentlyUsed = LeastRecentlyUsed.TestCase
TestLeastRecentlyUsed.settings = settings(derandomize=True, max_examples=30, stateful_step_count=60, deadline=None)


def test_one_place_only() -> None:
    state = empty_store(1)
    assert not put(state, 3, 1, np.inf, 0.0)
    assert put(state, 4, 1, np.inf, 0.0)
    assert (get(state, 3, 0.0), get(state, 4, 0.0)) == (-1, 1)


def test_it_expires_at_its_time_and_not_before() -> None:
    state = empty_store(2)
    put(state, 1, 7, 10.0, 0.0)
    assert get(state, 1, np.nextafter(10.0, 0.0)) == 7
    assert get(state, 1, 10.0) == -1
