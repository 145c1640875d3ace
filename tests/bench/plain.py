"""The same designs in plain SimPy: what somebody who knows SimPy well would write, and no slower.

One process for each request, nested generators, `simpy.Resource` for whatever has a capacity. It keeps what costs
(links' latency, workers held across calls, CPU, cache lookups, connections, replication) and leaves out what never
happens in a healthy run: retries, health checks, faults, measurements by window. That favours SimPy. Timeouts, which
are part of every call in these designs, are left out too unless asked for: with them a call is a process of its own
beside a timer, since a timeout stops the waiting and not the work.
"""

import itertools
import random
from bisect import bisect
from collections import OrderedDict
from collections.abc import Callable, Generator
from math import log, sqrt
from typing import Any

import simpy

Document = dict[str, Any]
Steps = Generator[simpy.Event, Any, Any]
Serve = Callable[[str, int], Steps]


KINDS = {"clients", "load_balancer", "server", "cache", "sql_database", "read_replica", "note"}
PLAIN_VALUES = {"instances": 1, "own_database": False, "size": "custom", "behaviour": "single", "static_share": 0.0}


def is_modelled(design: Document) -> bool:
    """Whether Plain does all the work of a completed design, so that the two may be compared."""
    parts = design["components"].values()
    plain = all(part["parameters"].get(name, value) == value for part in parts for name, value in PLAIN_VALUES.items())
    return plain and all(part["kind"] in KINDS for part in parts)


class Plain:
    """A completed design (every parameter written out) as a SimPy model."""

    def __init__(self, design: Document, timeouts: bool = False, seed: int = 1) -> None:
        self.env = simpy.Environment()
        self.luck = random.Random(seed)
        self.design = design
        self.timeouts = timeouts
        self.done = 0
        self.latency = 0.0
        self.parts = design["components"]
        self.built: dict[str, Serve] = {}
        for name, component in self.parts.items():
            if component["kind"] == "clients":
                self.start_clients(name)

    def run(self, until_s: float) -> int:
        self.env.run(until=until_s)
        return self.done

    # Building

    def out_of(self, name: str) -> list[tuple[str, Document]]:
        links = self.design["links"].values()
        return [(link["to"], link["parameters"]) for link in links if link["from"] == name]

    def linked(self, name: str, kinds: set[str]) -> list[Serve]:
        """What this one calls, latency there and back included."""
        found = [(target, p) for target, p in self.out_of(name) if self.parts[target]["kind"] in kinds]
        return [self.over(self.serve(target), p) for target, p in found]

    def serve(self, name: str) -> Serve:
        if name not in self.built:
            builders = {
                "load_balancer": self.balancer,
                "server": self.server,
                "cache": self.cache,
                "sql_database": self.database,
            }
            self.built[name] = builders[self.parts[name]["kind"]](name, self.parts[name]["parameters"])
        return self.built[name]

    def time_of(self, distribution: str, mean_s: float, cv: float) -> Callable[[], float]:
        if distribution == "exponential" and mean_s:
            return lambda: self.luck.expovariate(1 / mean_s)
        if distribution == "lognormal" and mean_s:
            variance = log(1 + cv * cv)
            return lambda: self.luck.lognormvariate(log(mean_s) - variance / 2, sqrt(variance))
        return lambda: mean_s

    def over(self, serve: Serve, p: Document) -> Serve:
        latency = self.time_of(p["latency_distribution"], p["latency_ms"] / 1000, p["latency_cv"])
        timeout = self.env.timeout

        def call(verb: str, key: int) -> Steps:
            yield timeout(latency())
            answer = yield from serve(verb, key)
            yield timeout(latency())
            return answer

        def call_in_time(verb: str, key: int) -> Steps:
            answer = self.env.process(call(verb, key))
            yield answer | timeout(p["timeout_ms"] / 1000)
            return answer.value if answer.triggered else None

        return call_in_time if self.timeouts else call

    # Parts

    def start_clients(self, name: str) -> None:
        p = self.parts[name]["parameters"]
        targets = self.linked(name, {"load_balancer", "server"})
        heaps = list(itertools.accumulate(k ** -p["zipf_exponent"] for k in range(1, p["keys"] + 1)))

        def request() -> Steps:
            began = self.env.now
            key = bisect(heaps, self.luck.random() * heaps[-1])
            target = targets[0] if len(targets) == 1 else self.luck.choice(targets)
            yield from target("read" if self.luck.random() < p["read_ratio"] else "write", key)
            self.done += 1
            self.latency += self.env.now - began

        if p["model"] == "open":
            self.env.process(self.arrivals(p["arrival_rate_per_s"], request))
        else:
            think = self.time_of(p["think_distribution"], p["think_time_s"], p["think_cv"])
            for _ in range(p["users"]):
                self.env.process(self.user(think, request))

    def arrivals(self, rate: float, request: Callable[[], Steps]) -> Steps:
        while True:
            yield self.env.timeout(self.luck.expovariate(rate))
            self.env.process(request())

    def user(self, think: Callable[[], float], request: Callable[[], Steps]) -> Steps:
        while True:
            yield self.env.timeout(think())
            yield from request()

    def balancer(self, name: str, p: Document) -> Serve:
        cpu = simpy.Resource(self.env, p["cores"])
        targets = self.linked(name, {"load_balancer", "server"})
        turns = itertools.cycle(targets)
        processing = p["processing_ms"] / 1000

        def serve(verb: str, key: int) -> Steps:
            with cpu.request() as turn:
                yield turn
                yield self.env.timeout(processing)
            return (yield from next(turns)(verb, key))

        return serve

    def server(self, name: str, p: Document) -> Serve:
        env = self.env
        workers, cpu = simpy.Resource(env, p["workers"]), simpy.Resource(env, p["cores"])
        card = simpy.Resource(env, 1)
        service = self.time_of(p["service_distribution"], p["service_ms"] / 1000, p["service_cv"])
        sending = 8 * p["response_kb"] / (1000 * p["network_mbit_s"]) if p["network_mbit_s"] else 0.0
        ask = self.storage(name)
        services = itertools.cycle(self.linked(name, {"load_balancer", "server"}) or [None])

        def serve(verb: str, key: int) -> Steps:
            with workers.request() as worker:
                yield worker
                with cpu.request() as turn:
                    yield turn
                    yield env.timeout(service())
                yield from ask(verb, key)
                further = next(services)
                if further is not None:
                    yield from further(verb, key)
                if sending:
                    with card.request() as turn:
                        yield turn
                        yield env.timeout(sending)

        return serve

    def storage(self, name: str) -> Serve:
        caches, databases = self.linked(name, {"cache"}), self.linked(name, {"sql_database"})

        def ask(verb: str, key: int) -> Steps:
            if verb == "read" and caches and (yield from caches[0]("get", key)):
                return
            if databases:
                yield from databases[0](verb, key)
            if caches:
                yield from caches[0]("put" if verb == "read" else "delete", key)

        return ask

    def cache(self, name: str, p: Document) -> Serve:
        threads = simpy.Resource(self.env, p["threads"])
        operation = self.time_of(p["operation_distribution"], p["operation_ms"] / 1000, p["operation_cv"])
        entries: OrderedDict[int, float] = OrderedDict()

        def serve(verb: str, key: int) -> Steps:
            with threads.request() as turn:
                yield turn
                yield self.env.timeout(operation())
            if verb == "get":
                hit = key in entries and not (p["ttl_s"] and self.env.now - entries[key] > p["ttl_s"])
                if hit:
                    entries.move_to_end(key)
                return hit
            if verb == "delete":
                entries.pop(key, None)
                return False
            if key not in entries and len(entries) >= p["capacity_keys"]:
                entries.popitem(last=False)
            entries[key] = self.env.now
            return False

        return serve

    def database(self, name: str, p: Document) -> Serve:
        primary = self.node(p)
        drawn = self.out_of(name)
        replicas = [self.node(self.parts[target]["parameters"]) for target, _ in drawn]
        lags = [self.time_of(q["latency_distribution"], q["latency_ms"] / 1000, q["latency_cv"]) for _, q in drawn]
        reading = itertools.cycle(replicas if replicas and p["reads_from"] == "replicas" else [primary])

        def apply(node: Callable[[str], Steps], lag: Callable[[], float]) -> Steps:
            yield self.env.timeout(lag())
            yield from node("apply")

        def serve(verb: str, key: int) -> Steps:
            if verb == "read":
                yield from next(reading)("read")
                return
            yield from primary("write")
            for node, lag in zip(replicas, lags, strict=True):
                self.env.process(apply(node, lag))

        return serve

    def node(self, p: Document) -> Callable[[str], Steps]:
        connections, cpu = simpy.Resource(self.env, p["max_connections"]), simpy.Resource(self.env, p["cores"])
        cost: dict[str, Callable[[], float]] = {
            "read": self.time_of(p["service_distribution"], p["read_ms"] / 1000, p["service_cv"]),
            "write": self.time_of(p["service_distribution"], p["write_ms"] / 1000, p["service_cv"]),
            "apply": lambda: p["apply_ms"] / 1000,
        }

        def work(what: str) -> Steps:
            if what == "apply":
                with cpu.request() as turn:
                    yield turn
                    yield self.env.timeout(cost[what]())
                return
            with connections.request() as connection:
                yield connection
                with cpu.request() as turn:
                    yield turn
                    yield self.env.timeout(cost[what]())

        return work
