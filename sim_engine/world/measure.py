"""Windows: what happened between two moments of the kernel's counters."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from sim_engine.kernel import layout
from sim_engine.kernel.figures import LINKS, LIVED, SENT, word_of
from sim_engine.world.group import Group
from sim_engine.world.instance import DOWN, DRAINING, STANDBY, STARTING, UP, Instance
from sim_engine.world.moments import RECORDS, SECTION, Moment

if TYPE_CHECKING:
    from sim_engine.world.world import World

_NODE_WORDS: Final = layout.NODE.itemsize // 8
_LINK_WORDS: Final = layout.LINK.itemsize // 8
_CALLS: Final = word_of(layout.LINK, "sent")  # and then those that were answered, and those that failed
assert [word_of(layout.LINK, name) - _CALLS for name in ("sent", "replies", "failed")] == [0, 1, 2]


class _Growth(dict[str, list[Any]]):
    """How much each field of an array of records has grown, as a list by row, worked out when it is first asked for."""

    def __init__(self, before: Moment, after: Moment, name: str) -> None:
        super().__init__()
        self._name, self._before, self._after = name, before, after

    def __missing__(self, name: str) -> list[Any]:
        place = SECTION[self._name]
        first, rows = self._after.starts[place], self._after.rows[place]
        dtype = RECORDS[self._name]
        fields: Any = dtype.fields
        kind, offset = fields[name][:2]
        words, each = dtype.itemsize // 8, kind.itemsize // 8
        part = slice(first + offset // 8, first + rows * words) if each == 1 else slice(first, first + rows * words)
        integers = kind.base.kind in "iu"
        now, was = (moment.words[part] if integers else moment.sums[part] for moment in (self._after, self._before))
        if each == 1:
            now, was = now[::words], was[::words]
        else:
            now, was = (array.reshape(rows, words)[:, offset // 8 : offset // 8 + each] for array in (now, was))
        grown: list[Any] = (now - was).tolist()
        self[name] = grown
        return grown


class Window:
    """Everything between two moments. Formulas are worked out at once; plain lists by row only when somebody asks for them."""

    def __init__(self, world: World, before: Moment, after: Moment, rounded: bool = False) -> None:
        """rounded: metrics to four places."""
        self.memory = world.memory
        self.before, self.after = before.among(after.rows), after
        self.seconds = max(after.at_s - before.at_s, 1e-12)
        self.sheet = world.sheet()
        self.sheet.reckon(self.memory, self.before, after, rounded)

    # -- how much each field of a row has grown
    @cached_property
    def nodes(self) -> _Growth:
        return _Growth(self.before, self.after, "nodes")

    @cached_property
    def links(self) -> _Growth:
        return _Growth(self.before, self.after, "links")

    @cached_property
    def crossings(self) -> _Growth:
        return _Growth(self.before, self.after, "crossings")

    @cached_property
    def sources(self) -> _Growth:
        return _Growth(self.before, self.after, "sources")

    def metrics(self) -> dict[str, dict[str, float | str | None]]:
        """Of every component."""
        values, found, first = self.sheet.shown(), {}, 0
        for formulas in self.sheet.formulas:
            last = first + len(formulas.outputs)
            found[formulas.group.id] = formulas.metrics(values[first:last])
            formulas.tell(found[formulas.group.id], NodeWindow(self, formulas.group))
            first = last
        return found

    def calls(self) -> list[list[int]]:
        """Over every link: sent, answered, failed."""
        first, rows = self.after.starts[LINKS], self.after.rows[LINKS]
        part = slice(first, first + rows * _LINK_WORDS)
        grown = (self.after.words[part] - self.before.words[part]).reshape(rows, _LINK_WORDS)
        found: list[list[int]] = grown[:, _CALLS : _CALLS + 3].tolist()
        return found

    def over(self, name: str, nodes: list[int]) -> int:
        """How much a counter of some nodes has grown."""
        place, now, was = word_of(layout.NODE, name), self.after.words.item, self.before.words.item
        return sum([now(node * _NODE_WORDS + place) - was(node * _NODE_WORDS + place) for node in nodes])

    @cached_property
    def alive(self) -> list[int]:
        """Of every node, at the end."""
        found: list[int] = self.after.records("nodes")["alive"].tolist()
        return found

    @cached_property
    def in_flight(self) -> list[int]:
        """At every node, at the end."""
        found: list[int] = self.after.records("nodes")["in_flight"].tolist()
        return found

    @cached_property
    def sent(self) -> list[int]:
        """Calls to each member of a route."""
        part = slice(self.after.starts[SENT], self.after.starts[SENT + 1])
        found: list[int] = (self.after.words[part] - self.before.words[part]).tolist()
        return found

    @cached_property
    def lived(self) -> list[float]:
        """For which share of the window each node lived."""
        part = slice(self.after.starts[LIVED], self.after.starts[LIVED + 1])
        found: list[float] = ((self.after.sums[part] - self.before.sums[part]) / self.seconds).tolist()
        return found

    @cached_property
    def utilisation(self) -> list[float]:
        """Of every pool."""
        return self.sheet.utilisations()

    @cached_property
    def busiest(self) -> list[float]:
        """Of every node, the utilisation of its busiest pool."""
        return self.sheet.highest_utilisations()


class NodeWindow:
    """What one component did in a window, all its instances together, the former ones too."""

    __slots__ = ("_window", "group")

    def __init__(self, window: Window, group: Group) -> None:
        self.group = group
        self._window = window

    @property
    def instance(self) -> Instance:
        return self.group.first

    @property
    def seconds(self) -> float:
        return self._window.seconds

    @property
    def whole(self) -> Window:
        """What everybody did."""
        return self._window

    @property
    def instances(self) -> list[Instance]:
        """All that there are, the former ones too."""
        return self.group.everyone

    def growth(self, name: str) -> Any:
        """How much a counter, a sum or an integral has grown."""
        values = self._window.nodes[name]
        return sum([values[me.node] for me in self.group.everyone])

    def count(self, name: str) -> int:
        return int(self.growth(name))

    @property
    def in_flight(self) -> int:
        """At the end of the window."""
        return sum([self._window.in_flight[me.node] for me in self.group.everyone])

    @property
    def mean_in_flight(self) -> float:
        return float(self.growth("area") / self._window.seconds)

    @property
    def mean_latency_ms(self) -> float | None:
        ended = self.growth("done") + self.growth("failed") + self.growth("dropped")
        return 1000.0 * self.growth("sojourn_sum_s") / ended if ended else None

    @property
    def oldest_message_s(self) -> float:
        """Age of the oldest message that waits in its queues; 0 when none does."""
        after, messages = self._window.after, self._window.memory.state.messages
        rows = after.records("queues")["head"].tolist()
        heads = [head for me in self.group.everyone for head in rows[me.queues : me.queues + me.queue_count]]
        return max([0.0, *(after.at_s - float(messages[head]["published_s"]) for head in heads if head >= 0)])

    def sent_by(self, port: str) -> int:
        """Calls through a port, of the component itself or of whom it has named somebody to."""
        rows = (row for me in self.instances for (route, _link, _node), row in me.members.items() if route == me.routes[port, None])
        return sum([self._window.sent[row] for row in rows])

    # -- each instance
    def stage(self) -> str:
        """up when anybody works, else draining, starting or down; of one that is alone whatever it is."""
        if len(self.group.everyone) == 1:
            return self.state_of(self.instance)
        states = [self.state_of(me) for me in self.group.members]
        return next((state for state in (UP, DRAINING, STARTING) if state in states), DOWN)

    def state_of(self, me: Instance) -> str:
        dead = not self._window.alive[me.node] and me.stage in (UP, DRAINING, STANDBY)
        return DOWN if dead else me.stage

    def utilisation_of(self, me: Instance) -> float:
        """Of the busiest of an instance's pools, while it lived."""
        lived = self._window.lived[me.node]
        return self._window.busiest[me.node] / lived if lived > 0.0 else 0.0

    def several(self) -> bool:
        """Whether there was more than one instance at any time in the window."""
        return len(self.group.members) > 1 or self.group.several_until_s > self._window.before.at_s
