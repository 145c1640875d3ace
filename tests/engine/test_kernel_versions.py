"""Versions of keys: gaps between stores, copies, and what counts as lost when another store takes over."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from sim_engine.kernel import control, stores
from sim_engine.kernel.state import State
from tests.engine.kernel_state import BARE, bare_state

KEYS = 6
ROW = st.lists(st.integers(0, 5), min_size=KEYS, max_size=KEYS)


TOLD = 2  # the column of acknowledged versions


def with_versions(*stores: list[int], acknowledged: list[int] | None = None) -> State:
    """Two databases in columns 0 and 1."""
    state = bare_state()
    columns = [*stores, acknowledged if acknowledged is not None else [0] * KEYS]
    state.replace(keyed=np.ascontiguousarray(np.array(columns, np.int32).T))
    return state


@njit(**BARE)
def apply(s: State, key: int, version: int) -> None:
    stores.apply_version(s, 0, key, version)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(ROW, ROW)
def test_gap_is_what_one_has_beyond_the_other(newer: list[int], older: list[int]) -> None:
    state = with_versions(newer, older)
    expected = sum(max(0, a - b) for a, b in zip(newer, older, strict=True))
    assert control.max_version_gap(state, 0, 1) == expected


@settings(derandomize=True, max_examples=100, deadline=None)
@given(ROW, ROW)
def test_lost_is_what_was_acknowledged_and_is_not_there(acknowledged: list[int], has: list[int]) -> None:
    state = with_versions([0] * KEYS, has, acknowledged=acknowledged)
    expected = sum(max(0, a - b) for a, b in zip(acknowledged, has, strict=True))
    assert control.forget_lost_writes(state, TOLD, 1) == expected
    assert state.keyed[:, TOLD].tolist() == [min(a, b) for a, b in zip(acknowledged, has, strict=True)]
    assert control.forget_lost_writes(state, TOLD, 1) == 0, "what is lost is lost once"


def test_a_copy_is_the_same_and_older_versions_are_ignored() -> None:
    state = with_versions([1, 2, 3, 4, 5, 6], [9, 0, 0, 0, 0, 0])
    control.copy_versions(state, 0, 1)
    assert state.keyed[:, 1].tolist() == [1, 2, 3, 4, 5, 6]
    apply(state, 2, 2)
    apply(state, 3, 9)
    assert state.keyed[:, 0].tolist() == [1, 2, 3, 9, 5, 6]
