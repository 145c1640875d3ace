"""API gateway: routing by class, one or all of several services, authentication, rate limits, health checks."""

from typing import Any

import pytest

from sim_engine import Run
from sim_engine.design.rules import wiring_rules
from sim_engine.kernel import layout
from tests.engine.support import Document, assert_conserved, design, go, kill, link, part, play, set_value, times_of

INSTANT = {"latency_ms": 0.0, "bandwidth_mbit_s": 0.0}
SERVER: Document = {
    "cores": 1000, "workers": 10_000, "service_ms": 10.0, "service_distribution": "constant", "network_mbit_s": 0.0, "memory_mb": 1e6,
    "serves_static": False,
}  # fmt: skip
FREE = {"processing_ms": 0.0, "auth_ms": 0.0}
NAMES = ("one", "two", "three")


def gateway(
    rules: dict[str, Document] | None = None, faults: list[Document] | None = None, servers: dict[str, Document] | None = None,
    clients: Document | None = None, duration_s: float = 20.0, **settings: Any,
) -> Document:  # fmt: skip
    """Clients, a gateway that costs nothing, and three servers. rules: parameters of the links to them."""
    rules = rules if rules is not None else {name: {} for name in NAMES}
    equal = {f"{name}_cost": 1.0 for name in ("static", "upload", "expensive", "background")}
    parts = {
        "clients": part("clients", **({"arrival_rate_per_s": 200.0, "retries": 0} | equal | (clients or {}))),
        "gateway": part("api_gateway", **(FREE | settings)),
        **{name: part("server", **(SERVER | (servers or {}).get(name, {}))) for name in rules},
    }
    links = [link("clients", "gateway", **INSTANT), *(link("gateway", name, **(INSTANT | rule)) for name, rule in rules.items())]
    return design(parts, links, duration_s, faults)


def done(summary: Document, *names: str) -> list[int]:
    """Requests done by servers, health checks taken off."""
    return [summary["components"][name]["arrived"] for name in names or NAMES]


UNCHECKED = {"health_check_interval_s": 3_600.0}


def summary_of(**more: Any) -> Document:
    run = play(gateway(**(UNCHECKED | more)))
    assert_conserved(run)
    return run.summary()


# -- to one of them
def test_equal_services_are_called_in_turn() -> None:
    counts = done(summary_of())
    assert max(counts) - min(counts) <= 1 and sum(counts) > 3_900


def test_by_weight_where_links_have_weights() -> None:
    one, two, three = done(summary_of(rules={"one": {"weight": 6.0}, "two": {"weight": 3.0}, "three": {"weight": 1.0}}))
    total = one + two + three
    assert [one / total, two / total, three / total] == pytest.approx([0.6, 0.3, 0.1], abs=0.002)


def test_classes_go_where_links_take_them() -> None:
    rules: dict[str, Document] = {
        "one": {"classes": ["read", "expensive"]},
        "two": {"classes": ["write"]},
        "three": {"classes": ["static"]},
    }
    summary = summary_of(rules=rules, clients={"static_share": 0.2, "expensive_share": 0.1, "upload_share": 0.1})
    found = summary["classes"]
    assert done(summary) == [
        found["read"]["arrived"] + found["expensive"]["arrived"],
        found["write"]["arrived"],
        found["static"]["arrived"],
    ]
    assert summary["errors"] == {"no_route": found["upload"]["arrived"]}  # nobody takes those


def test_the_first_by_priority_takes_its_share_and_the_last_what_is_left() -> None:
    one, two, three = done(
        summary_of(rules={"one": {"priority": 1, "share": 0.1}, "two": {"priority": 2, "share": 0.5}, "three": {"priority": 3}})
    )
    total = one + two + three
    assert [one / total, two / total, three / total] == pytest.approx([0.1, 0.45, 0.45], abs=0.02)


def test_the_last_takes_all_whatever_its_share() -> None:
    one, two, three = done(
        summary_of(rules={"one": {"priority": 1, "share": 0.9}, "two": {"priority": 2, "share": 0.1}, "three": {"classes": []}})
    )
    assert three == 0 and one / (one + two) == pytest.approx(0.9, abs=0.02)


def test_a_rule_changes_under_traffic() -> None:
    run = Run(gateway({"one": {"priority": 1}, "two": {"priority": 2}}, **UNCHECKED))
    go(run, 10.0)
    assert done(run.summary(), "two") == [0]
    run.command({"action": "set", "link": "gateway-one", "parameter": "priority", "value": 3})
    go(run, 11.0)
    before = done(run.summary(), "one", "two")
    assert before[1] > 100
    go(run)
    after = done(run.summary(), "one", "two")
    assert after[0] == before[0] and after[1] > before[1] + 1000


def test_its_failure_is_that_of_the_service() -> None:
    summary = summary_of(rules={"one": {}}, faults=[kill("one", 0.0)])
    assert set(summary["errors"]) == {"refused"} and summary["requests"]["done"] == 0


# -- to all of them
def test_all_at_once_take_as_long_as_the_slowest() -> None:
    servers = {"one": {"service_ms": 5.0}, "two": {"service_ms": 30.0}}
    summary = summary_of(servers=servers, several="parallel")
    assert summary["latency_ms"]["mean"] == pytest.approx(30.0)
    arrived = summary["components"]["gateway"]["arrived"]
    assert done(summary) == [arrived] * 3


def test_one_after_the_other_takes_the_sum() -> None:
    servers = {"one": {"service_ms": 5.0}, "two": {"service_ms": 30.0}}
    assert summary_of(servers=servers, several="sequential")["latency_ms"]["mean"] == pytest.approx(45.0)


def test_in_turn_stops_at_the_first_failure_and_at_once_does_not() -> None:
    faults = [kill("two", 0.0)]
    rules: dict[str, Document] = {"one": {"priority": 1}, "two": {"priority": 2}, "three": {"priority": 3}}
    in_turn = summary_of(several="sequential", faults=faults, rules=rules)
    assert done(in_turn, "one", "three") == [in_turn["requests"]["arrived"], 0]
    at_once = summary_of(several="parallel", faults=faults, rules=rules)
    assert done(at_once, "one", "three") == [at_once["requests"]["arrived"]] * 2
    for summary in (in_turn, at_once):
        assert set(summary["errors"]) == {"refused"} and summary["requests"]["done"] == 0
    assert at_once["components"]["gateway"]["latency_ms"]["mean"] == pytest.approx(0.0, abs=1e-9)  # it does not wait for the others


def test_only_those_that_take_the_class_are_called() -> None:
    rules: dict[str, Document] = {"one": {}, "two": {"classes": ["read"]}, "three": {"classes": ["read"], "share": 0.5}}
    summary = summary_of(several="parallel", rules=rules)
    reads, everything = summary["classes"]["read"]["arrived"], summary["requests"]["arrived"]
    one, two, three = done(summary)
    assert (one, two) == (everything, reads)
    assert three / reads == pytest.approx(0.5, abs=0.03)


def test_an_answer_put_together_has_a_size_of_its_own() -> None:
    """100 kB over 8 Mbit/s take 100 ms; the answer of one service has the service's size."""
    clients = {"access_mbit_s": 8.0, "request_kb": 0.0}
    servers = {name: {"response_kb": 10.0} for name in NAMES}
    assert summary_of(several="parallel", clients=clients, response_kb=100.0, servers=servers)["latency_ms"]["mean"] == pytest.approx(110.0)
    assert summary_of(several="one", clients=clients, servers=servers)["latency_ms"]["mean"] == pytest.approx(20.0)


def test_nobody_waits_for_what_is_called_beside() -> None:
    summary = summary_of(rules={"one": {}, "two": {"asynchronous": True}}, servers={"two": {"service_ms": 500.0}}, duration_s=30.0)
    assert summary["latency_ms"]["mean"] == pytest.approx(10.0)
    assert done(summary, "one", "two") == [summary["requests"]["arrived"]] * 2
    dead = summary_of(rules={"one": {}, "two": {"asynchronous": True}}, faults=[kill("two", 0.0)])
    assert dead["requests"]["failed"] == 0


def test_what_is_only_called_beside_is_accepted_at_once() -> None:
    summary = summary_of(rules={"one": {"asynchronous": True}})
    assert summary["latency_ms"]["mean"] == pytest.approx(0.0, abs=1e-9) and done(summary, "one") == [summary["requests"]["arrived"]]


# -- who is there
def test_authentication_takes_time_of_the_processor() -> None:
    """200 requests a second of 4 ms on one core."""
    summary = summary_of(cores=1, auth_ms=3.0, processing_ms=1.0)
    assert summary["components"]["gateway"]["utilisation"] == pytest.approx(0.8, abs=0.03)


def test_a_service_may_be_asked_first_for_every_request() -> None:
    rules: dict[str, Document] = {"one": {}, "two": {"when": "always"}, "three": {"when": "writes"}}
    summary = summary_of(rules=rules, servers={"two": {"service_ms": 3.0}, "three": {"service_ms": 4.0}}, clients={"read_ratio": 0.5})
    everything, writes = summary["requests"]["arrived"], summary["classes"]["write"]["arrived"]
    assert done(summary) == pytest.approx([everything, everything, writes], abs=3)  # some are under way
    assert summary["classes"]["read"]["latency_ms"]["p50"] == pytest.approx(13.0, rel=0.01)
    assert summary["classes"]["write"]["latency_ms"]["p50"] == pytest.approx(17.0, rel=0.01)


def test_who_is_not_let_in_goes_no_further() -> None:
    summary = summary_of(rules={"one": {}, "two": {"when": "always"}}, faults=[kill("two", 0.0)])
    assert done(summary, "one") == [0] and set(summary["errors"]) == {"refused"}


# -- rate limits
def limited(kind: str, rate: float = 100.0, seconds: float = 50.0, **settings: Any) -> Document:
    return summary_of(duration_s=seconds, limit=kind, limit_rate_per_s=rate, clients={"arrival_rate_per_s": 400.0}, **settings)


@pytest.mark.parametrize("kind", ["token_bucket", "leaky_bucket", "fixed_window", "sliding_window"])
def test_every_limiter_lets_its_rate_through(kind: str) -> None:
    summary = limited(kind, limit_burst=10.0)
    assert sum(done(summary)) / 50.0 == pytest.approx(100.0, rel=0.03)
    assert summary["errors"] == {"rate_limited": summary["requests"]["dropped"]}
    assert summary["components"]["gateway"]["metrics"]["rate_limited"] == summary["requests"]["dropped"] > 14_000


def test_a_full_bucket_lets_a_burst_pass() -> None:
    assert sum(done(limited("token_bucket", 1.0, 10.0, limit_burst=500.0))) == pytest.approx(510, abs=2)


def test_who_waits_in_a_leaky_bucket_waits_for_its_turn() -> None:
    """Fifty may wait, for a hundredth of a second each."""
    summary = limited("leaky_bucket", limit_burst=50.0)
    assert summary["latency_ms"]["p50"] == pytest.approx(10.0 + 500.0, rel=0.03)


def test_each_client_may_have_a_limit_of_its_own() -> None:
    alone = limited("fixed_window", 1.0, limit_by_address=True)
    crowd = limited("fixed_window", 1.0)
    assert sum(done(crowd)) == pytest.approx(50, abs=1)
    assert alone["requests"]["dropped"] < 0.05 * alone["requests"]["arrived"]  # ten thousand addresses, one request a second each


def test_a_limit_is_set_and_lifted_under_traffic() -> None:
    run = Run(gateway(**UNCHECKED))
    go(run, 5.0)
    set_value(run, "gateway", "limit", "fixed_window")
    set_value(run, "gateway", "limit_rate_per_s", 10.0)
    go(run, 10.0)
    dropped = run.summary()["requests"]["dropped"]
    assert dropped == pytest.approx(950, abs=150)
    set_value(run, "gateway", "limit", "none")
    go(run)
    assert run.summary()["requests"]["dropped"] == dropped


# -- limits and health
def test_what_is_beyond_its_connections_is_dropped() -> None:
    summary = summary_of(max_connections=1)
    assert set(summary["errors"]) == {"connection_limit"}
    assert summary["requests"]["dropped"] / summary["requests"]["arrived"] == pytest.approx(2 / 3, abs=0.03)  # Erlang: 2 / (1 + 2)


def test_it_stops_calling_who_fails_its_checks() -> None:
    run = play(gateway(faults=[kill("one", 10.0, for_s=20.0)], duration_s=60.0, health_check_interval_s=1.0))
    out, back = times_of(run, "target_out", "gateway"), times_of(run, "target_back", "gateway")
    assert 12.0 <= out[0] <= 13.1 and 31.0 <= back[0] <= 32.1
    refused = run.summary()["errors"]["refused"]
    assert refused == pytest.approx((out[0] - 10.0) * 200.0 / 3.0, rel=0.1)


def test_each_instance_of_it_has_a_limiter_of_its_own() -> None:
    summary = limited("fixed_window", instances=2)
    assert sum(done(summary)) / 50.0 == pytest.approx(200.0, rel=0.03)


def test_links_say_what_they_mean() -> None:
    rules: dict[str, Document] = {"one": {"when": "always"}, "two": {"asynchronous": True}, "three": {}, "four": {"when": "writes"}}
    for several, code in (("one", "rule_routes_one"), ("parallel", "rule_routes_all"), ("sequential", "rule_routes_all")):
        found = wiring_rules(gateway(rules, several=several))
        codes = [found[f"gateway-{name}"]["code"] for name in rules]
        assert codes == ["rule_asked_first", "rule_beside", code, "rule_asked_first_writes"]
    assert wiring_rules(gateway({"one": {}}))["gateway-one"]["code"] == "rule_sends_all"


@pytest.mark.parametrize("mode", ["process", "machine"])
@pytest.mark.parametrize("several", ["one", "parallel", "sequential"])
def test_it_dies_in_the_middle_of_its_calls(several: str, mode: str) -> None:
    """What it had asked for is worked off for nobody; when it is back, everything goes on."""
    rules: dict[str, Document] = {"one": {}, "two": {}, "three": {"asynchronous": True}, "four": {"when": "always"}}
    faults = [kill("gateway", 5.0, mode, 5.0), kill("two", 12.0, mode, 2.0)]
    slow = {"one": {"service_ms": 200.0}, "two": {"service_ms": 300.0}}
    run = play(gateway(rules, faults, slow, several=several, duration_s=25.0, clients={"timeout_ms": 800.0}, health_check_interval_s=1.0))
    assert_conserved(run)
    summary = run.summary()
    assert summary["errors"].keys() <= {"refused", "crashed", "timeout", "no_target"}
    assert summary["components"]["one"]["wasted"] > 10
    assert run.world.memory.state.count[layout.TASKS_USED] < 400  # nothing is left behind but what is under way


def test_visits_and_fan_out_and_everything_else_at_once() -> None:
    """Laws hold with pages, deadlines that travel, hedges, breakers, retries and a limiter all together."""
    rules: dict[str, Document] = {
        "one": {"retries": 2, "backoff_ms": 5.0, "retry_budget": 0.2}, "two": {"hedge_after_ms": 15.0, "bulkhead": 20},
        "three": {"breaker_failures": 3, "breaker_open_s": 1.0, "classes": ["read", "page"]},
    }  # fmt: skip
    clients = {
        "behaviour": "page_views", "arrival_rate_per_s": 10.0, "assets_per_page": 4.0, "reading_time_s": 0.5, "propagate_deadline": True,
        "static_deadline_ms": 60.0, "read_deadline_ms": 100.0, "access_latency_ms": 5.0, "access_mbit_s": 50.0,
    }  # fmt: skip
    servers = {name: {"cores": 4, "service_distribution": "exponential", "service_ms": 8.0} for name in NAMES}
    faults = [kill("three", 5.0, for_s=4.0), kill("one", 10.0, "machine", 3.0)]
    run = play(
        gateway(rules, faults, servers, clients, 30.0, several="parallel", limit="token_bucket", limit_rate_per_s=260.0, auth_ms=0.2)
    )
    assert_conserved(run)
    summary = run.summary()
    assert summary["pages"]["views"] > 50 and summary["pages"]["broken"] > 50
    assert {"rate_limited", "deadline"} <= summary["errors"].keys()
    again = play(
        gateway(rules, faults, servers, clients, 30.0, several="parallel", limit="token_bucket", limit_rate_per_s=260.0, auth_ms=0.2)
    )
    assert again.summary()["latency_ms"] == summary["latency_ms"]
