"""The kernel's arrays as Python sees them: rows are added, never moved, so indices stay good while a design changes under traffic.

Arrays double when they are full; `state` is what compiled functions take.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim_engine.causes import CAUSES
from sim_engine.kernel import layout
from sim_engine.kernel.control import link_free_slots, link_spare_events, link_spare_messages
from sim_engine.kernel.state import State
from sim_engine.limits import LimitReached, limit
from sim_engine.operations.codes import CLASSES, END, VERBS

FIRST_TASKS = 8_192
KEYED_COLUMNS = 8  # to begin with: half a cache line
FIRST_MESSAGES = 4_096  # more than one event can publish, with room for what control does between advances
SPANS_IN_A_FRAME = 128
SIGNALS_AT_ONCE = 4_096
EVENTS_BETWEEN_ADVANCES = 4_096


class Lives:
    """For how long each node has lived so far."""

    def __init__(self) -> None:
        self._lived_s = np.zeros(16)
        self._since_s = np.full(16, np.inf)  # infinite while it is dead

    def add(self, node: int) -> None:
        if node >= len(self._lived_s):
            self._lived_s = np.concatenate([self._lived_s, np.zeros(node)])
            self._since_s = np.concatenate([self._since_s, np.full(node, np.inf)])

    def begins(self, node: int, now_s: float) -> None:
        self._since_s[node] = min(self._since_s[node], now_s)

    def ends(self, node: int, now_s: float) -> None:
        self._lived_s[node] += max(0.0, now_s - self._since_s[node])
        self._since_s[node] = np.inf

    def lived_s(self, nodes: int, now_s: float) -> NDArray[np.float64]:
        """Seconds up to now, of the first so many nodes."""
        so_far: NDArray[np.float64] = self._lived_s[:nodes] + np.maximum(0.0, now_s - self._since_s[:nodes])
        return so_far


class Memory:
    """All arrays of one run, with the number of rows in use of each."""

    def __init__(self) -> None:
        self.used: dict[str, int] = {}
        self._words: dict[str, tuple[NDArray[np.void], NDArray[np.int64]]] = {}  # what words() has given, with what it was of
        self.lives = Lives()
        self.state = State(
            tasks=np.zeros(FIRST_TASKS, layout.TASK),
            heap_time=np.zeros(4 * FIRST_TASKS),
            heap_entry=np.zeros(4 * FIRST_TASKS, np.int64),
            far_time=np.zeros(4 * FIRST_TASKS),
            far_entry=np.zeros(4 * FIRST_TASKS, np.int64),
            days=np.full(layout.MOST_DAYS, -1, np.int32),
            listed=np.zeros(4 * FIRST_TASKS, layout.EVENT),
            nodes=np.zeros(16, layout.NODE),
            pools=np.zeros(64, layout.POOL),
            links=np.zeros(32, layout.LINK),
            routes=np.zeros(32, layout.ROUTE),
            members=np.zeros(64, layout.MEMBER),
            targets=np.zeros(64, np.int32),
            timers=np.zeros(64, layout.TIMER),
            sources=np.zeros(4, layout.SOURCE),
            classes=np.zeros(32, layout.CLASS),
            ring=np.zeros(1, layout.RING),
            sticky=np.zeros(1, np.int32),
            answers=np.zeros(1, layout.ANSWER),
            limiters=np.zeros(1, layout.LIMITER),
            cells=np.zeros(1, layout.CELL),
            distances=np.zeros((1, 1)),
            crossings=np.zeros(1, layout.CROSSING),
            code=np.zeros(512, layout.CODE),
            entries=np.full((16, len(VERBS)), -1, np.int32),
            parameters=np.zeros(512),
            caches=np.zeros(4, layout.CACHE),
            cache_entries=np.zeros(1, layout.ENTRY),
            buckets=np.zeros(1, layout.BUCKET),
            messages=np.zeros(FIRST_MESSAGES, layout.MESSAGE),
            queues=np.zeros(1, layout.QUEUE),
            keyed=np.zeros((1, KEYED_COLUMNS), np.int32),
            popularity=np.ones(1),
            guide=np.zeros(1, np.int32),
            histograms=np.zeros((17, layout.BINS), np.int64),
            class_histograms=np.zeros((CLASSES + 1, layout.BINS), np.int64),
            errors=np.zeros(len(CAUSES), np.int64),
            waits=np.zeros((16, layout.BINS), np.int64),
            node_errors=np.zeros((16, len(CAUSES)), np.int64),
            spans=np.zeros(SPANS_IN_A_FRAME, layout.SPAN),
            signals=np.zeros(SIGNALS_AT_ONCE, layout.SIGNAL),
            checks=np.zeros(16, np.int64),
            count=np.zeros(layout.COUNTS, np.int64),
            clock=np.zeros(layout.CLOCKS),
        )
        self.state.count[layout.FREE_HEAD] = -1
        self.state.count[layout.READY_HEAD] = -1
        self.state.count[layout.READY_TAIL] = -1
        self.state.count[layout.MESSAGES_SPARE] = -1
        self.state.count[layout.SPARE_EVENT] = -1
        self.state.count[layout.DAY] = -1
        self.state.count[layout.LAST_PLACE] = layout.MOST_DAYS - 1
        self.state.clock[layout.DAYS_PER_S] = layout.FIRST_DAYS_PER_S
        link_free_slots(self.state, 0)
        link_spare_events(self.state, 0)
        link_spare_messages(self.state, 0)
        self.state.code[self.add("code")]["op"] = END  # row 0: where tasks go whose deadline has passed in a queue

    def add(self, name: str, how_many: int = 1) -> int:
        """Takes rows of an array into use; returns the index of the first."""
        first = self.used.get(name, 0)
        self.used[name] = first + how_many
        array: NDArray[Any] = getattr(self.state, name)
        if len(array) < first + how_many:
            times = -(-(first + how_many) // len(array))
            self.state.replace(**{name: _grown(array, 1 << (times - 1).bit_length())})
        return first

    def words(self, name: str) -> NDArray[np.int64]:
        """An array of records as 64-bit words."""
        array, words = self._words.get(name, (None, None))
        now: NDArray[np.void] = getattr(self.state, name)
        if words is None or array is not now:
            words = now.view(np.int64)
            self._words[name] = now, words
        return words

    def add_node(self) -> int:
        """A node, with its row of entries, errors and histogram."""
        node = self.add("nodes")
        for name, row in (("entries", node), ("node_errors", node), ("waits", node), ("histograms", node + 1)):
            self.used[name] = row
            self.add(name)
        self.state.entries[node] = -1
        self.lives.add(node)
        return node

    def look_at_ways(self) -> None:
        """Says whether the way of a message matters at all: distances, partitions, clients' own way to the network."""
        nodes = self.state.nodes
        ways = (self.state.distances, nodes["side_a"], nodes["side_b"], nodes["access_s"], nodes["access_s_per_kb"])
        self.state.count[layout.WIDE] = int(any(bool(way.any()) for way in ways))

    def more_tasks(self) -> None:
        """Doubles the task slots, up to the limit on requests in flight."""
        have = len(self.state.tasks)
        if have >= limit("tasks"):
            raise LimitReached("tasks")
        self.state.replace(tasks=_grown(self.state.tasks, 2))
        link_free_slots(self.state, have)
        self.more_heap()

    def more_messages(self) -> None:
        """Doubles the rows for messages, up to the limit on messages in all queues."""
        have = len(self.state.messages)
        if have >= limit("messages"):
            raise LimitReached("messages")
        self.state.replace(messages=_grown(self.state.messages, 2))
        link_spare_messages(self.state, have)

    def room_for_events(self) -> None:
        """Room in the heap for an event of every task, before something is done to many of them between two advances."""
        count = self.state.count
        while count[layout.HEAP_SIZE] + count[layout.TASKS_USED] + EVENTS_BETWEEN_ADVANCES > len(self.state.heap_time):
            self.more_heap()

    def more_heap(self) -> None:
        """Doubles the room for events that are pending."""
        have = len(self.state.heap_time)
        names = ("heap_time", "heap_entry", "far_time", "far_entry", "listed")
        self.state.replace(**{name: _grown(getattr(self.state, name), 2) for name in names})
        link_spare_events(self.state, have)


def _grown(array: NDArray[Any], times: int) -> NDArray[Any]:
    bigger = np.zeros((times * array.shape[0], *array.shape[1:]), array.dtype)
    bigger[: array.shape[0]] = array
    return bigger
