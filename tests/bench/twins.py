"""The parts of parts.py in plain SimPy, where that is short: a process for each request, `simpy.Resource` for what has a capacity."""

import itertools
import random
from collections.abc import Callable, Generator
from typing import Any

import simpy
from simpy.events import Condition

from tests.bench.parts import RATE_PER_S

Steps = Generator[simpy.Event, Any, Any]
WIRE_S = 0.0005


class Twin:
    """A model that clients send requests to. path: makes what a request does."""

    def __init__(self, path: "Callable[[Twin], Callable[[], Steps]]", rate_per_s: float = RATE_PER_S) -> None:
        self.env = simpy.Environment()
        self.luck = random.Random(1)
        self.done = 0
        self.env.process(self._arrivals(path(self), rate_per_s))

    def run(self, until_s: float) -> int:
        self.env.run(until=until_s)
        return self.done

    def _arrivals(self, path: Callable[[], Steps], rate_per_s: float) -> Steps:
        while True:
            yield self.env.timeout(self.luck.expovariate(rate_per_s))
            self.env.process(self._request(path))

    def _request(self, path: Callable[[], Steps]) -> Steps:
        yield self.env.timeout(WIRE_S)
        yield from path()
        yield self.env.timeout(WIRE_S)
        self.done += 1

    def station(self, servers: int, mean_s: float, constant: bool = False) -> Callable[[], Steps]:
        """Something that serves so many at a time."""
        resource = simpy.Resource(self.env, servers)

        def serve() -> Steps:
            with resource.request() as turn:
                yield turn
                yield self.env.timeout(mean_s if constant else self.luck.expovariate(1 / mean_s))

        return serve

    def over(self, serve: Callable[[], Steps]) -> Steps:
        """A call over a link, there and back."""
        yield self.env.timeout(WIRE_S)
        yield from serve()
        yield self.env.timeout(WIRE_S)


def gateway(twin: Twin) -> Callable[[], Steps]:
    """A token bucket, the gateway's processor, a server."""
    processor, server = twin.station(4, 0.0003, constant=True), twin.station(16, 0.001)
    rate_per_s, burst = 2 * RATE_PER_S, 1_000.0
    tokens, since_s = burst, 0.0

    def path() -> Steps:
        nonlocal tokens, since_s
        tokens, since_s = min(burst, tokens + rate_per_s * (twin.env.now - since_s)), twin.env.now
        if tokens < 1.0:
            return
        tokens -= 1.0
        yield from processor()
        yield from twin.over(server)

    return path


def queue_and_worker(twin: Twin) -> Callable[[], Steps]:
    """A server puts a message into a store, from which 32 workers on eight cores take them."""
    server, broker, cores = twin.station(16, 0.001), twin.station(4, 0.00005, constant=True), twin.station(8, 0.005)
    messages = simpy.Store(twin.env)

    def work() -> Steps:
        while True:
            yield messages.get()
            yield from twin.over(cores)

    def publish() -> Steps:
        yield from broker()
        yield twin.env.timeout(0.0005)  # until it is stored
        yield messages.put(1)

    def path() -> Steps:
        yield from server()
        yield from twin.over(publish)

    for _ in range(32):
        twin.env.process(work())
    return path


def wide_column(twin: Twin) -> Callable[[], Steps]:
    """Any of five nodes asks two replicas (reads) or three (writes), and answers when two of them have."""
    server = twin.station(16, 0.001)
    cores = [simpy.Resource(twin.env, 8) for _ in range(5)]
    starts = itertools.cycle(range(5))

    def serve(node: int, seconds: float) -> Steps:
        with cores[node].request() as turn:
            yield turn
            yield twin.env.timeout(seconds)

    def replica(node: int, mean_s: float) -> Steps:
        yield from twin.over(lambda: serve(node, twin.luck.expovariate(1 / mean_s)))

    def coordinate() -> Steps:
        first, reads = next(starts), twin.luck.random() < 0.5
        yield from serve(first, 0.0001)
        asked = [(first + further) % 5 for further in range(2 if reads else 3)]
        answers = [twin.env.process(replica(node, 0.001 if reads else 0.0003)) for node in asked]
        yield Condition(twin.env, lambda _events, count: count >= 2, answers)

    def path() -> Steps:
        yield from server()
        yield from twin.over(coordinate)

    return path


def key_value(twin: Twin) -> Callable[[], Steps]:
    """A store with one thread."""
    server, thread = twin.station(16, 0.001), twin.station(1, 0.00002, constant=True)

    def path() -> Steps:
        yield from server()
        yield from twin.over(thread)

    return path


def document_database(twin: Twin) -> Callable[[], Steps]:
    """Reads at the primary; writes there, then at two replicas, one at a time at each, until one of the two has it."""
    server = twin.station(16, 0.001)
    cores = simpy.Resource(twin.env, 8)
    replicas = [(simpy.Resource(twin.env, 1), twin.station(8, 0.0005, constant=True)) for _ in range(2)]

    def apply(turns: simpy.Resource, processor: Callable[[], Steps]) -> Steps:
        with turns.request() as turn:
            yield turn
            yield from processor()

    def copy(turns: simpy.Resource, processor: Callable[[], Steps]) -> Steps:
        yield from twin.over(lambda: apply(turns, processor))

    def at_primary() -> Steps:
        reads = twin.luck.random() < 0.5
        with cores.request() as turn:
            yield turn
            yield twin.env.timeout(twin.luck.expovariate(1 / (0.001 if reads else 0.002)))
        if not reads:
            answers = [twin.env.process(copy(*replica)) for replica in replicas]
            yield Condition(twin.env, lambda _events, count: count >= 1, answers)

    def path() -> Steps:
        yield from server()
        yield from twin.over(at_primary)

    return path


def hundred(twin: Twin) -> Callable[[], Steps]:
    """A balancer and a hundred servers in turn."""
    balancer = twin.station(64, 0.00002, constant=True)
    servers = itertools.cycle([twin.station(1, 0.007) for _ in range(100)])

    def path() -> Steps:
        yield from balancer()
        yield from twin.over(next(servers))

    return path
