"""Pools: first come first served, nobody overtakes, amounts add up; against a naive model with a list."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim_engine.kernel import control
from sim_engine.kernel.state import State
from sim_engine.world.memory import Memory
from tests.engine.kernel_state import give_back, new_task, next_ready, take_or_wait


def pool_of(capacity: float) -> State:
    memory = Memory()
    row = memory.state.pools[memory.add("pools")]
    row["capacity"], row["kind"], row["queue_limit"] = capacity, control.POOL, -1
    row["head"] = row["tail"] = -1
    return memory.state


@dataclass
class Model:
    capacity: int
    holding: dict[int, int] = field(default_factory=dict)
    waiting: list[tuple[int, int]] = field(default_factory=list)

    @property
    def used(self) -> int:
        return sum(self.holding.values())

    def take(self, task: int, amount: int) -> bool:
        if not self.waiting and self.used + amount <= self.capacity:
            self.holding[task] = amount
            return True
        self.waiting.append((task, amount))
        return False

    def wake(self) -> list[int]:
        woken = []
        while self.waiting and self.used + self.waiting[0][1] <= self.capacity:
            task, amount = self.waiting.pop(0)
            self.holding[task] = amount
            woken.append(task)
        return woken


# (what, how much): take so many; give back what the n-th holder has; resize
STEPS = st.lists(st.tuples(st.sampled_from(["take", "take", "give", "resize"]), st.integers(1, 8)), max_size=120)


def woken(state: State) -> list[int]:
    found = []
    while (index := int(next_ready(state))) >= 0:
        found.append(index)
    return found


@settings(derandomize=True, max_examples=100, deadline=None)
@given(STEPS)
def test_like_a_list(steps: list[tuple[str, int]]) -> None:
    state, model = pool_of(8.0), Model(8)
    for number, (what, how_much) in enumerate(steps):
        if what == "take":
            task = int(new_task(state, float(how_much)))
            assert take_or_wait(state, 0, task, float(number)) == model.take(task, how_much)
        elif what == "give" and model.holding:
            task = sorted(model.holding)[how_much % len(model.holding)]
            give_back(state, task, float(number))
            del model.holding[task]
            assert woken(state) == model.wake()
        elif what == "resize":
            model.capacity = how_much
            model.waiting = [waiting for waiting in model.waiting if waiting[1] <= how_much]
            state.clock[0] = float(number)
            control.set_capacity(state, 0, float(how_much))
            assert woken(state) == model.wake()
        assert state.pools[0]["used"] == model.used
        assert state.pools[0]["queued"] == len(model.waiting)


def test_a_small_one_does_not_overtake_a_large_one() -> None:
    state = pool_of(4.0)
    holder, large, small = (int(new_task(state, amount)) for amount in (3.0, 4.0, 1.0))
    assert take_or_wait(state, 0, holder, 0.0)
    assert not take_or_wait(state, 0, large, 1.0)
    assert not take_or_wait(state, 0, small, 2.0)  # would fit, but another waits before it
    give_back(state, holder, 3.0)
    assert woken(state) == [large]


def test_waits_and_areas_are_integrals() -> None:
    state = pool_of(1.0)
    one, two = int(new_task(state, 1.0)), int(new_task(state, 1.0))
    take_or_wait(state, 0, one, 1.0)
    take_or_wait(state, 0, two, 2.0)
    give_back(state, one, 5.0)
    state.clock[0] = 9.0
    control.accrue(state, 0, 1, 0)
    row = state.pools[0]
    assert row["queue_area"] == pytest.approx(3.0)
    assert row["used_area"] == pytest.approx(8.0)
    assert row["wait_sum_s"] == pytest.approx(3.0)
