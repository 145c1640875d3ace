"""What a run remembers to judge its own figures: moments at even distances, at most a fixed number of them.

When there are too many, every second one goes, so memory stays the same however long a run is.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim_engine.kernel import layout
from sim_engine.kernel.control import CARD
from sim_engine.kernel.figures import CLOCK, COUNT, ERRORS, REQUESTS, word_of
from sim_engine.statistics.intervals import FEWEST_WINDOWS, Interval, of_ratio, warm_up
from sim_engine.statistics.quantiles import of_quantile
from sim_engine.world.instance import Instance
from sim_engine.world.latencies import PERCENTILES
from sim_engine.world.moments import RECORDS, SECTION, Moment, starts_of

MOST_MOMENTS: Final = 401
MOST_BYTES: Final = 32_000_000
FEWEST_KEPT: Final = 41
KEPT: Final = {
    "nodes": ("done", "failed", "dropped", "sojourn_sum_s", "area", "hits", "lookups", "lag_sum_s", "applied"),
    "pools": ("used_area", "queue_area", "arrived"),
}  # fields that figures are made from


class Columns:
    """Which words of moments are kept, and where they are in a line: the requests' own, then KEPT one field after the other."""

    def __init__(self, rows: tuple[int, ...]) -> None:
        """rows: of the moments."""
        starts, _array = starts_of(rows)
        parts = [np.arange(starts[REQUESTS], starts[CLOCK] + layout.CLOCKS)]
        self.rows = rows
        self.requests = slice(0, starts[ERRORS] - starts[REQUESTS])
        self.count, self.clock = starts[COUNT] - starts[REQUESTS], starts[CLOCK] - starts[REQUESTS]
        self._first: dict[tuple[str, str], int] = {}
        length = len(parts[0])
        for array, names in KEPT.items():
            start, count, words = starts[SECTION[array]], rows[SECTION[array]], RECORDS[array].itemsize // 8
            for name in names:
                self._first[array, name] = length
                parts.append(start + word_of(RECORDS[array], name) + words * np.arange(count))
                length += count
        self.words = np.concatenate(parts)

    def of(self, array: str, name: str) -> int:
        """Where the field of the first row is."""
        return self._first[array, name]

    def lines_of(self, lines: NDArray[np.int64], old: "Columns") -> NDArray[np.int64]:
        """Lines that were kept when there were fewer rows, with zeros for those that there were not."""
        found = np.zeros((len(lines), len(self.words)), np.int64)
        own = self.clock + layout.CLOCKS
        found[:, :own] = lines[:, :own]
        for (array, name), first in old._first.items():
            count = old.rows[SECTION[array]]
            found[:, self._first[array, name] : self._first[array, name] + count] = lines[:, first : first + count]
        return found


class Record:
    """Moments of one run since its last change, evenly spaced: a line of words each, of which figures are made."""

    def __init__(self, moment: Moment) -> None:
        self.spacing = 1
        self._seen = self._count = 0
        self._columns = Columns(moment.rows)
        self._lines: NDArray[np.int64] = np.empty((0, 0), np.int64)
        self._last = moment.words.copy()
        self.restart(moment)

    def __len__(self) -> int:
        return self._count

    @property
    def nbytes(self) -> int:
        """Of what is kept."""
        return self._lines[: self._count].nbytes + self._last.nbytes

    def restart(self, moment: Moment) -> None:
        """Something has changed: what was before tells nothing about what is now."""
        self.spacing, self._seen, self._count = 1, 0, 0
        self._keep(moment)

    def add(self, moment: Moment) -> None:
        self._seen += 1
        if self._seen % self.spacing == 0:
            self._keep(moment)
            if self._count >= FEWEST_KEPT and self._count >= room_for(moment):
                self._thin_out()

    def _thin_out(self) -> None:
        """Every second one goes."""
        left = self._lines[: self._count : 2].copy()
        self._count = len(left)
        self._lines[: self._count] = left
        self.spacing *= 2

    def _keep(self, moment: Moment) -> None:
        if moment.rows != self._columns.rows or not len(self._lines):
            self._make_room(moment)
        np.take(moment.words, self._columns.words, out=self._lines[self._count])
        np.copyto(self._last, moment.words)
        self._count += 1

    def _make_room(self, moment: Moment) -> None:
        """Lines for moments that have other rows than those so far, which get them too."""
        old, known = self._lines[: self._count], self._columns
        self._columns = columns = Columns(moment.rows)
        self._last = np.empty_like(moment.words)
        self._lines = np.empty((room_for(moment), len(columns.words)), np.int64)
        if self._count:
            self._lines[: self._count] = columns.lines_of(old, known)

    def steady(self) -> "Steady | None":
        """The part after the warm-up; None when there is too little of it."""
        if self._count <= FEWEST_WINDOWS:
            return None
        last = Moment(self._last, self._columns.rows)
        everything = Steady(self._lines[: self._count], self._columns, last)
        first = warm_up(everything.clock(layout.LATENCY_SUM), everything.count(layout.DONE))
        kept = self._lines[first : self._count]
        return Steady(kept, self._columns, last) if len(kept) > FEWEST_WINDOWS else None


def room_for(moment: Moment) -> int:
    """How many moments may be kept: fewer for a large design. They would fit if they were kept whole."""
    return max(FEWEST_KEPT, min(MOST_MOMENTS, MOST_BYTES // moment.nbytes))


class Steady:
    """A stretch of moments over which figures are taken."""

    def __init__(self, lines: NDArray[np.int64], columns: Columns, last: Moment) -> None:
        """lines: what is kept of each moment; columns: where; last: the newest that was kept, whole."""
        self._lines, self._columns, self._last = lines, columns, last
        self._sums: NDArray[np.float64] = lines.view(np.float64)

    @property
    def from_s(self) -> float:
        return float(self._sums[0, self._columns.clock + layout.NOW])

    @property
    def to_s(self) -> float:
        return float(self._sums[-1, self._columns.clock + layout.NOW])

    def count(self, place: int) -> NDArray[np.float64]:
        return np.diff(self._lines[:, self._columns.count + place].astype(np.float64))

    def clock(self, place: int) -> NDArray[np.float64]:
        return np.diff(self._sums[:, self._columns.clock + place])

    def seconds(self) -> NDArray[np.float64]:
        return self.clock(layout.NOW)

    def node(self, me: Instance, name: str) -> NDArray[np.float64]:
        """Of all instances of its component together."""
        return self._together("nodes", name, [each.node for each in me.group.everyone])

    def pool(self, me: Instance, pool: str, name: str) -> NDArray[np.float64]:
        return self._together("pools", name, [each.pools[pool] for each in me.group.everyone])

    def _together(self, array: str, name: str, rows: list[int]) -> NDArray[np.float64]:
        """The growth of some rows of an array together: of each window."""
        first, fields = self._columns.of(array, name), RECORDS[array].fields
        assert fields is not None
        table = self._lines if fields[name][0].kind in "iu" else self._sums
        if len(rows) == 1:
            return np.diff(table[:, first + rows[0]].astype(np.float64))
        grown: NDArray[np.float64] = np.diff(table[:, [first + row for row in rows]].astype(np.float64), axis=0).sum(axis=1)
        return grown

    # -- figures of the clients' requests
    def latency(self) -> dict[str, Interval | None]:
        """Mean and percentiles in ms."""
        histograms = np.diff(self._lines[:, self._columns.requests], axis=0).astype(np.float64)
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
        kinds = self._last.records("pools")["kind"]
        for name, index in me.pools.items():
            capacity = self._capacity(me, name)
            if capacity > 0 and kinds[index] != CARD:
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
        nodes, pools = (self._last.records(name) for name in ("nodes", "pools"))
        counted = [each for each in me.group.everyone if nodes[each.node]["alive"]] or [me]
        return float(sum(pools[each.pools[pool]]["capacity"] for each in counted))
