"""Rows about load balancing: one queue or many, power of two choices, round robin, and retries across the dead."""

from typing import TYPE_CHECKING, Any

from tests.engine.oracle.designs import Document, design, kill, link, part
from tests.engine.theory.observe import Experiment, Seen
from tests.engine.theory.queues import one, sojourn
from tests.engine.theory.rules import Rule
from tests.engine.theory.table import Row, Tolerance, tolerance

if TYPE_CHECKING:
    from sim_engine import Run

PATIENT: dict[str, Any] = {"health_check_interval_s": 300.0, "unhealthy_threshold": 20}


def balanced(servers: int, policy: str, rate_per_server: float, requests: int, service_ms: float = 1.0) -> Document:
    """Clients, a balancer that costs nothing, and so many bare servers; rates in units of a service time."""
    rate = servers * rate_per_server / service_ms * 1000
    names = [f"server-{i}" for i in range(servers)]
    parts = {
        "clients": part("clients", arrival_rate_per_s=rate),
        "lb": part("load_balancer", policy=policy, **PATIENT),
        **{name: part("server", service_ms=service_ms) for name in names},
    }
    links = [link("clients", "lb"), *(link("lb", name) for name in names)]
    return design(parts, links, requests / rate)


def fast_server(row: Row) -> Experiment:
    return one(row, 3.2, mean=0.25)


def shared_queue(row: Row) -> Experiment:
    return one(row, 3.2, cores=4)


def split_queues(row: Row) -> Experiment:
    return Experiment(balanced(4, "random", 0.8, row.requests))


def random_choice(row: Row) -> Experiment:
    """Each of the queues is an M/M/1 whatever their number; near saturation few queues settle sooner than many."""
    rate = row.numbers["lambda"]
    return Experiment(balanced(20 if rate < 0.9 else 4, "random", rate, 10 * row.requests))


def some_choices(row: Row, choices: int) -> Experiment:
    """The row is the limit of many queues; near saturation a hundred are too few, and a run must be much longer."""
    rate = row.numbers["lambda"]
    servers, times = (100, 5) if rate < (0.99 if choices == 2 else 0.95) else (498, 200 if rate >= 0.99 else 20)
    if rate >= 0.99 and choices > 2:
        document = one_of_many(MOST_SERVERS, rate, times * row.requests)
    else:
        document = balanced(servers, "power_of_two", rate, times * row.requests)
    document["components"]["lb"]["parameters"]["choices"] = choices
    return Experiment(document, tick_s=0.1 if servers > 100 else 10.0)


MOST_SERVERS, AT_ONCE = 990, 5  # a run may have a thousand instances, a component two hundred


def one_of_many(servers: int, rate_per_server: float, requests: int) -> Document:
    """The same with all servers in a few components: a run may have more instances than components."""
    document = balanced(AT_ONCE, "power_of_two", rate_per_server * servers / AT_ONCE, requests)
    for number in range(AT_ONCE):
        document["components"][f"server-{number}"]["parameters"]["instances"] = servers // AT_ONCE
    return document


def two_choices(row: Row) -> Experiment:
    return some_choices(row, 2)


def three_choices(row: Row) -> Experiment:
    return some_choices(row, 3)


# -- who goes elsewhere when a target is added
ADDRESSES = 50_000  # the row says 200,000 keys; a balancer tells 65,536 clients apart
VIRTUAL_NODES = 100


def homes(run: "Run") -> dict[int, str]:
    """Where each client address went: with sticky sessions the balancer remembers it."""
    state = run.world.memory.state
    route = state.routes[run.world.instances["lb"].routes["targets", None]]
    cells = state.sticky[int(route["sticky"]) : int(route["sticky"]) + int(route["sticky_cells"])]
    return {address: run.world.who_is(int(member)).id for address, member in enumerate(cells) if member >= 0}


def before_and_after(row: Row, policy: str) -> tuple[Experiment, Experiment]:
    def with_targets(count: int) -> Experiment:
        document = balanced(count, policy, 1.0 / count, 8 * ADDRESSES, service_ms=0.01)
        document["components"]["clients"]["parameters"]["client_addresses"] = ADDRESSES
        document["components"]["lb"]["parameters"]["sticky"] = True
        return Experiment(document, look=homes)

    return with_targets(int(row.numbers["n"])), with_targets(int(row.numbers["n"]) + 1)


def on_a_ring(row: Row) -> tuple[Experiment, Experiment]:
    return before_and_after(row, "consistent_hash")


def modulo(row: Row) -> tuple[Experiment, Experiment]:
    return before_and_after(row, "ip_hash")


def moved(_: Row, seen: list[Seen]) -> float:
    before, after = seen[0].looked, seen[1].looked
    both = before.keys() & after.keys()
    return sum(before[address] != after[address] for address in both) / len(both)


def of_a_ring(row: Row) -> Tolerance:
    """ring with v vnodes: 4*sqrt((n/(n+1))/(v(n+1)+1))/(n+1) more"""
    n = row.numbers["n"]
    ring = 4 * ((n / (n + 1)) / (VIRTUAL_NODES * (n + 1) + 1)) ** 0.5 / (n + 1)
    return Tolerance(0.002 * (200_000 / ADDRESSES) ** 0.5 + ring)


def of_fewer_keys(row: Row) -> Tolerance:
    return Tolerance(tolerance(row).absolute * (200_000 / ADDRESSES) ** 0.5)


def in_turn(row: Row) -> Experiment:
    return Experiment(balanced(int(row.numbers["n"]), "round_robin", row.numbers["lambda"], row.requests))


def ratio_of_sojourns(row: Row, seen: list[Seen]) -> float:
    return sojourn(row, seen[:1]) / sojourn(row, seen[1:])


def sixth_of_a_tenth(row: Row) -> Tolerance:
    """The row grants 6 % up to λ = 0.9; above, only the pooled test of twenty seeds decides."""
    return tolerance(row) if row.numbers["lambda"] <= 0.9 else Tolerance(relative=float("inf"))


def some_dead(row: Row) -> Experiment:
    """A random balancer over ten servers of which p_error are dead and never taken out: each attempt fails with p."""
    dead = round(10 * row.numbers["p_error"])
    document = balanced(10, "random", 0.1, 50_000 if dead == 10 else row.requests, service_ms=0.1)
    for index in range(10):
        document["components"][f"server-{index}"]["parameters"]["service_ms"] = 0.0
    document["components"]["clients"]["parameters"] |= {"retries": int(row.numbers["retries"]), "backoff_ms": 0.0}
    document["scenarios"]["steady"]["faults"] = [kill(f"server-{index}", 0.0) for index in range(dead)]
    return Experiment(document)


def attempts_per_request(_: Row, seen: list[Seen]) -> float:
    return seen[0].part("lb", "arrived") / seen[0].requests("arrived")


def succeeded(_: Row, seen: list[Seen]) -> float:
    return seen[0].requests("done") / seen[0].requests("arrived")


RULES = [
    Rule("Q19", "vertical vs horizontal", "", fast_server, sojourn),
    Rule("Q19", "horizontal, one shared queue", "", shared_queue, sojourn),
    Rule("Q19", "horizontal, 4 split queues", "", split_queues, sojourn),
    Rule("Q19", "ratio split", "", lambda row: (split_queues(row), fast_server(row)), ratio_of_sojourns),
    Rule("Q19", "ratio shared", "", lambda row: (shared_queue(row), fast_server(row)), ratio_of_sojourns),
    Rule("Q20", "random LB", "", random_choice, sojourn, quick=False, within=sixth_of_a_tenth),
    Rule("Q20", "power of d", "mean sojourn d=2", two_choices, sojourn, quick=False, exact_law=False),
    Rule("Q20", "power of d", "mean sojourn d=3", three_choices, sojourn, quick=False, exact_law=False),
    Rule("Q32", "consistent/rendezvous hashing", "", on_a_ring, moved, within=of_a_ring),
    Rule("Q32", "modulo rehash", "", modulo, moved, within=of_fewer_keys),
    Rule("Q22", "round robin", "", in_turn, sojourn),
    Rule("Q43", "retry amplification", "", some_dead, attempts_per_request, params="p_error"),
    Rule("Q43", "retry success", "", some_dead, succeeded, params="p_error"),
]
