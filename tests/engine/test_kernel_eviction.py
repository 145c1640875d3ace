"""Who goes out of a full cache: each way against a plain model, step by step; and all of them by the size of values."""

from collections import OrderedDict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from sim_engine.kernel import control, stores
from sim_engine.kernel.state import State
from sim_engine.operations.codes import ANY, LEAST_FREQUENTLY_USED, LEAST_RECENTLY_USED, OLDEST
from sim_engine.world.memory import Memory
from tests.engine.kernel_state import BARE

CAPACITY, KEYS = 4, 9
NEVER = np.inf


@njit(**BARE)
def get(s: State, key: int, now: float) -> bool:
    return stores.look_up(s, 0, key, False, now)[0]


@njit(**BARE)
def put(s: State, key: int, size_kb: float, life_s: float, now: float) -> int:
    return stores.store(s, 0, key, 1, size_kb, life_s, now)


@njit(**BARE)
def forget(s: State, key: int) -> None:
    stores.remove(s, 0, key)


def a_cache(eviction: int, capacity: int = CAPACITY, room_kb: float = 0.0, slides: bool = False) -> State:
    memory = Memory()
    memory.add("caches")
    base, buckets = memory.add("cache_entries", capacity), memory.add("buckets", capacity)
    memory.state.replace(keyed=np.zeros((KEYS, 3), np.int32))
    row = memory.state.caches[0]
    row["base"], row["column"], row["capacity"], row["keys"], row["first_bucket"] = base, 1, capacity, KEYS, buckets
    row["eviction"], row["room_kb"], row["slides"], row["salt"] = eviction, room_kb, slides, 12345
    control.empty_cache(memory.state, 0)
    return memory.state


def held(state: State) -> set[int]:
    found, slot, before = set(), int(state.caches[0]["head"]), -1
    while slot >= 0:
        entry = state.cache_entries[slot]
        assert entry["previous"] == before
        found.add(int(entry["key"]))
        before, slot = slot, int(entry["next"])
    assert state.caches[0]["tail"] == before
    assert len(found) == state.caches[0]["size"]
    return found


class Model:
    """Keys with (uses, time of last use, time of coming), by what is asked of them."""

    def __init__(self, eviction: int) -> None:
        self.eviction = eviction
        self.keys: OrderedDict[int, list[int]] = OrderedDict()
        self.clock = 0

    def use(self, key: int) -> None:
        self.clock += 1
        if key in self.keys:
            self.keys[key][0] += 1
            self.keys[key][1] = self.clock

    def put(self, key: int) -> None:
        if key in self.keys:
            self.use(key)
            return
        if len(self.keys) >= CAPACITY:
            del self.keys[self.victim()]
        self.clock += 1
        self.keys[key] = [1, self.clock, self.clock]

    def victim(self) -> int:
        by = {
            LEAST_RECENTLY_USED: lambda k: self.keys[k][1],
            LEAST_FREQUENTLY_USED: lambda k: (self.keys[k][0], self.keys[k][1]),
            OLDEST: lambda k: self.keys[k][2],
        }[self.eviction]
        return min(self.keys, key=by)


steps = st.lists(st.tuples(st.sampled_from(["get", "put", "put", "delete"]), st.integers(0, KEYS - 1)), max_size=80)


@pytest.mark.parametrize("eviction", [LEAST_RECENTLY_USED, LEAST_FREQUENTLY_USED, OLDEST])
@settings(derandomize=True, max_examples=150, deadline=None)
@given(steps)
def test_as_a_plain_model_does(eviction: int, asked: list[tuple[str, int]]) -> None:
    state, model = a_cache(eviction), Model(eviction)
    for what, key in asked:
        if what == "get":
            assert get(state, key, 0.0) == (key in model.keys)
            model.use(key)
        elif what == "put":
            put(state, key, 1.0, NEVER, 0.0)
            model.put(key)
        else:
            forget(state, key)
            model.keys.pop(key, None)
        assert held(state) == set(model.keys)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(steps)
def test_at_random_somebody_goes_and_only_one(asked: list[tuple[str, int]]) -> None:
    state = a_cache(ANY)
    for what, key in asked:
        before = held(state)
        if what == "put":
            gone = put(state, key, 1.0, NEVER, 0.0)
            assert gone == (key not in before and len(before) == CAPACITY)
            assert key in held(state) and len(before - held(state)) == gone


def test_at_random_everybody_has_the_same_chance() -> None:
    state = a_cache(ANY)
    for key in range(CAPACITY):
        put(state, key, 1.0, NEVER, 0.0)
    turns = CAPACITY + 1  # the one that is missing comes next
    went = np.zeros(turns)
    for _ in range(8_000):
        before = held(state)
        put(state, next(k for k in range(turns) if k not in before), 1.0, NEVER, 0.0)
        went[next(iter(before - held(state)))] += 1
    deviation = np.sqrt((1 / turns) * (1 - 1 / turns) / went.sum())
    assert abs(went / went.sum() - 1.0 / turns).max() < 4.0 * deviation


@pytest.mark.parametrize("eviction", [LEAST_RECENTLY_USED, LEAST_FREQUENTLY_USED, OLDEST, ANY])
@settings(derandomize=True, max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, KEYS - 1), st.sampled_from([1.0, 3.0, 6.0, 20.0])), max_size=60))
def test_values_never_take_more_than_the_room(eviction: int, puts: list[tuple[int, float]]) -> None:
    state = a_cache(eviction, capacity=KEYS, room_kb=10.0)
    sizes: dict[int, float] = {}
    for key, size in puts:
        put(state, key, size, NEVER, 0.0)
        sizes[key] = size
        there = held(state)
        assert (key in there) == (size <= 10.0)
        assert sum(sizes[k] for k in there) == pytest.approx(float(state.caches[0]["used_kb"]))
        assert state.caches[0]["used_kb"] <= 10.0


def test_a_hit_makes_a_sliding_value_good_again() -> None:
    for slides, still_there in ((True, True), (False, False)):
        state = a_cache(LEAST_RECENTLY_USED, slides=slides)
        put(state, 1, 1.0, 10.0, 0.0)
        assert get(state, 1, 8.0)
        assert get(state, 1, 12.0) == still_there
        assert not get(state, 1, 30.0)
