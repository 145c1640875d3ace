"""Laws next to those of validity.csv: other parameters, other disciplines, other parts that are the same queue underneath.

Tolerances are about four standard errors of a run of so many requests, from the spread over seeds; a run has one fixed seed.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest

from sim_engine.theory.formulas import erlang_b, erlang_c
from tests.engine.oracle.designs import Document, design, link, part, station
from tests.engine.theory.observe import Seen, run_engine

REQUESTS = 100_000
PER_S = 1000.0  # so that a service time of 1 ms is the unit
Read = Callable[[Seen], float]


def mean_ms(seen: Seen) -> float:
    return seen.latency_s("mean") * 1000


def wait_ms(seen: Seen) -> float:
    return seen.wait_s() * 1000


def lost(cause: str, seen: Seen) -> float:
    return seen.errors(cause) / seen.requests("arrived")


def one_station(rate: float, clients: Document | None = None, over: Document | None = None, **server: object) -> Document:
    document = station(rate * PER_S, REQUESTS, **({"service_ms": 1.0} | server))
    document["components"]["clients"]["parameters"] |= clients or {}
    document["links"]["clients-server"]["parameters"] |= over or {}
    return document


def in_front(rate: float, front: Document, *targets: str) -> Document:
    """A part that sends what comes to bare servers."""
    parts = {"clients": part("clients", arrival_rate_per_s=rate * PER_S), "front": front}
    parts |= {name: part("server", service_ms=1.0) for name in targets}
    links = [link("clients", "front"), *(link("front", name) for name in targets)]
    return design(parts, links, REQUESTS / rate / PER_S)


def with_database(rate: float, server: Document, **database: object) -> Document:
    parts = {
        "clients": part("clients", arrival_rate_per_s=rate * PER_S),
        "server": part("server", **({"service_ms": 0.0} | server)),
        "database": part("sql_database", **({"read_ms": 1.0, "cores": 1000} | database)),
    }
    return design(parts, [link("clients", "server"), link("server", "database")], REQUESTS / rate / PER_S)


def full_share(servers: int, room: int, load: float) -> float:
    """M/M/c/K: how often all places are taken."""
    weights = [1.0]
    for there in range(1, room + 1):
        weights.append(weights[-1] * load / min(there, servers))
    return weights[-1] / sum(weights)


def erlang_c_sojourn(servers: int, load: float) -> float:
    return 1 + erlang_c(servers, load) / (servers - load)


def wait_after(transform: Callable[[float], float]) -> float:
    """GI/M/1: σ/(1 − σ), where σ = the intervals' Laplace transform at 1 − σ."""
    sigma = 0.5
    for _ in range(1000):
        sigma = transform(1 - sigma)
    return sigma / (1 - sigma)


def bursts(s: float) -> float:
    """Of intervals with mean 1/0.8 and two phases with balanced means, cv 2."""
    share = (1 + math.sqrt(3 / 5)) / 2
    return sum(p * rate / (rate + s) for p, rate in ((share, 1.6 * share), (1 - share, 1.6 * (1 - share))))


def of_the_shorter_of_two(load: float, most: int = 25) -> float:
    """Mean sojourn when each goes to the shorter of two queues: the Markov chain of both lengths, solved."""
    chain = np.zeros((most * most, most * most))
    for one in range(most):
        for other in range(most):
            here = one * most + other
            joins_first = 0.5 if one == other else float(one < other)
            for there, rate in (
                (here + most if one < most - 1 else here, 2 * load * joins_first),
                (here + 1 if other < most - 1 else here, 2 * load * (1 - joins_first)),
                (here - most if one else here, 1.0),
                (here - 1 if other else here, 1.0),
            ):
                chain[there, here] += rate
                chain[here, here] -= rate
    chain[0, :] = 1.0
    chances = np.linalg.solve(chain, np.eye(most * most)[0]).reshape(most, most)
    number = sum(chances[one, other] * (one + other) for one in range(most) for other in range(most))
    return float(number) / (2 * load)


def mean_value_analysis(users: int, think: float, services: list[float]) -> float:
    """Throughput of users who think and go through stations in turn (Reiser and Lavenberg)."""
    there, throughput = [0.0] * len(services), 0.0
    for number in range(1, users + 1):
        times = [service * (1 + queue) for service, queue in zip(services, there, strict=True)]
        throughput = number / (think + sum(times))
        there = [throughput * time for time in times]
    return throughput


def two_stations() -> Document:
    parts = {
        "clients": part("clients", model="closed", users=8, think_time_s=0.01),
        "server": part("server", service_ms=2.0),
        "database": part("sql_database", read_ms=1.5),
    }
    return design(parts, [link("clients", "server"), link("server", "database")], 240.0)


@dataclass(frozen=True)
class Law:
    title: str
    design: Callable[[], Document]
    read: Read
    expected: float
    within: float


CARD_AS_MD1 = {"service_ms": 0.0, "cores": 1000, "response_kb": 12.5}  # 1 ms at 100 Mbit/s
THE_SHORTER_OF_TWO = of_the_shorter_of_two(0.7)
LAWS = [
    Law("M/M/2/5", partial(one_station, 1.6, cores=2, workers=2, queue_limit=3), partial(lost, "queue_full"),
        full_share(2, 5, 1.6), 0.05),
    Law("M/M/1/5 by workers", partial(one_station, 1.2, workers=5, queue_limit=0), partial(lost, "queue_full"),
        full_share(1, 5, 1.2), 0.05),
    Law("bulkhead as Erlang B", partial(one_station, 3.2, cores=100, over={"bulkhead": 4}), partial(lost, "bulkhead_full"),
        erlang_b(4, 3.2), 0.04),
    Law("D/M/1", partial(one_station, 0.8, {"arrival_distribution": "constant"}), wait_ms, wait_after(lambda s: math.exp(-s / 0.8)), 0.08),
    Law("E2/M/1", partial(one_station, 0.8, {"arrival_distribution": "erlang", "arrival_cv": 2**-0.5}), wait_ms,
        wait_after(lambda s: (1.6 / (1.6 + s)) ** 2), 0.12),
    Law("H2/M/1", partial(one_station, 0.8, {"arrival_distribution": "hyperexponential", "arrival_cv": 2.0}), wait_ms,
        wait_after(bursts), 0.2),
    Law("last come first served", partial(one_station, 0.7, discipline="lifo"), mean_ms, 1 / 0.3, 0.09),
    Law("M/H2/2 with sharing", partial(one_station, 1.4, cores=2, discipline="sharing", service_distribution="hyperexponential",
        service_cv=2.0), mean_ms, erlang_c_sojourn(2, 1.4), 0.09),
    Law("two costs", partial(one_station, 0.6 / 1.8, {"expensive_share": 0.2, "expensive_cost": 5.0}, service_distribution="constant"),
        wait_ms, (0.6 / 1.8) * (0.8 + 0.2 * 25) / 2 / 0.4, 0.08),
    Law("patience while the work goes on", partial(one_station, 0.7, {"timeout_ms": 6.0}), partial(lost, "timeout"), math.exp(-1.8), 0.12),
    Law("hedge after half a mean time", partial(one_station, 0.5, over={"hedge_after_ms": 0.5}, cores=1000), mean_ms,
        1 - math.exp(-0.5) / 2, 0.015),
    Law("bandwidth as M/D/1", partial(one_station, 0.7, over={"bandwidth_mbit_s": 100.0}, **CARD_AS_MD1), mean_ms, 1 + 0.7 / 0.6, 0.03),
    Law("network card as M/D/1", partial(one_station, 0.7, network_mbit_s=100.0, **CARD_AS_MD1), mean_ms, 1 + 0.7 / 0.6, 0.03),
    Law("disk as M/D/1", partial(one_station, 0.7, service_ms=0.0, disk_reads=1, disk_ms=1.0), mean_ms, 1 + 0.7 / 0.6, 0.03),
    Law("memory as M/M/4", partial(one_station, 2.8, cores=100, memory_mb=4.0, request_memory_mb=1.0), mean_ms,
        erlang_c_sojourn(4, 2.8), 0.04),
    Law("workers held across a call as M/M/4", partial(with_database, 2.8, {"workers": 4}), mean_ms, erlang_c_sojourn(4, 2.8), 0.04),
    Law("connections as M/M/4", partial(with_database, 2.8, {}, max_connections=4), mean_ms, erlang_c_sojourn(4, 2.8), 0.04),
    Law("leaky bucket as M/D/1/5", partial(
        in_front, 0.9, part("api_gateway", limit="leaky_bucket", limit_rate_per_s=PER_S, limit_burst=4.0), "a"),
        partial(lost, "rate_limited"), 0.064361897, 0.1),
    Law("fork-join of two (Flatto and Hahn)", partial(in_front, 0.7, part("api_gateway", several="parallel"), "a", "b"), mean_ms,
        (1.5 - 0.7 / 8) / 0.3, 0.08),
    *(Law(f"join the shorter of two queues: {policy}", partial(in_front, 1.4, part("load_balancer", policy=policy), "a", "b"), mean_ms,
          THE_SHORTER_OF_TWO, 0.07) for policy in ("least_connections", "power_of_two")),
    Law("two stations and users who think", two_stations, lambda seen: seen.requests("done") / seen.seconds,
        100 * mean_value_analysis(8, 1.0, [0.2, 0.15]), 0.015),
]  # fmt: skip


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.title)
def test_law(law: Law) -> None:
    assert law.read(run_engine(law.design(), 1, 10.0, None)) == pytest.approx(law.expected, rel=law.within)
