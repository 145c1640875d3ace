"""Autoscaling: how many instances follow from a load, when they are there, and that nothing swings or is lost on the way."""

import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim_engine import Run, check
from sim_engine.world.group import STAYING
from tests.engine.support import (
    Document,
    Frame,
    assert_conserved,
    design,
    frames,
    go,
    kill,
    link,
    part,
    play,
    set_value,
    time_of,
    times_of,
)

LOOK_S, BOOT_S = 5.0, 7.0


def scaled(
    rate: float = 100.0, seconds: float = 60.0, server: Document | None = None, traffic: Any = None, faults: Any = None, **scaler: Any
) -> Document:
    """Clients that send at a rate, a balancer, and servers that do a hundred a second each."""
    machines = {"cores": 1, "service_ms": 10.0, "boot_s": BOOT_S, "workers": 1000, "queue_limit": 100_000, "drain_s": 5.0}
    parts = {
        "clients": part("clients", arrival_rate_per_s=rate, retries=0, timeout_ms=60_000.0),
        "balancer": part("load_balancer", health_check_interval_s=600.0, policy="least_connections"),
        "server": part("server", **(machines | (server or {}))),
        "scaler": part("autoscaler", **({"evaluation_s": LOOK_S} | scaler)),
    }
    links = [link("clients", "balancer", timeout_ms=60_000.0), link("balancer", "server", timeout_ms=60_000.0), link("scaler", "server")]
    return design(parts, links, seconds, faults, traffic)


def shown(frame: Frame) -> dict[str, float]:
    found: dict[str, float] = frame["components"]["scaler"]["metrics"]
    return found


def decisions(run: Run) -> list[dict[str, Any]]:
    return [event for event in run.world.story.all if event["component"] == "scaler"]


def sizes(run: Run) -> list[tuple[int, int]]:
    return [(event["arguments"]["before"], event["arguments"]["after"]) for event in decisions(run) if "after" in event["arguments"]]


# -- how many
@pytest.mark.parametrize(
    ("rate", "instances", "scaler", "needed"),
    [
        # CPU: 100 requests a second fill a machine
        (240.0, 3, {"target_utilisation": 0.5}, 2.4 / 0.5),
        (240.0, 6, {"target_utilisation": 0.9}, 2.4 / 0.9),
        (100.0, 5, {"target_utilisation": 0.6}, 1.0 / 0.6),
        (240.0, 4, {"metric": "requests", "target_requests_per_s": 30.0}, 240.0 / 30.0),
        (90.0, 4, {"metric": "requests", "target_requests_per_s": 50.0}, 90.0 / 50.0),
    ],
)
def test_it_wants_load_over_target_rounded_up(rate: float, instances: int, scaler: Document, needed: float) -> None:
    """Kubernetes: ceil(instances × measure / target)."""
    document = scaled(rate, 41.0, {"instances": instances, "boot_s": 0.0}, evaluation_s=20.0, tolerance=0.0, **scaler)
    run = play(document)
    assert sizes(run)[0] == (instances, math.ceil(needed))
    assert len(run.world.groups["server"].in_service) == math.ceil(needed)


def test_requests_waiting_or_under_way_are_a_measure() -> None:
    """A closed loop of 60 users who do not think keeps 60 requests at the servers."""
    document = scaled(seconds=21.0, server={"boot_s": 0.0}, metric="in_flight", target_in_flight=11.0, evaluation_s=20.0)
    document["components"]["clients"]["parameters"] |= {"model": "closed", "users": 60, "think_time_s": 0.0}
    assert sizes(play(document)) == [(1, math.ceil(60 / 11))]


def test_messages_that_wait_for_workers_count() -> None:
    """Two hundred jobs at once, one done a second: 50 are to wait for each worker, who has ten of them at a time."""
    parts = {
        "scheduler": part("scheduler", interval_s=100.0, jobs=200),
        "queue": part("message_queue", health_check_timeout_ms=60_000.0, visibility_timeout_s=0.0),
        "worker": part("worker", service_ms=1000.0, service_distribution="constant", cores=1, boot_s=0.0),
        "scaler": part("autoscaler", metric="in_flight", target_in_flight=50.0, evaluation_s=5.0),
    }
    run = Run(design(parts, [link("scheduler", "queue"), link("queue", "worker"), link("scaler", "worker")], 200.0))
    first_s = next(frame["t"] for frame in frames(run) if frame["components"]["queue"]["metrics"]["waiting"] > 0.0)
    go(run, first_s + 10.1)
    assert sizes(run)[-1][1] == math.ceil(200 / 50)


def test_within_the_tolerance_nothing_changes() -> None:
    """Three machines at 53 % with a target of 60 %: 12 % below."""
    calm = play(scaled(160.0, 60.0, {"instances": 3}, tolerance=0.2))
    assert sizes(calm) == []
    assert sizes(play(scaled(115.0, 60.0, {"instances": 3}, tolerance=0.2)))[0] == (3, 2)


# -- when
def test_reaction_is_the_next_look_and_the_start() -> None:
    """Traffic trebles at 12 s; at 15 s it looks, at 22 s what it ordered takes requests."""
    run = Run(scaled(50.0, 40.0, traffic=[(0.0, 1.0), (12.0, 1.0), (12.001, 3.0)]))
    go(run)
    first = decisions(run)[0]
    assert first["t"] == 15.0 and first["kind"] == "scaled_out_cpu"
    assert times_of(run, "instance_up", "server")[0] == 15.0 + BOOT_S
    assert first["arguments"]["measured"] == pytest.approx(100.0 * (2.0 * 0.5 + 3.0 * 1.0) / 5.0, rel=0.15), "the mean since it last looked"
    assert_conserved(run)


def test_the_backlog_of_the_reaction_is_what_came_beyond_what_could_be_done() -> None:
    """Fluid: (250 − 100) a second for as long as there is only one machine."""
    run = Run(scaled(250.0, 30.0, maximum=8))
    waiting = 0.0
    for frame in frames(run, LOOK_S + BOOT_S):
        waiting = frame["components"]["server"]["metrics"]["queue"]
    assert waiting == pytest.approx(150.0 * (LOOK_S + BOOT_S), rel=0.1)


def test_those_that_start_count_as_there() -> None:
    """A slow start does not make it order the same again at every look."""
    run = Run(scaled(150.0, 44.0, {"boot_s": 30.0}))
    go(run)
    assert sizes(run)[0] == (1, 2)
    assert decisions(run)[0]["t"] == LOOK_S
    assert all(event["t"] > LOOK_S + 30.0 for event in decisions(run)[1:])


def test_it_rests_before_more() -> None:
    restless, rested = (
        play(scaled(900.0, 60.0, {"boot_s": 0.5}, maximum=30, cooldown_out_s=rest_s)) for rest_s in (0.0, 25.0)
    )  # fmt: skip
    grown = [event["t"] for event in decisions(rested) if event["kind"] == "scaled_out_cpu"]
    assert all(later - earlier >= 25.0 for earlier, later in pairwise(grown)) and len(grown) >= 2
    assert len(restless.world.groups["server"].members) >= len(rested.world.groups["server"].members)


def test_it_rests_before_fewer() -> None:
    traffic = [(0.0, 1.0), (20.0, 1.0), (20.001, 0.2)]
    run = play(scaled(250.0, 120.0, {"boot_s": 0.5}, traffic=traffic, cooldown_in_s=30.0, evaluation_s=2.0))
    told = decisions(run)
    grown = [event["t"] for event in told if event["kind"] == "scaled_out_cpu"]
    shrunk = [event["t"] for event in told if event["kind"] == "scaled_in_cpu"]
    assert shrunk and min(shrunk) - max(t for t in grown if t < min(shrunk)) >= 30.0
    assert all(later - earlier >= 30.0 for earlier, later in pairwise(shrunk))


# -- bounds
def test_the_fewest_are_there_from_the_beginning() -> None:
    run = Run(scaled(10.0, 20.0, minimum=3))
    frame = run.advance()
    assert shown(frame)["starting"] == 2 and shown(frame)["running"] == 1 and shown(frame)["desired"] == 3
    go(run)
    assert sizes(run) == [(1, 3)] and times_of(run, "scaled_to_fewest") == [0.0]


def test_the_most_are_not_passed_and_it_says_so_once() -> None:
    run = play(scaled(900.0, 60.0, {"boot_s": 0.5}, maximum=3))
    assert len(run.world.groups["server"].members) == 3
    time_of(run, "needs_more", "scaler")


def test_too_many_are_ended() -> None:
    run = Run(scaled(10.0, 20.0, {"instances": 6}, maximum=4, cooldown_in_s=1000.0))
    run.advance()
    assert sizes(run)[0] == (6, 4) and times_of(run, "scaled_to_most") == [0.0]


def test_bounds_that_change_hold_at_the_next_look() -> None:
    run = Run(scaled(10.0, 30.0, cooldown_out_s=1000.0, cooldown_in_s=1000.0))
    go(run, 6.0)
    set_value(run, "scaler", "minimum", 4)
    go(run, 11.0)
    set_value(run, "scaler", "minimum", 1)
    set_value(run, "scaler", "maximum", 2)
    go(run)
    assert sizes(run) == [(1, 4), (4, 2)]


def test_a_schedule_is_kept_on_time() -> None:
    """At 12 s, between two looks; after its end the load alone decides."""
    document = scaled(
        10.0, 60.0, scheduled=True, schedule_from_s=12.0, schedule_until_s=32.0, schedule_instances=5, cooldown_in_s=0.0
    )  # fmt: skip
    run = Run(document)
    go(run)
    assert sizes(run) == [(1, 5), (5, 1)]
    assert time_of(run, "scaled_on_schedule") == 12.0
    assert time_of(run, "scaled_in_cpu") == 35.0


# -- failures
def test_what_is_dead_is_replaced() -> None:
    run = Run(scaled(100.0, 40.0, {"instances": 3}, faults=[kill("server", 11.0)], minimum=3))
    go(run)
    assert times_of(run, "replaces_dead", "scaler") == [15.0] * 3
    assert times_of(run, "instance_up", "server") == [15.0 + BOOT_S] * 3
    assert len(run.world.groups["server"].in_service) == 3
    assert_conserved(run)


def test_or_left_dead() -> None:
    run = Run(scaled(10.0, 40.0, {"instances": 3}, replaces_dead=False, minimum=3))
    go(run, 6.0)
    run.command({"action": "kill", "component": "server", "instance": 2})
    go(run)
    assert [member.state for member in run.world.groups["server"].members] == ["up", "down", "up"]


def test_a_dead_autoscaler_decides_nothing() -> None:
    run = Run(scaled(250.0, 40.0, faults=[kill("scaler", 1.0, for_s=20.0)]))
    go(run, 21.0)
    assert sizes(run) == []
    go(run)
    assert sizes(run)[0][0] == 1 and decisions(run)[-1]["t"] >= 25.0


# -- on the way
def test_going_in_loses_nothing() -> None:
    traffic = [(0.0, 1.0), (20.0, 1.0), (20.001, 0.2)]
    document = scaled(300.0, 60.0, {"instances": 6, "service_distribution": "constant"}, traffic=traffic, cooldown_in_s=0.0)
    run = play(document)
    assert times_of(run, "scaled_in_cpu")
    assert run.summary()["errors"] == {}
    assert_conserved(run)


@pytest.mark.parametrize(("metric", "rate"), [("cpu", 117.0), ("requests", 260.0), ("in_flight", 333.0)])
def test_nothing_swings_at_a_constant_load(metric: str, rate: float) -> None:
    assert_settles(metric, rate)


@pytest.mark.slow
@pytest.mark.parametrize("metric", ["cpu", "requests", "in_flight"])
@pytest.mark.parametrize("rate", [30.0, 117.0, 180.0, 260.0, 333.0])
def test_nothing_swings_at_any_constant_load(metric: str, rate: float) -> None:
    assert_settles(metric, rate)


def assert_settles(metric: str, rate: float) -> None:
    """From any start it settles, and then stays: at most one more or less by the luck of the arrivals."""
    targets = {"target_requests_per_s": 60.0, "target_in_flight": 6.0}
    machines = {"boot_s": 1.0} | ({"cores": 64, "service_ms": 100.0} if metric == "in_flight" else {})
    run = Run(scaled(rate, 240.0, machines, metric=metric, cooldown_in_s=20.0, evaluation_s=10.0, maximum=20, **targets), seed=4)
    go(run, 120.0)
    settled = run.world.groups["server"].members
    before = len(settled)
    go(run)
    late = [entry for event, entry in zip(decisions(run), sizes(run), strict=False) if event["t"] > 120.0]
    assert len(late) <= 2 and all(abs(after - before) <= 1 for _, after in late), (before, late)
    assert_conserved(run)


def test_what_it_adds_costs_what_it_ran() -> None:
    document = scaled(10.0, 40.0, {"price_per_hour": 1.0, "price_per_gb_out": 0.0, "boot_s": 0.0, "drain_s": 0.0})
    document["components"]["scaler"]["parameters"] |= {
        "scheduled": True, "schedule_from_s": 10.0, "schedule_until_s": 20.0, "schedule_instances": 5, "cooldown_in_s": 0.0,
    }  # fmt: skip
    run = play(document)
    assert sizes(run) == [(1, 5), (5, 1)] and time_of(run, "scaled_in_cpu") == 20.0
    of_server = run.summary()["cost"]["components"]["server"]
    assert of_server["instances"] == pytest.approx((40.0 + 4 * 10.0) / 40.0 * 730.0)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rate=st.sampled_from([0.0, 40.0, 150.0, 500.0]),
    server=st.fixed_dictionaries({
        "instances": st.integers(1, 6), "boot_s": st.sampled_from([0.0, 0.7, 3.0]), "drain_s": st.sampled_from([0.0, 0.5, 5.0]),
    }),
    scaler=st.fixed_dictionaries({
        "metric": st.sampled_from(["cpu", "requests", "in_flight"]), "minimum": st.integers(1, 3), "maximum": st.integers(3, 6),
        "evaluation_s": st.sampled_from([0.3, 1.0, 2.0]), "cooldown_out_s": st.sampled_from([0.0, 2.0]),
        "cooldown_in_s": st.sampled_from([0.0, 3.0]), "target_requests_per_s": st.sampled_from([20.0, 80.0]),
        "target_in_flight": st.sampled_from([0.5, 5.0]), "scheduled": st.booleans(), "schedule_from_s": st.just(3.3),
        "schedule_until_s": st.just(6.1), "schedule_instances": st.sampled_from([1, 4, 9]), "replaces_dead": st.booleans(),
    }),
    killed=st.lists(st.tuples(st.integers(1, 90), st.integers(0, 4)), max_size=3),
    seed=st.integers(0, 3),
)  # fmt: skip
def test_it_stays_within_its_bounds_and_conserves(
    rate: float, server: Document, scaler: Document, killed: list[tuple[int, int]], seed: int
) -> None:
    document = scaled(rate, 10.0, server, traffic=[(0.0, 1.0), (4.0, 1.0), (4.1, 4.0), (7.0, 0.1)], **scaler)
    run = Run(document, seed=seed)
    group = run.world.groups["server"]
    for frame in frames(run):
        if frame["seq"] in [number for number, _ in killed]:
            instance = dict(killed)[frame["seq"]]
            if any(member.alive and instance in (0, member.number) for member in group.members) and not run.finished:
                run.command({"action": "kill", "component": "server", "instance": instance})
        staying = sum(member.stage in STAYING for member in group.members)
        assert scaler["minimum"] <= staying <= scaler["maximum"]
    assert_conserved(run)


def test_it_does_the_same_again() -> None:
    one, two = (play(scaled(180.0, 40.0)).summary() for _ in range(2))
    assert {**one, "wall_s": 0} == {**two, "wall_s": 0}


# -- what is wrong with a design
def codes(document: Document) -> set[str]:
    return {problem.code for problem in check(document)}


def test_what_a_design_must_not_say() -> None:
    assert "fewest_above_most" in codes(scaled(minimum=5, maximum=2))
    assert "schedule_backwards" in codes(scaled(scheduled=True, schedule_from_s=20.0, schedule_until_s=10.0))
    two = scaled()
    two["components"]["other"] = part("autoscaler")
    assert "controls_nothing" in codes(two)
    two["links"]["other-server"] = link("other", "server")
    assert "two_controllers" in codes(two)


def test_it_scales_what_may_be_several_only() -> None:
    document = scaled()
    document["components"]["database"] = part("sql_database")
    document["links"]["scaler-database"] = link("scaler", "database")
    assert "no_port" in codes(document)
    assert not codes(scaled()) & {"no_port", "controls_nothing", "two_controllers"}


def test_a_link_that_controls_is_no_traffic() -> None:
    """A server that only an autoscaler is linked to is reached by no request."""
    document = scaled()
    document["components"]["lonely"] = part("server")
    document["links"]["scaler-lonely"] = link("scaler", "lonely")
    hints = {(problem.code, problem.component) for problem in check(document)}
    assert ("not_linked", "lonely") in hints
    run = play(document)
    assert run.summary()["components"]["lonely"]["arrived"] == 0
