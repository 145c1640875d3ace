"""Call policies of links: retries with backoff and budget, breakers, bulkheads, second copies, deadlines, connections."""

import pytest

from sim_engine import Run
from tests.engine.support import Document, assert_conserved, design, go, kill, link, part, play, times_of

INSTANT = {"latency_ms": 0.0, "bandwidth_mbit_s": 0.0}
QUICK: Document = {"cores": 1000, "workers": 10_000, "service_ms": 0.0, "network_mbit_s": 0.0, "response_kb": 0.0}
CONSTANT = {"service_distribution": "constant"}


def chain(
    policies: Document, back: Document | None = None, faults: list[Document] | None = None, clients: Document | None = None,
    seconds: float = 20.0, front: Document | None = None,
) -> Document:  # fmt: skip
    """Clients, a server that does nothing but call another one, and that one. policies: of the link between the two."""
    parts = {
        "clients": part("clients", **({"arrival_rate_per_s": 100.0, "retries": 0, "read_ratio": 1.0} | (clients or {}))),
        "front": part("server", **(QUICK | (front or {}))),
        "back": part("server", **(QUICK | CONSTANT | (back or {}))),
    }
    links = [link("clients", "front", **INSTANT), link("front", "back", **(INSTANT | policies))]
    return design(parts, links, seconds, faults)


def summary_of(document: Document) -> Document:
    run = play(document)
    assert_conserved(run)
    return run.summary()


def calls(summary: Document) -> float:
    """Calls for each request."""
    return float(summary["components"]["back"]["arrived"] / summary["components"]["front"]["arrived"])


def errors(ratio: float, component: str = "back") -> Document:
    return {"at_s": 0.0, "component": component, "action": "errors", "arguments": {"ratio": ratio}, "for_s": None}


DEAD = [kill("back", 0.0)]
NO_JITTER = {"backoff_jitter": False}


# -- retries
def test_a_server_repeats_what_fails() -> None:
    """Half of the answers are errors: 1 + 1/2 + 1/4 + 1/8 calls, and one in sixteen requests fails."""
    found = summary_of(chain({"retries": 3, "backoff_ms": 0.0}, faults=[errors(0.5)], seconds=100.0))
    assert calls(found) == pytest.approx(1.875, rel=0.02)
    assert found["requests"]["failed"] / found["requests"]["arrived"] == pytest.approx(1 / 16, abs=0.01)
    assert found["errors"] == {"error": found["requests"]["failed"]}
    assert found["retries"] == found["components"]["back"]["arrived"] - found["components"]["front"]["arrived"]


def test_waits_grow_by_their_factor_and_jitter_halves_them() -> None:
    policy = {"retries": 3, "backoff_ms": 100.0, "backoff_factor": 2.0}
    exact = summary_of(chain(policy | NO_JITTER, faults=DEAD))
    assert exact["components"]["front"]["latency_ms"]["mean"] == pytest.approx(700.0)
    jittered = summary_of(chain(policy, faults=DEAD, seconds=100.0))
    assert jittered["components"]["front"]["latency_ms"]["mean"] == pytest.approx(350.0, rel=0.02)


def test_no_wait_is_longer_than_a_minute() -> None:
    policy = {"retries": 2, "backoff_ms": 50_000.0, "backoff_factor": 10.0} | NO_JITTER
    found = summary_of(chain(policy, faults=DEAD, clients={"timeout_ms": 200_000.0, "arrival_rate_per_s": 1.0}, seconds=300.0))
    assert found["components"]["front"]["latency_ms"]["mean"] == pytest.approx(110_000.0)


def test_a_budget_lets_so_many_be_repeated() -> None:
    found = summary_of(chain({"retries": 3, "backoff_ms": 0.0, "retry_budget": 0.1}, faults=DEAD, seconds=60.0))
    assert calls(found) == pytest.approx(1.1, abs=0.005)


def test_a_budget_saves_up_ten() -> None:
    """Nothing fails for ten seconds; then ten retries are there at once, and after that one for each ten calls."""
    policy = {"retries": 20, "backoff_ms": 0.0, "retry_budget": 0.01}
    found = summary_of(chain(policy, faults=[kill("back", 15.0)], seconds=16.0, clients={"arrival_rate_per_s": 200.0}))
    assert found["retries"] == pytest.approx(10 + 0.01 * 200, abs=2)


def test_whom_to_call_is_chosen_anew() -> None:
    """Two instances in turn, one of them dead: the retry finds the other one, and the next request is again the dead one's."""
    one_dies = kill("back", 0.0) | {"arguments": {"mode": "process", "instance": 1}}
    found = summary_of(chain({"retries": 1, "backoff_ms": 0.0}, back={"instances": 2}, faults=[one_dies]))
    assert found["requests"]["failed"] == 0
    assert found["retries"] == pytest.approx(found["requests"]["arrived"], abs=2)


def test_retries_of_three_tiers_multiply() -> None:
    again = {"retries": 3, "backoff_ms": 0.0}
    document = chain(again, faults=DEAD, clients={"retries": 3, "backoff_ms": 0.0})
    document["components"]["middle"] = part("server", **QUICK)
    document["links"] = {
        "clients-front": document["links"]["clients-front"],
        "front-middle": link("front", "middle", **(INSTANT | again)),
        "middle-back": link("middle", "back", **(INSTANT | again)),
    }
    found = summary_of(document)
    assert found["components"]["back"]["arrived"] == 4 * 4 * 4 * found["requests"]["arrived"]


# -- circuit breaker
BREAKER = {"breaker_failures": 5, "breaker_open_s": 2.0}


def test_a_breaker_opens_probes_and_closes() -> None:
    run = play(chain(BREAKER, faults=[kill("back", 5.0, for_s=9.0)], seconds=30.0))
    summary = run.summary()
    opened, closed = times_of(run, "breaker_opened", "front"), times_of(run, "breaker_closed", "front")
    assert opened[0] == pytest.approx(5.05, abs=0.05) and len(opened) == len(closed) == 1
    assert closed[0] == pytest.approx(opened[0] + 10.0, abs=0.3)  # the fifth probe; four found it dead
    assert summary["errors"]["refused"] == 5 + 4
    assert set(summary["errors"]) == {"refused", "breaker_open"}
    assert summary["requests"]["dropped"] == summary["errors"]["breaker_open"] == pytest.approx(1000, abs=100)
    assert_conserved(run)


@pytest.mark.parametrize("probes", [1, 3])
def test_so_many_probes_at_a_time(probes: int) -> None:
    """Nobody answers: a probe lasts a second, until its timeout; then it stays open for two."""
    policy = BREAKER | {"breaker_probes": probes, "timeout_ms": 1000.0}
    found = summary_of(chain(policy, faults=[kill("back", 0.0, "machine")], seconds=31.0))
    until_open = 100  # all that come in the second before the first five have failed
    assert found["components"]["back"]["arrived"] == pytest.approx(until_open + 10 * probes, abs=2 * probes + 25)
    alone = summary_of(chain(policy | {"breaker_probes": 1}, faults=[kill("back", 0.0, "machine")], seconds=31.0))
    assert found["components"]["back"]["arrived"] - alone["components"]["back"]["arrived"] == pytest.approx(10 * (probes - 1), abs=2)


def test_a_success_in_between_begins_the_count_anew() -> None:
    """Nine of ten answers are errors: ten in a row come soon, a thousand never."""
    for failures, opens in ((10, True), (1_000, False)):
        run = play(chain({"breaker_failures": failures, "breaker_open_s": 1.0}, faults=[errors(0.9)]))
        assert bool(times_of(run, "breaker_opened", "front")) == opens


def test_a_breaker_is_for_one_callee() -> None:
    one_dies = kill("back", 0.0) | {"arguments": {"mode": "process", "instance": 1}}
    found = summary_of(chain(BREAKER | {"breaker_open_s": 100.0}, back={"instances": 2}, faults=[one_dies]))
    assert found["errors"]["refused"] == 5
    assert found["requests"]["done"] == pytest.approx(found["requests"]["arrived"] / 2, abs=10)


def test_what_the_breaker_turns_away_is_not_repeated() -> None:
    found = summary_of(chain(BREAKER | {"breaker_open_s": 100.0, "retries": 3, "backoff_ms": 0.0}, faults=DEAD))
    assert found["components"]["back"]["arrived"] == 5
    assert found["retries"] == 4  # of the first request three, of the second one: then it is open


def test_health_checks_neither_open_nor_close_it() -> None:
    parts = {
        "clients": part("clients", arrival_rate_per_s=0.0),
        "balancer": part("load_balancer", health_check_interval_s=0.5, unhealthy_threshold=20),
        "back": part("server", **QUICK),
    }
    links = [link("clients", "balancer", **INSTANT), link("balancer", "back", **(INSTANT | BREAKER))]
    run = play(design(parts, links, 30.0, [kill("back", 1.0)]))
    assert times_of(run, "target_out") and not times_of(run, "breaker_opened")


# -- bulkhead
def test_a_bulkhead_holds_so_many() -> None:
    """Erlang's loss formula: 20 calls on average for five places lose 0.76 of them."""
    found = summary_of(chain({"bulkhead": 5}, back={"service_ms": 200.0}, seconds=100.0))
    assert found["components"]["back"]["in_flight_max"] == 5
    assert set(found["errors"]) == {"bulkhead_full"}
    offered = [20.0**k for k in range(6)]
    factorials = [1, 1, 2, 6, 24, 120]
    lost = offered[5] / 120 / sum(power / factorial for power, factorial in zip(offered, factorials, strict=True))
    assert found["requests"]["dropped"] / found["requests"]["arrived"] == pytest.approx(lost, abs=0.01)


def test_each_caller_has_a_bulkhead_of_its_own() -> None:
    found = summary_of(chain({"bulkhead": 5}, back={"service_ms": 200.0}, front={"instances": 2}))
    assert found["components"]["back"]["in_flight_max"] == 10


# -- second copies
def balanced(policies: Document, one: Document, two: Document, faults: list[Document] | None = None) -> Document:
    parts = {
        "clients": part("clients", arrival_rate_per_s=100.0, retries=0),
        "balancer": part("load_balancer", processing_ms=0.0, health_check_interval_s=600.0, unhealthy_threshold=20),
        "one": part("server", **(QUICK | CONSTANT | one)),
        "two": part("server", **(QUICK | CONSTANT | two)),
    }
    links = [link("clients", "balancer", **INSTANT), *(link("balancer", name, **(INSTANT | policies)) for name in ("one", "two"))]
    return design(parts, links, 20.0, faults)


def test_the_second_copy_goes_to_somebody_else() -> None:
    """One takes half a second; after 50 ms the other is asked too, which takes 10."""
    slow, quick = {"service_ms": 500.0}, {"service_ms": 10.0}
    assert summary_of(balanced({}, slow, quick))["latency_ms"]["max"] == pytest.approx(500.0)
    found = summary_of(balanced({"hedge_after_ms": 50.0}, slow, quick))
    assert found["latency_ms"]["max"] == pytest.approx(60.0)
    assert found["components"]["one"]["wasted"] > 900


def test_a_failure_of_one_copy_is_borne_while_the_other_is_out() -> None:
    """The slow one answers with an error, and the second copy, sent after 50 ms to the slower one, does not."""
    failing, slower = {"service_ms": 100.0}, {"service_ms": 300.0}
    plain = summary_of(balanced({}, failing, slower, [errors(1.0, "one")]))
    assert plain["requests"]["failed"] == pytest.approx(plain["requests"]["arrived"] / 2, abs=20)
    found = summary_of(balanced({"hedge_after_ms": 50.0}, failing, slower, [errors(1.0, "one")]))
    assert found["requests"]["failed"] == 0
    assert found["latency_ms"]["max"] == pytest.approx(350.0)
    both = summary_of(balanced({"hedge_after_ms": 50.0}, failing, slower, [errors(1.0, "one"), errors(1.0, "two")]))
    assert both["requests"]["done"] == 0 and set(both["errors"]) == {"error"}


def test_an_answer_in_time_needs_no_second_copy() -> None:
    found = summary_of(balanced({"hedge_after_ms": 50.0}, {"service_ms": 49.0}, {"service_ms": 49.0}))
    assert found["components"]["one"]["arrived"] + found["components"]["two"]["arrived"] == found["components"]["balancer"]["arrived"]


# -- deadlines
def test_a_deadline_goes_along_the_chain() -> None:
    """Work of 300 ms for somebody who waits 100: with the deadline passed on, the front gives up too, and is free again."""
    impatient = {"read_deadline_ms": 100.0}
    held = summary_of(chain({}, back={"service_ms": 300.0}, clients=impatient))
    freed = summary_of(chain({}, back={"service_ms": 300.0}, clients=impatient | {"propagate_deadline": True}))
    for found in (held, freed):
        assert set(found["errors"]) == {"deadline"} and found["requests"]["done"] == 0
    assert held["components"]["front"]["in_flight_mean"] == pytest.approx(30.0, rel=0.05)
    assert freed["components"]["front"]["in_flight_mean"] == pytest.approx(10.0, rel=0.05)


def test_who_comes_too_late_is_not_worked_on() -> None:
    """One core, 50 ms each: who has waited 100 ms in the queue is sent away at its turn, unless nobody knows that it has given up."""
    crowd = {"arrival_rate_per_s": 60.0, "read_deadline_ms": 100.0}
    one_core = {"cores": 1, "service_ms": 50.0}
    blind = summary_of(chain({}, back=one_core, clients=crowd))
    aware = summary_of(chain({}, back=one_core, clients=crowd | {"propagate_deadline": True}))
    assert aware["requests"]["done"] > 3 * blind["requests"]["done"]
    assert aware["components"]["back"]["queue_mean"] < 10 < blind["components"]["back"]["queue_mean"]


def test_no_retry_begins_after_the_deadline() -> None:
    policy = {"retries": 10, "backoff_ms": 80.0, "backoff_factor": 1.0} | NO_JITTER
    found = summary_of(chain(policy, faults=DEAD, clients={"read_deadline_ms": 200.0, "propagate_deadline": True}))
    assert calls(found) == pytest.approx(3.0, abs=0.05)  # at 0, 80 and 160 ms


# -- connections
def far(**of_link: float) -> float:
    """Mean latency in round trips of 100 ms."""
    clients = {"request_kb": 0.0, "arrival_rate_per_s": 10.0}
    document = chain({"latency_ms": 50.0} | of_link, back={"response_kb": 100.0}, clients=clients)
    return float(summary_of(document)["latency_ms"]["mean"]) / 100.0


def test_a_handshake_takes_round_trips() -> None:
    assert far() == pytest.approx(1.0)
    assert far(handshake_round_trips=2.0) == pytest.approx(3.0)


def test_slow_start_doubles_its_window() -> None:
    """100 kB: 10 + 20 + 40 + 30, three round trips more; with 200 kB in the first window none."""
    assert far(first_window_kb=10.0) == pytest.approx(4.0)
    assert far(first_window_kb=200.0) == pytest.approx(1.0)


def test_a_window_bounds_what_is_under_way() -> None:
    assert far(window_kb=25.0) == pytest.approx(4.0)
    assert far(first_window_kb=10.0, window_kb=20.0) == pytest.approx(6.0)  # 10, then 90 in fives of 20


# -- under traffic
def test_policies_change_under_traffic() -> None:
    run = Run(chain({}, faults=DEAD, seconds=30.0))
    go(run, 10.0)
    before = run.summary()["components"]["back"]["arrived"]
    assert before == pytest.approx(1000, abs=100)
    run.command({"action": "set", "link": "front-back", "parameter": "breaker_failures", "value": 3})
    go(run, 15.0)
    assert run.summary()["components"]["back"]["arrived"] - before == pytest.approx(3, abs=1)
    run.command({"action": "set", "link": "front-back", "parameter": "breaker_failures", "value": 0})
    go(run)
    assert run.summary()["components"]["back"]["arrived"] - before == pytest.approx(1500, abs=120)
