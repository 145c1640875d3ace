"""Warm-up removal and 95 % confidence intervals of figures from one run.

Warm-up: MSER-5 (White, Cobb and Spratt 2000). Intervals: batch means with Student's t, widened by the first-order autocorrelation of
the batches when they still hang together (a batch's figure is not independent of the one before it). Units are those of the figures.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray

BATCHES: Final = 20
FEWEST_WINDOWS: Final = 10
GROUP: Final = 5  # observations that MSER-5 averages

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


def warm_up(series: NDArray[np.float64]) -> int:
    """How many observations at the beginning belong to the warm-up: the cut that makes the rest's standard error least."""
    groups = len(series) // GROUP
    if groups < 4:
        return 0
    means = series[: groups * GROUP].reshape(groups, GROUP).mean(axis=1)
    best, cut = np.inf, 0
    for start in range(groups // 2 + 1):
        rest = means[start:]
        error = float(((rest - rest.mean()) ** 2).sum()) / len(rest) ** 2
        if error < best - 1e-15:
            best, cut = error, start
    return cut * GROUP


def _widening(batches: NDArray[np.float64]) -> float:
    """How much neighbouring batches hang together: the standard error's factor for a first-order autoregression."""
    centred = batches - batches.mean()
    square = float((centred**2).sum())
    if square <= 0.0 or len(batches) < 5:
        return 1.0
    correlation = float((centred[1:] * centred[:-1]).sum()) / square
    correlation = min(max(correlation, 0.0), 0.8)
    return sqrt((1.0 + correlation) / (1.0 - correlation))


def batch_sums(parts: NDArray[np.float64], batches: int = BATCHES) -> NDArray[np.float64]:
    """Sums of neighbouring windows, in as many batches; the first windows that do not fill a batch are left out."""
    size = len(parts) // batches
    used: NDArray[np.float64] = parts[len(parts) - size * batches :]
    summed: NDArray[np.float64] = used.reshape(batches, size, *parts.shape[1:]).sum(axis=1)
    return summed


def of_ratio(numerators: NDArray[np.float64], denominators: NDArray[np.float64]) -> Interval | None:
    """The interval of Σ numerators / Σ denominators, from windows: means, shares, averages over time. None when nothing happened."""
    batches = min(BATCHES, len(numerators))
    if batches < FEWEST_WINDOWS:
        return None
    top, bottom = batch_sums(numerators, batches), batch_sums(denominators, batches)
    total = float(bottom.sum())
    if total <= 0.0:
        return None
    ratio = float(top.sum()) / total
    residuals = (top - ratio * bottom) / (total / batches)
    deviation = sqrt(float((residuals**2).sum()) / (batches - 1) / batches)
    return Interval(ratio, student(batches - 1) * deviation * _widening(residuals))


def of_values(values: Sequence[float], centre: float) -> Interval:
    """The interval around `centre` from one value for each batch or replication."""
    array = np.asarray(values, np.float64)
    deviation = float(array.std(ddof=1)) / sqrt(len(array)) if len(array) > 1 else 0.0
    return Interval(centre, student(max(len(array) - 1, 1)) * deviation * _widening(array))


def of_replications(values: Sequence[float]) -> Interval:
    """The interval of a figure from independent replications."""
    array = np.asarray(values, np.float64)
    deviation = float(array.std(ddof=1)) / sqrt(len(array)) if len(array) > 1 else 0.0
    return Interval(float(array.mean()), student(max(len(array) - 1, 1)) * deviation)
