"""What a run remembers to judge its own figures: moments at even distances, at most a fixed number of them.

When there are too many, every second one goes, so memory stays the same however long a run is.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim_engine.kernel import layout
from sim_engine.kernel.control import CARD
from sim_engine.statistics.intervals import FEWEST_WINDOWS, Interval, of_ratio, warm_up
from sim_engine.statistics.quantiles import of_quantile
from sim_engine.world.instance import Instance
from sim_engine.world.measure import PERCENTILES, Moment

MOST_MOMENTS: Final = 401
MOST_BYTES: Final = 32_000_000
FEWEST_KEPT: Final = 41


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
        if len(self.moments) >= FEWEST_KEPT and len(self.moments) >= self._room(moment):
            self.moments = self.moments[::2]
            self.spacing *= 2

    @staticmethod
    def _room(moment: Moment) -> int:
        """How many moments may be kept: fewer for a large design."""
        return max(FEWEST_KEPT, min(MOST_MOMENTS, MOST_BYTES // moment.nbytes))

    def steady(self, tabulated: bool = False) -> "Steady | None":
        """The part after the warm-up; None when there is too little of it. tabulated: for many figures of it."""
        if len(self.moments) <= FEWEST_WINDOWS:
            return None
        done = np.array([m.done for m in self.moments], np.float64)
        sums = np.array([m.latency_sum_s for m in self.moments])
        kept = self.moments[warm_up(np.diff(sums), np.diff(done)) :]
        return Steady(kept, tabulated) if len(kept) > FEWEST_WINDOWS else None


@dataclass(slots=True)
class Steady:
    """A stretch of moments over which figures are taken."""

    moments: list[Moment]
    tabulated: bool = False  # whole arrays are looked at at once: quicker for many components, slower for a few
    _tables: dict[tuple[str, str], NDArray[np.float64]] = field(default_factory=dict)

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

    def _table(self, array: str, name: str) -> NDArray[np.float64]:
        """How much a field has grown: a line for each window, a column for each row of the array."""
        if (array, name) not in self._tables:
            found = np.zeros((len(self.moments), len(getattr(self.moments[-1], array))))
            for line, moment in zip(found, self.moments, strict=True):
                column = getattr(moment, array)[name]
                line[: len(column)] = column
            self._tables[array, name] = np.diff(found, axis=0)
        return self._tables[array, name]

    def node(self, me: Instance, name: str) -> NDArray[np.float64]:
        """Of all instances of its component together."""
        return self._together("nodes", name, [each.node for each in me.group.everyone])

    def pool(self, me: Instance, pool: str, name: str) -> NDArray[np.float64]:
        return self._together("pools", name, [each.pools[pool] for each in me.group.everyone])

    def _together(self, array: str, name: str, rows: list[int]) -> NDArray[np.float64]:
        """The growth of some rows of an array together."""
        if self.tabulated:
            found = self._table(array, name)[:, rows]
        else:
            columns = [getattr(moment, array)[name] for moment in self.moments]
            found = np.diff([[column[row] if row < len(column) else 0.0 for row in rows] for column in columns], axis=0)
        return np.asarray(found[:, 0] if len(rows) == 1 else found.sum(axis=1), np.float64)

    # -- figures of the clients' requests
    def latency(self) -> dict[str, Interval | None]:
        """Mean and percentiles in ms."""
        histograms = np.diff(np.stack([m.requests for m in self.moments]), axis=0).astype(np.float64)
        return {
            "mean": of_ratio(1000.0 * self.clock(layout.LATENCY_SUM), self.count(layout.DONE)),
            **{name: of_quantile(histograms, share) for name, share in PERCENTILES.items()},
        }

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
            capacity = self._capacity(me, name)
            if capacity > 0 and self.moments[-1].pools[index]["kind"] != CARD:
                found[f"{name}.utilisation"] = of_ratio(self.pool(me, name, "used_area") / capacity, self.seconds())
                found[f"{name}.queue"] = self.queue(me, name)
        if me.cache >= 0:
            found["hit_ratio"] = self.hit_ratio(me)
        if me.component.has_versions:
            found["lag_ms"] = of_ratio(1000.0 * self.node(me, "lag_sum_s"), self.node(me, "applied"))
        return found

    def queue(self, me: Instance, pool: str) -> Interval | None:
        return of_ratio(self.pool(me, pool, "queue_area"), self.seconds())

    def hit_ratio(self, me: Instance) -> Interval | None:
        return of_ratio(self.node(me, "hits"), self.node(me, "lookups"))

    def _capacity(self, me: Instance, pool: str) -> float:
        """Of those who live now; an only instance counts dead or alive."""
        last = self.moments[-1]
        counted = [each for each in me.group.everyone if last.nodes[each.node]["alive"]] or [me]
        return float(sum(last.pools[each.pools[pool]]["capacity"] for each in counted))
