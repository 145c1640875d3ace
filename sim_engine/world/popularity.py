"""Which keys are asked for how often: Zipf's law by rank, ranks spread over keys by a fixed permutation.

P(rank k of n) ∝ 1 / k^exponent. A uniform number finds its rank through a guide table in constant expected time.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray


@lru_cache(maxsize=8)
def popularity_table(keys: int, exponent: float) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """(cumulative popularity by rank, first rank to look at for each of `keys` equal slices of (0, 1))."""
    weights = np.arange(1, keys + 1, dtype=np.float64) ** -exponent
    cumulative = np.cumsum(weights)
    cumulative /= cumulative[-1]
    guide = np.searchsorted(cumulative, np.arange(keys) / keys).astype(np.int32)
    return cumulative, guide


@lru_cache(maxsize=8)
def key_permutation(keys: int, seed: int) -> NDArray[np.int32]:
    """key of each rank."""
    return np.random.default_rng([seed, keys]).permutation(keys).astype(np.int32)
