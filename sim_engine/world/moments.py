"""Moments: copies of the kernel's counters at one time, as one array of words (sections of kernel/figures.py)."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from sim_engine.causes import CAUSES
from sim_engine.kernel import layout
from sim_engine.kernel.figures import CLOCK, COUNT, ERRORS, REQUESTS, SECTIONS, word_of
from sim_engine.operations.codes import CLASSES
from sim_engine.world.memory import Memory

RECORDS: Final = {
    "nodes": layout.NODE, "pools": layout.POOL, "links": layout.LINK, "crossings": layout.CROSSING, "queues": layout.QUEUE,
    "sources": layout.SOURCE, "classes": layout.CLASS,
}  # fmt: skip
SECTION: Final = {name: place for place, name in enumerate(RECORDS)}
_SENT: Final = word_of(layout.MEMBER, "sent")
_MEMBER_WORDS: Final = layout.MEMBER.itemsize // 8
_RECORD_WORDS: Final = tuple((name, dtype.itemsize // 8) for name, dtype in RECORDS.items())


class Moment:
    """The counters at one time. requests: histogram of all clients' latencies."""

    __slots__ = ("at_s", "clock", "count", "errors", "requests", "rows", "section_starts", "starts", "sums", "words")

    def __init__(self, words: NDArray[np.int64], rows: tuple[int, ...]) -> None:
        """rows: how many each of RECORDS has, and members."""
        self.words, self.rows = words, rows
        self.sums: NDArray[np.float64] = words.view(np.float64)
        self.starts, self.section_starts = starts_of(rows)
        starts = self.starts
        self.requests = words[starts[REQUESTS] : starts[ERRORS]]
        self.errors = words[starts[ERRORS] : starts[COUNT]]
        self.count = words[starts[COUNT] : starts[CLOCK]]
        self.clock = self.sums[starts[CLOCK] :]
        self.at_s: float = self.clock.item(layout.NOW)

    @property
    def done(self) -> int:
        """Of all requests."""
        return self.count.item(layout.DONE)

    @property
    def latency_sum_s(self) -> float:
        return self.clock.item(layout.LATENCY_SUM)

    @property
    def nbytes(self) -> int:
        """How much memory its records and histograms take, with those of the classes that there is traffic of."""
        arrived: list[int] = self.records("classes")["arrived"].tolist()
        classes = {row % CLASSES for row, count in enumerate(arrived) if count}
        return 8 * (self.starts[ERRORS] + layout.BINS * (len(classes) + (self.count.item(layout.PAGES) > 0)))

    def records(self, name: str) -> NDArray[np.void]:
        """The rows of one of RECORDS."""
        place = SECTION[name]
        return np.ndarray((self.rows[place],), RECORDS[name], self.words, 8 * self.starts[place])

    def among(self, rows: tuple[int, ...]) -> "Moment":
        """The same with zeros for rows that did not exist yet, so that it can be compared with a later one."""
        if rows == self.rows:
            return self
        starts, _array = starts_of(rows)
        words = np.zeros(starts[CLOCK] + layout.CLOCKS, np.int64)
        ends = (*self.starts[1:], len(self.words))
        for mine, end, there in zip(self.starts, ends, starts, strict=True):
            words[there : there + end - mine] = self.words[mine:end]
        return Moment(words, rows)


_KNOWN: Final[dict[tuple[int, ...], tuple[tuple[int, ...], NDArray[np.int64]]]] = {}
_MOST_KNOWN: Final = 1_000


def starts_of(rows: tuple[int, ...]) -> tuple[tuple[int, ...], NDArray[np.int64]]:
    """Where each section begins, twice; rows: of RECORDS, nodes once more (how long each lived), members."""
    found = _KNOWN.get(rows)
    if found is None:
        words = [count * dtype.itemsize // 8 for count, dtype in zip(rows, RECORDS.values(), strict=False)]
        words += [rows[0], rows[len(RECORDS)], layout.BINS, len(CAUSES), layout.COUNTS]
        starts = tuple(sum(words[:place]) for place in range(SECTIONS))
        found = starts, np.array(starts, np.int64)
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        _KNOWN[rows] = found
    return found


def moment_of(memory: Memory, into: NDArray[np.int64] | None = None) -> Moment:
    """The counters now. into: words that nobody needs any more, used when there are as many as it takes."""
    state, used = memory.state, memory.used
    rows = tuple([used.get(name, 0) for name in (*RECORDS, "members")])
    records = [memory.words(name)[: count * words] for count, (name, words) in zip(rows, _RECORD_WORDS, strict=False)]
    sent = memory.words("members")[_SENT : rows[-1] * _MEMBER_WORDS : _MEMBER_WORDS]
    lived = memory.lives.lived_s(rows[0], state.clock.item(layout.NOW)).view(np.int64)
    parts = [*records, lived, sent, state.histograms[0], state.errors, state.count, state.clock.view(np.int64)]
    if into is None or len(into) != starts_of(rows)[0][CLOCK] + layout.CLOCKS:
        into = np.empty(starts_of(rows)[0][CLOCK] + layout.CLOCKS, np.int64)
    return Moment(np.concatenate(parts, out=into), rows)
