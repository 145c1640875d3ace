"""Row Q57, goodness of fit: a million draws of each distribution in fifty equally likely cells, and their largest gap.

The row's rule is that of network simulators: p > 0.001 in at least one of five runs, and a Kolmogorov-Smirnov distance
below 1.95/√n. Here every run must pass at p > 10⁻⁵ as well, so that one lucky run does not excuse four bad ones.
"""

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from sim_engine.kernel import random
from sim_engine.world.salts import salt
from tests.engine.kernel_state import draws

DRAWS = 1_000_000
CELLS = 50
SEEDS = range(1, 6)
KINDS = {
    "exponential": random.EXPONENTIAL,
    "lognormal": random.LOGNORMAL,
    "erlang": random.ERLANG,
    "hyperexponential": random.HYPEREXPONENTIAL,
    "pareto": random.PARETO,
    "pareto_exponential": random.PARETO_EXPONENTIAL,
}
TAIL, SHARE, FACTOR = 1.5, 0.3, 8.0
Distribution = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def balanced_phases(cv: float) -> Distribution:
    share = (1 + math.sqrt((cv**2 - 1) / (cv**2 + 1))) / 2
    first, second = stats.expon(scale=1 / (2 * share)), stats.expon(scale=1 / (2 * (1 - share)))
    return lambda x: share * first.cdf(x) + (1 - share) * second.cdf(x)


def lognormal(cv: float) -> Distribution:
    sigma = math.sqrt(math.log(1 + cv * cv))
    function: Distribution = stats.lognorm(sigma, scale=math.exp(-sigma * sigma / 2)).cdf
    return function


def with_tail(share: float) -> Distribution:
    """A share is exponential with a mean that is FACTOR times that of the Pareto part; the mean of all is 1."""
    mean = 1 / (1 - share + share * FACTOR)
    pareto, exponential = stats.pareto(TAIL, scale=mean * (TAIL - 1) / TAIL), stats.expon(scale=FACTOR * mean)
    return lambda x: (1 - share) * pareto.cdf(x) + share * exponential.cdf(x)


LAWS: dict[tuple[str, float], Distribution] = {
    ("exponential", 1.0): stats.expon().cdf,
    ("erlang", 0.5): stats.gamma(4, scale=1 / 4).cdf,
    ("lognormal", 0.2): lognormal(0.2),
    ("lognormal", 2.0): lognormal(2.0),
    ("hyperexponential", 2.0): balanced_phases(2.0),
    ("pareto", 1.0): with_tail(0.0),
    ("pareto_exponential", 1.0): with_tail(SHARE),
}


def durations(kind: str, cv: float, seed: int) -> NDArray[np.float64]:
    out = np.zeros(DRAWS)
    draws(np.array(random.distribution_row(KINDS[kind], 1.0, cv, (TAIL, SHARE, FACTOR))), np.uint64(salt(seed, kind)), out)
    return out


@pytest.mark.parametrize("law", LAWS, ids=lambda law: f"{law[0]} {law[1]}")
def test_goodness_of_fit(law: tuple[str, float]) -> None:
    """The distribution function of a right draw is uniform between 0 and 1."""
    chances = []
    for seed in SEEDS:
        placed = np.sort(LAWS[law](durations(*law, seed)))
        chances.append(float(stats.chisquare(np.histogram(placed, CELLS, (0.0, 1.0))[0]).pvalue))
        gap = np.abs(placed - (np.arange(DRAWS) + 0.5) / DRAWS).max() + 0.5 / DRAWS
        assert gap < 1.95 / math.sqrt(DRAWS)
    assert max(chances) > 0.001
    assert min(chances) > 1e-5
