"""The load balancer: policies, sticky sessions, slow start, draining, two ways to notice a bad target, and its own death."""

from collections import Counter
from typing import Any

import pytest

from sim_engine import Run
from sim_engine.experiments.drawing import shop
from tests.engine.support import Document, assert_conserved, design, go, kill, link, part, play, set_value, time_of, times_of

QUIET: Document = {"retries": 0, "keys": 100}
NO_CHECKS: Document = {"health_check_interval_s": 3_600.0}


def balanced(
    targets: dict[str, Document],
    rate: float = 200.0,
    duration_s: float = 20.0,
    faults: list[Document] | None = None,
    clients: Document | None = None,
    rules: dict[str, Document] | None = None,
    **balancer: Any,
) -> Document:
    """targets: parameters of the servers. rules: of the links to them."""
    servers = {name: part("server", **({"service_ms": 2.0, "workers": 1_000} | parameters)) for name, parameters in targets.items()}
    calling = part("clients", arrival_rate_per_s=rate, **(QUIET | (clients or {})))
    parts = {"clients": calling, "balancer": part("load_balancer", **(NO_CHECKS | balancer)), **servers}
    links = [link("clients", "balancer"), *(link("balancer", name, **(rules or {}).get(name, {})) for name in targets)]
    return design(parts, links, duration_s, faults)


def equal(count: int, **server: Any) -> dict[str, Document]:
    return {f"server_{number:03}": server for number in range(count)}


def done(summary: dict[str, Any], *names: str) -> list[int]:
    return [summary["components"][name]["done"] for name in names]


def window_done(frames: list[dict[str, Any]], name: str, from_s: float, to_s: float) -> int:
    return sum(frame["components"][name]["done"] for frame in frames if from_s < frame["t"] <= to_s)


# -- policies
def test_weights_are_kept_exactly() -> None:
    document = balanced(equal(3), policy="weighted", rules={"server_000": {"weight": 5.0}, "server_001": {"weight": 2.0}})
    summary = play(document).summary()
    total = summary["requests"]["done"]
    assert done(summary, *equal(3)) == pytest.approx([total * share / 8.0 for share in (5.0, 2.0, 1.0)], abs=4)


def test_weights_change_under_traffic() -> None:
    run = Run(balanced(equal(2), policy="weighted"))
    go(run, 10.0)
    run.command({"action": "set", "link": "balancer-server_000", "parameter": "weight", "value": 3.0})
    made = go(run)
    one, other = (sum(frame["components"][name]["done"] for frame in made) for name in equal(2))
    assert one == pytest.approx(3 * other, rel=0.02)


def test_a_target_with_weight_zero_gets_nothing() -> None:
    summary = play(balanced(equal(2), policy="weighted", rules={"server_000": {"weight": 0.0}})).summary()
    assert summary["components"]["server_000"]["arrived"] == 0


@pytest.mark.parametrize("policy", ["least_response_time", "least_connections"])
def test_the_quick_one_gets_more(policy: str) -> None:
    targets: dict[str, Document] = {"quick": {"service_ms": 2.0, "cores": 1}, "slow": {"service_ms": 40.0, "cores": 64}}
    quick, slow = done(play(balanced(targets, policy=policy)).summary(), "quick", "slow")
    assert quick > 3 * slow > 0


def test_response_time_sees_what_connections_do_not() -> None:
    """At so little traffic nobody has two requests at a time: connections cannot tell the targets apart, response times can."""
    targets: dict[str, Document] = {"quick": {"service_ms": 2.0}, "slow": {"service_ms": 20.0}}

    def share_of_the_slow(policy: str) -> float:
        quick, slow = done(play(balanced(targets, 10.0, 60.0, policy=policy)).summary(), "quick", "slow")
        return slow / (quick + slow)

    assert share_of_the_slow("least_response_time") < 0.1
    assert share_of_the_slow("least_connections") > 0.35


def test_more_choices_are_better() -> None:
    def mean_ms(policy: str, choices: int) -> float:
        document = balanced(equal(20, cores=1, service_ms=10.0), 1_800.0, 30.0, policy=policy, choices=choices)
        return float(play(document).summary()["latency_ms"]["mean"])

    random, two, three, ten = mean_ms("random", 2), mean_ms("power_of_two", 2), mean_ms("power_of_two", 3), mean_ms("power_of_two", 10)
    assert random > 2.0 * two and two > three > ten


# -- hashing: who asks, or what is asked for
def targets_by_address(document: Document, seed: int = 1, port: str = "targets") -> dict[int, str]:
    """With sticky sessions the balancer's own table says where each address went."""
    run = play(document, seed)
    assert_conserved(run)
    state = run.world.memory.state
    route = state.routes[run.world.instances["balancer"].routes[port, None]]
    cells = state.sticky[int(route["sticky"]) : int(route["sticky"]) + int(route["sticky_cells"])]
    return {address: run.world.who_is(int(member)).id for address, member in enumerate(cells) if member >= 0}


def moved(policy: str, before: int, after: int) -> float:
    """Share of the addresses that go elsewhere when a target is added."""
    load: Document = {"rate": 4_000.0, "duration_s": 5.0, "clients": {"client_addresses": 20_000, "keys": 10}}
    one, other = (
        targets_by_address(balanced(equal(count, service_ms=0.1, cores=100), policy=policy, sticky=True, **load))
        for count in (before, after)
    )
    both = one.keys() & other.keys()
    assert len(both) > 10_000
    return sum(one[address] != other[address] for address in both) / len(both)


@pytest.mark.parametrize("targets", [4, 10])
def test_consistent_hashing_moves_as_few_as_it_must(targets: int) -> None:
    assert moved("consistent_hash", targets, targets + 1) == pytest.approx(1.0 / (targets + 1), abs=0.035)


def test_hashing_modulo_moves_almost_all() -> None:
    assert moved("ip_hash", 4, 5) == pytest.approx(0.8, abs=0.02)


@pytest.mark.parametrize("policy", ["ip_hash", "consistent_hash"])
def test_a_hash_keeps_a_client_at_its_target(policy: str) -> None:
    document = balanced(equal(4), policy=policy, clients={"client_addresses": 1})
    served = [count for count in done(play(document).summary(), *equal(4)) if count]
    assert len(served) == 1


def test_consistent_hashing_spreads_addresses() -> None:
    counts = done(play(balanced(equal(4), 1_000.0, policy="consistent_hash")).summary(), *equal(4))
    assert min(counts) > 0.5 * max(counts)


def test_hashing_by_key_sends_one_thing_to_one_target() -> None:
    one_key: Document = {"client_addresses": 10_000, "keys": 1}
    by_key = done(play(balanced(equal(4), policy="consistent_hash", hash_key=True, clients=one_key)).summary(), *equal(4))
    by_address = done(play(balanced(equal(4), policy="consistent_hash", clients=one_key)).summary(), *equal(4))
    assert sorted(by_key)[:3] == [0, 0, 0]
    assert min(by_address) > 0
    # what is hidden counts for nothing
    other = done(play(balanced(equal(4), policy="ip_hash", hash_key=True, clients=one_key)).summary(), *equal(4))
    assert min(other) > 0


def test_the_policy_changes_under_traffic() -> None:
    run = Run(balanced(equal(4), policy="round_robin", hash_key=True, clients={"keys": 1}))
    go(run, 5.0)
    set_value(run, "balancer", "policy", "consistent_hash")
    made = go(run)[1:]
    counts = [sum(frame["components"][name]["arrived"] for frame in made) for name in equal(4)]
    assert sorted(counts)[:3] == [0, 0, 0]


# -- sticky sessions
def test_a_client_sticks_to_its_target_and_finds_another_when_that_dies() -> None:
    faults = [kill("server_000", 8.0, for_s=4.0)]
    checks: Document = {"health_check_interval_s": 0.5, "unhealthy_threshold": 2, "healthy_threshold": 1}
    document = balanced(equal(3), 50.0, 20.0, faults, {"client_addresses": 1}, sticky=True, **checks)
    run = Run(document)
    run.command({"action": "tick", "tick_s": 0.5})
    made = go(run)
    before = {name: window_done(made, name, 0.0, 8.0) for name in equal(3)}
    served = max(before, key=lambda name: before[name])
    # each server answers a few checks besides
    assert sum(before[name] for name in before if name != served) < 40 < 350 < before[served]
    assert served == "server_000"
    after = {name: window_done(made, name, 10.0, 20.0) for name in equal(3)}
    heir = max(after, key=lambda name: after[name])
    assert heir != "server_000" and after[heir] > 400  # and it stays there when the first is back
    assert after["server_000"] < 40


def test_sticky_sessions_are_uneven() -> None:
    """Ten clients on four targets: some target has at least three, another at most two."""
    few: Document = {"client_addresses": 10}
    sticky = done(play(balanced(equal(4), sticky=True, policy="random", clients=few)).summary(), *equal(4))
    free = done(play(balanced(equal(4), policy="random", clients=few)).summary(), *equal(4))
    assert max(sticky) / sum(sticky) > max(free) / sum(free) + 0.03


# -- slow start
def test_a_target_that_comes_back_gets_its_part_little_by_little() -> None:
    checks: Document = {"health_check_interval_s": 0.5, "unhealthy_threshold": 1, "healthy_threshold": 1, "health_check_timeout_ms": 200.0}
    faults = [kill("server_000", 2.0, for_s=3.0)]

    def parts(slow_start_s: float) -> list[float]:
        run = Run(balanced(equal(2), 400.0, 20.0, faults, slow_start_s=slow_start_s, policy="random", **checks))
        run.command({"action": "tick", "tick_s": 0.5})
        made = go(run)
        back_s = time_of(run, "target_back")
        counts = [
            [window_done(made, name, back_s + since, back_s + since + 2.0) for name in ("server_000", "server_001")]
            for since in (0.5, 4.5, 10.5)
        ]
        return [count[0] / sum(count) for count in counts]

    at_once, slowly = parts(0.0), parts(8.0)
    assert at_once == pytest.approx([0.5, 0.5, 0.5], abs=0.06)
    assert slowly[0] < 0.25 and slowly[0] < slowly[1] < slowly[2]
    assert slowly[2] == pytest.approx(0.5, abs=0.06)


# -- draining
def test_what_is_taken_out_finishes_what_it_has() -> None:
    """A server that is too slow for its checks is taken out; nothing of what it has fails."""
    targets: dict[str, Document] = {"good": {"service_ms": 5.0}, "busy": {"service_ms": 1_500.0, "cores": 1}}
    checks: Document = {"health_check_interval_s": 0.5, "health_check_timeout_ms": 100.0, "unhealthy_threshold": 2}
    document = balanced(targets, 4.0, 30.0, None, {"timeout_ms": 100_000.0}, {"busy": {"timeout_ms": 100_000.0}}, **checks)
    document["links"]["clients-balancer"]["parameters"]["timeout_ms"] = 100_000.0
    run = Run(document)
    run.command({"action": "tick", "tick_s": 0.1})
    made = go(run)
    out_s = times_of(run, "target_out")[0]
    held = next(frame["components"]["busy"]["in_flight"] for frame in made if frame["t"] > out_s)
    assert held >= 1
    assert window_done(made, "busy", out_s, 30.0) >= held
    assert run.summary()["requests"]["failed"] == 0


def test_an_instance_that_goes_is_drained() -> None:
    slow: Document = {"service_ms": 500.0, "service_distribution": "constant", "cores": 64, "instances": 2, "drain_s": 30.0}
    document = balanced({"server": slow}, 40.0)
    run = Run(document)
    go(run, 5.0)
    set_value(run, "server", "instances", 1)
    go(run)
    assert run.summary()["requests"]["failed"] == 0
    assert time_of(run, "instance_removed") > 5.2


# -- targets that fail requests
def ejecting(faults: list[Document], targets: int = 3, **balancer: Any) -> Run:
    run = Run(balanced(equal(targets), 100.0, 30.0, faults, **({"ejects_after": 5, "ejection_s": 6.0} | balancer)))
    run.command({"action": "tick", "tick_s": 0.5})
    return run


def errors(component: str, at_s: float, for_s: float, ratio: float = 1.0) -> Document:
    return {"at_s": at_s, "action": "errors", "component": component, "for_s": for_s, "arguments": {"ratio": ratio}}


def test_a_target_whose_requests_fail_is_ejected_for_a_while() -> None:
    run = ejecting([errors("server_000", 5.0, 10.0)])
    made = go(run)
    out, back = times_of(run, "target_ejected"), times_of(run, "target_readmitted")
    assert 5.0 < out[0] < 5.5  # five of its 33 requests a second
    assert back[0] == pytest.approx(out[0] + 6.0)
    assert window_done(made, "server_000", out[0] + 0.5, back[0] - 0.5) == 0
    assert len(out) == 2 and back[-1] == pytest.approx(out[1] + 6.0)  # it is no better the first time
    failed = sum(frame["window"]["failed"] for frame in made)
    assert failed <= 10 + 2
    assert window_done(made, "server_000", 20.0, 30.0) > 250
    assert_conserved(run)


def test_health_checks_do_not_see_those_errors() -> None:
    run = ejecting([errors("server_000", 5.0, 10.0)], ejects_after=0, health_check_interval_s=0.5)
    made = go(run)
    assert times_of(run, "target_out") == []
    assert sum(frame["window"]["failed"] for frame in made) == pytest.approx(333, rel=0.15)


def test_some_errors_in_between_do_not_eject() -> None:
    run = ejecting([errors("server_000", 5.0, 20.0, 0.2)], ejects_after=10)
    go(run)
    assert times_of(run, "target_ejected") == []


def test_the_last_target_is_not_ejected() -> None:
    run = ejecting([errors(name, 5.0, 20.0) for name in equal(3)])
    made = go(run)
    rotation = min(frame["components"]["balancer"]["metrics"]["targets_in_rotation"] for frame in made)
    assert rotation == 1.0
    assert "no_target" not in run.summary()["errors"]


def test_the_ejection_ends_while_the_checks_still_fail() -> None:
    checks: Document = {"health_check_interval_s": 1.0, "unhealthy_threshold": 2, "healthy_threshold": 2}
    run = ejecting([kill("server_000", 5.0, for_s=15.0)], **checks)
    made = go(run)
    ejected, out, readmitted, back = (time_of(run, kind) for kind in ("target_ejected", "target_out", "target_readmitted", "target_back"))
    assert 5.0 < ejected < out < readmitted < 20.0 < back
    assert window_done(made, "server_000", readmitted, 20.0) == 0
    assert sum(frame["window"]["failed"] for frame in made) <= 6


def test_an_ejection_outlasts_a_new_link() -> None:
    run = ejecting([errors("server_000", 5.0, 1.0)])
    go(run, 7.0)
    ejected = time_of(run, "target_ejected")
    more = balanced(equal(4), 100.0, 30.0, [errors("server_000", 5.0, 1.0)], ejects_after=5, ejection_s=6.0)
    run.command({"action": "design", "design": more})
    go(run)
    assert time_of(run, "target_readmitted") == pytest.approx(ejected + 6.0)


# -- its own death
def pair_of_balancers(instances: int, faults: list[Document], **balancer: Any) -> Run:
    document = balanced(equal(2), 100.0, 20.0, faults, instances=instances, **({"takeover_s": 3.0} | balancer))
    run = Run(document)
    run.command({"action": "tick", "tick_s": 0.5})
    return run


def kill_one(at_s: float, for_s: float | None = None, mode: str = "process", number: int = 1) -> Document:
    return {"at_s": at_s, "action": "kill", "component": "balancer", "for_s": for_s, "arguments": {"mode": mode, "instance": number}}


def failed_between(frames: list[dict[str, Any]], from_s: float, to_s: float) -> int:
    return sum(frame["window"]["failed"] for frame in frames if from_s < frame["t"] <= to_s)


def test_one_balancer_is_a_single_point_of_failure() -> None:
    run = pair_of_balancers(1, [kill_one(5.0, 10.0)])
    made = go(run)
    assert failed_between(made, 5.0, 15.0) == pytest.approx(1_000, rel=0.1)
    assert times_of(run, "address_taken") == []


def test_of_a_pair_the_survivor_takes_over_the_address() -> None:
    run = pair_of_balancers(2, [kill_one(5.0, 10.0)])
    made = go(run)
    assert time_of(run, "address_taken") == pytest.approx(8.0)
    assert failed_between(made, 5.0, 8.0) == pytest.approx(150, rel=0.25)  # half of the clients, for three seconds
    assert failed_between(made, 8.5, 20.0) == 0
    last = made[-1]["components"]["balancer"]["instances"]
    assert [instance["state"] for instance in last] == ["up", "up"]
    assert_conserved(run)


def test_a_restored_balancer_gets_its_address_back() -> None:
    run = pair_of_balancers(2, [kill_one(5.0, 10.0)], takeover_s=1.0)
    arrived: Counter[str] = Counter()
    state = run.world.memory.state
    go(run, 14.9)
    nodes = {name: run.world.instances[name].node for name in ("balancer", "balancer#2")}
    before = {name: int(state.nodes[node]["arrived"]) for name, node in nodes.items()}
    go(run)
    state = run.world.memory.state
    for name, node in nodes.items():
        arrived[name] = int(state.nodes[node]["arrived"]) - before[name]
    assert min(arrived.values()) > 0.35 * sum(arrived.values())


def test_a_lost_machine_is_silent_until_somebody_takes_over() -> None:
    run = pair_of_balancers(2, [kill_one(5.0, None, "machine")])
    made = go(run)
    assert failed_between(made, 9.0, 12.5) > 0  # they waited for their timeout of 3 s
    assert failed_between(made, 12.5, 20.0) == 0


def test_when_all_are_dead_the_first_to_come_back_takes_over() -> None:
    run = pair_of_balancers(2, [kill_one(5.0, None, number=1), kill_one(6.0, 5.0, number=2)])
    made = go(run)
    assert time_of(run, "address_taken") == pytest.approx(11.1, abs=0.11)
    assert failed_between(made, 6.5, 11.0) == pytest.approx(450, rel=0.15)
    assert failed_between(made, 12.0, 20.0) == 0


def test_death_within_a_takeover_begins_it_anew() -> None:
    run = pair_of_balancers(2, [kill_one(5.0, 1.0), kill_one(7.0, 10.0)])
    go(run)
    assert time_of(run, "address_taken") == pytest.approx(10.0)


def test_its_summary_says_what_it_is() -> None:
    from sim_engine.components.load_balancer import LoadBalancer

    assert "public address" in LoadBalancer.summary and "private" in LoadBalancer.summary


def test_all_policies_conserve_with_everything_on() -> None:
    policies = [choice.value for choice in Run(shop()).world.instances["balancer"].component.parameter("policy").choices]
    assert len(policies) == 8
    for policy in policies:
        faults = [kill("server_000", 2.0, for_s=2.0), errors("server_001", 1.0, 4.0, 0.9), kill_one(4.0, 2.0, "machine")]
        settings: Document = {"policy": policy, "sticky": True, "slow_start_s": 2.0, "ejects_after": 3, "ejection_s": 1.0, "instances": 2}
        checks: Document = {"health_check_interval_s": 0.3, "health_check_timeout_ms": 100.0, "unhealthy_threshold": 2, "takeover_s": 0.5}
        run = play(balanced(equal(3), 150.0, 8.0, faults, **settings, **checks))
        assert_conserved(run)
        assert run.summary()["requests"]["done"] > 700, policy
