"""Limits end a run by their name, soon and with bounded memory; what a design or a command may not ask for is refused before."""

import resource
import time
from typing import Any

import pytest

from sim_engine import LIMITS, DesignError, Run, check
from sim_engine.kernel import layout
from sim_engine.limits import limit
from tests.engine.support import Document, assert_conserved, design, go, link, part, play, set_value, shop


def crowd(users: int, duration_s: float = 10.0, **clients: Any) -> Document:
    calling = part("clients", model="closed", users=users, **({"retries": 0} | clients))
    return design({"clients": calling, "server": part("server", queue_limit=100_000_000)}, [link("clients", "server")], duration_s)


def assert_ended_at(run: Run, name: str) -> None:
    """The last frame is final and names the limit, in its notices and in the log."""
    last = go(run)[-1]
    assert run.finished and run.limit == name == last["summary"]["limit"]
    assert last["final"]
    assert [notice["limit"] for notice in last["notices"]] == [name]
    told = run.world.story.all[-1]
    assert told["kind"] == "limit_reached" and told["arguments"]["limit"] == name
    with pytest.raises(DesignError):
        run.command({"action": "traffic", "multiplier": 1})


def test_limits_have_units_and_reasons() -> None:
    for name, entry in LIMITS.items():
        assert entry.value > 0 and entry.unit and entry.reason.endswith("."), name


def test_a_cycle_is_refused() -> None:
    parts = {"clients": part("clients"), **{f"s{i}": part("server") for i in range(100)}}
    links = [link("clients", "s0"), *(link(f"s{i}", f"s{(i + 1) % 100}") for i in range(100))]
    problems = [problem for problem in check(design(parts, links)) if problem.severity == "problem"]
    assert [problem.code for problem in problems] == ["endless_cycle"]


def test_requests_that_take_no_time_at_all() -> None:
    """Users who do not think and parts that need no time: events without end at one moment."""
    document = crowd(3, think_time_s=0.0)
    document["components"]["server"]["parameters"] |= {"service_ms": 0.0, "network_mbit_s": 0.0}
    document["links"]["clients-server"]["parameters"] |= {"latency_ms": 0.0, "bandwidth_mbit_s": 0.0}
    began = time.process_time()
    assert_ended_at(Run(document), "stalled_events")
    assert time.process_time() - began < 20.0


def test_a_tick_that_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim_engine.run.limit", lambda name: 0 if name == "tick_wall_seconds" else limit(name))
    document = design({"clients": part("clients", arrival_rate_per_s=1e6), "server": part("server")}, [link("clients", "server")], 20.0)
    run = Run(document)
    run.command({"action": "tick", "tick_s": 5.0})
    assert_ended_at(run, "tick_wall_seconds")


def test_a_million_users_at_once() -> None:
    run = Run(crowd(1_000_000, 1.0, think_time_s=1000.0))
    for _ in range(3):
        run.advance()
        set_value(run, "clients", "read_ratio", 0.5)
    go(run)
    assert run.limit is None
    assert len(run.world.memory.state.tasks) <= 2 * limit("tasks")
    assert run.world.memory.state.count[layout.USERS] == 1_000_000


def test_more_users_than_there_may_be() -> None:
    two = crowd(600_000)
    two["components"]["more"] = two["components"]["clients"]
    two["links"]["more-server"] = link("more", "server")
    with pytest.raises(DesignError) as error:
        Run(two)
    assert error.value.problems[0].code == "too_many"


def test_a_command_that_asks_for_too_many_users_ends_the_run() -> None:
    run = Run(crowd(1_000_000, 5.0, think_time_s=1000.0))
    run.advance()
    run.command({"action": "traffic", "multiplier": 10})
    assert not run.finished
    assert_ended_at(run, "tasks")


def test_requests_pile_up_until_memory_would_be_too_much() -> None:
    """A queue without limit in front of a server that does nothing."""
    parts = {
        "clients": part("clients", arrival_rate_per_s=2_000_000.0, timeout_ms=86_400_000.0),
        "server": part("server", service_ms=600_000.0, queue_limit=100_000_000),
    }
    began, run = time.process_time(), Run(design(parts, [link("clients", "server", timeout_ms=86_400_000.0)], 60.0))
    assert_ended_at(run, "tasks")
    assert time.process_time() - began < 20.0
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 4_000_000, "kB"


def test_a_retry_storm_stays_bounded() -> None:
    parts = {
        "clients": part("clients", arrival_rate_per_s=5000.0, retries=20, backoff_ms=0.0, timeout_ms=20.0),
        "server": part("server", service_ms=50.0),
    }
    run = play(design(parts, [link("clients", "server")], 5.0))
    found = run.summary()
    assert run.limit is None and found["retries"] > 10 * found["requests"]["done"]
    assert run.world.memory.state.count[layout.TASKS_PEAK] < 200_000
    assert_conserved(run)


def test_five_hundred_components() -> None:
    """Ten balancers that each reach all of 488 servers would be too many links: as many as there may be."""
    parts = {"clients": part("clients", arrival_rate_per_s=2000.0)}
    parts |= {f"b{i}": part("load_balancer", health_check_interval_s=0.5) for i in range(4)}
    parts |= {f"s{i}": part("server") for i in range(495)}
    links = [link("clients", f"b{i}") for i in range(4)] + [link(f"b{i}", f"s{j}") for i in range(4) for j in range(495)]
    assert len(parts) == limit("components") and len(links) <= limit("links")
    run = play(design(parts, links, 1.0))
    assert run.limit is None
    assert run.summary()["requests"]["done"] > 1500
    assert_conserved(run)


def test_commands_without_time_between_them_fit_the_heap() -> None:
    """Each change of rate schedules the next arrival anew; the heap must not be written beyond its end."""
    parts = {f"c{i}": part("clients", arrival_rate_per_s=1.0) for i in range(60)} | {"server": part("server")}
    run = Run(design(parts, [link(f"c{i}", "server") for i in range(60)], 2.0))
    state = run.world.memory.state
    for number in range(700):
        run.command({"action": "traffic", "multiplier": 1 + number % 2})
        assert state.count[layout.HEAP_SIZE] <= len(state.heap_time)
    go(run)
    assert_conserved(run)


def test_deaths_of_the_busy_fit_the_heap() -> None:
    """Killed in service, ended at once, busy again: what was scheduled for the dead stays in the heap for minutes."""
    busy = {"cores": 1024, "service_ms": 600_000.0, "workers": 100_000, "memory_mb": 1e7}
    parts = {"clients": part("clients", arrival_rate_per_s=20_000.0, retries=0), **{f"s{i}": part("server", **busy) for i in range(20)}}
    run = Run(design(parts, [link("clients", f"s{i}") for i in range(20)], 60.0))
    state = run.world.memory.state
    for _ in range(14):
        go(run, run.t + 0.3)
        for number in range(20):
            run.command({"action": "kill", "component": f"s{number}"})
            run.command({"action": "restore", "component": f"s{number}"})
            assert state.count[layout.HEAP_SIZE] <= len(state.heap_time)
    assert_conserved(run)


def test_a_run_keeps_a_bounded_log() -> None:
    run = Run(shop(60.0))
    for number in range(limit("events_kept") + 100):
        set_value(run, "server_1", "cores", 1 + number % 4)
        if number % 100 == 0:
            run.advance()
    assert len(run.world.story.all) == limit("events_kept")
    assert len(run.advance()["events"]) < 200
    go(run, run.t + 20.0)
    assert len(run.spans) <= limit("spans_kept")


def test_what_one_request_needs_and_the_machine_does_not_have() -> None:
    document = design({"clients": part("clients"), "server": part("server")}, [link("clients", "server")], 4.0)
    refused = {**document, "components": {**document["components"], "server": part("server", request_memory_mb=9000.0)}}
    with pytest.raises(DesignError) as error:
        Run(refused)
    assert error.value.problems[0].code == "memory_for_none"
    run = Run(document)
    go(run, 2.0)
    set_value(run, "server", "request_memory_mb", 9000.0)
    go(run, 3.0)
    set_value(run, "server", "request_memory_mb", 16.0)
    go(run)
    found = run.summary()
    assert found["errors"]["out_of_memory"] == pytest.approx(200, rel=0.3)
    assert found["requests"]["done"] > 450, "those who ask for less go on"


def test_changing_sizes_again_and_again_takes_no_more_memory() -> None:
    run = Run(shop(60.0, clients={"keys": 20_000}))
    sizes = []
    for number in range(300):
        set_value(run, "cache", "capacity_keys", 1000 + 50 * (number % 100))
        set_value(run, "clients", "keys", 10_000 + 100 * (number % 100))
        run.advance()
        if number in (100, 299):
            state = run.world.memory.state
            sizes.append([len(a) for a in (state.cache_entries, state.keyed, state.popularity, state.guide)])
    assert sizes[0] == sizes[1]
    assert_conserved(run)
