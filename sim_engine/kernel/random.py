"""Keyed random numbers: a draw is a function of (seed, component, purpose, request), not of what was drawn before.

A task carries a 64-bit key; a draw mixes it with the salt of its component and purpose (SplitMix64's finaliser, Steele,
Lea and Flood 2014). So the k-th request draws the same service time whatever happens around it.
"""

import math

import numpy as np
from numpy.typing import NDArray

from sim_engine.kernel.compiling import function, inlined
from sim_engine.kernel.types import Key

GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_FIRST = np.uint64(0xBF58476D1CE4E5B9)
_SECOND = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_UNIT = 1.0 / 9007199254740992.0

CONSTANT, EXPONENTIAL, LOGNORMAL, ERLANG, HYPEREXPONENTIAL, PARETO, PARETO_EXPONENTIAL = range(7)


@inlined
def mix(value: Key) -> Key:
    """A well-spread uint64 for each uint64."""
    value = value + GOLDEN
    value = (value ^ (value >> _S30)) * _FIRST
    value = (value ^ (value >> _S27)) * _SECOND
    return value ^ (value >> _S31)


@inlined
def keyed(value: Key, number: Key) -> Key:
    """The key of the number-th thing under `value`. (An int64 beside a uint64 would become a float.)"""
    return mix(value + GOLDEN * np.uint64(number))


@inlined
def uniform(value: Key) -> float:
    """A float64 in (0, 1) from a mixed uint64."""
    return (np.float64(value >> _S11) + 0.5) * _UNIT


@function
def _many_stages(stages: float, stage_s: float, value: Key) -> float:
    product = 1.0
    total = 0.0
    for _ in range(int(stages)):
        value = mix(value)
        product *= uniform(value)
        if product < 1e-250:
            total -= math.log(product)
            product = 1.0
    return (total - math.log(product)) * stage_s


@function
def _two_phases(mean: float, share: float, value: Key) -> float:
    first = uniform(value) < share
    phase = mean / (2.0 * share) if first else mean / (2.0 * (1.0 - share))
    return -math.log(uniform(mix(value))) * phase


@function
def _heavy_tail(mean: float, share: float, least: float, tail: float, value: Key) -> float:
    """A share is exponential, the rest is Pareto; the exponential part has what is left of the mean."""
    u = uniform(value)
    if u >= share:
        return least * ((u - share) / (1.0 - share)) ** (-1.0 / tail)
    return -math.log(u / share) * (mean - (1.0 - share) * least * tail / (tail - 1.0)) / share


@function
def _normal_tail(q: float, p: float) -> float:
    r = math.sqrt(-math.log(p if q < 0.0 else 1.0 - p))
    if r <= 5.0:
        r -= 1.6
        top = ((1.7023821103e-1 * r + 1.3067284816) * r + 2.7568153900) * r + 1.4234372777
        found = top / ((1.2021132975e-1 * r + 7.3700164250e-1) * r + 1.0)
    else:
        r -= 5.0
        top = ((1.7337203997e-2 * r + 4.2868294337e-1) * r + 3.0812263860) * r + 6.6579051150
        found = top / ((1.2258202635e-2 * r + 2.4197894225e-1) * r + 1.0)
    return -found if q < 0.0 else found


@function
def normal_quantile(p: float) -> float:
    """The standard normal's quantile, to about seven digits (Wichura 1988, algorithm AS 241, PPND7)."""
    q = p - 0.5
    if abs(q) > 0.425:
        return _normal_tail(q, p)
    r = 0.180625 - q * q
    top = ((5.9109374720e1 * r + 1.5929113202e2) * r + 5.0434271938e1) * r + 3.3871327179
    return q * top / (((6.7187563600e1 * r + 7.8757757664e1) * r + 1.7895169469e1) * r + 1.0)


@function
def draw(parameters: NDArray[np.float64], index: int, value: Key) -> float:
    """A duration from the distribution that distribution_row() wrote at parameters[index:]."""
    kind = parameters[index]
    mean = parameters[index + 1]
    if kind == CONSTANT or mean <= 0.0:
        return mean
    if kind == EXPONENTIAL:
        return -math.log(uniform(value)) * mean
    first = parameters[index + 3]
    if kind == LOGNORMAL:
        return parameters[index + 4] * math.exp(first * normal_quantile(uniform(value)))
    if kind == ERLANG:
        return _many_stages(first, parameters[index + 4], value)
    if kind == HYPEREXPONENTIAL:
        return _two_phases(mean, first, value)
    return _heavy_tail(mean, parameters[index + 2], first, parameters[index + 4], value)


DISTRIBUTION_WORDS = 5


NO_TAIL = (2.5, 0.0, 1.0)


def distribution_row(
    kind: float, mean_s: float, cv: float, heavy: tuple[float, float, float] = NO_TAIL
) -> tuple[float, float, float, float, float]:
    """What draw() reads: kind, mean, cv, and what can be worked out once from them.

    lognormal: σ of the logarithm and the median; erlang: stages and the mean of one; hyperexponential: the first phase's share.
    heavy: tail index (above 1), share of the exponential part, its mean over that of the Pareto part. Pareto: that share instead of cv, the
    least value and the tail index.
    """
    if kind in (PARETO, PARETO_EXPONENTIAL):
        tail, share, factor = heavy if kind == PARETO_EXPONENTIAL else (heavy[0], 0.0, 1.0)
        share = min(share, 1.0 - 1e-12)
        return kind, mean_s, share, mean_s / (1.0 - share + share * factor) * (tail - 1.0) / tail, tail
    if kind == LOGNORMAL:
        variance = math.log(1.0 + cv * cv)
        return kind, mean_s, cv, math.sqrt(variance), mean_s * math.exp(-0.5 * variance)
    if kind == ERLANG:
        stages = max(1, round(1.0 / (cv * cv))) if cv > 0.0 else 1
        return kind, mean_s, cv, float(stages), mean_s / stages
    square = max(cv * cv, 1.0)
    return kind, mean_s, cv, 0.5 * (1.0 + math.sqrt((square - 1.0) / (square + 1.0))), 0.0
