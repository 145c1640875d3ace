"""How each side does the work: the engine, plain SimPy, SimPy resources in a row, Ciw."""

import time
from typing import Any

import simpy

from tests.bench.plain import Plain
from tests.bench.twins import Twin

Document = dict[str, Any]


class Engine:
    """A warm run that goes on from where it was, so that compiling and filling up are not measured."""

    def __init__(self, design: Document, warm_s: float, tick_s: float = 1.0) -> None:
        from sim_engine import Run

        self.run = Run(design, scenario=design["scenario"], seed=1)
        self.run.command({"action": "tick", "tick_s": tick_s})
        self.advance(warm_s)

    def advance(self, seconds: float) -> int:
        """Simulate so long; how many client requests ended."""
        until, done = self.run.t + seconds, 0
        while self.run.t < until - 1e-9:
            window = self.run.advance()["window"]
            done += window["done"] + window["failed"] + window["dropped"]
        return done

    def advance_for(self, wall_s: float) -> int:
        """Simulate for so much real time."""
        began, done = time.thread_time(), 0
        while time.thread_time() - began < wall_s:
            window = self.run.advance()["window"]
            done += window["done"] + window["failed"] + window["dropped"]
        return done

    def rate(self, wall_s: float) -> float:
        """Requests a second of real time."""
        began = time.thread_time()
        return self.advance_for(wall_s) / (time.thread_time() - began)

    def visits_rate(self, wall_s: float) -> float:
        """Visits of requests to nodes, clients left out, a second of real time."""
        began, before = time.thread_time(), self.visits()
        self.advance_for(wall_s)
        return (self.visits() - before) / (time.thread_time() - began)

    def visits(self) -> int:
        """So far."""
        world = self.run.world
        nodes = [me.node for me in world.instances.values() if me.source < 0]
        return int(world.memory.state.nodes["done"][nodes].sum())


class PlainSimPy:
    def __init__(self, model: Plain | Twin, warm_s: float = 10.0) -> None:
        self.model = model
        self.model.run(warm_s)

    def rate(self, wall_s: float) -> float:
        began, before = time.thread_time(), self.model.done
        while time.thread_time() - began < wall_s:
            self.model.env.run(until=self.model.env.now + self.step_s())
        return (self.model.done - before) / (time.thread_time() - began)

    def step_s(self) -> float:
        """A slice of simulated time that holds some hundreds of requests."""
        return max(0.01, 300 * self.model.env.now / max(1, self.model.done))


def simpy_tandem(stages: int, rate: float, requests: int) -> float:
    """Node visits a second with one `Resource` for each stage."""
    import random

    luck, env = random.Random(1), simpy.Environment()
    servers = [simpy.Resource(env, 1) for _ in range(stages)]
    visits = 0

    def request() -> Any:
        nonlocal visits
        for server in servers:
            with server.request() as turn:
                yield turn
                yield env.timeout(luck.expovariate(rate / 0.8))
            visits += 1

    def arrivals() -> Any:
        for _ in range(requests):
            yield env.timeout(luck.expovariate(rate))
            env.process(request())

    env.process(arrivals())
    began = time.thread_time()
    env.run()
    return visits / (time.thread_time() - began)


def ciw_tandem(stages: int, rate: float, requests: int) -> float:
    """Node visits a second in Ciw."""
    import ciw

    routing = [[float(j == i + 1) for j in range(stages)] for i in range(stages)]
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate), *[None] * (stages - 1)],
        service_distributions=[ciw.dists.Exponential(rate / 0.8)] * stages,
        number_of_servers=[1] * stages,
        routing=routing,
    )
    ciw.seed(1)
    simulation = ciw.Simulation(network)
    began = time.thread_time()
    simulation.simulate_until_max_customers(requests, method="Finish")
    return requests * stages / (time.thread_time() - began)
