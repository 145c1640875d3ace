"""Token buckets, kept in this process.

With several web processes each counts for itself, so that a limit is at most multiplied by their number: good enough
to keep one address from using everything up, and nothing has to be asked over the network for it.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

BUCKETS_KEPT = 10_000


@dataclass
class Bucket:
    """`rate_per_s` tokens flow in, at most `burst` are kept; `take` says whether there was one."""

    rate_per_s: float
    burst: float
    tokens: float
    updated_s: float

    @classmethod
    def full(cls, rate_per_s: float, burst: float, now_s: float) -> "Bucket":
        return cls(rate_per_s, burst, burst, now_s)

    def refill(self, now_s: float) -> None:
        self.tokens = min(self.burst, self.tokens + (now_s - self.updated_s) * self.rate_per_s)
        self.updated_s = now_s

    def take(self, now_s: float) -> bool:
        self.refill(now_s)
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True

    def wait_s(self) -> float:
        return max(0.0, (1 - self.tokens) / self.rate_per_s)


class Buckets:
    """One bucket for each key; the least recently used are forgotten, so that keys cannot fill the memory."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._buckets: OrderedDict[tuple[str, str], Bucket] = OrderedDict()
        self._lock = threading.Lock()
        self._clock = clock

    def take(self, name: str, key: str, per_minute: float) -> float | None:
        """None when allowed, else the seconds to wait."""
        return self._use(name, key, per_minute, spend=True)

    def peek(self, name: str, key: str, per_minute: float) -> float | None:
        """As `take`, without using anything up."""
        return self._use(name, key, per_minute, spend=False)

    def _use(self, name: str, key: str, per_minute: float, spend: bool) -> float | None:
        now_s = self._clock()
        with self._lock:
            bucket = self._buckets.pop((name, key), None) or Bucket.full(per_minute / 60, per_minute, now_s)
            self._buckets[(name, key)] = bucket
            while len(self._buckets) > BUCKETS_KEPT:
                self._buckets.popitem(last=False)
            bucket.refill(now_s)
            if bucket.tokens < 1:
                return bucket.wait_s()
            if spend:
                bucket.take(now_s)
            return None

    def clear(self) -> None:
        with self._lock:
            self._buckets.clear()


BUCKETS = Buckets()
