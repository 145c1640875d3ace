"""Who keeps which key on a ring of hashes: the kernel's rule, for all keys at once."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim_engine.kernel.random import GOLDEN
from sim_engine.kernel.state import State

_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def mixed(values: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """As sim_engine.kernel.random.mix."""
    with np.errstate(over="ignore"):
        values = values + GOLDEN
        values = (values ^ (values >> np.uint64(30))) * _FIRST
        values = (values ^ (values >> np.uint64(27))) * _SECOND
        return np.asarray(values ^ (values >> np.uint64(31)), np.uint64)


def numbered(value: int, how_many: int) -> NDArray[np.uint64]:
    """As sim_engine.kernel.random.keyed, for 0, 1, …"""
    with np.errstate(over="ignore"):
        return mixed(np.uint64(value) + GOLDEN * np.arange(how_many, dtype=np.uint64))


def keepers(owners: NDArray[np.int64], copies: int) -> list[set[int]]:
    """For each place of a ring, those who keep what falls there: the next different owners from it on."""
    found: list[set[int]] = []
    different = len(set(owners.tolist()))
    for first in range(len(owners)):
        here: set[int] = set()
        place = first
        while len(here) < min(copies, different):
            here.add(int(owners[place]))
            place = (place + 1) % len(owners)
        found.append(here)
    return found


def kept_by(state: State, route: Any, copies: int, member: int) -> NDArray[np.bool_]:
    """Of every key, whether a member of a route is among those who keep it. route: a record of ROUTE."""
    ring = state.ring[int(route["ring"]) : int(route["ring"]) + int(route["ring_places"])]
    hashes = numbered(int(route["salt"]), len(state.keyed))
    places = np.searchsorted(ring["hash"], hashes, side="left") % max(1, len(ring))
    among = np.array([member in here for here in keepers(ring["member"], copies)], dtype=np.bool_)
    return np.asarray(among[places], np.bool_)
