"""Percentiles of durations with error bars, from log histograms: sectioning (Nakayama 2014).

The figure is the pooled sample's; its error comes from the same percentile in each of a few long batches, around the pooled
one. Within a bin the sample is taken to be spread evenly, so a figure is not tied to the middles of bins; unless the bin
stands out from both neighbours together, as constant times do: then it is its middle, half a bin sure.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim_engine.kernel import layout
from sim_engine.statistics.intervals import Interval, batch_sums, of_batches

BATCHES: Final = 8  # a high percentile of a short batch is too low more often than too high
FEWEST_BATCHES: Final = 5


def _edges_ms() -> NDArray[np.float64]:
    places = np.arange(layout.BINS + 1, dtype=np.int64) + ((1023 + layout.LOWEST_EXPONENT) << layout.BINS_PER_OCTAVE_BITS)
    edges = 1000.0 * (places << (52 - layout.BINS_PER_OCTAVE_BITS)).view(np.float64)
    edges[0] = -edges[1]  # what takes no time is counted in the first bin, and shall be its middle
    return edges


EDGES_MS: Final = _edges_ms()


def _place(histogram: NDArray[np.float64], share: float) -> tuple[int, float]:
    """(bin, part of that bin) that a share of the sample lies below; the histogram must not be empty."""
    cumulative = np.cumsum(histogram)
    wanted = share * cumulative[-1]
    place = min(int(np.searchsorted(cumulative, wanted)), len(histogram) - 1)
    within = float(histogram[place])
    beside = float(histogram[max(place - 1, 0) : place + 2].sum()) - within
    return place, 0.5 if within > beside else (wanted - float(cumulative[place]) + within) / within


def quantile_ms(histogram: NDArray[np.float64], share: float) -> float:
    place, part = _place(histogram, share)
    return float(EDGES_MS[place] + part * (EDGES_MS[place + 1] - EDGES_MS[place]))


def half_bin_ms(duration_ms: float) -> float:
    """How far a duration may be from the middle of its bin."""
    place = min(max(int(np.searchsorted(EDGES_MS, duration_ms, side="right")), 1), layout.BINS)
    return 0.5 * float(EDGES_MS[place] - EDGES_MS[place - 1])


def of_quantile(windows: NDArray[np.float64], share: float) -> Interval | None:
    """The interval of a percentile from the histograms of windows; None when a batch of them is empty."""
    batches = batch_sums(windows, BATCHES)
    if len(batches) < FEWEST_BATCHES or not batches.any(axis=1).all():
        return None
    found = of_batches(quantile_ms(windows.sum(axis=0), share), np.array([quantile_ms(batch, share) for batch in batches]))
    return Interval(found.value, max(found.half_width, half_bin_ms(found.value)))
