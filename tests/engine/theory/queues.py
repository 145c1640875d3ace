"""Rows about queues: single stations, networks of them, closed clients, and the laws that hold on every path.

One unit of time in a row is one millisecond here, so that 200,000 requests fit into minutes of simulated time.
"""

import itertools
import math
from statistics import fmean, variance
from typing import Any

from tests.engine.oracle.designs import Document, design, link, part, station
from tests.engine.theory.observe import Experiment, Frame, NotReported, Seen
from tests.engine.theory.rules import Rule
from tests.engine.theory.table import Row, Tolerance

UNIT_S = 0.001
DISTRIBUTIONS: dict[str, dict[str, Any]] = {
    "D": {"service_distribution": "constant"},
    "Erlang-4": {"service_distribution": "erlang", "service_cv": 0.5},
    "H2 balanced": {"service_distribution": "hyperexponential", "service_cv": 2.0},
    "lognormal": {"service_distribution": "lognormal", "service_cv": 2.0},
}

INTERVALS: dict[str, dict[str, Any]] = {
    "D/M/1": {"arrival_distribution": "constant"},
    "E2/M/1": {"arrival_distribution": "erlang", "arrival_cv": 2**-0.5},
    "H2/M/1 Ca2=4": {"arrival_distribution": "hyperexponential", "arrival_cv": 2.0},
}


def one(row: Row, rate: float, mean: float = 1.0, requests: int | None = None, **server: Any) -> Experiment:
    """One station: `rate` and `mean` in units of the row."""
    document = station(rate / UNIT_S, requests or row.requests, service_ms=mean * UNIT_S * 1000, **server)
    return Experiment(document)


def mm1(row: Row) -> Experiment:
    return one(row, row.numbers["lambda"], 1 / row.numbers["mu"])


def mmc(row: Row) -> Experiment:
    cores = int(row.numbers["c"])
    return one(row, row.numbers["rho"] * cores, cores=cores)


def loss_system(row: Row) -> Experiment:
    cores = int(row.numbers["c"])
    law: dict[str, Any] = {"service_distribution": "constant"} if "deterministic" in row.params else {}
    return one(row, row.numbers["a"], cores=cores, workers=cores, queue_limit=0, **law)


def mg1(row: Row) -> Experiment:
    law = DISTRIBUTIONS[row.name.split("S=")[1]]
    return one(row, row.numbers["rho"], **law)


def md1(row: Row) -> Experiment:
    return one(row, row.numbers["rho"], service_distribution="constant")


def renewal_arrivals(row: Row) -> Experiment:
    law = INTERVALS[row.params.split(";")[0]]
    before = one(row, row.numbers["rho"])
    before.design["components"]["clients"]["parameters"].update(law)
    return before


def in_flight_at_server(frame: Frame) -> int:
    return int(frame["components"]["server"]["in_flight"])


def many_servers(row: Row) -> Experiment:
    """λ = 100/s and 0.2 s: twenty at once on average, on a machine with far more cores than that."""
    document = station(100.0, row.requests, service_ms=200.0, cores=1000)
    return Experiment(document, tick_s=1.0, keep=in_flight_at_server)


def tandem(row: Row) -> Experiment:
    speeds = [float(mu) for mu in row.params.split("mu=")[1].split("/")]
    rate = row.numbers["lambda"] / UNIT_S
    parts = {"clients": part("clients", arrival_rate_per_s=rate)}
    parts |= {f"stage-{i}": part("server", service_ms=1 / mu) for i, mu in enumerate(speeds)}
    names = list(parts)
    links = [link(source, target) for source, target in itertools.pairwise(names)]
    return Experiment(design(parts, links, row.requests / rate))


def feedback(row: Row) -> Experiment:
    """A station, and behind it one of four doors that is shut: who meets it comes again (p = 1/4)."""
    rate = row.numbers["gamma"] / UNIT_S
    parts = {
        "clients": part("clients", arrival_rate_per_s=rate, retries=20, backoff_ms=0.0),
        "server": part("server", service_ms=1 / row.numbers["mu"]),
        "lb": part("load_balancer", policy="random", unhealthy_threshold=20),
    }
    doors = [f"door-{i}" for i in range(4)]
    parts |= {door: part("server", service_ms=0.0) for door in doors}
    links = [link("clients", "server"), link("server", "lb"), *(link("lb", door) for door in doors)]
    shut = {"at_s": 0.0, "component": "door-0", "action": "kill", "mode": "process", "for_s": None}
    return Experiment(design(parts, links, row.requests / rate, [shut]))


FEW_PER_S = 3.9  # so few that each is traced


def watched(row: Row) -> Experiment:
    rate = FEW_PER_S
    document = station(rate, row.requests, service_ms=1000 * row.numbers["lambda"] / row.numbers["mu"] / rate)
    return Experiment(document, tick_s=8.0, keep=ends_at_server)


def ends_at_server(frame: Frame) -> list[float]:
    return [span["ended_s"] for span in frame["spans"] if span["component"] == "server"]


def squared_cv_between_departures(row: Row, seen: list[Seen]) -> float:
    """NaN when a request has left no trace."""
    ends = sorted(end for kept in seen[0].kept for end in kept)
    between = [after - before for before, after in itertools.pairwise(ends)]
    return variance(between) / fmean(between) ** 2 if len(ends) == seen[0].part("server", "done") else math.nan


def closed(row: Row) -> Experiment:
    """Users who think and one station; times in units of a hundredth so that a service takes milliseconds."""
    return Experiment(closed_design(row.numbers, row.requests))


def thinking_evenly(row: Row) -> Experiment:
    """N = 20, Z = 10, S = 0.5 with a constant think time, so that the law has nothing left but its edges."""
    return Experiment(closed_design({"N": 20, "Z": 10, "S": 0.5}, row.requests, think_distribution="constant"))


def alone(row: Row) -> Experiment:
    """One user, whose times are constant: nobody is ever in the way."""
    document = closed_design(row.numbers | {"N": 1}, 1000, think_distribution="constant")
    document["components"]["server"]["parameters"]["service_distribution"] = "constant"
    return Experiment(document)


def knee(_: Row, seen: list[Seen]) -> float:
    """So many users fill the station, if they are never in each other's way: cycle of one over its busy time there."""
    cycles = seen[0].requests("done")
    busy_s = seen[0].part("server", "utilisation") * seen[0].seconds
    return seen[0].seconds / busy_s if cycles else math.nan


def closed_design(numbers: dict[str, float], requests: int, **clients: Any) -> Document:
    users, think, service = int(numbers["N"]), numbers["Z"], numbers["S"]
    at_most = min(users / (think + service), 1 / service) * 100
    parts = {
        "clients": part("clients", model="closed", users=users, think_time_s=think / 100, **clients),
        "server": part("server", service_ms=service * 10),
    }
    return design(parts, [link("clients", "server")], requests / at_most)


def sojourn(_: Row, seen: list[Seen]) -> float:
    return seen[0].latency_s("mean") / UNIT_S


def sojourn_at(name: str) -> Any:
    return lambda _, seen: seen[0].latency_s(name) / UNIT_S


def in_system(_: Row, seen: list[Seen]) -> float:
    return seen[0].part("server", "queue_mean") + seen[0].part("server", "utilisation")


def not_waited(_: Row, seen: list[Seen]) -> float:
    return 1 - seen[0].part("server", "waited_ratio")


def waited(_: Row, seen: list[Seen]) -> float:
    return seen[0].part("server", "waited_ratio")


def wait(_: Row, seen: list[Seen]) -> float:
    return seen[0].wait_s() / UNIT_S


def wait_p95(_: Row, seen: list[Seen]) -> float:
    return seen[0].part("server", "wait_ms", "p95") / 1000 / UNIT_S


def blocked(_: Row, seen: list[Seen]) -> float:
    return seen[0].errors("queue_full") / seen[0].requests("arrived")


def busy_servers(_: Row, seen: list[Seen]) -> float:
    return 1000 * seen[0].part("server", "utilisation")


def p99_concurrency(_: Row, seen: list[Seen]) -> float:
    """Of the moments at the frames' edges, after the first seconds: the smallest number that 99 % do not exceed."""
    ordered = sorted(seen[0].kept[10:])
    return float(ordered[int(0.99 * len(ordered))])


def visits(row: Row, seen: list[Seen]) -> float:
    return seen[0].part("server", "arrived") / seen[0].seconds * UNIT_S


def closed_throughput(_: Row, seen: list[Seen]) -> float:
    return seen[0].requests("done") / seen[0].seconds / 100


def closed_response(_: Row, seen: list[Seen]) -> float:
    return seen[0].latency_s("mean") * 100


def response_law(row: Row, seen: list[Seen]) -> float:
    """R − (N/X − Z), as a share of R: N = 20, Z = 10."""
    response = closed_response(row, seen)
    return (response - (20 / closed_throughput(row, seen) - 10)) / response


def unaccounted(_: Row, seen: list[Seen]) -> float:
    ended = sum(seen[0].requests(name) for name in ("done", "failed", "dropped", "in_flight"))
    return float(seen[0].requests("arrived") - ended)


def law(name: str) -> Any:
    def read(_: Row, seen: list[Seen]) -> float:
        if name not in seen[0].summary.get("laws", {}):
            raise NotReported(f"laws.{name}")
        return float(seen[0].summary["laws"][name])

    return read


def lossy(row: Row) -> Experiment:
    """Something of everything that can happen to a request: drops, timeouts and work in flight at the end."""
    parts = {
        "clients": part("clients", arrival_rate_per_s=1000.0, timeout_ms=8.0),
        "server": part("server", service_ms=2.0, cores=2, workers=8, queue_limit=4),
    }
    return Experiment(design(parts, [link("clients", "server")], 20.0))


def at_1e9(_: Row) -> Tolerance:
    return Tolerance(absolute=1e-9)


def shared_processor(row: Row) -> Experiment:
    law = {"S=exp": {}, "S=D": {"service_distribution": "constant"}, "S=H2 scv=4": DISTRIBUTIONS["H2 balanced"]}
    return one(row, row.numbers["rho"], discipline="sharing", **law[row.name.split(", ")[1]])


SIZES = [0.1 + 0.2 * tenth for tenth in range(10)]


def shared_by_sizes(row: Row) -> Experiment:
    """Requests of ten sizes, as many of each: the size is the cost, in constant service times with mean 1."""
    rate = row.numbers["rho"] / UNIT_S
    parts = {"server": part("server", discipline="sharing", service_distribution="constant", service_ms=1000 * UNIT_S)}
    for place, size in enumerate(SIZES):
        parts[f"size-{place}"] = part("clients", arrival_rate_per_s=rate / len(SIZES))
        parts[f"size-{place}"]["parameters"]["read_cost"] = size
    links = [link(f"size-{place}", "server") for place in range(len(SIZES))]
    return Experiment(design(parts, links, row.requests / rate))


def farthest_slowdown(row: Row, seen: list[Seen]) -> float:
    """E[T(x)]/x of each size; of them that which is farthest from the law."""
    times_ms = [seen[0].part(f"size-{place}", "latency_ms", "mean") for place in range(len(SIZES))]
    slowdowns = [time_ms / 1000 / UNIT_S / size for time_ms, size in zip(times_ms, SIZES, strict=True)]
    return max(slowdowns, key=lambda slowdown: abs(slowdown - row.value))


def writes_before_reads(row: Row) -> Experiment:
    """Class 1 are writers, class 2 readers; both wait for one core that takes writes first."""
    writers = part("clients", arrival_rate_per_s=row.numbers["lambda1"] / UNIT_S, read_ratio=0.0)
    readers = part("clients", arrival_rate_per_s=row.numbers["lambda2"] / UNIT_S)
    server = part("server", service_ms=1.0, discipline="writes_first")
    parts = {"class-1": writers, "class-2": readers, "server": server}
    links = [link("class-1", "server"), link("class-2", "server")]
    return Experiment(design(parts, links, row.requests / 0.8 * UNIT_S))


def class_wait(row: Row, seen: list[Seen]) -> float:
    """Sojourn less the mean service time of one."""
    which = row.quantity.removeprefix("mean wait ").replace(" ", "-")
    return seen[0].part(which, "latency_ms", "mean") / 1000 / UNIT_S - 1


def one_percent(_: Row) -> Tolerance:
    return Tolerance(absolute=0.01)


RULES = [
    Rule("Q01", "M/M/1", "mean sojourn", mm1, sojourn),
    Rule("Q01", "M/M/1", "mean number in system", mm1, in_system),
    Rule("Q01", "M/M/1", "P(wait=0)", mm1, not_waited),
    Rule("Q01", "M/M/1", "p50", mm1, sojourn_at("p50"), percentile=True),
    Rule("Q01", "M/M/1", "p95", mm1, sojourn_at("p95"), percentile=True),
    Rule("Q01", "M/M/1", "p99", mm1, sojourn_at("p99"), percentile=True),
    Rule("Q02", "M/M/c", "P(wait>0)", mmc, waited),
    Rule("Q02", "M/M/c", "mean sojourn", mmc, sojourn),
    Rule("Q02", "M/M/c", "p95 wait", mmc, wait_p95, percentile=True),
    Rule("Q03", "M/", "blocking", loss_system, blocked),
    Rule("Q05", "M/G/1", "mean wait", mg1, wait),
    Rule("Q05", "M/D/1", "p95 wait", md1, wait_p95, percentile=True),
    Rule("Q07", "G/G/1 Kingman upper", "", renewal_arrivals, wait, at_most=True, exact_law=False),
    Rule("Q07", "G/G/1 Kingman/VUT", "", renewal_arrivals, wait, exact_law=False),
    Rule("Q09", "M/G/inf", "mean concurrency", many_servers, busy_servers),
    Rule("Q09", "M/G/inf", "p99 concurrency", many_servers, p99_concurrency, exact_law=False),
    Rule("Q13", "Jackson tandem", "", tandem, sojourn),
    Rule("Q13", "Jackson with feedback", "total visits", feedback, visits),
    Rule("Q13", "Jackson with feedback", "mean time", feedback, sojourn),
    Rule("Q13", "Burke's theorem", "", watched, squared_cv_between_departures, quick=False),
    Rule("Q14", "closed clients", "throughput", closed, closed_throughput),
    Rule("Q14", "closed clients", "response time", closed, closed_response),
    Rule("Q14", "operational bound", "", alone, knee, exact_law=False),
    Rule("Q16", "M/G/1 processor sharing, S", "", shared_processor, sojourn),
    Rule("Q16", "M/G/1-PS conditional", "", shared_by_sizes, farthest_slowdown, exact_law=False),
    Rule("Q17", "non-preemptive priority", "mean wait", writes_before_reads, class_wait),
    Rule("Q35", "Little's law", "", lossy, law("Little's law"), within=at_1e9, exact_law=False),
    Rule("Q35", "utilisation law", "", lossy, law("utilisation law"), within=at_1e9, exact_law=False),
    Rule("Q35", "flow conservation", "", lossy, unaccounted, exact_law=False),
    Rule("Q35", "interactive response", "", thinking_evenly, response_law, within=one_percent, exact_law=False),
]
