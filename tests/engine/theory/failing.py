"""Rows about what happens over time: finding out, giving up, waiting before a retry, a backlog that drains."""

from typing import Any

from tests.engine.oracle.designs import design, kill, link, part
from tests.engine.theory.observe import Experiment, Frame, NotReported, Seen
from tests.engine.theory.rules import Rule
from tests.engine.theory.table import Row, Tolerance

TARGETS = 100
DEAD_AT_S = 5.0


def all_die(row: Row) -> Experiment:
    """A balancer with a hundred targets that die at once: a hundred independent phases."""
    interval, threshold = row.numbers["interval"], int(row.numbers["threshold"])
    names = [f"server-{i}" for i in range(TARGETS)]
    parts = {
        "clients": part("clients", arrival_rate_per_s=1.0),
        "lb": part("load_balancer", health_check_interval_s=interval, unhealthy_threshold=threshold),
        **{name: part("server", service_ms=0.0) for name in names},
    }
    links = [link("clients", "lb"), *(link("lb", name) for name in names)]
    faults = [kill(name, DEAD_AT_S + interval) for name in names]
    seconds = DEAD_AT_S + interval * (threshold + 2)
    return Experiment(design(parts, links, seconds, faults))


def detections(row: Row, seen: list[Seen]) -> list[float]:
    found_out = [event["t"] for event in seen[0].summary["events"] if event["kind"] == "target_out"]
    times = [t - DEAD_AT_S - row.numbers["interval"] for t in found_out]
    if len(times) != TARGETS:
        raise NotReported(f"{len(times)} of {TARGETS} detections in the event log")
    return times


def mean_detection(row: Row, seen: list[Seen]) -> float:
    times = detections(row, seen)
    return float(sum(times) / len(times))


def latest_detection(row: Row, seen: list[Seen]) -> float:
    """The row gives a range; its lower end must hold too."""
    times = detections(row, seen)
    lower = (row.numbers["threshold"] - 1) * row.numbers["interval"]
    return max(times) if min(times) >= lower - 1e-9 else float("inf")


def of_so_many_runs(row: Row) -> Tolerance:
    """abs:4*interval/sqrt(12*runs)"""
    return Tolerance(absolute=4 * row.numbers["interval"] / (12 * TARGETS) ** 0.5)


def outage(_: Row) -> Experiment:
    parts = {"clients": part("clients", arrival_rate_per_s=100.0), "server": part("server", service_ms=0.0)}
    return Experiment(design(parts, [link("clients", "server")], 80.0, [kill("server", 10.0, for_s=60.0)]))


def calls_to_the_dead(_: Row, seen: list[Seen]) -> float:
    return float(seen[0].errors("refused"))


def waiting_at_server(frame: Frame) -> tuple[float, float]:
    return frame["t"], float(frame["components"]["server"]["metrics"]["queue"])


def backlog(_: Row) -> Experiment:
    """150/s for a minute, then 80/s, at a server that does 100/s."""
    parts = {
        "clients": part("clients", arrival_rate_per_s=150.0),
        "server": part("server", service_ms=10.0, service_distribution="constant"),
    }
    traffic = [(0.0, 1.0), (60.0, 1.0), (60.001, 80 / 150)]
    document = design(parts, [link("clients", "server")], 260.0, traffic=traffic)
    return Experiment(document, tick_s=1.0, keep=waiting_at_server)


def peak(_: Row, seen: list[Seen]) -> float:
    return seen[0].part("server", "in_flight_max") - 1


def drained_after(_: Row, seen: list[Seen]) -> float:
    return float(next(t for t, waiting in seen[0].kept if t > 60 and waiting < 1)) - 60


def longest_wait(_: Row, seen: list[Seen]) -> float:
    return seen[0].latency_s("max") - 0.01


def one_patient_user(_: Row) -> Experiment:
    """Thinks 1 s, then meets a dead server five times; at the sixth attempt it is back."""
    parts = {
        "clients": part("clients", model="closed", users=1, think_distribution="constant", retries=5),
        "server": part("server", service_ms=0.0),
    }
    return Experiment(design(parts, [link("clients", "server")], 4.2, [kill("server", 0.0, for_s=4.05)]), tick_s=0.1)


def total_wait(_: Row, seen: list[Seen]) -> float:
    return seen[0].latency_s("max")


def hopeless_users(row: Row) -> Experiment:
    """A thousand users who think 1 s and whose every attempt fails: the cycle's length tells the waits."""
    jittered: dict[str, Any] = {"retries": 5, "backoff_jitter": True, "think_distribution": "constant"}
    parts = {
        "clients": part("clients", model="closed", users=1000, **jittered),
        "server": part("server", service_ms=0.0),
    }
    return Experiment(design(parts, [link("clients", "server")], 500.0, [kill("server", 0.0)]))


def mean_wait_of_a_cycle(_: Row, seen: list[Seen]) -> float:
    """Renewals of 1,000 users in T seconds: T/μ + (σ²/μ² − 1)/2 each, here with σ² = Σ (0.1·2^i)²/12 and μ = 2.55."""
    variance = sum((0.1 * 2**i) ** 2 for i in range(5)) / 12
    of_the_last_cycle: float = (1 - variance / 2.55**2) / 2
    cycles = seen[0].requests("failed") / 1000 + of_the_last_cycle
    return seen[0].seconds / cycles - 1


RULES = [
    Rule("Q39", "health-check", "mean detection", all_die, mean_detection, within=of_so_many_runs),
    Rule("Q39", "health-check", "range of detection", all_die, latest_detection, at_most=True, exact_law=False),
    Rule("Q45", "circuit breaker vs none", "", outage, calls_to_the_dead),
    Rule("Q47", "backlog drain", "peak backlog", backlog, peak, runs=10, exact_law=False),
    Rule("Q47", "backlog drain", "drain time", backlog, drained_after, runs=10, exact_law=False),
    Rule("Q47", "backlog drain", "max wait", backlog, longest_wait, runs=10, exact_law=False),
    Rule("Q49", "exponential backoff, no jitter", "", one_patient_user, total_wait, exact_law=False),
    Rule("Q49", "exponential backoff, full jitter", "", hopeless_users, mean_wait_of_a_cycle),
]
