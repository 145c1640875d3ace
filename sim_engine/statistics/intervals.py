"""Warm-up removal and 95 % confidence intervals of figures from one run, and from several.

Warm-up: MSER-5 (White, Cobb and Spratt 2000), believed only when what it cuts off differs from the rest by more than chance:
in a steady run it prefers to cut off stretches that happen to be busy, which makes what is left look calmer than it is.
Intervals: the corrections of N-Skart (Tafazzoli and Wilson 2011). Batch means, few and long; Student's t adjusted for their
skewness (Willink 2005), since long queues make the means of batches skew; the variance inflated by the first-order
autocorrelation of the batches. Of the two arms the longer one is given. Units are those of the figures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cbrt, sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

MOST_BATCHES: Final = 16
FEWEST_WINDOWS: Final = 10
FEWEST_GROUPS: Final = 4
GROUP: Final = 5  # observations that MSER-5 averages
MOST_CORRELATION: Final = 0.8
# standard errors between warm-up and rest: the cut is the best of many, so that two would be found in every third steady run
BEYOND_CHANCE: Final = 4.0

# Student's t at 97.5 % for 1 … 30 degrees of freedom
T_975: Final = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131,
    2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042,
)  # fmt: skip
Z_975: Final = 1.96


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and half the width of its 95 % confidence interval."""

    value: float
    half_width: float

    def document(self) -> dict[str, float]:
        return {"value": self.value, "half_width": self.half_width}


def student(degrees: int) -> float:
    """The 97.5 % quantile of Student's t."""
    return T_975[degrees - 1] if degrees <= len(T_975) else Z_975 + 2.4 / degrees


def warm_up(numerators: Floats, denominators: Floats) -> int:
    """How many windows at the beginning belong to the warm-up of the ratio: the cut that makes the rest's standard error least."""
    groups = len(numerators) // GROUP
    top, bottom = (part[: groups * GROUP].reshape(groups, GROUP).sum(axis=1) for part in (numerators, denominators))
    if groups < FEWEST_GROUPS or not bottom.all():
        return 0
    means = top / bottom
    cut = int(np.argmin(_squared_errors(means)[: groups // 2 + 1]))
    return cut * GROUP if cut > 0 and _differ(means[:cut], means[cut:]) else 0


def _squared_errors(means: Floats) -> Floats:
    """The squared standard error of what is left of a series without its first 0, 1, 2 … values."""
    centred = (means - means.mean())[::-1]
    left = np.arange(1, len(means) + 1)
    squares = np.cumsum(centred**2) - np.cumsum(centred) ** 2 / left
    errors: Floats = (squares / left**2)[::-1]
    return errors


def _differ(some: Floats, others: Floats) -> bool:
    error = float(others.std(ddof=1)) * _widening(others) * sqrt(1.0 / len(some) + 1.0 / len(others))
    return abs(float(some.mean() - others.mean())) > BEYOND_CHANCE * error


def _widening(batches: Floats) -> float:
    """How much neighbouring batches hang together: the standard error's factor for a first-order autoregression."""
    centred = batches - batches.mean()
    square = float((centred**2).sum())
    if square <= 0.0 or len(batches) < 5:
        return 1.0
    correlation = float((centred[1:] * centred[:-1]).sum()) / square
    correlation = min(max(correlation, 0.0), MOST_CORRELATION)
    return sqrt((1.0 + correlation) / (1.0 - correlation))


def _skewness(batches: Floats) -> float:
    """The sample skewness, without bias to first order."""
    count = len(batches)
    centred = batches - batches.mean()
    variance = float((centred**2).sum()) / (count - 1)
    if variance <= 0.0 or count < 3:
        return 0.0
    return count / ((count - 1) * (count - 2)) * float((centred**3).sum()) / (variance * sqrt(variance))


def _longer_arm(batches: Floats) -> float:
    """Standard errors from the figure to the farther end of its interval: Student's t, more when the batches are skew."""
    quantile = student(len(batches) - 1)
    skew = abs(_skewness(batches)) / (6.0 * sqrt(len(batches)))
    if skew < 1e-3:
        return quantile
    return (1.0 - cbrt(1.0 - 6.0 * skew * (quantile + skew))) / (2.0 * skew)


def batch_sums(parts: Floats, most: int = MOST_BATCHES) -> Floats:
    """Sums of neighbouring windows, in at most so many batches; the first windows that do not fill a batch are left out."""
    size = -(-len(parts) // most)
    batches = len(parts) // size
    used = parts[len(parts) - size * batches :]
    summed: Floats = used.reshape(batches, size, *parts.shape[1:]).sum(axis=1)
    return summed


def of_ratio(numerators: Floats, denominators: Floats) -> Interval | None:
    """The interval of Σ numerators / Σ denominators, from windows: means, shares, averages over time. None when nothing happened.

    What is still warming up when the rest of the system is steady (a large cache) has its own beginning cut off.
    """
    cut = warm_up(numerators, denominators)
    if len(numerators) - cut < FEWEST_WINDOWS:
        return None
    top, bottom = batch_sums(numerators[cut:]), batch_sums(denominators[cut:])
    total = float(bottom.sum())
    if total <= 0.0:
        return None
    ratio = float(top.sum()) / total
    return of_batches(ratio, ratio + (top - ratio * bottom) / (total / len(top)))


def of_batches(centre: float, batches: Floats) -> Interval:
    """The interval around `centre` from its value in each batch."""
    count = len(batches)
    error = sqrt(float(((batches - centre) ** 2).sum()) / (count - 1) / count)
    return Interval(centre, _longer_arm(batches) * error * _widening(batches))


def of_replications(values: Sequence[float]) -> Interval:
    """The interval of a figure from independent replications."""
    array = np.asarray(values, np.float64)
    deviation = float(array.std(ddof=1)) / sqrt(len(array)) if len(array) > 1 else 0.0
    return Interval(float(array.mean()), student(max(len(array) - 1, 1)) * deviation)
