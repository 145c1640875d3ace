"""What a run remembers to judge its own figures: moments at even distances, at most a fixed number of them.

When there are too many, every second one goes, so memory stays the same however long a run is.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim_engine.kernel import layout
from sim_engine.statistics.intervals import BATCHES, FEWEST_WINDOWS, Interval, batch_sums, of_ratio, of_values, warm_up
from sim_engine.world.instance import Instance
from sim_engine.world.measure import Moment, percentile_ms

MOST_MOMENTS: Final = 401
MOST_BYTES: Final = 32_000_000
FEWEST_KEPT: Final = 41
PERCENTILES: Final = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))


@dataclass(slots=True)
class Record:
    """Moments of one run since its last change, evenly spaced."""

    moments: list[Moment] = field(default_factory=list)
    spacing: int = 1
    _seen: int = 0

    def restart(self, moment: Moment) -> None:
        """Something has changed: what was before tells nothing about what is now."""
        self.moments, self.spacing, self._seen = [moment], 1, 0

    def add(self, moment: Moment) -> None:
        self._seen += 1
        if self._seen % self.spacing == 0:
            self.moments.append(moment)
        if len(self.moments) >= self._room(moment):
            self.moments = self.moments[::2]
            self.spacing *= 2

    @staticmethod
    def _room(moment: Moment) -> int:
        """How many moments may be kept: fewer for a large design."""
        size = moment.nodes.nbytes + moment.pools.nbytes + moment.links.nbytes + moment.requests.nbytes
        return max(FEWEST_KEPT, min(MOST_MOMENTS, MOST_BYTES // size))

    def steady(self) -> "Steady | None":
        """The part after the warm-up; None when there is too little of it."""
        if len(self.moments) <= FEWEST_WINDOWS:
            return None
        counts = np.array([m.count[[layout.DONE, layout.ARRIVED]] for m in self.moments], np.float64)
        sums = np.array([m.clock[layout.LATENCY_SUM] for m in self.moments])
        done, latency = np.diff(counts[:, 0]), np.diff(sums)
        means = np.divide(latency, done, out=np.zeros_like(latency), where=done > 0)
        cut = warm_up(means) if done.all() else 0
        kept = self.moments[cut:]
        return Steady(kept) if len(kept) > FEWEST_WINDOWS else None


@dataclass(slots=True)
class Steady:
    """A stretch of moments over which figures are taken."""

    moments: list[Moment]

    @property
    def from_s(self) -> float:
        return self.moments[0].at_s

    def _windows(self, values: list[float]) -> NDArray[np.float64]:
        return np.diff(np.asarray(values, np.float64))

    def count(self, place: int) -> NDArray[np.float64]:
        return self._windows([m.count[place] for m in self.moments])

    def clock(self, place: int) -> NDArray[np.float64]:
        return self._windows([m.clock[place] for m in self.moments])

    def seconds(self) -> NDArray[np.float64]:
        return self._windows([m.at_s for m in self.moments])

    def node(self, me: Instance, name: str) -> NDArray[np.float64]:
        return self._windows([m.nodes[me.node][name] if me.node < len(m.nodes) else 0.0 for m in self.moments])

    def pool(self, me: Instance, pool: str, name: str) -> NDArray[np.float64]:
        index = me.pools[pool]
        return self._windows([m.pools[index][name] if index < len(m.pools) else 0.0 for m in self.moments])

    # -- figures of the clients' requests
    def latency(self) -> dict[str, Interval | None]:
        """Mean and percentiles in ms."""
        mean = of_ratio(1000.0 * self.clock(layout.LATENCY_SUM), self.count(layout.DONE))
        found: dict[str, Interval | None] = {"mean": mean}
        histograms = np.diff(np.stack([m.requests for m in self.moments]), axis=0)
        batches = batch_sums(histograms.astype(np.float64), min(BATCHES, len(histograms)) // 2)
        pooled = histograms.sum(axis=0)
        for name, share in PERCENTILES:
            centre = percentile_ms(pooled, share)
            each = [percentile_ms(batch.astype(np.int64), share) for batch in batches]
            known = [value for value in each if value is not None]
            found[name] = of_values(known, centre) if centre is not None and len(known) == len(each) else None
        return found

    def throughput(self) -> Interval | None:
        return of_ratio(self.count(layout.DONE), self.seconds())

    def error_ratio(self) -> Interval | None:
        failed = self.count(layout.FAILED) + self.count(layout.DROPPED)
        return of_ratio(failed, failed + self.count(layout.DONE))

    # -- figures of one component
    def component(self, me: Instance) -> dict[str, Interval | None]:
        """Utilisation and queue of its stations and pools, throughput, mean time there, hit ratio."""
        ended = self.node(me, "done") + self.node(me, "failed") + self.node(me, "dropped")
        found = {
            "throughput_per_s": of_ratio(self.node(me, "done"), self.seconds()),
            "latency_ms": of_ratio(1000.0 * self.node(me, "sojourn_sum_s"), ended),
            "in_flight": of_ratio(self.node(me, "area"), self.seconds()),
        }
        for name, index in me.pools.items():
            last = self.moments[-1].pools[index]
            if last["capacity"] > 0 and last["kind"] != 2:
                capacity = float(last["capacity"])
                found[f"{name}.utilisation"] = of_ratio(self.pool(me, name, "used_area") / capacity, self.seconds())
                found[f"{name}.queue"] = of_ratio(self.pool(me, name, "queue_area"), self.seconds())
        if me.cache >= 0:
            found["hit_ratio"] = of_ratio(self.node(me, "hits"), self.node(me, "lookups"))
        if me.component.has_versions:
            found["lag_ms"] = of_ratio(1000.0 * self.node(me, "lag_sum_s"), self.node(me, "applied"))
        return found
