"""Differences between two moments of the kernel's counters: what happened in a window."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim_engine.kernel import layout
from sim_engine.kernel.control import CARD
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


def _grown(array: NDArray[Any], length: int) -> NDArray[Any]:
    """The array with zeros for rows that did not exist yet."""
    return array if len(array) == length else np.concatenate([array, np.zeros(length - len(array), array.dtype)])


@dataclass(frozen=True, slots=True)
class PoolWindow:
    utilisation: float
    mean_queue: float
    rejected: int


class Window:
    """Everything between two moments, as plain lists by row; what nobody asks for is not worked out."""

    def __init__(self, memory: Memory, before: Moment, after: Moment) -> None:
        self.memory = memory
        self.before, self.after = before, after
        self.seconds = max(after.at_s - before.at_s, 1e-12)
        self._nodes: dict[str, list[Any]] = {}
        self._links: dict[str, list[int]] = {}
        self._pools: tuple[list[float], list[float], list[int]] | None = None

    def node(self, name: str) -> list[Any]:
        """How much a field of every node has grown."""
        if name not in self._nodes:
            now = self.after.nodes[name]
            self._nodes[name] = (now - _grown(self.before.nodes[name], len(now))).tolist()
        return self._nodes[name]

    def link(self, name: str) -> list[int]:
        if name not in self._links:
            now = self.after.links[name]
            self._links[name] = (now - _grown(self.before.links[name], len(now))).tolist()
        return self._links[name]

    def pool(self, index: int) -> PoolWindow:
        if self._pools is None:
            self._pools = self._all_pools()
        utilisation, queue, rejected = self._pools
        return PoolWindow(utilisation[index], queue[index], rejected[index])

    def _all_pools(self) -> tuple[list[float], list[float], list[int]]:
        now = self.after.pools
        was = _grown(self.before.pools, len(now))
        used = now["used_area"] - was["used_area"]
        sent = _card_work(now, self.after.at_s) - _card_work(was, self.before.at_s)
        capacity = now["capacity"]
        per_unit = np.divide(used, capacity, out=np.zeros(len(now)), where=capacity > 0)
        busy = np.where(now["kind"] == CARD, np.where(capacity > 0, sent, 0.0), per_unit)
        queue = now["queue_area"] - was["queue_area"]
        rejected: list[int] = (now["rejected"] - was["rejected"]).tolist()
        return (busy / self.seconds).tolist(), (queue / self.seconds).tolist(), rejected


class NodeWindow:
    """What one component did in a window."""

    def __init__(self, window: Window, instance: Instance) -> None:
        self.instance = instance
        self._window = window
        self.seconds = window.seconds

    def count(self, name: str) -> int:
        return int(self._window.node(name)[self.instance.node])

    def _sum(self, name: str) -> float:
        return float(self._window.node(name)[self.instance.node])

    def rate(self, name: str) -> float:
        return self.count(name) / self.seconds

    def share(self, part: str, whole: str) -> float | None:
        of = self.count(whole)
        return self.count(part) / of if of else None

    @property
    def mean_in_flight(self) -> float:
        return self._sum("area") / self.seconds

    @property
    def mean_latency_ms(self) -> float | None:
        ended = self.count("done") + self.count("failed") + self.count("dropped")
        return 1000.0 * self._sum("sojourn_sum_s") / ended if ended else None

    @property
    def mean_lag_ms(self) -> float | None:
        applied = self.count("applied")
        return 1000.0 * self._sum("lag_sum_s") / applied if applied else None

    @property
    def keys_held(self) -> float:
        return float(self._window.memory.state.caches[self.instance.cache]["size"])

    def enabled(self, port: str) -> int:
        return int(self._window.memory.state.routes[self.instance.routes[port, None]]["enabled"])

    def pool(self, name: str) -> PoolWindow:
        return self._window.pool(self.instance.pools[name])

    def rejects(self) -> bool:
        """Whether anything was turned away for want of room."""
        return any(self._window.pool(index).rejected for index in self.instance.pools.values())

    def scarcest(self, *pools: str) -> str:
        """The name of the busiest of these."""
        return max(pools, key=lambda name: self.pool(name).utilisation)


def _card_work(cards: Any, at_s: float) -> Any:
    """Seconds that network cards have sent so far: what was handed to them, less what is still to be sent."""
    return cards["work_sum_s"] - np.maximum(0.0, cards["free_at_s"] - at_s)


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
