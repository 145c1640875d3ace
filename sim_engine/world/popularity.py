"""Which keys are asked for how often: Zipf's law by rank, ranks spread over keys by a one-to-one mapping.

P(rank k of n) ∝ 1 / k^exponent. A uniform number finds its rank through a guide table in constant expected time.
"""

from functools import lru_cache
from math import gcd

import numpy as np
from numpy.typing import NDArray

from sim_engine.world.salts import salt

RANKS_IN_A_CELL = 16


def guide_cells(keys: int) -> int:
    return max(1, keys // RANKS_IN_A_CELL)


@lru_cache(maxsize=8)
def popularity_table(keys: int, exponent: float) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """(cumulative popularity by rank, first rank to look at for each of guide_cells(keys) equal slices of (0, 1)).

    The guide is small enough for a processor's cache; within a slice the kernel bisects.
    """
    weights = np.arange(1, keys + 1, dtype=np.float64) ** -exponent
    cumulative = np.cumsum(weights)
    cumulative /= cumulative[-1]
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
