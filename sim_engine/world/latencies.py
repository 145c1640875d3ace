"""What became of each class of traffic and of page views in a window, and how long they took."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from sim_engine.kernel import layout
from sim_engine.kernel.figures import CLASS_ARRIVED, CLASS_COUNTS, SO_FAR, look_at_traffic, places_of_shares
from sim_engine.operations.codes import CLASS_NAMES, CLASSES
from sim_engine.world.direct import Direct

if TYPE_CHECKING:
    from sim_engine.world.measure import Window

PERCENTILES: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
PAGE_LOADS: Final = CLASSES  # row of State.class_histograms
_COUNTS: Final = ("arrived", "done", "failed", "dropped", "late")
_SHARES: Final = np.array(list(PERCENTILES.values()))
LOOK_AT_TRAFFIC: Final = Direct(look_at_traffic)
PLACES_OF_SHARES: Final = Direct(places_of_shares)


def bin_middles_ms() -> NDArray[np.float64]:
    """The middle of each histogram bin, in milliseconds."""
    places = np.arange(layout.BINS, dtype=np.int64)
    edges = places + ((1023 + layout.LOWEST_EXPONENT) << layout.BINS_PER_OCTAVE_BITS)
    shift = 52 - layout.BINS_PER_OCTAVE_BITS
    low = (edges << shift).view(np.float64)
    high = ((edges + 1) << shift).view(np.float64)
    middles = 500.0 * (low + high)
    middles[0] = 0.0
    return middles


BIN_MIDDLES_MS = bin_middles_ms()
_MIDDLES: Final[list[float]] = BIN_MIDDLES_MS.tolist()
_ROUNDED: Final = [round(middle, 4) for middle in _MIDDLES]
NOTHING_COUNTED: Final = np.zeros(layout.BINS, np.int64)


def percentiles_ms(after: NDArray[np.int64], before: NDArray[np.int64] = NOTHING_COUNTED, rounded: bool = False) -> dict[str, float | None]:
    """The latencies that shares of the requests do not exceed that one histogram counts more than another; None when there is none."""
    places = np.empty(len(_SHARES), np.int64)
    if PLACES_OF_SHARES.call(before, after, _SHARES, places) == 0:
        return dict.fromkeys(PERCENTILES)
    middles = _ROUNDED if rounded else _MIDDLES
    return {name: middles[place] for name, place in zip(PERCENTILES, places.tolist(), strict=True)}


class Latencies:
    """Histograms as they were at the end of the last window."""

    def __init__(self) -> None:
        self._then = np.zeros((CLASSES + 1) * layout.BINS, np.int64)
        self._counts = np.zeros(CLASSES * CLASS_COUNTS, np.int64)
        self._places = np.zeros((CLASSES + 1) * len(_SHARES), np.int64)
        self._ended = np.zeros(CLASSES + 1, np.int64)

    def of_window(self, window: Window) -> dict[str, Any]:
        """Of one that begins where the last one ended."""
        return self._of(window, self._then, window.memory.words("class_histograms").reshape(-1))

    def of_all(self, window: Window) -> dict[str, Any]:
        """Of everything from the beginning to the end of the last window."""
        return self._of(window, np.zeros_like(self._then), self._then)

    def _of(self, window: Window, then: NDArray[np.int64], now: NDArray[np.int64]) -> dict[str, Any]:
        """Of each class, when there is more than one; and of page views, when there are any."""
        after = window.after
        LOOK_AT_TRAFFIC.call(
            after.section_starts, window.before.words, after.words, then, now, _SHARES, self._counts, self._places, self._ended
        )  # fmt: skip
        counts: list[int] = self._counts.tolist()
        places: list[int] = self._places.tolist()
        ended: list[int] = self._ended.tolist()
        in_play = [number for number in range(CLASSES) if counts[number * CLASS_COUNTS + SO_FAR]]
        found: dict[str, Any] = {}
        if len(in_play) > 1:
            found["classes"] = {CLASS_NAMES[number]: _class(number, counts, places, ended) for number in in_play}
        if after.count.item(layout.PAGES) or after.records("sources")["pages_broken"].any():
            views, broken = (sum(window.sources[name]) for name in ("pages", "pages_broken"))
            found["pages"] = {"views": views, "broken": broken, "load_ms": _percentiles(PAGE_LOADS, places, ended)}
        return found


def _class(number: int, counts: list[int], places: list[int], ended: list[int]) -> dict[str, Any]:
    first = number * CLASS_COUNTS + CLASS_ARRIVED
    found: dict[str, Any] = dict(zip(_COUNTS, counts[first : first + len(_COUNTS)], strict=True))
    found["latency_ms"] = _percentiles(number, places, ended)
    return found


def _percentiles(number: int, places: list[int], ended: list[int]) -> dict[str, float | None]:
    if ended[number] == 0:
        return dict.fromkeys(PERCENTILES)
    first = number * len(PERCENTILES)
    return {name: _ROUNDED[place] for name, place in zip(PERCENTILES, places[first : first + len(PERCENTILES)], strict=True)}
