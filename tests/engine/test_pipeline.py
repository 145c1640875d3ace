"""Deployments: who is hit by a new version, for how long, what is lost on the way, and how one gets back."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim_engine import DesignError, Run, check
from sim_engine.world.instance import STANDBY, UP
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

AT_S, BUILD_S, TEST_S, STARTUP_S, BOOT_S = 5.0, 1.0, 1.0, 3.0, 4.0
SHIPS_S = AT_S + BUILD_S + TEST_S
RATE = 200.0


def shipped(
    strategy: str = "rolling", servers: int = 4, drawn: bool = False, seconds: float = 60.0, quality: str = "good",
    server: Document | None = None, faults: Any = (), rollback_s: float | None = None, balancer: bool = True, rate: float = RATE,
    **more: Any,
) -> Document:  # fmt: skip
    """Servers that do 200 a second each, one component or several, and a pipeline that ships a version to them at 5 s."""
    quick = {"build_s": BUILD_S, "test_s": TEST_S, "startup_s": STARTUP_S, "test_catches": 0.0, "keep_s": 15.0, "observe_s": 10.0}
    machine = {"cores": 2, "service_ms": 10.0, "boot_s": BOOT_S, "drain_s": 5.0, "workers": 500, "price_per_gb_out": 0.0}
    parts = {
        "clients": part("clients", arrival_rate_per_s=rate, retries=0, timeout_ms=10_000.0),
        "pipeline": part("pipeline", strategy=strategy, **(quick | more)),
    }
    caller, links = "clients", []
    if balancer:
        parts["balancer"] = part("load_balancer", health_check_interval_s=0.5)
        caller, links = "balancer", [link("clients", "balancer", timeout_ms=10_000.0)]
    names = [f"server_{number}" for number in range(servers)] if drawn else ["server"]
    for name in names:
        parts[name] = part("server", **(machine | {"instances": 1 if drawn else servers} | (server or {})))
        links += [link(caller, name, timeout_ms=10_000.0), link("pipeline", name)]
    events = [{"at_s": AT_S, "action": "deploy", "component": "pipeline", "arguments": {"quality": quality}}]
    if rollback_s is not None:
        events.append({"at_s": rollback_s, "action": "rollback", "component": "pipeline"})
    return design(parts, links, seconds, [*events, *faults])


def versions(run: Run) -> list[int]:
    """Of everybody in service."""
    return [me.version for group in run.world.groups.values() if group.component.kind == "server" for me in group.in_service]


def told(run: Run, code: str) -> dict[str, Any]:
    return next(event["arguments"] for event in run.world.story.all if event["kind"] == code)


def metric(frame: Frame, name: str) -> Any:
    return frame["components"]["pipeline"]["metrics"][name]


def ask(run: Run, name: str, **arguments: Any) -> None:
    run.command({"action": "fault", "name": name, "component": "pipeline", "arguments": arguments})


def refused(run: Run, name: str) -> str:
    with pytest.raises(DesignError) as error:
        ask(run, name)
    return error.value.problems[0].code


# -- building and testing
def test_it_builds_tests_and_ships() -> None:
    run = play(shipped("all_at_once"))
    assert time_of(run, "deploy_builds") == AT_S
    assert time_of(run, "deploy_tests") == AT_S + BUILD_S
    assert time_of(run, "ships_at_once") == SHIPS_S
    assert versions(run) == [2, 2, 2, 2]
    assert_conserved(run)


def test_tests_may_catch_a_bad_version() -> None:
    run = play(shipped(quality="bad", test_catches=1.0))
    assert time_of(run, "tests_failed") == SHIPS_S
    assert versions(run) == [1, 1, 1, 1] and run.summary()["errors"] == {}
    assert play(shipped(test_catches=1.0)).summary()["components"]["pipeline"]["metrics"]["version"] == 2, "a good one passes"


def test_so_many_of_them() -> None:
    document = shipped(quality="bad", test_catches=0.7, seconds=10.0, rate=1.0)
    caught = sum(bool(times_of(play(document, seed=seed, tick_s=10.0), "tests_failed")) for seed in range(60))
    assert caught == pytest.approx(0.7 * 60, abs=11), "three standard deviations"


def test_the_machine_that_builds_is_paid_for() -> None:
    run = play(shipped(price_per_hour=1.0))
    found = run.summary()["cost"]["components"]["pipeline"]
    assert found["instances"] == pytest.approx((BUILD_S + TEST_S) / 60.0 * 730.0, abs=1e-3)


# -- strategies
@pytest.mark.parametrize("drawn", [False, True], ids=["one group", "drawn separately"])
def test_rolling_with_capacity_to_spare_loses_nothing(drawn: bool) -> None:
    run = Run(shipped("rolling", drawn=drawn))
    fewest = min(frame["components"]["balancer"]["metrics"]["targets_in_rotation"] for frame in frames(run))
    assert fewest == 3 and versions(run) == [2, 2, 2, 2]
    assert run.summary()["errors"] == {}
    assert time_of(run, "deployed") == pytest.approx(SHIPS_S + 4 * STARTUP_S, abs=1.0)
    assert len(times_of(run, "batch_shipped")) == 4
    assert_conserved(run)


def test_batches_are_as_large_as_asked_for() -> None:
    run = Run(shipped("rolling", servers=5, batch=2))
    fewest = min(frame["components"]["balancer"]["metrics"]["targets_in_rotation"] for frame in frames(run))
    assert fewest == 3 and len(times_of(run, "batch_shipped")) == 3
    assert time_of(run, "deployed") == pytest.approx(SHIPS_S + 3 * STARTUP_S, abs=0.5)


def test_without_capacity_to_spare_those_that_stay_are_overloaded() -> None:
    """Two machines of 200 a second each, at 300: the one that stays gets 100 a second too many."""
    run = Run(shipped("rolling", servers=2, rate=300.0))
    go(run, SHIPS_S + 0.5 + STARTUP_S - 0.6)
    assert run.advance()["components"]["server"]["metrics"]["queue"] > 100
    go(run)
    assert_conserved(run)


@pytest.mark.parametrize("drawn", [False, True], ids=["one group", "drawn separately"])
def test_all_at_once_is_down_for_the_start_up(drawn: bool) -> None:
    run = Run(shipped("all_at_once", drawn=drawn, seconds=20.0, server={"service_distribution": "constant"}))
    go(run)
    found = run.summary()
    assert found["errors"].keys() == {"no_target"}
    assert found["errors"]["no_target"] == pytest.approx(RATE * STARTUP_S, rel=0.1)
    assert times_of(run, "instance_up") == pytest.approx([SHIPS_S + STARTUP_S] * 4, abs=0.11)
    assert_conserved(run)


def test_one_server_without_a_balancer_refuses_while_it_starts() -> None:
    run = play(shipped("rolling", servers=1, balancer=False, seconds=20.0, rate=100.0))
    found = run.summary()
    assert found["errors"].keys() == {"refused"}
    assert found["errors"]["refused"] == pytest.approx(100.0 * STARTUP_S, rel=0.15)
    assert_conserved(run)


@pytest.mark.parametrize("drawn", [False, True], ids=["one group", "drawn separately"])
def test_a_bad_canary_hits_its_share_and_is_taken_back(drawn: bool) -> None:
    run = Run(shipped("canary", drawn=drawn, quality="bad", canary_share=0.25, bad_error_ratio=0.4))
    most = 0
    for _ in frames(run):
        most = max(most, versions(run).count(2))
    assert most == 1 and versions(run) == [1, 1, 1, 1]
    bad_s = SHIPS_S + STARTUP_S + 10.0
    assert time_of(run, "canary_bad") == pytest.approx(bad_s, abs=0.2)
    assert time_of(run, "rolled_back") == pytest.approx(bad_s + STARTUP_S, abs=0.5)
    found = run.summary()
    assert found["errors"].keys() == {"error"}
    assert found["errors"]["error"] == pytest.approx(0.4 * RATE / 4 * 10.0, rel=0.2), "a quarter of the traffic for ten seconds"
    assert told(run, "canary_bad")["percent"] == pytest.approx(40.0, abs=6.0) and told(run, "canary_bad")["others"] == 0.0
    assert_conserved(run)


def test_a_good_canary_is_followed_by_the_rest() -> None:
    run = play(shipped("canary", canary_share=0.25))
    assert versions(run) == [2, 2, 2, 2] and run.summary()["errors"] == {}
    assert time_of(run, "canary_good") < time_of(run, "deployed")


@pytest.mark.parametrize(("slower", "told_code", "version"), [(1.3, "canary_good", 2), (3.0, "canary_slow", 1)])
def test_a_canary_without_errors_is_judged_by_its_times(slower: float, told_code: str, version: int) -> None:
    """At the rate of 5 a second nobody waits: what an instance takes is its service time, and some network."""
    bad = {"quality": "bad", "bad_error_ratio": 0.0, "bad_service_factor": slower}
    run = play(shipped("canary", rate=20.0, observe_s=20.0, server={"service_distribution": "constant", "health_check_ms": 10.0}, **bad))
    assert versions(run) == [version] * 4
    shown = told(run, told_code)
    # its health checks are not slower: two a second beside five requests
    assert shown["ms"] / shown["others_ms"] == pytest.approx((5.0 * slower + 2.0) / 7.0, rel=0.1)


def test_errors_that_all_have_are_no_sign_against_the_canary() -> None:
    errors = {"at_s": 0.0, "action": "errors", "component": "server", "arguments": {"ratio": 0.3}}
    run = play(shipped("canary", faults=[errors], error_threshold=0.1))
    assert versions(run) == [2, 2, 2, 2]
    assert told(run, "canary_good")["others"] == pytest.approx(30.0, abs=5.0)


def test_a_canary_that_dies_is_taken_back() -> None:
    """The last of the four is the canary."""
    dies = {**kill("server", SHIPS_S + STARTUP_S + 4.0), "arguments": {"mode": "process", "instance": 4}}
    run = play(shipped("canary", canary_share=0.25, faults=[dies]))
    assert times_of(run, "canary_unseen") and [me.version for me in run.world.groups["server"].members] == [1] * 4


def test_one_instance_alone_has_no_canary() -> None:
    run = play(shipped("canary", servers=1))
    assert versions(run) == [2] and times_of(run, "ships_canary") == []


def test_blue_green_switches_at_once_and_loses_nothing() -> None:
    run = Run(shipped("blue_green"))
    switch_s = SHIPS_S + BOOT_S + STARTUP_S
    go(run, switch_s - 0.1)
    assert versions(run) == [1] * 4 and len(run.world.groups["server"].members) == 8
    frame = go(run, switch_s + 0.2)[-1]
    states = {(entry["version"], entry["state"]) for entry in frame["components"]["server"]["instances"]}
    assert states == {(1, STANDBY), (2, UP)}
    go(run)
    assert time_of(run, "switched") == switch_s and time_of(run, "old_set_ends") == switch_s + 15.0
    assert versions(run) == [2] * 4 and len(run.world.groups["server"].members) == 4
    assert run.summary()["errors"] == {}
    assert_conserved(run)


def test_a_second_set_is_paid_for_as_long_as_it_is_there() -> None:
    of = play(shipped("blue_green", server={"price_per_hour": 1.0})).summary()["cost"]["components"]["server"]
    twice_s = BOOT_S + STARTUP_S + 15.0
    assert of["instances"] == pytest.approx(4 * (60.0 + twice_s) / 60.0 * 730.0, rel=0.001)


def test_the_way_back_from_blue_green_is_instant() -> None:
    back_s = 20.0
    run = Run(shipped("blue_green", quality="bad", rollback_s=back_s))
    go(run, back_s)
    assert versions(run) == [2] * 4
    run.advance()
    assert versions(run) == [1] * 4 and time_of(run, "switched_back") == back_s
    hurt = run.summary()["errors"]["error"]
    go(run)
    assert run.summary()["errors"]["error"] - hurt <= 10, "what was under way"
    assert len(run.world.groups["server"].members) == 4
    assert_conserved(run)


def test_when_the_old_set_is_gone_the_way_back_is_a_deployment() -> None:
    run = play(shipped("blue_green", rollback_s=40.0, keep_s=5.0))
    assert times_of(run, "switched_back") == [] and len(times_of(run, "switched")) == 2
    assert times_of(run, "switched")[1] == 40.0 + BOOT_S + STARTUP_S
    assert versions(run) == [1] * 4


def test_a_second_set_that_does_not_come_up_is_not_switched_to() -> None:
    dies = {**kill("server", SHIPS_S + 1.0), "arguments": {"instance": 6}}
    run = play(shipped("blue_green", faults=[dies]))
    assert times_of(run, "second_set_fails") and times_of(run, "switched") == []
    assert versions(run) == [1] * 4 and run.summary()["errors"] == {}


def test_who_has_died_in_the_old_set_is_made_up_for() -> None:
    switch_s = SHIPS_S + BOOT_S + STARTUP_S
    dies = {**kill("server", switch_s + 2.0), "arguments": {"instance": 2}}
    run = Run(shipped("blue_green", faults=[dies], rollback_s=switch_s + 5.0))
    go(run, switch_s + 5.1)
    assert versions(run) == [1] * 3
    go(run)
    assert versions(run) == [1] * 4
    assert_conserved(run)


# -- on the way
def test_whoever_is_renewed_finishes_what_it_has() -> None:
    slow = {"cores": 64, "service_ms": 2_000.0, "service_distribution": "constant", "drain_s": 5.0}
    run = play(shipped("rolling", servers=3, rate=20.0, server=slow))
    assert run.summary()["errors"] == {}
    assert all(event["arguments"]["cut"] == 0 for event in run.world.story.all if event["kind"] == "instance_restarts")


def test_but_not_longer_than_the_drain() -> None:
    slow = {"cores": 64, "service_ms": 6_000.0, "service_distribution": "constant", "drain_s": 1.0}
    run = play(shipped("rolling", servers=3, rate=20.0, server=slow))
    cut = [event["arguments"]["cut"] for event in run.world.story.all if event["kind"] == "instance_restarts"]
    assert all(number > 10 for number in cut)
    assert run.summary()["errors"]["crashed"] == sum(cut)
    assert_conserved(run)


def test_a_bad_version_is_slower_and_fails_and_passes_its_checks() -> None:
    run = Run(shipped("all_at_once", quality="bad", rate=50.0, bad_service_factor=4.0, bad_error_ratio=0.3))
    go(run, SHIPS_S)
    before = run.summary()
    go(run, 20.0)
    middle = run.summary()
    go(run)
    after = run.summary()
    done = after["requests"]["done"] - middle["requests"]["done"]
    failed = after["errors"]["error"] - middle["errors"].get("error", 0)
    assert failed / (done + failed) == pytest.approx(0.3, abs=0.04)
    assert times_of(run, "target_out") == []
    latency = after["components"]["server"]["latency_ms"]["mean"]
    assert latency > 2.5 * before["components"]["server"]["latency_ms"]["mean"]


def test_a_good_version_may_be_slower_too() -> None:
    def service_ms(factor: float) -> float:
        run = play(shipped("all_at_once", rate=20.0, seconds=120.0, service_factor=factor))
        return float(run.summary()["components"]["server"]["latency_ms"]["mean"])

    assert service_ms(2.0) > 1.5 * service_ms(1.0)


def test_a_slow_down_comes_on_top_of_a_slow_version() -> None:
    slow = {"at_s": 20.0, "action": "slow", "component": "server", "arguments": {"factor": 3.0}, "for_s": 10.0}
    run = Run(shipped("all_at_once", quality="bad", faults=[slow], rate=10.0))

    def slowness() -> set[float]:
        pools = run.world.memory.state.pools
        return {float(pools[row]["slowness"]) for me in run.world.groups["server"].members for row in me.pools.values()}

    go(run, 19.0)
    assert slowness() == {3.0}
    go(run, 25.0)
    assert slowness() == {9.0}
    go(run)
    assert slowness() == {3.0}


# -- the way back
def test_a_rollback_ships_the_version_before_without_building() -> None:
    run = play(shipped("rolling", rollback_s=40.0))
    assert versions(run) == [1] * 4
    assert len(times_of(run, "deploy_builds")) == 1 and times_of(run, "deployed")[1] == pytest.approx(40.0 + 4 * STARTUP_S, abs=1.0)
    metrics = run.summary()["components"]["pipeline"]["metrics"]
    assert (metrics["version"], metrics["deployments"], metrics["rollbacks"]) == (1, 1, 1)
    assert run.summary()["errors"] == {}


def test_a_rollback_on_the_way_takes_back_what_is_shipped() -> None:
    run = play(shipped("rolling", rollback_s=SHIPS_S + STARTUP_S + 1.0))
    assert versions(run) == [1] * 4 and times_of(run, "deployed") == []
    assert time_of(run, "ships_back") < time_of(run, "rolled_back")
    assert run.summary()["components"]["pipeline"]["metrics"]["rollbacks"] == 1


def test_a_rollback_while_it_builds_ends_it() -> None:
    run = play(shipped("rolling", rollback_s=AT_S + 0.5))
    assert time_of(run, "deploy_cancelled") == AT_S + 0.5 and versions(run) == [1] * 4
    assert run.summary()["cost"]["components"]["pipeline"]["instances"] == pytest.approx(0.5 / 60.0 * 730.0 * 0.48, abs=1e-3)


def test_what_cannot_be_asked_for() -> None:
    run = Run(shipped("rolling"))
    run.advance()
    assert refused(run, "rollback") == "nothing_to_roll_back"
    go(run, SHIPS_S + 1.0)
    assert refused(run, "deploy") == "deploys_already"
    run.command({"action": "kill", "component": "pipeline"})
    assert refused(run, "rollback") == "dead_pipeline"
    run.command({"action": "restore", "component": "pipeline"})
    go(run)


def test_versions_count_on() -> None:
    run = Run(shipped("all_at_once", seconds=60.0))
    go(run, 20.0)
    ask(run, "deploy", quality="good")
    go(run, 35.0)
    assert versions(run) == [3] * 4
    ask(run, "rollback")
    go(run, 45.0)
    assert versions(run) == [2] * 4
    ask(run, "deploy", quality="good")
    go(run)
    assert versions(run) == [4] * 4, "a number is not used twice"


# -- what goes wrong meanwhile
def test_a_dead_pipeline_stands_still_and_goes_on() -> None:
    dies = kill("pipeline", SHIPS_S + 1.0, for_s=15.0)
    run = Run(shipped("rolling", faults=[dies]))
    go(run, SHIPS_S + 14.0)
    assert sorted(versions(run)) == [1, 1, 1, 2]
    go(run)
    assert versions(run) == [2] * 4
    assert_conserved(run)


def test_an_instance_that_dies_while_it_starts_has_the_new_version_when_it_is_back() -> None:
    dies = {**kill("server", SHIPS_S + 1.0, for_s=30.0), "arguments": {"mode": "process", "instance": 1}}
    run = Run(shipped("rolling", faults=[dies]))
    go(run, 30.0)
    assert [(me.state, me.version) for me in run.world.groups["server"].members] == [("down", 2), ("up", 2), ("up", 2), ("up", 2)]
    go(run)
    assert versions(run) == [2] * 4
    assert_conserved(run)


def test_the_dead_get_the_new_version_too() -> None:
    dead = {**kill("server", 1.0, for_s=40.0), "arguments": {"mode": "process", "instance": 2}}
    run = Run(shipped("rolling", quality="bad", faults=[dead]))
    go(run)
    assert versions(run) == [2] * 4
    state = run.world.memory.state
    ratios = [float(state.nodes[me.node]["error_ratio"]) for me in run.world.groups["server"].members]
    assert ratios == pytest.approx([0.2] * 4)


def test_who_comes_later_has_the_new_version() -> None:
    run = Run(shipped("rolling"))
    go(run, 30.0)
    set_value(run, "server", "instances", 6)
    go(run)
    assert versions(run) == [2] * 6


def test_who_comes_in_between_is_not_forgotten() -> None:
    run = Run(shipped("rolling"))
    go(run, SHIPS_S + 1.0)
    set_value(run, "server", "instances", 6)
    go(run)
    assert versions(run) == [2] * 6


def test_an_autoscaler_waits_until_it_is_shipped() -> None:
    document = shipped("canary", observe_s=20.0, seconds=80.0)
    document["components"]["scaler"] = part("autoscaler", evaluation_s=2.0, minimum=4, maximum=8, target_utilisation=0.1)
    document["links"]["scaler-server"] = link("scaler", "server")
    document["components"]["clients"]["parameters"]["arrival_rate_per_s"] = 80.0
    document["scenarios"]["only"]["traffic"] = [{"at_s": at_s, "multiplier": m} for at_s, m in ((0.0, 1.0), (8.0, 1.0), (8.1, 4.0))]
    run = play(document)
    ships_s, deployed_s = time_of(run, "ships_canary"), time_of(run, "deployed")
    assert [t for t in times_of(run, "scaled_out_cpu") if ships_s < t < deployed_s] == []
    assert [t for t in times_of(run, "scaled_out_cpu") if t > deployed_s], "afterwards it does"
    assert set(versions(run)) == {2}


def without(document: Document, *parts: str) -> Document:
    left = {i: entry for i, entry in document["components"].items() if i not in parts}
    links = {i: e for i, e in document["links"].items() if not {e["from"], e["to"]} & set(parts)}
    scenarios = {"only": {**document["scenarios"]["only"], "faults": []}}
    return {**document, "components": left, "links": links, "scenarios": scenarios}


@pytest.mark.parametrize("strategy", ["rolling", "blue_green", "canary", "all_at_once"])
@pytest.mark.parametrize("at_s", [5.5, 7.5, 10.5, 16.0])
def test_a_pipeline_may_be_deleted_at_any_time(strategy: str, at_s: float) -> None:
    document = shipped(strategy, seconds=40.0)
    run = Run(document)
    go(run, at_s)
    run.command({"action": "design", "design": without(document, "pipeline")})
    go(run)
    group = run.world.groups["server"]
    assert not group.deploying and {me.stage for me in group.members} == {UP} and len(group.members) == 4
    assert_conserved(run)


def test_a_link_that_is_deleted_ends_a_deployment_half_way() -> None:
    document = shipped("rolling", drawn=True)
    run = Run(document)
    go(run, SHIPS_S + STARTUP_S + 2.0)
    changed = {**document, "links": {i: e for i, e in document["links"].items() if i != "pipeline-server_3"}}
    run.command({"action": "design", "design": changed})
    go(run)
    assert time_of(run, "deploy_abandoned") > SHIPS_S
    assert set(versions(run)) == {1, 2} and not any(group.deploying for group in run.world.groups.values())
    assert run.world.groups["pipeline"].first.memory["deployment"] is None


def test_a_server_may_be_deleted_while_it_is_shipped_to() -> None:
    document = shipped("rolling", drawn=True)
    run = Run(document)
    go(run, SHIPS_S + 1.0)
    run.command({"action": "design", "design": without(document, "server_0")})
    go(run)
    assert_conserved(run)


# -- frames and designs
def test_frames_show_who_has_which_version() -> None:
    run = Run(shipped("rolling", drawn=True))
    seen = {metric(frame, "share") for frame in frames(run)}
    assert {0.25, 0.5, 0.75, 1.0} <= {round(share, 2) for share in seen if share is not None}
    assert None in seen, "nothing is under way before and after"
    frame_of_one = run.summary()["components"]["server_0"]
    assert frame_of_one["instances"] == 1
    again = Run(shipped("rolling", drawn=True))
    last = go(again)[-1]
    assert last["components"]["server_0"]["instances"] == [
        {"number": 1, "state": "up", "utilisation": last["components"]["server_0"]["instances"][0]["utilisation"], "version": 2}
    ]


def test_it_does_the_same_again() -> None:
    one, two = (play(shipped("canary", quality="bad")).summary() for _ in range(2))
    assert {**one, "wall_s": 0} == {**two, "wall_s": 0}


def test_it_needs_something_to_ship_to() -> None:
    document = without(shipped(), "server")
    document["components"]["server"] = part("server")
    document["links"]["balancer-server"] = link("balancer", "server")
    assert ("controls_nothing", "pipeline") in {(problem.code, problem.component) for problem in check(document)}
    run = Run(document)
    run.advance()
    assert refused(run, "deploy") == "controls_nothing"


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    strategy=st.sampled_from(["all_at_once", "rolling", "blue_green", "canary"]), servers=st.integers(1, 5), drawn=st.booleans(),
    quality=st.sampled_from(["good", "bad"]), batch=st.integers(1, 3), rollback_s=st.sampled_from([None, 6.0, 9.0, 14.0, 19.0, 26.0]),
    server=st.fixed_dictionaries({
        "boot_s": st.sampled_from([0.0, 2.0]), "drain_s": st.sampled_from([0.0, 0.4, 5.0]), "service_ms": st.sampled_from([10.0, 300.0]),
        "cores": st.sampled_from([2, 32]),
    }),
    startup_s=st.sampled_from([0.0, 0.5, 3.0]), keep_s=st.sampled_from([0.0, 5.0, 100.0]),
    killed=st.lists(st.tuples(st.sampled_from([6.5, 7.2, 8.1, 11.0, 15.5]), st.sampled_from(["server", "pipeline"]), st.integers(1, 2)),
                    max_size=2),
    seed=st.integers(0, 2),
)  # fmt: skip
def test_whatever_happens_requests_are_conserved(
    strategy: str, servers: int, drawn: bool, quality: str, batch: int, rollback_s: float | None, server: Document, startup_s: float,
    keep_s: float, killed: list[tuple[float, str, int]], seed: int,
) -> None:  # fmt: skip
    dying = [
        {
            **kill(what if what == "pipeline" or not drawn else "server_0", at_s, for_s=4.0),
            "arguments": {"instance": 0 if drawn else number},
        }
        for at_s, what, number in killed
        if drawn or number <= servers
    ]
    document = shipped(
        strategy, servers, drawn, 40.0, quality, server, dying, rollback_s, batch=batch, startup_s=startup_s, keep_s=keep_s, observe_s=4.0
    )
    run = play(document, seed=seed)
    assert_conserved(run)
    assert run.limit is None
    everyone = [me for group in run.world.groups.values() if group.component.kind == "server" for me in group.members]
    kept = strategy == "blue_green" and keep_s == 100.0
    assert kept or len(everyone) == servers
    assert all(me.alive for me in everyone)
