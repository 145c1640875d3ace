"""Rate limiters: how long a request has to wait until it may pass, or None when it may not."""

import math

from tests.engine.oracle.basics import Parameters


class Limiter:
    def __init__(self, parameters: Parameters) -> None:
        self.rate: float = parameters["limit_rate_per_s"]
        self.burst: float = parameters["limit_burst"]
        self.window: float = parameters["limit_window_s"]

    def wait_s(self, now: float) -> float | None:
        return 0.0


class TokenBucket(Limiter):
    def __init__(self, parameters: Parameters) -> None:
        super().__init__(parameters)
        self.tokens = self.burst
        self.since = 0.0

    def wait_s(self, now: float) -> float | None:
        self.tokens = min(self.burst, self.tokens + self.rate * (now - self.since))
        self.since = now
        if self.tokens < 1:
            return None
        self.tokens -= 1
        return 0.0


class LeakyBucket(Limiter):
    next_at = 0.0

    def wait_s(self, now: float) -> float | None:
        wait = max(0.0, self.next_at - now)
        if wait > self.burst / self.rate:
            return None
        self.next_at = now + wait + 1 / self.rate
        return wait


class FixedWindow(Limiter):
    number = -1
    before = passed = 0

    def wait_s(self, now: float) -> float | None:
        number = math.floor(now / self.window)
        if number != self.number:
            self.before = self.passed if number == self.number + 1 else 0
            self.number, self.passed = number, 0
        if self._counted(now) + 1 > self.rate * self.window:
            return None
        self.passed += 1
        return 0.0

    def _counted(self, now: float) -> float:
        return self.passed


class SlidingWindow(FixedWindow):
    def _counted(self, now: float) -> float:
        return self.passed + self.before * (1 - now / self.window % 1)


LIMITERS: dict[str, type[Limiter]] = {
    "none": Limiter,
    "token_bucket": TokenBucket,
    "leaky_bucket": LeakyBucket,
    "fixed_window": FixedWindow,
    "sliding_window": SlidingWindow,
}
