"""The figures, one function each; every function gives one or more lines."""

import time
from collections.abc import Iterator
from functools import partial

from tests.bench import parts, twins
from tests.bench.designs import FIRST_PAGE, Document, at_scale, example, example_names, tandem
from tests.bench.heap import bare_rate
from tests.bench.measure import Figure, in_turns
from tests.bench.plain import Plain, is_modelled
from tests.bench.sides import Engine, PlainSimPy, ciw_tandem, simpy_tandem

SLICE_S = 0.5
STAGES = 10


def scaled(document: Document, requests_per_s: float) -> Document:
    """The same design with this much open traffic."""
    components = {
        name: component | {"parameters": component["parameters"] | {"arrival_rate_per_s": requests_per_s}}
        if component["kind"] == "clients"
        else component
        for name, component in document["components"].items()
    }
    return document | {"components": components}


def real_time() -> Iterator[Figure]:
    """(a) Requests a second on the first page's design, beside the rate of its own traffic (real time)."""
    document = example(FIRST_PAGE)
    engine = Engine(document, warm_s=20, tick_s=10)
    (ours,) = in_turns(lambda: engine.rate(SLICE_S))
    window = engine.run.advance()["window"]
    theirs = window["arrived"] / 10
    yield Figure("first-page-real-time", ours / theirs, ours, theirs, "requests/s", note="theirs: its own traffic")


def first_page() -> Iterator[Figure]:
    """(b) The first page's design against the same design in plain SimPy, without and with its timeouts."""
    document = example(FIRST_PAGE)
    engine, lean = Engine(document, warm_s=20, tick_s=10), PlainSimPy(Plain(document))
    timed = PlainSimPy(Plain(document, timeouts=True))
    ours, theirs, with_timeouts = in_turns(*[partial(side.rate, SLICE_S) for side in (engine, lean, timed)])
    yield Figure("first-page-against-simpy", ours / theirs, ours, theirs, "requests/s", "", "theirs has no timeouts")
    # The goal speaks of the same work. Each call in this design has a timeout, which the engine keeps: so must the other side.
    note = "theirs with the design's timeouts"
    yield Figure("first-page-against-simpy-timed", ours / with_timeouts, ours, with_timeouts, "requests/s", "at least 50", note)


def examples() -> Iterator[Figure]:
    """(d) The same for every example; against its own traffic where plain SimPy has not been written for its parts."""
    for name in example_names():
        document = example(name)
        if not is_modelled(document):
            engine = Engine(document, warm_s=20, tick_s=10)
            (ours,) = in_turns(partial(engine.rate, SLICE_S))
            own = engine.run.summary()["requests"]["arrived"] / engine.run.t
            yield Figure(f"example-{name}-real-time", ours / own, ours, own, "requests/s", "", "theirs: its own traffic")
        elif name != FIRST_PAGE:
            engine, plain = Engine(document, warm_s=20, tick_s=10), PlainSimPy(Plain(document))
            ours, theirs = in_turns(partial(engine.rate, SLICE_S), partial(plain.rate, SLICE_S))
            yield Figure(f"example-{name}-against-simpy", ours / theirs, ours, theirs, "requests/s")


def heap_share() -> Iterator[Figure]:
    """(c) Heap events a second as a share of a bare heap with as many pending, at three rates of traffic."""
    for title, rate in (("heap-share", 10_000.0), ("heap-share-1k", 1_000.0), ("heap-share-100k", 100_000.0)):
        engine = Engine(at_scale(rate), *warm_up(rate))
        pending = max(16, int(engine.run.pending_events))
        mine, bare = in_turns(lambda engine=engine: kernel_rate(engine), lambda pending=pending: bare_rate(pending))
        yield Figure(title, mine / bare, mine, bare, "events/s", "at least 0.5", f"{pending} pending")


def kernel_rate(engine: Engine) -> float:
    """Events a second of the compiled kernel alone."""
    engine.run.world.kernel_clock = time.thread_time
    before, seconds = engine.run.kernel_events, -engine.run.kernel_s
    engine.advance_for(SLICE_S)
    return float((engine.run.kernel_events - before) / (seconds + engine.run.kernel_s))


def queues() -> Iterator[Figure]:
    """(e) Node visits a second on a tandem of ten stations.

    Ours is a row of servers of which each calls the next, over a link there and back with a timeout, and holds a worker until it is
    answered: three events and twelve operations a visit, all of it measured. The row of `Resource`s is one timeout a visit, and measures
    nothing. So there is one more line, against SimPy with calls like ours.
    """
    document = tandem(STAGES, timeout_ms=1000.0)
    engine, calls = Engine(document, warm_s=50, tick_s=10), PlainSimPy(Plain(document, timeouts=True))
    ours, resources, ciw, called = in_turns(
        lambda: STAGES * engine.rate(SLICE_S),
        lambda: simpy_tandem(STAGES, 800.0, 1000),
        lambda: ciw_tandem(STAGES, 800.0, 300),
        lambda: STAGES * calls.rate(SLICE_S),
    )
    note, same = "theirs: stations only, no calls, links, workers, timeouts, measurements", "theirs with calls, workers, timeouts"
    yield Figure("tandem-against-simpy", ours / resources, ours, resources, "visits/s", "at least 50", note)
    yield Figure("tandem-against-simpy-calls", ours / called, ours, called, "visits/s", "", same)
    yield Figure("tandem-against-ciw", ours / ciw, ours, ciw, "visits/s", "at least 25")


def newer_parts() -> Iterator[Figure]:
    """(j) Node visits a second of the newer parts: against plain SimPy where that is short, else against their own traffic."""
    for name, document, twin, visits in (
        ("gateway", parts.gateway(), twins.Twin(twins.gateway), 2.0),
        ("queue-and-worker", parts.queue_and_worker(), twins.Twin(twins.queue_and_worker), 3.0),
        ("wide-column-quorum", parts.wide_column(), twins.Twin(twins.wide_column), 4.5),
        ("key-value", parts.key_value(), twins.Twin(twins.key_value), 2.0),
        ("document-database", parts.document_database(), twins.Twin(twins.document_database), 3.0),
        ("hundred-instances", parts.hundred(), twins.Twin(twins.hundred, 10 * parts.RATE_PER_S), 2.0),
    ):
        engine, plain = Engine(document, warm_s=10, tick_s=2), PlainSimPy(twin, warm_s=2.0)
        ours, theirs = (visits * rate for rate in in_turns(partial(engine.rate, SLICE_S), partial(plain.rate, SLICE_S)))
        yield Figure(f"part-{name}-against-simpy", ours / theirs, ours, theirs, "visits/s")
    for name, document in parts.in_real_time():
        engine = Engine(document, warm_s=20, tick_s=10)
        (ours,) = in_turns(partial(engine.visits_rate, SLICE_S))
        own = engine.visits() / engine.run.t
        yield Figure(f"part-{name}-real-time", ours / own, ours, own, "visits/s", "", "theirs: its own traffic")


def growth_with_rate() -> Iterator[Figure]:
    """(f) The cost of a request when the traffic grows a thousandfold, and the two promised speeds."""
    rates = {"1k": 1e3, "10k": 1e4, "100k": 1e5, "1M": 1e6}
    engines = {name: Engine(at_scale(rate), *warm_up(rate)) for name, rate in rates.items()}
    values = in_turns(*[partial(engine.rate, SLICE_S) for engine in engines.values()])
    cost = {name: 1e6 / value for name, value in zip(rates, values, strict=True)}
    for name, value in zip(rates, values, strict=True):
        speed = value / rates[name]
        goal = {"100k": "at least 3", "1M": "at least 0.33"}.get(name, "")
        yield Figure(f"speed-at-{name}", speed, value, rates[name], "requests/s", goal, "ratio: times real time")
    low, high = min(cost.values()), max(cost.values())
    yield Figure("growth-with-rate", high / low, high, low, "µs/request", "at most 2", "dearest over cheapest")


def warm_up(rate: float) -> tuple[float, float]:
    """Seconds to warm up, and a frame's length: some ten thousand requests and more each."""
    return (max(0.5, 20_000 / rate), 10.0 if rate < 1e4 else 1.0 if rate < 1e5 else 0.1)


def growth_with_components() -> Iterator[Figure]:
    """(f) The cost of a request when the design grows from 10 to 500 components at the same traffic."""
    sizes = (10, 100, 500)
    engines = [Engine(at_scale(10_000.0, servers=size - 6), 5.0, 1.0) for size in sizes]
    values = in_turns(*[partial(engine.rate, SLICE_S) for engine in engines])
    cost = [1e6 / value for value in values]
    for size, each in zip(sizes, cost, strict=True):
        yield Figure(f"cost-with-{size}-components", each / cost[0], each, cost[0], "µs/request")
    yield Figure("growth-with-components", max(cost) / min(cost), max(cost), min(cost), "µs/request", "at most 2")


def simpy_side() -> Iterator[Figure]:
    """(i) What is not the kernel (SimPy's processes, health checks, frames), with ten frames a simulated second."""
    for title, document in (
        ("first-page", example(FIRST_PAGE)),
        ("10k", at_scale(10_000.0)),
        ("100k", at_scale(100_000.0)),
    ):
        engine = Engine(document, warm_s=2.0, tick_s=0.1)
        if hasattr(engine.run, "kernel_s"):
            (outside,) = in_turns(partial(outside_the_kernel, engine))
            goal = "at most 0.1" if title == "100k" else ""
            yield Figure(f"outside-the-kernel-{title}", outside, outside, 1.0, "share", goal, "10 frames/s")


def outside_the_kernel(engine: Engine) -> float:
    engine.run.world.kernel_clock = time.thread_time
    kernel, began = engine.run.kernel_s, time.thread_time()
    engine.advance_for(SLICE_S)
    return float(1 - (engine.run.kernel_s - kernel) / (time.thread_time() - began))
