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

CONSTANT, EXPONENTIAL, LOGNORMAL, ERLANG, HYPEREXPONENTIAL = range(5)


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
def _many_stages(mean: float, cv: float, value: Key) -> float:
    stages = max(1, round(1.0 / (cv * cv))) if cv > 0.0 else 1
    product = 1.0
    total = 0.0
    for _ in range(stages):
        value = mix(value)
        product *= uniform(value)
        if product < 1e-250:
            total -= math.log(product)
            product = 1.0
    return (total - math.log(product)) * mean / stages


@function
def _two_phases(mean: float, cv: float, value: Key) -> float:
    square = max(cv * cv, 1.0)
    share = 0.5 * (1.0 + math.sqrt((square - 1.0) / (square + 1.0)))
    first = uniform(value) < share
    phase = mean / (2.0 * share) if first else mean / (2.0 * (1.0 - share))
    return -math.log(uniform(mix(value))) * phase


@function
def _lognormal(mean: float, cv: float, value: Key) -> float:
    variance = math.log(1.0 + cv * cv)
    normal = math.sqrt(-2.0 * math.log(uniform(value))) * math.cos(2.0 * math.pi * uniform(mix(value)))
    return mean * math.exp(math.sqrt(variance) * normal - 0.5 * variance)


@function
def draw(parameters: NDArray[np.float64], index: int, value: Key) -> float:
    """A duration from the distribution (kind, mean, cv) that stands at parameters[index:index + 3]."""
    kind = int(parameters[index])
    mean = parameters[index + 1]
    if kind == CONSTANT or mean <= 0.0:
        return mean
    if kind == EXPONENTIAL:
        return -math.log(uniform(value)) * mean
    cv = parameters[index + 2]
    if kind == LOGNORMAL:
        return _lognormal(mean, cv, value)
    if kind == ERLANG:
        return _many_stages(mean, cv, value)
    return _two_phases(mean, cv, value)
