"""The kernel's arrays as Python sees them: rows are added, never moved, so indices stay good while a design changes under traffic.

Arrays double when they are full; `state` is what compiled functions take.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim_engine.causes import CAUSES
from sim_engine.kernel import layout
from sim_engine.kernel.control import link_free_slots
from sim_engine.kernel.state import State
from sim_engine.limits import LimitReached, limit
from sim_engine.operations.codes import VERBS

FIRST_TASKS = 8_192
KEYED_COLUMNS = 8  # to begin with: half a cache line
SPANS_IN_A_FRAME = 128
SIGNALS_AT_ONCE = 4_096
EVENTS_BETWEEN_ADVANCES = 4_096


class Memory:
    """All arrays of one run, with the number of rows in use of each."""

    def __init__(self) -> None:
        self.used: dict[str, int] = {}
        self.state = State(
            tasks=np.zeros(FIRST_TASKS, layout.TASK),
            heap_time=np.zeros(4 * FIRST_TASKS),
            heap_entry=np.zeros(4 * FIRST_TASKS, np.int64),
            nodes=np.zeros(16, layout.NODE),
            pools=np.zeros(64, layout.POOL),
            links=np.zeros(32, layout.LINK),
            routes=np.zeros(32, layout.ROUTE),
            members=np.zeros(64, layout.MEMBER),
            targets=np.zeros(64, np.int32),
            timers=np.zeros(64, layout.TIMER),
            sources=np.zeros(4, layout.SOURCE),
            code=np.zeros(512, layout.CODE),
            entries=np.full((16, len(VERBS)), -1, np.int32),
            parameters=np.zeros(512),
            caches=np.zeros(4, layout.CACHE),
            cache_entries=np.zeros(1, layout.ENTRY),
            keyed=np.zeros((1, KEYED_COLUMNS), np.int32),
            popularity=np.ones(1),
            guide=np.zeros(1, np.int32),
            histograms=np.zeros((17, layout.BINS), np.int64),
            errors=np.zeros(len(CAUSES), np.int64),
            waits=np.zeros((16, layout.BINS), np.int64),
            node_errors=np.zeros((16, len(CAUSES)), np.int64),
            spans=np.zeros(SPANS_IN_A_FRAME, layout.SPAN),
            signals=np.zeros(SIGNALS_AT_ONCE, layout.SIGNAL),
            count=np.zeros(layout.COUNTS, np.int64),
            clock=np.zeros(layout.CLOCKS),
        )
        self.state.count[layout.FREE_HEAD] = -1
        self.state.count[layout.READY_HEAD] = -1
        self.state.count[layout.READY_TAIL] = -1
        link_free_slots(self.state, 0)

    def add(self, name: str, how_many: int = 1) -> int:
        """Takes rows of an array into use; returns the index of the first."""
        first = self.used.get(name, 0)
        self.used[name] = first + how_many
        array: NDArray[Any] = getattr(self.state, name)
        while len(array) < first + how_many:
            array = _doubled(array)
        if array is not getattr(self.state, name):
            self.state.replace(**{name: array})
        return first

    def add_node(self) -> int:
        """A node, with its row of entries, errors and histogram."""
        node = self.add("nodes")
        for name, row in (("entries", node), ("node_errors", node), ("waits", node), ("histograms", node + 1)):
            self.used[name] = row
            self.add(name)
        self.state.entries[node] = -1
        return node

    def more_tasks(self) -> None:
        """Doubles the task slots, up to the limit on requests in flight."""
        have = len(self.state.tasks)
        if have >= limit("tasks"):
            raise LimitReached("tasks")
        self.state.replace(tasks=_doubled(self.state.tasks))
        link_free_slots(self.state, have)
        self.more_heap()

    def room_for_events(self) -> None:
        """Room in the heap for an event of every task, before something is done to many of them between two advances."""
        count = self.state.count
        while count[layout.HEAP_SIZE] + count[layout.TASKS_USED] + EVENTS_BETWEEN_ADVANCES > len(self.state.heap_time):
            self.more_heap()

    def more_heap(self) -> None:
        self.state.replace(heap_time=_doubled(self.state.heap_time), heap_entry=_doubled(self.state.heap_entry))


def _doubled(array: NDArray[Any]) -> NDArray[Any]:
    bigger = np.zeros((2 * array.shape[0], *array.shape[1:]), array.dtype)
    bigger[: array.shape[0]] = array
    return bigger
