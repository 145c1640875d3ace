"""Recent frames, bounded in number and in bytes. The oldest leave first; numbers have no gap inside."""

from bisect import bisect_left
from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True)
class Frame:
    """One frame, encoded once: everybody sends the same text."""

    seq: int
    text: str


class Ring:
    def __init__(self, most_frames: int, most_bytes: int) -> None:
        self._frames: deque[Frame] = deque()
        self._most_frames = most_frames
        self._most_bytes = most_bytes
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def first(self) -> int:
        """Number of the oldest frame kept; one past `last` when there is none."""
        return self._frames[0].seq if self._frames else 0

    @property
    def last(self) -> int:
        return self._frames[-1].seq if self._frames else -1

    def append(self, frame: Frame) -> None:
        """Frames come in order. One that leaves a gap makes what came before useless: it is dropped."""
        if self._frames and frame.seq != self.last + 1:
            assert frame.seq > self.last, "frames come in order"
            self.clear()
        self._frames.append(frame)
        self._bytes += len(frame.text)
        # The newest always stays, however big.
        while len(self._frames) > 1 and (len(self._frames) > self._most_frames or self._bytes > self._most_bytes):
            self._bytes -= len(self._frames.popleft().text)

    def clear(self) -> None:
        self._frames.clear()
        self._bytes = 0

    def since(self, seq: int, most_bytes: int) -> list[Frame]:
        """Frames after `seq`, oldest first, up to `most_bytes` of text but at least one."""
        chosen: list[Frame] = []
        size = 0
        for index in range(max(0, seq + 1 - self.first), len(self._frames)):
            frame = self._frames[index]
            if chosen and size + len(frame.text) > most_bytes:
                break
            chosen.append(frame)
            size += len(frame.text)
        return chosen

    def get(self, seq: int) -> Frame | None:
        index = bisect_left(self._frames, seq, key=lambda frame: frame.seq)
        found = self._frames[index] if index < len(self._frames) else None
        return found if found and found.seq == seq else None
