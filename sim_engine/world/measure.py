"""Differences between two moments of the kernel's counters: what happened in a window."""

from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from typing import Any, Final, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from sim_engine.catalogue.prices import KB_PER_GB
from sim_engine.kernel import layout
from sim_engine.kernel.control import CARD, places_of_shares
from sim_engine.operations.codes import CLASSES
from sim_engine.world.direct import Direct
from sim_engine.world.group import Group
from sim_engine.world.instance import DOWN, DRAINING, STANDBY, STARTING, UP, Instance
from sim_engine.world.memory import Memory

PAGE_LOADS = CLASSES  # row of State.class_histograms


@dataclass(slots=True)
class Moment:
    """Copies of the counters at one time."""

    at_s: float
    nodes: NDArray[np.void]
    pools: NDArray[np.void]
    links: NDArray[np.void]
    queues: NDArray[np.void]
    sources: NDArray[np.void]
    classes: NDArray[np.void]  # of traffic, of one source after the other
    latencies: dict[int, NDArray[np.int64]]  # histograms of the classes that there is traffic of; PAGE_LOADS: page views
    sent: NDArray[np.int64]  # to each member of a route
    requests: NDArray[np.int64]  # histogram of all clients' latencies
    errors: NDArray[np.int64]
    count: NDArray[np.int64]
    clock: NDArray[np.float64]
    lived_s: NDArray[np.float64]  # of each node so far
    done: int  # of all requests
    latency_sum_s: float

    @property
    def nbytes(self) -> int:
        """How much memory it takes."""
        arrays = (self.nodes, self.pools, self.links, self.queues, self.sources, self.classes, self.sent, self.requests, self.lived_s)
        return sum([array.nbytes for array in (*arrays, *self.latencies.values())])


def moment_of(memory: Memory) -> Moment:
    state, used = memory.state, memory.used
    return Moment(
        float(state.clock[layout.NOW]),
        _copy(state.nodes, used.get("nodes", 0)),
        _copy(state.pools, used.get("pools", 0)),
        _copy(state.links, used.get("links", 0)),
        _copy(state.queues, used.get("queues", 0)),
        _copy(state.sources, used.get("sources", 0)),
        _copy(state.classes, used.get("classes", 0)),
        _latencies(memory),
        state.members["sent"][: used.get("members", 0)].copy(),
        state.histograms[0].copy(),
        state.errors.copy(),
        state.count.copy(),
        state.clock.copy(),
        memory.lives.lived_s(used.get("nodes", 0), float(state.clock[layout.NOW])),
        int(state.count[layout.DONE]),
        float(state.clock[layout.LATENCY_SUM]),
    )


def _copy(array: NDArray[np.void], rows: int) -> NDArray[np.void]:
    """The first rows of an array of records; NumPy would copy them field by field."""
    copied: NDArray[np.void] = array[:rows].view(np.int64).copy().view(array.dtype)
    return copied


def _latencies(memory: Memory) -> dict[int, NDArray[np.int64]]:
    state = memory.state
    arrived = state.classes["arrived"][: memory.used.get("classes", 0)].nonzero()[0].tolist()
    there = sorted({row % CLASSES for row in arrived})
    if state.count[layout.PAGES]:
        there.append(PAGE_LOADS)
    return {number: state.class_histograms[number].copy() for number in there}


def _grown(array: NDArray[Any], length: int) -> NDArray[Any]:
    """The array with zeros for rows that did not exist yet."""
    return array if len(array) == length else np.concatenate([array, np.zeros(length - len(array), array.dtype)])


PERCENTILES: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


class PoolWindow(NamedTuple):
    utilisation: float
    mean_queue: float
    rejected: int


class _Words:
    """Which of a record's words are integers by themselves."""

    def __init__(self, dtype: np.dtype[Any]) -> None:
        fields: Any = dtype.fields
        self.words = dtype.itemsize // 8
        self.integers = {name: place // 8 for name, (kind, place, *_) in fields.items() if kind == np.int64}


_WORDS: Final = {kind: _Words(kind) for kind in (layout.NODE, layout.POOL, layout.LINK, layout.QUEUE, layout.SOURCE, layout.CLASS)}


class _Growth(dict[str, list[Any]]):
    """How much each field of an array of records has grown, worked out when it is first asked for."""

    def __init__(self, before: NDArray[np.void], after: NDArray[np.void]) -> None:
        super().__init__()
        self._before, self._after = _grown(before, len(after)), after
        self._words = _WORDS[after.dtype]

    def __missing__(self, name: str) -> list[Any]:
        place = self._words.integers.get(name)
        column = self._after[name] - self._before[name] if place is None else self._integers[place]
        grown: list[Any] = column.tolist()
        self[name] = grown
        return grown

    @cached_property
    def _integers(self) -> NDArray[np.int64]:
        """Of all words at once, a line for each; those that are no integers mean nothing."""
        grown = self._after.view(np.int64) - self._before.view(np.int64)
        return grown.reshape(len(self._after), self._words.words).T


class Window:
    """Everything between two moments, as plain lists by row; what nobody asks for is not worked out."""

    def __init__(self, memory: Memory, before: Moment, after: Moment) -> None:
        self.memory = memory
        self.before, self.after = before, after
        self.seconds = max(after.at_s - before.at_s, 1e-12)
        self.nodes = _Growth(before.nodes, after.nodes)
        self.links = _Growth(before.links, after.links)
        self.queues = _Growth(before.queues, after.queues)
        self.sources = _Growth(before.sources, after.sources)
        self.classes = _Growth(before.classes, after.classes)

    def of(self, group: Group) -> "NodeWindow":
        return NodeWindow(self, group) if len(group.everyone) == 1 else GroupWindow(self, group)

    def class_counts(self, name: str) -> list[int]:
        """How much a field of every class of traffic has grown, over all sources."""
        rows = self.classes[name]
        return [sum(rows[number::CLASSES]) for number in range(CLASSES)]

    def class_latencies_ms(self, number: int) -> dict[str, float | None]:
        """Percentiles of a class of traffic, or of the PAGE_LOADS."""
        return percentiles_ms(*(moment.latencies.get(number, NOTHING_COUNTED) for moment in (self.after, self.before)))

    @cached_property
    def alive(self) -> list[int]:
        """Of every node, at the end."""
        found: list[int] = self.after.nodes["alive"].tolist()
        return found

    @cached_property
    def in_flight(self) -> list[int]:
        """At every node, at the end."""
        found: list[int] = self.after.nodes["in_flight"].tolist()
        return found

    @cached_property
    def sent(self) -> list[int]:
        """Calls to each member of a route."""
        found: list[int] = (self.after.sent - _grown(self.before.sent, len(self.after.sent))).tolist()
        return found

    @cached_property
    def lived(self) -> list[float]:
        """For which share of the window each node lived."""
        now = self.after.lived_s
        found: list[float] = ((now - _grown(self.before.lived_s, len(now))) / self.seconds).tolist()
        return found

    @cached_property
    def pools(self) -> list[PoolWindow]:
        """Every pool by itself."""
        utilisation: list[float] = self._pools[0].tolist()
        queue: list[float] = self._pools[1].tolist()
        rejected: list[int] = self._pools[2].tolist()
        # as PoolWindow(…) of each, without a call in Python for each
        made = map(tuple.__new__, repeat(PoolWindow), zip(utilisation, queue, rejected, strict=True))
        return cast(list[PoolWindow], list(made))

    @cached_property
    def capacity(self) -> list[float]:
        """Of every pool, at the end."""
        found: list[float] = self.after.pools["capacity"].tolist()
        return found

    @cached_property
    def rejected_at(self) -> list[float]:
        """How many were turned away for want of room, at every node."""
        found: list[float] = np.bincount(self.after.pools["node"], self._pools[2], len(self.after.nodes)).tolist()
        return found

    @cached_property
    def _pools(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
        """Utilisation, mean queue and number turned away, of every pool."""
        now = self.after.pools
        was = _grown(self.before.pools, len(now))
        used = now["used_area"] - was["used_area"]
        sent = _card_work(now, self.after.at_s) - _card_work(was, self.before.at_s)
        capacity = now["capacity"]
        per_unit = np.divide(used, capacity, out=np.zeros(len(now)), where=capacity > 0)
        busy = np.where(now["kind"] == CARD, np.where(capacity > 0, sent, 0.0), per_unit)
        queue = now["queue_area"] - was["queue_area"]
        return busy / self.seconds, queue / self.seconds, now["rejected"] - was["rejected"]


class NodeWindow:
    """What one component did in a window, with the only instance that it has ever had."""

    __slots__ = ("_grown", "_node", "_window", "group", "instance")

    def __init__(self, window: Window, group: Group) -> None:
        self.group = group
        self.instance = me = group.first
        self._window = window
        self._grown = window.nodes
        self._node = me.node

    @property
    def seconds(self) -> float:
        return self._window.seconds

    @property
    def whole(self) -> Window:
        """What everybody did."""
        return self._window

    # -- what depends on how many instances there are
    def growth(self, name: str) -> Any:
        """How much a counter, a sum or an integral has grown."""
        return self._grown[name][self._node]

    def pool(self, name: str) -> PoolWindow:
        return self._window.pools[self.instance.pools[name]]

    @property
    def in_flight(self) -> int:
        """At the end of the window."""
        return self._window.in_flight[self._node]

    def rejects(self) -> bool:
        """Whether anything was turned away for want of room."""
        return self._window.rejected_at[self._node] > 0.0

    def stage(self) -> str:
        """up when anybody works, else draining, starting or down."""
        return self.state_of(self.instance)

    @property
    def instances(self) -> list[Instance]:
        """All that there are, the former ones too."""
        return [self.instance]

    # -- what follows
    def count(self, name: str) -> int:
        return int(self.growth(name))

    def rate(self, name: str) -> float:
        return float(self.growth(name) / self._window.seconds)

    def share(self, part: str, whole: str) -> float | None:
        of = self.growth(whole)
        return float(self.growth(part) / of) if of else None

    @property
    def mean_in_flight(self) -> float:
        return self.rate("area")

    @property
    def mean_latency_ms(self) -> float | None:
        grown, node = self._grown, self._node
        ended = grown["done"][node] + grown["failed"][node] + grown["dropped"][node]
        return 1000.0 * grown["sojourn_sum_s"][node] / ended if ended else None

    @property
    def mean_lag_ms(self) -> float | None:
        applied = self.growth("applied")
        return float(1000.0 * self.growth("lag_sum_s") / applied) if applied else None

    def source(self, name: str) -> float:
        """How much a field of its source has grown."""
        values = self._window.sources[name]
        return float(sum(values[me.source] for me in self.instances))

    @property
    def rate_limited(self) -> float:
        """Requests that its rate limiter has turned away so far."""
        limiters = self._window.memory.state.limiters
        return float(sum(limiters[me.limiter]["refused"] for me in self.instances))

    @property
    def present(self) -> float:
        """Users and visitors who are there at the end."""
        return float(sum(self._window.after.sources[me.source]["present"] for me in self.instances))

    @property
    def disk_used_gb(self) -> float:
        """On the disks of those that are there, at the end."""
        stored = self._window.after.nodes["stored_kb"]
        return float(sum(stored[me.node] for me in self.group.members or self.instances)) / KB_PER_GB

    @property
    def keys_held(self) -> float:
        caches = self._window.memory.state.caches
        return float(sum(caches[me.cache]["size"] for me in self.instances))

    # -- its message queues
    def queues(self, name: str) -> float:
        """How much a field of its queues has grown, all together."""
        values = self._window.queues[name]
        return float(sum(sum(values[me.queues : me.queues + me.queue_count]) for me in self.instances))

    def queues_now(self, name: str) -> float:
        rows = self._window.after.queues
        return float(sum(rows[name][me.queues : me.queues + me.queue_count].sum() for me in self.instances))

    @property
    def oldest_message_s(self) -> float:
        """Age of the oldest message that waits; 0 when none does."""
        after, messages = self._window.after, self._window.memory.state.messages
        heads = [int(head) for me in self.instances for head in after.queues["head"][me.queues : me.queues + me.queue_count]]
        return max([0.0, *(after.at_s - float(messages[head]["published_s"]) for head in heads if head >= 0)])

    def sent_by(self, port: str) -> int:
        """Calls through a port, of the component itself or of whom it has named somebody to."""
        rows = (row for me in self.instances for (route, _link, _node), row in me.members.items() if route == me.routes[port, None])
        return sum([self._window.sent[row] for row in rows])

    def enabled(self, port: str) -> int:
        """Who is in rotation behind a port; at the instance that has fewest."""
        routes = self._window.memory.state.routes
        return min(int(routes[me.routes[port, None]]["enabled"]) for me in self.group.members or self.instances)

    def scarcest(self, *pools: str) -> str:
        """The name of the busiest of these."""
        windows, rows = self._window.pools, self.instance.pools
        busy = [windows[rows[name]].utilisation for name in pools]
        return pools[busy.index(max(busy))]

    # -- each instance
    def state_of(self, me: Instance) -> str:
        dead = not self._window.alive[me.node] and me.stage in (UP, DRAINING, STANDBY)
        return DOWN if dead else me.stage

    def utilisation_of(self, me: Instance) -> float:
        """Of the busiest of an instance's pools, while it lived."""
        lived = self._window.lived[me.node]
        return max(self._window.pools[index].utilisation for index in me.pools.values()) / lived if lived > 0.0 else 0.0

    def several(self) -> bool:
        """Whether there was more than one instance at any time in the window."""
        return len(self.group.members) > 1 or self.group.several_until_s > self._window.before.at_s


class GroupWindow(NodeWindow):
    """What several instances did together, the former ones too."""

    __slots__ = ("_everyone", "_nodes", "_seen")

    def __init__(self, window: Window, group: Group) -> None:
        super().__init__(window, group)
        self._everyone = group.everyone
        self._nodes = [me.node for me in self._everyone]
        self._seen: dict[str, PoolWindow] = {}

    def growth(self, name: str) -> Any:
        values = self._grown[name]
        return sum([values[node] for node in self._nodes])

    def pool(self, name: str) -> PoolWindow:
        """What is used, over what those have that lived, weighted by the time that they did; queues are sums."""
        if name not in self._seen:
            window = self._window
            rows = [me.pools[name] for me in self.instances]
            there = [window.capacity[row] * window.lived[node] for row, node in zip(rows, self._nodes, strict=True)]
            used = sum([window.pools[row].utilisation * window.capacity[row] for row in rows])
            capacity = sum(there)
            self._seen[name] = PoolWindow(
                used / capacity if capacity > 0.0 else 0.0,
                sum([window.pools[row].mean_queue for row in rows]),
                sum([window.pools[row].rejected for row in rows]),
            )
        return self._seen[name]

    def scarcest(self, *pools: str) -> str:
        return max(pools, key=lambda name: self.pool(name).utilisation)

    @property
    def mean_latency_ms(self) -> float | None:
        ended = self.growth("done") + self.growth("failed") + self.growth("dropped")
        return 1000.0 * self.growth("sojourn_sum_s") / ended if ended else None

    @property
    def in_flight(self) -> int:
        return sum([self._window.in_flight[node] for node in self._nodes])

    def rejects(self) -> bool:
        return any(self._window.rejected_at[node] for node in self._nodes)

    def stage(self) -> str:
        states = [self.state_of(me) for me in self.group.members]
        return next((state for state in (UP, DRAINING, STARTING) if state in states), DOWN)

    @property
    def instances(self) -> list[Instance]:
        return self._everyone


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
_MIDDLES: Final[list[float]] = BIN_MIDDLES_MS.tolist()
_SHARES: Final = np.array(list(PERCENTILES.values()))
NOTHING_COUNTED: Final = np.zeros(layout.BINS, np.int64)
PLACES_OF_SHARES: Final = Direct(places_of_shares)


def percentiles_ms(after: NDArray[np.int64], before: NDArray[np.int64] = NOTHING_COUNTED) -> dict[str, float | None]:
    """The latencies that shares of the requests do not exceed that one histogram counts more than another; None when there is none."""
    places = np.empty(len(_SHARES), np.int64)
    if PLACES_OF_SHARES.call(before, after, _SHARES, places) == 0:
        return dict.fromkeys(PERCENTILES)
    return {name: _MIDDLES[place] for name, place in zip(PERCENTILES, places.tolist(), strict=True)}
