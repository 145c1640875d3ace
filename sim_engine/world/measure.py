"""Differences between two moments of the kernel's counters: what happened in a window."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim_engine.kernel import layout
from sim_engine.world.instance import Instance
from sim_engine.world.memory import Memory


@dataclass(slots=True)
class Moment:
    """Copies of the counters at one time."""

    at_s: float
    nodes: NDArray[np.void]
    pools: NDArray[np.void]
    links: NDArray[np.void]
    requests: NDArray[np.int64]  # histogram of all clients' latencies
    errors: NDArray[np.int64]
    count: NDArray[np.int64]
    clock: NDArray[np.float64]


def moment_of(memory: Memory) -> Moment:
    state, used = memory.state, memory.used
    return Moment(
        float(state.clock[layout.NOW]),
        state.nodes[: used.get("nodes", 0)].copy(),
        state.pools[: used.get("pools", 0)].copy(),
        state.links[: used.get("links", 0)].copy(),
        state.histograms[0].copy(),
        state.errors.copy(),
        state.count.copy(),
        state.clock.copy(),
    )


def _row(array: NDArray[np.void], index: int) -> Any:
    """A row, or zeros when it did not exist yet."""
    if index < len(array):
        return array[index]
    return np.zeros(1, array.dtype)[0]


@dataclass(slots=True)
class PoolWindow:
    utilisation: float
    mean_used: float
    mean_queue: float
    rejected: int


class NodeWindow:
    """What one component did between two moments."""

    def __init__(self, memory: Memory, instance: Instance, before: Moment, after: Moment) -> None:
        self.instance = instance
        self.seconds = max(after.at_s - before.at_s, 1e-12)
        self._memory = memory
        self._before, self._after = before, after
        self._was, self._is = _row(before.nodes, instance.node), after.nodes[instance.node]

    def count(self, name: str) -> int:
        return int(self._is[name] - self._was[name])

    def rate(self, name: str) -> float:
        return self.count(name) / self.seconds

    def share(self, part: str, whole: str) -> float | None:
        of = self.count(whole)
        return self.count(part) / of if of else None

    @property
    def mean_in_flight(self) -> float:
        return float(self._is["area"] - self._was["area"]) / self.seconds

    @property
    def mean_latency_ms(self) -> float | None:
        ended = self.count("done") + self.count("failed") + self.count("dropped")
        return 1000.0 * float(self._is["sojourn_sum_s"] - self._was["sojourn_sum_s"]) / ended if ended else None

    @property
    def mean_lag_ms(self) -> float | None:
        applied = self.count("applied")
        return 1000.0 * float(self._is["lag_sum_s"] - self._was["lag_sum_s"]) / applied if applied else None

    @property
    def keys_held(self) -> float:
        return float(self._memory.state.caches[self.instance.cache]["size"])

    def enabled(self, port: str) -> int:
        return int(self._memory.state.routes[self.instance.routes[port, None]]["enabled"])

    def pool(self, name: str) -> PoolWindow:
        index = self.instance.pools[name]
        was, now = _row(self._before.pools, index), self._after.pools[index]
        rejected = int(now["rejected"] - was["rejected"])
        queue = float(now["queue_area"] - was["queue_area"]) / self.seconds
        if now["kind"] == 2:
            busy = _card_work(now, self._after.at_s) - _card_work(was, self._before.at_s)
            utilisation = busy / self.seconds if now["capacity"] > 0 else 0.0
            return PoolWindow(utilisation, utilisation, 0.0, rejected)
        used = float(now["used_area"] - was["used_area"]) / self.seconds
        capacity = float(now["capacity"])
        return PoolWindow(used / capacity if capacity > 0 else 0.0, used, queue, rejected)

    def scarcest(self, *pools: str) -> str:
        """The name of the busiest of these."""
        return max(pools, key=lambda name: self.pool(name).utilisation)


def _card_work(card: Any, at_s: float) -> float:
    """Seconds that a network card has sent so far: what was handed to it, less what is still to be sent."""
    return float(card["work_sum_s"]) - max(0.0, float(card["free_at_s"]) - at_s)


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


def percentile_ms(histogram: NDArray[np.int64], share: float) -> float | None:
    """The latency that `share` of the counted requests do not exceed; None when nothing was counted."""
    total = int(histogram.sum())
    if total == 0:
        return None
    place = int(np.searchsorted(np.cumsum(histogram), share * total))
    return float(BIN_MIDDLES_MS[min(place, len(histogram) - 1)])
