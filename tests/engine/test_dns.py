"""DNS: whom it names, how long clients remember it, and how late a failover is because of that."""

from typing import Any

import numpy as np
import pytest

from sim_engine import Run
from tests.engine.support import Document, assert_conserved, design, go, inside, kill, link, part, play, set_value, time_of, times_of

QUICK_SERVER: Document = {"service_ms": 0.0, "response_kb": 0.0, "network_mbit_s": 0.0}
QUICK_CHECKS: Document = {
    "health_check_interval_s": 1.0,
    "unhealthy_threshold": 2,
    "healthy_threshold": 2,
    "health_check_timeout_ms": 500.0,
}
CONSTANT: Document = {"resolution_ms": 30.0, "resolution_distribution": "constant"}


def users(rate: float = 100.0, **parameters: Any) -> Document:
    return part("clients", **({"arrival_rate_per_s": rate, "retries": 0, "request_kb": 0.0, "timeout_ms": 1_000.0} | parameters))


def named(
    names: dict[str, Document], seconds: float = 10.0, clients: Document | None = None, faults: list[Document] | None = None, **dns: Any
) -> Document:
    """Users who ask a DNS for the servers of `names`, with the parameters of the link to each."""
    parts = {"clients": clients or users(), "dns": part("dns", **(QUICK_CHECKS | CONSTANT | dns))}
    parts |= {name: part("server", **QUICK_SERVER) for name in names}
    links = [link("clients", "dns"), *(link("dns", name, **parameters) for name, parameters in names.items())]
    return design(parts, links, seconds, faults)


TWO: dict[str, Document] = {"one": {}, "two": {}}


def arrived(run: Run, *components: str) -> list[int]:
    found = run.summary()["components"]
    return [found[name]["arrived"] for name in components]


def ticking(document: Document, tick_s: float = 0.5) -> Run:
    run = Run(document)
    run.command({"action": "tick", "tick_s": tick_s})
    return run


def errors(run: Run, until_s: float) -> dict[str, int]:
    """Causes of the requests that failed from now on."""
    found: dict[str, int] = {}
    for frame in go(run, until_s):
        for cause, count in frame["window"]["errors"].items():
            found[cause] = found.get(cause, 0) + count
    return found


# -- how busy it is
def test_a_dns_that_can_do_no_more_says_so() -> None:
    """Twenty queries a second of 30 ms each, by one at a time, are 60 %; fifty are more than it can do."""

    def shown(rate: float) -> dict[str, float]:
        found = play(named({"one": {}}, clients=users(rate), ttl_s=0.0, servers=1)).summary()["components"]["dns"]
        assert found["utilisation"] == found["metrics"]["utilisation"] and found["queue_mean"] == found["metrics"]["queue"]
        return {name: found[name] for name in ("utilisation", "queue_mean")}

    assert shown(20.0)["utilisation"] == pytest.approx(0.6, abs=0.08)
    assert shown(50.0)["utilisation"] > 0.95
    assert shown(50.0)["queue_mean"] > 10.0 > shown(20.0)["queue_mean"]


# -- remembering
def test_without_a_time_to_live_each_request_asks() -> None:
    run = play(named(TWO, ttl_s=0.0))
    summary = run.summary()
    assert arrived(run, "dns") == [summary["requests"]["arrived"]]
    assert summary["components"]["dns"]["metrics"]["remembered"] == pytest.approx(0.0, abs=0.01)
    assert summary["latency_ms"]["p50"] == pytest.approx(30.0 + 0.4, rel=0.01), "a resolution, and two messages each way"
    assert_conserved(run)


def test_each_resolver_asks_once_in_a_time_to_live() -> None:
    """200 requests a second at 10 resolvers: each asks as soon as its answer has expired."""
    run = play(named(TWO, 20.0, users(200.0, resolvers=10), ttl_s=5.0, resolution_ms=0.0))
    assert arrived(run, "dns")[0] == pytest.approx(10 * 20 / 5, abs=6)
    metrics = run.summary()["components"]["dns"]["metrics"]
    assert metrics["requests_per_s"] == pytest.approx(run.summary()["requests"]["arrived"] / 20.0, abs=0.1), "checks are no requests"
    assert metrics["remembered"] == pytest.approx(1.0 - arrived(run, "dns")[0] / run.summary()["requests"]["arrived"], abs=1e-3)
    assert run.summary()["latency_ms"]["p50"] == pytest.approx(0.2, rel=0.02)


def test_clients_at_one_resolver_share_its_answer() -> None:
    run = play(named(TWO, 5.0, users(100.0, resolvers=1), ttl_s=100.0, health_checks=False))
    counts = arrived(run, "one", "two")
    assert min(counts) == 0 and max(counts) > 300


# -- policies
def split(document: Document, *names: str) -> list[float]:
    """Shares of the requests, checks aside."""
    document["components"]["dns"]["parameters"]["health_checks"] = False
    run = play(document)
    counts = arrived(run, *names)
    assert_conserved(run)
    return [count / sum(counts) for count in counts]


def test_simple_names_all_alike() -> None:
    assert split(named(TWO, 20.0, policy="simple", ttl_s=0.0), "one", "two") == pytest.approx([0.5, 0.5], abs=0.04)


def test_weighted_names_by_the_links_weights() -> None:
    names: dict[str, Document] = {"one": {"weight": 3.0}, "two": {"weight": 1.0}, "none": {"weight": 0.0}}
    assert split(named(names, 20.0, policy="weighted_random", ttl_s=0.0), *names) == pytest.approx([0.75, 0.25, 0.0], abs=0.04)


def test_lowest_latency_counts_the_links_own() -> None:
    names: dict[str, Document] = {"one": {"latency_ms": 9.0}, "two": {"latency_ms": 3.0}}
    assert split(named(names, policy="latency"), *names) == [0.0, 1.0]


def test_failover_names_those_of_the_best_priority() -> None:
    names: dict[str, Document] = {"one": {"priority": 2}, "two": {"priority": 2}, "three": {"priority": 1}, "four": {"priority": 1}}
    shares = split(named(names, 20.0, policy="failover", ttl_s=0.0), *names)
    assert shares[:2] == [0.0, 0.0] and shares[2] == pytest.approx(0.5, abs=0.04)


def worldwide(policy: str, seconds: float = 10.0, faults: list[Document] | None = None, **dns: Any) -> Document:
    """A region with users and a server in Frankfurt and one in Virginia. The link to the near server is slower than the sea."""
    parts = {"dns": part("dns", **(QUICK_CHECKS | CONSTANT | {"policy": policy, "ttl_s": 2.0} | dns))}
    links = []
    for side, city in (("east", "frankfurt"), ("west", "virginia")):
        parts |= {
            side: part("region", location=city),
            f"users_{side}": inside(side, users(50.0, resolvers=20)),
            f"server_{side}": inside(side, part("server", **QUICK_SERVER)),
        }
        links += [link(f"users_{side}", "dns"), link("dns", f"server_{side}")]
    return design(parts, links, seconds, faults)


def latency_ms(run: Run, component: str) -> float:
    return float(run.summary()["components"][component]["latency_ms"]["p50"])


def test_geographic_answers_lead_to_the_own_region() -> None:
    run = play(worldwide("geographic"))
    assert latency_ms(run, "users_east") < 1.0 and latency_ms(run, "users_west") < 1.0
    anywhere = play(worldwide("simple"))
    assert anywhere.summary()["latency_ms"]["p95"] > 100.0
    metrics = run.summary()["components"]["east"]["metrics"]
    assert metrics["users_requests_per_s"] == pytest.approx(50.0, rel=0.2)
    checks_per_s = 1.0
    assert metrics["requests_in_per_s"] == pytest.approx(metrics["users_requests_per_s"] + checks_per_s, abs=1.0)
    assert_conserved(run)


def test_geographic_looks_at_the_map_and_latency_at_the_way() -> None:
    """The near server's link is slower than the way over the ocean."""
    for policy, near in (("geographic", True), ("latency", False)):
        document = worldwide(policy)
        document["links"]["dns-server_east"]["parameters"]["latency_ms"] = 200.0
        run = play(document)
        assert (latency_ms(run, "users_east") > 390.0) == near, policy


# -- a target dies
def test_a_dead_target_is_named_no_more_after_its_checks() -> None:
    run = ticking(named(TWO, 30.0, faults=[kill("one", 10.0, for_s=8.0)], ttl_s=0.0))
    assert errors(run, 10.0) == {}
    failing = errors(run, 13.0)
    assert failing.keys() == {"refused"} and failing["refused"] > 20
    out_s = time_of(run, "target_unnamed")
    assert 11.0 < out_s <= 12.1, "the second failed check, a second after the first"
    assert errors(run, 30.0) == {}
    assert 19.0 < time_of(run, "target_named") <= 20.1
    assert_conserved(run)


@pytest.mark.parametrize("mode", ["process", "machine"])
def test_when_nobody_is_healthy_everybody_is_named(mode: str) -> None:
    faults = [kill("one", 5.0, mode), kill("two", 5.0, mode, 15.0)]
    run = ticking(named(TWO, 30.0, faults=faults, ttl_s=0.0))
    go(run, 15.0)
    assert run.summary()["components"]["dns"]["metrics"]["targets_in_rotation"] == 2.0
    assert errors(run, 18.0).keys() == ({"refused"} if mode == "process" else {"timeout"})
    go(run, 24.0)  # one that lives is found again, and named alone
    assert errors(run, 29.0) == {}
    assert_conserved(run)


def test_without_checks_the_dead_are_named_for_ever() -> None:
    run = ticking(named(TWO, 20.0, faults=[kill("one", 5.0)], ttl_s=0.0, health_checks=False))
    go(run, 15.0)
    assert errors(run, 20.0)["refused"] == pytest.approx(250, rel=0.25)
    assert times_of(run, "target_unnamed") == []


def test_failover_goes_to_the_next_priority_and_comes_back() -> None:
    names: dict[str, Document] = {"one": {"priority": 1}, "two": {"priority": 2}}
    document = named(names, 30.0, faults=[kill("one", 5.0, for_s=10.0)], ttl_s=0.0, policy="failover")
    run = ticking(document)
    go(run, 5.0)
    before = arrived(run, "two")[0]
    assert before <= 6, "checks only"
    go(run, 14.0)
    assert arrived(run, "two")[0] > 500
    go(run, 19.0)
    during = arrived(run, "two")[0]
    go(run, 30.0)
    assert arrived(run, "two")[0] - during < 15
    assert_conserved(run)


# -- how late a failover is
TTL_S, RATE_PER_S, RESOLVERS = 4.0, 100.0, 400


def remembered_at_failover() -> tuple[Run, float]:
    """Resolvers that ask a quarter of a request a second each, so that their answers have expired at moments of their own."""
    names: dict[str, Document] = {"one": {"priority": 1}, "two": {"priority": 2}}
    clients = users(RATE_PER_S, resolvers=RESOLVERS, client_addresses=100_000)
    faults = [kill("one", 60.0)]
    run = ticking(named(names, 90.0, clients, faults, ttl_s=TTL_S, policy="failover", resolution_ms=0.0), 0.1)
    while not times_of(run, "target_unnamed"):
        run.advance()
    return run, time_of(run, "target_unnamed")


def test_a_failover_takes_detection_and_what_is_left_of_the_time_to_live() -> None:
    """A resolver has an answer for T out of T + 1/r seconds; what is left of its life then is uniform from 0 to T."""
    run, noticed_s = remembered_at_failover()
    me, dns = run.world.instances["clients"], run.world.instances["dns"]
    dead = dns.members[dns.routes["targets", None], run.world.link_row("dns-one"), run.world.instances["one"].node]
    answers = run.world.memory.state.answers[me.resolver : me.resolver + RESOLVERS]
    left_s = answers["expires_s"][answers["member"] == dead] - run.t
    still = left_s[left_s > 0.0]
    longest_s = TTL_S - (run.t - noticed_s)
    share = longest_s / (TTL_S + RESOLVERS / RATE_PER_S)
    assert len(still) / RESOLVERS == pytest.approx(share, abs=4.0 * np.sqrt(share * (1.0 - share) / RESOLVERS))
    assert still.mean() == pytest.approx(longest_s / 2.0, abs=4.0 * longest_s / np.sqrt(12.0 * len(still)))
    assert still.max() <= longest_s
    late = errors(run, run.t + longest_s + 0.1)["refused"]
    expected = RATE_PER_S * share * longest_s / 2.0
    assert late == pytest.approx(expected, abs=5.0 * np.sqrt(expected))
    assert errors(run, 90.0) == {}, "nobody remembers it any longer than that"
    assert_conserved(run)


# -- the DNS itself dies
def test_remembered_answers_work_until_they_expire_and_then_nothing_does() -> None:
    clients = users(100.0, resolvers=5)
    run = ticking(named(TWO, 40.0, clients, [kill("dns", 10.0, for_s=20.0)], ttl_s=8.0, resolution_ms=0.0))
    assert errors(run, 10.0) == {}
    first = errors(run, 16.5)
    assert sum(first.values()) < 50, "most answers are good until 16 s: they were renewed at about 8 s"
    go(run, 20.0)
    assert errors(run, 30.0) == {"unresolved": pytest.approx(1000, rel=0.1)}
    go(run, 30.5)
    assert errors(run, 40.0) == {}
    assert_conserved(run)


def test_a_dns_that_answers_with_errors_resolves_nothing() -> None:
    fault = {"at_s": 2.0, "component": "dns", "action": "errors", "arguments": {"ratio": 1.0}, "for_s": 5.0}
    run = ticking(named(TWO, 10.0, faults=[fault], ttl_s=0.0))
    assert errors(run, 2.0) == {}
    assert errors(run, 6.5).keys() == {"unresolved"}
    go(run, 7.5)
    assert errors(run, 10.0) == {}


# -- changes under traffic
def test_policy_priority_weight_and_checks_change_under_traffic() -> None:
    names: dict[str, Document] = {"one": {}, "two": {"priority": 2}}
    document = named(names, 30.0, ttl_s=0.0, policy="simple", health_checks=False)
    run = ticking(document)

    def to_two(until_s: float) -> float:
        before = arrived(run, "one", "two")
        go(run, until_s)
        one, two = (now - then for now, then in zip(arrived(run, "one", "two"), before, strict=True))
        return two / (one + two)

    assert to_two(5.0) == pytest.approx(0.5, abs=0.08)
    set_value(run, "dns", "policy", "failover")
    assert to_two(10.0) == pytest.approx(0.0, abs=0.01)
    run.command({"action": "set", "link": "dns-one", "parameter": "priority", "value": 3})
    assert to_two(15.0) == pytest.approx(1.0, abs=0.01)
    set_value(run, "dns", "policy", "weighted_random")
    run.command({"action": "set", "link": "dns-two", "parameter": "weight", "value": 0.25})
    assert to_two(20.0) == pytest.approx(0.2, abs=0.06)
    go(run)
    assert_conserved(run)


def test_checks_begin_and_end_under_traffic() -> None:
    run = ticking(named(TWO, 30.0, faults=[kill("one", 2.0)], ttl_s=0.0, health_checks=False))
    go(run, 5.0)
    set_value(run, "dns", "health_checks", True)
    go(run, 8.0)
    assert errors(run, 10.0) == {} and len(times_of(run, "target_unnamed")) == 1
    set_value(run, "dns", "health_checks", False)
    assert errors(run, 15.0)["refused"] > 150
    set_value(run, "dns", "health_checks", True)
    go(run, 18.0)
    assert errors(run, 30.0) == {} and len(times_of(run, "target_unnamed")) == 2


def test_a_target_that_is_deleted_is_forgotten() -> None:
    document = named(TWO, 20.0, users(100.0, resolvers=20), ttl_s=3.0)
    run = ticking(document)
    go(run, 5.0)
    del document["components"]["one"]
    del document["links"]["dns-one"]
    run.command({"action": "design", "design": document})
    failing = errors(run, 8.5)
    assert set(failing) <= {"removed", "refused"} and sum(failing.values()) > 50
    assert errors(run, 20.0) == {}
    assert_conserved(run)


# -- a whole region
def test_a_lost_region_is_taken_over_by_the_other() -> None:
    faults = [kill("east", 10.0, "machine", 20.0)]
    run = ticking(worldwide("geographic", 45.0, faults))
    go(run, 10.0)
    assert latency_ms(run, "users_east") < 1.0
    go(run, 16.0)  # two checks, their timeout, two seconds of remembering
    taken = go(run, 30.0)
    assert sum(frame["window"]["failed"] for frame in taken) == 0
    east_ms = taken[-1]["window"]["latency_ms"]["p95"]
    assert east_ms > 100.0, "they are served from across the ocean"
    go(run, 36.0)
    back = go(run, 45.0)
    assert sum(frame["window"]["failed"] for frame in back) == 0
    assert back[-1]["window"]["latency_ms"]["p95"] < 50.0
    assert_conserved(run)


def test_the_same_seed_gives_the_same_frames() -> None:
    document = worldwide("geographic", 12.0, [kill("east", 4.0, for_s=4.0)])
    first, second = (go(Run(document, seed=5)) for _ in range(2))
    assert first == second


def test_a_longer_time_to_live_changes_no_clients_luck() -> None:
    short, long = (play(named(TWO, ttl_s=ttl_s)).summary()["requests"]["arrived"] for ttl_s in (1.0, 100.0))
    assert short == long


def test_traffic_out_is_billed_behind_a_dns() -> None:
    document = named(TWO, ttl_s=100.0)
    for name in TWO:
        document["components"][name]["parameters"] |= {"response_kb": 100.0}
    run = play(document)
    cost = run.summary()["cost"]["components"]
    sent = [arrived(run, name)[0] - 10 for name in TWO]
    for name, count in zip(TWO, sent, strict=True):
        assert cost[name]["traffic"] == pytest.approx(count * 100.0 / 1e6 * 0.09 * 730 * 3600 / 10.0, rel=0.03)
    assert cost["dns"]["requests"] == pytest.approx(arrived(run, "dns")[0] * 0.4 / 1e6 * 730 * 3600 / 10.0, rel=1e-3)
