"""Keyed random numbers: uniform, independent between streams, and durations from the distributions that they claim.

Seeds are fixed and samples large; bounds are such that a right generator passes with room, a wrong one fails.
"""

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from sim_engine.kernel import random
from sim_engine.world.salts import salt
from tests.engine.kernel_state import draws, uniforms

SAMPLE = 200_000
KINDS = {
    "exponential": random.EXPONENTIAL,
    "lognormal": random.LOGNORMAL,
    "erlang": random.ERLANG,
    "hyperexponential": random.HYPEREXPONENTIAL,
}
WORST_P = 1e-4


def stream(*names: str | int, size: int = SAMPLE) -> NDArray[np.float64]:
    out = np.zeros(size)
    uniforms(np.uint64(salt(*names)), out)
    return out


def durations(kind: str, mean: float, cv: float, seed: int = 1, size: int = SAMPLE) -> NDArray[np.float64]:
    out = np.zeros(size)
    draws(np.array(random.distribution_row(float(KINDS[kind]), mean, cv)), np.uint64(salt(seed, kind)), out)
    return out


@pytest.mark.parametrize("seed", range(5))
def test_uniform_over_256_cells(seed: int) -> None:
    counts = np.bincount((stream(seed, "a") * 256).astype(int), minlength=256)
    assert stats.chisquare(counts).pvalue > WORST_P


def test_inside_the_open_interval() -> None:
    numbers = stream(1, "open", size=1_000_000)
    assert numbers.min() > 0.0 and numbers.max() < 1.0


@pytest.mark.parametrize("lag", [1, 2, 3, 64])
def test_neighbours_are_independent(lag: int) -> None:
    numbers = stream(1, "a")
    cells = (numbers[:-lag] * 16).astype(int) * 16 + (numbers[lag:] * 16).astype(int)
    assert stats.chisquare(np.bincount(cells, minlength=256)).pvalue > WORST_P


@pytest.mark.parametrize("other", [(1, "b"), (2, "a"), (1, "a", "")])
def test_streams_of_other_names_are_independent(other: tuple[str | int, ...]) -> None:
    one, two = stream(1, "a"), stream(*other)
    cells = (one * 16).astype(int) * 16 + (two * 16).astype(int)
    assert stats.chisquare(np.bincount(cells, minlength=256)).pvalue > WORST_P
    assert abs(np.corrcoef(one, two)[0, 1]) < 5.0 / math.sqrt(SAMPLE)


def test_every_bit_of_the_key_counts() -> None:
    """Flipping any bit of a key flips about half of the result's bits."""
    for bit in range(64):
        flips = [int(random.mix(np.uint64(key)) ^ random.mix(np.uint64(key ^ (1 << bit)))).bit_count() for key in range(1, 60)]
        assert 28 < np.mean(flips) < 36, bit


def test_salts_are_pinned_across_platforms_and_versions() -> None:
    assert salt(1, "server", "read service") == salt("1", "server", "read service")
    assert salt(1, "ab", "c") != salt(1, "a", "bc")
    assert 0 <= salt("x") < 2**64


@pytest.mark.parametrize(
    ("kind", "cv", "expected_cv"),
    [
        ("exponential", 3.0, 1.0),
        ("lognormal", 0.3, 0.3),
        ("lognormal", 1.5, 1.5),
        ("erlang", 0.5, 0.5),
        ("erlang", 0.05, 0.05),
        ("erlang", 2.0, 1.0),
        ("hyperexponential", 1.0, 1.0),
        ("hyperexponential", 3.0, 3.0),
        ("hyperexponential", 0.5, 1.0),
    ],
)
def test_mean_and_spread(kind: str, cv: float, expected_cv: float) -> None:
    found = durations(kind, 0.02, cv)
    assert found.min() >= 0.0
    assert found.mean() == pytest.approx(0.02, abs=5 * 0.02 * expected_cv / math.sqrt(SAMPLE))
    assert found.std() / found.mean() == pytest.approx(expected_cv, rel=0.05)


def test_shapes_against_scipy() -> None:
    """Kolmogorov-Smirnov against the textbook distribution functions."""
    sigma = math.sqrt(math.log(1 + 1.5**2))
    share = 0.5 * (1 + math.sqrt((9 - 1) / (9 + 1)))
    first, second = stats.expon(scale=1 / (2 * share)), stats.expon(scale=1 / (2 * (1 - share)))
    expected = {
        ("exponential", 1.0): stats.expon().cdf,
        ("lognormal", 1.5): stats.lognorm(sigma, scale=math.exp(-sigma * sigma / 2)).cdf,
        ("erlang", 0.5): stats.gamma(4, scale=1 / 4).cdf,
        ("hyperexponential", 3.0): lambda x: share * first.cdf(x) + (1 - share) * second.cdf(x),
    }
    for (kind, cv), function in expected.items():
        assert stats.kstest(durations(kind, 1.0, cv, size=50_000), function).pvalue > WORST_P, kind


def test_constant_and_nothing() -> None:
    out = np.ones(3)
    draws(np.array(random.distribution_row(float(random.CONSTANT), 0.7, 1.0)), np.uint64(1), out)
    assert out.tolist() == [0.7] * 3
    draws(np.array(random.distribution_row(float(random.EXPONENTIAL), 0.0, 1.0)), np.uint64(1), out)
    assert out.tolist() == [0.0] * 3


def test_the_normal_quantile_is_scipys() -> None:
    for share in (1e-15, 1e-6, 0.001, 0.07, 0.075, 0.3, 0.5, 0.77, 0.925, 0.999999, 1 - 1e-12):
        assert random.normal_quantile(share) == pytest.approx(stats.norm.ppf(share), rel=1e-6, abs=1e-7)
