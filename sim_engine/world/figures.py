"""Formulas of what is shown of a component, written once and worked out by the kernel for each window (kernel/figures.py).

A kind's `measure` writes them with Figures: what looks like a number there is a Figure, which stands for a value in every window to come.
They are written anew when the component's instances or parameters change. What no formula says is told by a function in Python, for each
window again.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from sim_engine.catalogue.prices import KB_PER_GB
from sim_engine.kernel import figures as kernel
from sim_engine.kernel.figures import word_of
from sim_engine.kernel.layout import NODE, QUEUE, SOURCE

if TYPE_CHECKING:
    from numpy import dtype, void

    from sim_engine.world.group import Group
    from sim_engine.world.instance import Instance
    from sim_engine.world.measure import NodeWindow

MADE_OF_TWO: Final = range(kernel.ADD, kernel.LOWER + 1)
NEVER_ZERO: Final = (kernel.SECONDS, kernel.NUMBER)  # as divisors: a kind divides by no number that is 0

Report: TypeAlias = "Callable[[NodeWindow], dict[str, float | None]]"


class Figure:
    """A value in every window; with others and with numbers it makes further ones. Divided by 0 it is None."""

    __slots__ = ("at", "on")

    def __init__(self, on: Figures, at: int) -> None:
        self.on, self.at = on, at

    def __add__(self, other: Figure | float) -> Figure:
        return self.on.made(kernel.ADD, self, other)

    def __sub__(self, other: Figure | float) -> Figure:
        return self.on.made(kernel.SUBTRACT, self, other)

    def __rsub__(self, other: float) -> Figure:
        return self.on.made(kernel.SUBTRACT, other, self)

    def __mul__(self, other: Figure | float) -> Figure:
        return self.on.made(kernel.MULTIPLY, self, other)

    def __rmul__(self, other: float) -> Figure:
        return self.on.made(kernel.MULTIPLY, other, self)

    def __truediv__(self, other: Figure | float) -> Figure:
        return self.on.made(kernel.DIVIDE, self, other)


class NameOf(NamedTuple):
    """The name at a place that a figure gives."""

    place: Figure
    names: tuple[str, ...]


class Told(NamedTuple):
    """What a function in Python says of each window."""

    report: Report


Metrics: TypeAlias = dict[str, Figure | NameOf | Told | None]


class PoolFigures(NamedTuple):
    utilisation: Figure
    mean_queue: Figure


class Figures:
    """Writes the formulas of one component, of all its instances together, the former ones too."""

    def __init__(self, group: Group) -> None:
        self.group = group
        self.instance = group.first
        self.code: list[tuple[int, int, int, int]] = []
        self.may_be_missing: list[bool] = []  # of each instruction: whether it may have no value
        self._written: dict[tuple[int, int, int], Figure] = {}

    # -- how formulas are made
    def made(self, operation: int, one: Figure | float, other: Figure | float) -> Figure:
        return self._write(operation, self._figure(one).at, self._figure(other).at)

    def number(self, value: float) -> Figure:
        (bits,) = struct.unpack("<q", struct.pack("<d", value))
        return self._write(kernel.NUMBER, bits)

    def _figure(self, value: Figure | float) -> Figure:
        return value if isinstance(value, Figure) else self.number(value)

    def _write(self, operation: int, a: int = 0, b: int = 0) -> Figure:
        """An instruction, once however often it is asked for."""
        key = operation, a, b
        if key not in self._written:
            self._written[key] = self._append(operation, a, b)
        return self._written[key]

    def _append(self, operation: int, a: int, b: int = 0) -> Figure:
        self.code.append((operation, a, b, 0))
        missing = operation == kernel.DIVIDE and self.code[b][0] not in NEVER_ZERO
        if operation in MADE_OF_TWO:
            missing = missing or self.may_be_missing[a] or self.may_be_missing[b]
        elif operation == kernel.SAME:
            missing = self.may_be_missing[a]
        self.may_be_missing.append(missing)
        return Figure(self, len(self.code) - 1)

    def _of(self, section: int, record: dtype[void], name: str, row: int) -> Figure:
        """How much a field has grown."""
        operation = kernel.COUNTED if _is_integer(record, name) else kernel.SUMMED
        return self._write(operation, section, row * (record.itemsize // 8) + word_of(record, name))

    def _there(self, section: int, record: dtype[void], name: str, row: int) -> Figure:
        """What a field is at the end."""
        operation = kernel.THERE if _is_integer(record, name) else kernel.AMOUNT
        return self._write(operation, section, row * (record.itemsize // 8) + word_of(record, name))

    def sum(self, figures: list[Figure]) -> Figure:
        """From the first to the last."""
        total = figures[0] if figures else self.number(0.0)
        for figure in figures[1:]:
            total = total + figure
        return total

    def highest(self, *figures: Figure) -> Figure:
        found = figures[0]
        for figure in figures[1:]:
            found = self._write(kernel.HIGHER, found.at, figure.at)
        return found

    def name_of_highest(self, figures: dict[str, Figure]) -> NameOf:
        """The first of those names whose figure is the highest."""
        side_by_side = [self._append(kernel.SAME, figure.at) for figure in figures.values()]
        return NameOf(self._append(kernel.PLACE_OF_HIGHEST, side_by_side[0].at, len(figures)), tuple(figures))

    # -- what there is to say of a component
    @property
    def seconds(self) -> Figure:
        """How long the window is."""
        return self._write(kernel.SECONDS)

    def growth(self, name: str) -> Figure:
        """How much a counter, a sum or an integral has grown."""
        return self.sum([self._of(kernel.NODES, NODE, name, me.node) for me in self.group.everyone])

    def rate(self, name: str) -> Figure:
        return self.growth(name) / self.seconds

    def share(self, part: str, whole: str) -> Figure:
        return self.growth(part) / self.growth(whole)

    @property
    def mean_in_flight(self) -> Figure:
        return self.rate("area")

    @property
    def mean_latency_ms(self) -> Figure:
        ended = self.growth("done") + self.growth("failed") + self.growth("dropped")
        return 1000.0 * self.growth("sojourn_sum_s") / ended

    @property
    def mean_lag_ms(self) -> Figure:
        return 1000.0 * self.growth("lag_sum_s") / self.growth("applied")

    def pool(self, name: str) -> PoolFigures:
        """What is used, over what those have that lived, weighted by the time that they did; queues are sums."""
        everyone = self.group.everyone
        rows = [me.pools[name] for me in everyone]
        queue = self.sum([self._write(kernel.WAITING, row) for row in rows])
        if len(rows) == 1:
            return PoolFigures(self._write(kernel.BUSY, rows[0]), queue)
        capacity = [self._write(kernel.CAPACITY, row) for row in rows]
        used = self.sum([self._write(kernel.BUSY, row) * there for row, there in zip(rows, capacity, strict=True)])
        there = self.sum([of * self._write(kernel.LIVES, me.node) for of, me in zip(capacity, everyone, strict=True)])
        return PoolFigures(self._write(kernel.USED_SHARE, used.at, there.at), queue)

    def scarcest(self, *pools: str) -> NameOf:
        """The name of the busiest of these."""
        return self.name_of_highest({name: self.pool(name).utilisation for name in pools})

    def source(self, name: str) -> Figure:
        """How much a field of its source has grown."""
        return self.sum([self._of(kernel.SOURCES, SOURCE, name, me.source) for me in self.group.everyone])

    @property
    def present(self) -> Figure:
        """Users and visitors who are there at the end."""
        return self.sum([self._there(kernel.SOURCES, SOURCE, "present", me.source) for me in self.group.everyone])

    @property
    def rate_limited(self) -> Figure:
        """Requests that its rate limiter has turned away so far."""
        return self.sum([self._write(kernel.REFUSED, me.limiter) for me in self.group.everyone])

    @property
    def disk_used_gb(self) -> Figure:
        """On the disks of those that are there, at the end."""
        there = self.group.members or self.group.everyone
        return self.sum([self._there(kernel.NODES, NODE, "stored_kb", me.node) for me in there]) / KB_PER_GB

    @property
    def keys_held(self) -> Figure:
        return self.sum([self._write(kernel.HELD_KEYS, me.cache) for me in self.group.everyone])

    @property
    def room_for_keys(self) -> Figure:
        """Of its first instance."""
        return self._write(kernel.ROOM_FOR_KEYS, self.instance.cache)

    def enabled(self, port: str) -> Figure:
        """Who is in rotation behind a port; at the instance that has fewest."""
        rows = [self._write(kernel.ENABLED, me.routes[port, None]) for me in self.group.members or self.group.everyone]
        found = rows[0]
        for row in rows[1:]:
            found = self._write(kernel.LOWER, found.at, row.at)
        return found

    # -- its message queues
    def queues(self, name: str) -> Figure:
        """How much a field of its queues has grown, all together."""
        return self.sum([self.sum([self._of(kernel.QUEUES, QUEUE, name, row) for row in _queues(me)]) for me in self.group.everyone])

    def queues_now(self, name: str) -> Figure:
        rows = [row for me in self.group.everyone for row in _queues(me)]
        return self.sum([self._there(kernel.QUEUES, QUEUE, name, row) for row in rows])


def _is_integer(record: dtype[void], name: str) -> bool:
    fields = record.fields
    assert fields is not None
    return fields[name][0].kind in "iu"


def _queues(me: Instance) -> range:
    return range(me.queues, me.queues + me.queue_count)


class Formulas:
    """The formulas of one component, and how its metrics are read off their values."""

    def __init__(self, group: Group) -> None:
        on = Figures(group)
        metrics = group.component.measure(on)
        nothing = on.number(float("nan"))
        self.group, self.shape = group, group.shape
        self.names = tuple(metrics)
        self.outputs: list[int] = []  # of each metric, which value it is
        self.choices: list[tuple[str, tuple[str, ...]]] = []
        self.told: dict[Report, list[str]] = {}
        self.missing: list[str] = []  # those that may have no value
        for name, metric in metrics.items():
            self.outputs.append(self._output(name, metric, nothing).at)
        level = metrics.get("utilisation")
        self.level = level.at if isinstance(level, Figure) else -1
        self.code = on.code
        self.nodes = [me.node for me in group.everyone]
        component = group.component
        self.has_instances = component.grows or component.everywhere
        self.level_told = isinstance(level, Told)

    def _output(self, name: str, metric: Figure | NameOf | Told | None, nothing: Figure) -> Figure:
        """The value that stands for a metric."""
        if isinstance(metric, NameOf):
            self.choices.append((name, metric.names))
            return metric.place
        if isinstance(metric, Told):
            self.told.setdefault(metric.report, []).append(name)
            return nothing
        if metric is None or metric.on.may_be_missing[metric.at]:
            self.missing.append(name)
        return nothing if metric is None else metric

    def metrics(self, values: list[float]) -> dict[str, float | str | None]:
        """By name, from the values of its outputs; what is told is still to be filled in."""
        found: dict[str, float | str | None] = dict(zip(self.names, values, strict=True))
        for name in self.missing:
            if found[name] != found[name]:
                found[name] = None
        for name, names in self.choices:
            found[name] = names[int(found[name])]  # type: ignore[arg-type]
        return found

    def tell(self, metrics: dict[str, float | str | None], window: NodeWindow) -> None:
        """Fills in what is told."""
        for report, names in self.told.items():
            said = report(window)
            for name in names:
                metrics[name] = said[name]
