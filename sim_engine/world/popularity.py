"""Which keys are asked for how often: Zipf's law by rank, ranks spread over keys by a one-to-one mapping.

P(rank k of n) ∝ 1 / k^exponent. A uniform number finds its rank through a guide table in constant expected time.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from functools import lru_cache
from math import gcd
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim_engine.world.salts import salt

if TYPE_CHECKING:
    from sim_engine.world.memory import Memory

RANKS_IN_A_CELL = 16


def guide_cells(keys: int) -> int:
    return max(1, keys // RANKS_IN_A_CELL)


@lru_cache(maxsize=8)
def popularity_table(keys: int, exponent: float, hot: float = 0.0) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """(cumulative popularity by rank, first rank to look at for each of guide_cells(keys) equal slices of (0, 1)).

    hot: the share of the last rank, besides its own; the others share the rest.
    The guide is small enough for a processor's cache; within a slice the kernel bisects.
    """
    weights = np.arange(1, keys + 1, dtype=np.float64) ** -exponent
    cumulative = np.cumsum(weights)
    cumulative /= cumulative[-1]
    cumulative[:-1] *= 1.0 - hot
    cells = guide_cells(keys)
    guide = np.searchsorted(cumulative, np.arange(cells + 1) / cells).astype(np.int32)
    guide[-1] = keys - 1
    return cumulative, guide


def key_mapping(keys: int, seed: int) -> tuple[int, int]:
    """(factor, shift): key of a rank is (rank × factor + shift) mod keys, each key once."""
    factor = salt(seed, "key factor", keys) % keys | 1
    while gcd(factor, keys) != 1:
        factor += 2
    return factor, salt(seed, "key shift", keys) % keys


@dataclass(slots=True)
class Table:
    """Where a popularity table is in the kernel's arrays, and for how many keys there is room."""

    first: int
    guide: int
    cells: int
    room: int
    keys: int
    exponent: float
    hot: float


class Tables:
    """The popularity tables of a run: those who draw alike share one, and the room of one that nobody reads is used again."""

    def __init__(self, memory: "Memory") -> None:
        self._memory = memory
        self._tables: list[Table] = []
        self._of: dict[Hashable, Table] = {}

    def get(self, reader: Hashable, keys: int, exponent: float, hot: float = 0.0) -> Table:
        """The table for so many keys, this exponent and a hot key with such a share, which `reader` reads from now on."""
        self._of.pop(reader, None)
        found = next((t for t in self._of.values() if (t.keys, t.exponent, t.hot) == (keys, exponent, hot)), None)
        if found is None:
            found = self._with_room(keys)
            self._write(found, keys, exponent, hot)
        self._of[reader] = found
        return found

    def _with_room(self, keys: int) -> Table:
        in_use = {id(table) for table in self._of.values()}
        for table in self._tables:
            if id(table) not in in_use and table.room >= keys:
                return table
        first, guide = self._memory.add("popularity", keys), self._memory.add("guide", guide_cells(keys) + 1)
        self._tables.append(Table(first, guide, 0, keys, 0, 0.0, 0.0))
        return self._tables[-1]

    def _write(self, table: Table, keys: int, exponent: float, hot: float) -> None:
        cumulative, guide = popularity_table(keys, exponent, hot)
        table.keys, table.exponent, table.hot, table.cells = keys, exponent, hot, len(guide) - 1
        state = self._memory.state
        state.popularity[table.first : table.first + keys] = cumulative
        state.guide[table.guide : table.guide + len(guide)] = guide
