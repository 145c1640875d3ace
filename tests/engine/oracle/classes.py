"""Classes of traffic: which class a request is of, what it is about, how large it and its answer are."""

import bisect
import itertools
import math
import random
from functools import lru_cache

from tests.engine.oracle.basics import MS, Parameters, Request

SHARES = ("page", "static", "upload", "expensive", "background")
READING = {"page", "static", "read", "expensive"}
SENDING = {"upload", "background"}
DATA = ("upload", "expensive", "background")


@lru_cache
def heaps(keys: int, exponent: float) -> list[float]:
    return list(itertools.accumulate(k**-exponent for k in range(1, keys + 1)))


def pick(luck: random.Random, keys: int, exponent: float) -> int:
    """Key number k of n with probability proportional to 1/k^exponent."""
    weights = heaps(keys, exponent)
    return min(bisect.bisect_right(weights, luck.random() * weights[-1]), keys - 1)


class Mix:
    """What the clients of one component ask for."""

    def __init__(self, luck: random.Random, parameters: Parameters) -> None:
        self.luck = luck
        self.parameters = parameters
        self.hot = 0.0  # share of the requests that are for the key which was least popular
        self.factors: dict[tuple[str, int], float] = {}

    def traffic(self, among: tuple[str, ...] = SHARES) -> str:
        """The class of a request: one of those with a share, else a read or a write."""
        p = self.parameters
        point = self.luck.random()
        for name in among:
            point -= p[f"{name}_share"]
            if point < 0:
                return name
        return "read" if self.luck.random() < p["read_ratio"] else "write"

    def request(self, traffic: str, address: int, now: float) -> Request:
        p = self.parameters
        is_read = traffic in READING
        key = self._key(traffic)
        factor = self._factor(traffic, key)
        sent_kb = p[f"{traffic}_request_kb" if traffic in SENDING else "request_kb"]
        wanted_kb = p[f"{traffic}_response_kb"] if is_read else 0.0
        deadline_s = p[f"{traffic}_deadline_ms"] * MS
        return Request(
            is_read=is_read,
            key=key,
            address=address,
            traffic=traffic,
            sent_kb=sent_kb if is_read else sent_kb * factor,
            wanted_kb=wanted_kb * factor,
            cost=p[f"{traffic}_cost"],
            deadline=now + deadline_s if deadline_s else math.inf,
            propagates=p["propagate_deadline"],
            changes_s=p["static_change_s"] if traffic == "static" else 0.0,
        )

    def _key(self, traffic: str) -> int:
        """Files are keys of their own, here negative ones."""
        p = self.parameters
        exponent = p[f"{traffic}_zipf" if traffic in SHARES else "zipf_exponent"]
        if traffic == "static":
            return -1 - pick(self.luck, p["static_objects"], exponent)
        if self.hot and self.luck.random() < self.hot:
            return int(p["keys"]) - 1
        return pick(self.luck, p["keys"], exponent)

    def _factor(self, traffic: str, key: int) -> float:
        cv = self.parameters[f"{traffic}_size_cv"]
        if not cv:
            return 1.0
        if (traffic, key) not in self.factors:
            variance = math.log(1 + cv * cv)
            self.factors[traffic, key] = self.luck.lognormvariate(-variance / 2, math.sqrt(variance))
        return self.factors[traffic, key]
