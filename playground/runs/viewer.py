"""One viewer of one run: a cursor into the run's ring, and a small window of unacknowledged batches.

Nothing is queued for a viewer. What it has not seen yet stands in the ring that all viewers share, so a slow one costs
nothing but its window. One that falls behind while it is awake gets the newest frame and is told what was left out; one
that comes back from a lost connection gets everything that is kept.
"""

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncIterator
from typing import Any, Protocol

from playground import limits
from playground.runs.ring import Frame, Ring
from playground.runs.state import OVER, say

BATCH_FRAMES = 100


class Source(Protocol):
    """What a viewer needs of its run."""

    run_id: str
    epoch: str
    ring: Ring
    state: dict[str, Any]
    state_version: int

    def batch(self, frames: list[Frame], caught_up: bool) -> str: ...


class TooSlow(Exception):
    """The viewer's window has been full for too long: nobody is there."""


class Viewer:
    def __init__(self, source: Source, language: str, control: bool) -> None:
        self.source = source
        self.language = language
        self.control = control
        self.news = asyncio.Event()
        self._cursor = 0
        self._epoch = source.epoch
        self._unacknowledged: deque[tuple[int, float]] = deque()
        self._state_sent = -1
        self._catching_up = True
        self._held_up = False

    def hello(self, epoch: str | None, seen: int) -> list[str]:
        """The first answers: a welcome, and an honest word when what the viewer saw does not fit what is kept."""
        ring = self.source.ring
        answers = [self._welcome()]
        returning = epoch is not None and seen >= 0
        if returning and epoch != self.source.epoch:
            answers.append(self._reset("epoch", "The run could not be replayed exactly, so it starts anew."))
            returning = False
        elif returning and len(ring) and seen + 1 < ring.first:
            answers.append(self._reset("history", "The frames in between are no longer kept."))
            returning = False
        self._cursor = seen + 1 if returning else ring.first
        return answers

    def _welcome(self) -> str:
        source = self.source
        self._state_sent = source.state_version
        return encode(
            type="welcome",
            run=source.run_id,
            epoch=source.epoch,
            first=source.ring.first,
            last=source.ring.last,
            control=self.control,
            state=self._state(),
        )

    def _state(self) -> dict[str, Any]:
        return {**self.source.state, "text": say(self.source.state["text"], self.language)}

    def _reset(self, reason: str, text: str) -> str:
        return encode(type="reset", reason=reason, text=say(text, self.language), epoch=self.source.epoch)

    def acknowledge(self, seq: int) -> None:
        while self._unacknowledged and self._unacknowledged[0][0] <= seq:
            self._unacknowledged.popleft()
        self.news.set()

    async def messages(self) -> AsyncIterator[str]:
        """What to send, as it becomes due. Ends with `TooSlow` when the window stays full."""
        while True:
            self.news.clear()
            for text in self._due():
                yield text
            # One batch at a time, so that acknowledgements are looked at in between.
            if self._ready():
                continue
            self._test_patience()
            try:
                await asyncio.wait_for(self.news.wait(), 1.0)
            except TimeoutError:
                pass

    def _test_patience(self) -> None:
        if self._window_full() and time.monotonic() - self._unacknowledged[0][1] > limits.of("ack_within_s"):
            raise TooSlow

    def _window_full(self) -> bool:
        return len(self._unacknowledged) >= limits.of("window_batches")

    def _ready(self) -> bool:
        return not self._window_full() and self._cursor <= self.source.ring.last

    def _due(self) -> list[str]:
        due: list[str] = []
        if self._epoch != self.source.epoch:
            due.append(self._start_anew())
        if self._ready():
            due += self._frames()
        elif self._window_full():
            self._held_up = True
        # The last word waits until the last frame is out.
        over = self.source.state["phase"] in OVER
        if self._state_sent != self.source.state_version and not (over and self._cursor <= self.source.ring.last):
            self._state_sent = self.source.state_version
            due.append(encode(type="state", **self._state()))
        return due

    def _start_anew(self) -> str:
        self._epoch = self.source.epoch
        self._cursor = self.source.ring.first
        self._unacknowledged.clear()
        self._catching_up = True
        return self._reset("epoch", "The run could not be replayed exactly, so it starts anew.")

    def _frames(self) -> list[str]:
        ring = self.source.ring
        due: list[str] = []
        newest_first = ring.last if self._fell_behind(ring) else ring.first
        if self._cursor < newest_first:
            due.append(encode(type="skip", **{"from": self._cursor, "to": newest_first - 1}))
            self._cursor = newest_first
        frames = ring.since(self._cursor - 1, limits.of("batch_bytes"))[:BATCH_FRAMES]
        self._cursor = frames[-1].seq + 1
        caught_up = frames[-1].seq == ring.last
        self._held_up = False
        if caught_up:
            self._catching_up = False
        self._unacknowledged.append((frames[-1].seq, time.monotonic()))
        due.append(self.source.batch(frames, caught_up))
        return due

    def _fell_behind(self, ring: Ring) -> bool:
        """Slow is who had a full window. A backlog after a reconnect, or of a run at full speed, is meant to be seen."""
        slow = self._held_up and not self._catching_up
        return slow and ring.last - self._cursor >= limits.of("backlog_frames")


def encode(**message: Any) -> str:
    return json.dumps(message, separators=(",", ":"))
