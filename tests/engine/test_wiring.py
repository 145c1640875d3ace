"""What a server calls for a request, by the rules of its links, and that rules change under traffic."""

from typing import Any

import pytest

from sim_engine import Run
from tests.engine.support import Document, assert_conserved, design, go, link, part, play

READS_ONLY = {"read_ratio": 1.0}
WRITES_ONLY = {"read_ratio": 0.0}


def around(links: dict[str, Document], clients: Document | None = None, duration_s: float = 5.0, **server: Any) -> Document:
    """Clients, a server and what it is linked to. links: parameters of the link, by the target's id; its kind is before the _."""
    kinds = {"cache": "cache", "database": "sql_database", "service": "server"}
    parts = {
        "clients": part("clients", **({"arrival_rate_per_s": 100.0, "retries": 0, "keys": 50} | (clients or {}))),
        "server": part("server", **({"service_ms": 0.1, "workers": 1000} | server)),
    }
    for target in links:
        parts[target] = part(kinds[target.split("_")[0]])
    drawn = [link("clients", "server"), *(link("server", target, **rule) for target, rule in links.items())]
    document = design(parts, drawn, duration_s)
    # nobody is under way at the end, so that counts can be compared
    document["scenarios"]["only"]["traffic"] = [
        {"at_s": t, "multiplier": m} for t, m in ((0.0, 1.0), (duration_s - 0.5, 1.0), (duration_s - 0.5, 0.0))
    ]
    return document


def arrived(document: Document) -> dict[str, int]:
    """How many calls reached each part; the server's are the requests."""
    run = play(document)
    assert_conserved(run)
    summary = run.summary()
    assert summary["requests"]["failed"] == summary["requests"]["dropped"] == 0, summary["errors"]
    return {part: report["arrived"] for part, report in summary["components"].items()}


def test_each_service_is_called_for_every_request() -> None:
    found = arrived(around({"service_a": {}, "service_b": {}, "service_c": {}}))
    assert found["service_a"] == found["service_b"] == found["service_c"] == found["server"] > 400


@pytest.mark.parametrize("calls", ["sequential", "parallel"])
def test_a_service_is_called_by_its_rule(calls: str) -> None:
    rules = {
        "service_half": {"share": 0.5}, "service_reads": {"when": "reads"}, "service_writes": {"when": "writes"},
        "service_class": {"classes": ["write", "upload"]}, "service_nobody": {"classes": ["upload"]}, "service_all": {"when": "always"},
    }  # fmt: skip
    found = arrived(around(rules, {"read_ratio": 0.7}, calls=calls))
    assert found["service_all"] == found["server"]
    assert found["service_half"] == pytest.approx(0.5 * found["server"], rel=0.15)
    assert found["service_reads"] + found["service_writes"] == found["server"]
    assert found["service_reads"] == pytest.approx(0.7 * found["server"], rel=0.1)
    assert found["service_class"] == found["service_writes"]
    assert found["service_nobody"] == 0


def test_the_two_orders_take_the_sum_or_the_longest() -> None:
    def mean_ms(calls: str) -> float:
        document = around({"service_a": {}, "service_b": {}}, {"arrival_rate_per_s": 10.0}, service_distribution="constant", calls=calls)
        for service, ms in (("service_a", 20.0), ("service_b", 30.0)):
            document["components"][service]["parameters"] = {"service_ms": ms, "service_distribution": "constant", "cores": 100}
        return float(play(document).summary()["latency_ms"]["mean"])

    # 0.1 ms at the server, 0.1 ms one way on each of the links, some 0.16 ms on the network card of each
    assert mean_ms("sequential") == pytest.approx(51.0, abs=0.6)
    assert mean_ms("parallel") == pytest.approx(30.7, abs=0.6)


@pytest.mark.parametrize("calls", ["sequential", "parallel"])
def test_one_service_that_fails_fails_the_request_unless_nobody_waits(calls: str) -> None:
    def failed(rule: Document) -> tuple[int, int]:
        document = around({"service_good": {}, "service_dead": rule}, calls=calls)
        document["scenarios"]["only"]["faults"] = [{"at_s": 0.0, "action": "kill", "component": "service_dead"}]
        summary = play(document).summary()
        return summary["requests"]["failed"], summary["requests"]["arrived"]

    waiting, all_of_them = failed({})
    assert waiting >= all_of_them - 2
    assert failed({"asynchronous": True})[0] == 0


def test_nobody_waits_for_an_asynchronous_call() -> None:
    def mean_ms(rule: Document) -> float:
        document = around({"service_slow": rule}, {"arrival_rate_per_s": 20.0})
        document["components"]["service_slow"]["parameters"] = {"service_ms": 50.0, "cores": 64}
        return float(play(document).summary()["latency_ms"]["mean"])

    assert mean_ms({}) > 40.0
    assert mean_ms({"asynchronous": True}) < 2.0


def test_cache_aside_is_the_default() -> None:
    found = arrived(around({"cache": {}, "database": {}}, READS_ONLY))
    misses = found["database"]
    assert 40 < misses <= 60  # 50 keys, each fetched once but for a race
    assert found["cache"] == found["server"] + misses  # a get each, a put for each miss
    found = arrived(around({"cache": {}, "database": {}}, WRITES_ONLY))
    assert found["cache"] == found["database"] == found["server"]  # a delete and a write each


@pytest.mark.parametrize(
    ("when", "reads", "writes"), [("always", 1, 1), ("reads", 1, 0), ("writes", 0, 1), ("on_miss", 1, 0), ("auto", 1, 1)]
)
def test_a_database_without_a_cache_is_called_by_its_rule(when: str, reads: int, writes: int) -> None:
    found = arrived(around({"database": {"when": when}}, READS_ONLY))
    assert found["database"] == reads * found["server"]
    found = arrived(around({"database": {"when": when}}, WRITES_ONLY))
    assert found["database"] == writes * found["server"]


@pytest.mark.parametrize("when", ["always", "reads"])
def test_a_database_may_be_read_on_a_hit_too(when: str) -> None:
    found = arrived(around({"cache": {}, "database": {"when": when}}, READS_ONLY))
    assert found["database"] == found["server"]


@pytest.mark.parametrize(
    ("when", "reads", "writes"), [("always", 1, 2), ("reads", 1, 0), ("writes", 0, 1), ("on_miss", 1, 1), ("auto", 1, 1)]
)
def test_a_cache_is_called_by_its_rule(when: str, reads: int, writes: int) -> None:
    found = arrived(around({"cache": {"when": when}, "database": {}}, READS_ONLY))
    puts = found["database"] if reads else 0
    assert found["cache"] == reads * found["server"] + puts
    assert (found["database"] == found["server"]) == (reads == 0)
    found = arrived(around({"cache": {"when": when}, "database": {}}, WRITES_ONLY))
    assert found["cache"] == writes * found["server"]


def test_a_cache_that_writes_do_not_touch_goes_stale() -> None:
    def stale(when: str) -> int:
        run = play(around({"cache": {"when": when}, "database": {}}, {"read_ratio": 0.8}))
        return int(run.summary()["stale_reads"])

    assert stale("auto") <= 2  # a race
    assert stale("reads") > 50


def test_a_service_on_a_miss_fills_the_cache() -> None:
    found = arrived(around({"cache": {}, "service_source": {"when": "on_miss"}}, READS_ONLY))
    assert 40 < found["service_source"] <= 60
    assert found["cache"] == found["server"] + found["service_source"]
    found = arrived(around({"cache": {}, "service_source": {"when": "on_miss"}}, WRITES_ONLY))
    assert found["service_source"] == 0


def test_a_second_cache_is_asked_on_a_miss_of_the_first() -> None:
    document = around({"cache": {}, "cache_second": {"when": "on_miss"}, "database": {}}, READS_ONLY | {"keys": 400, "zipf_exponent": 0.0})
    document["components"]["cache"]["parameters"] = {"capacity_keys": 20}
    found = arrived(document)
    summary = play(document).summary()["components"]
    assert summary["cache"]["metrics"]["hit_ratio"] < 0.15
    assert summary["cache_second"]["metrics"]["hit_ratio"] > 0.3
    first_misses = found["cache"] - found["server"]  # a put for each
    assert found["cache_second"] == first_misses + found["database"]  # a get each, and a put for what came from the database
    assert found["database"] < first_misses


def test_requests_that_a_cache_is_not_for_go_to_the_database() -> None:
    found = arrived(around({"cache": {"classes": ["expensive"]}, "database": {}}, READS_ONLY))
    assert found["cache"] == 0
    assert found["database"] == found["server"]
    half = arrived(around({"cache": {"share": 0.5}, "database": {}}, READS_ONLY))
    assert half["cache"] - half["database"] == pytest.approx(0, abs=60)
    assert half["database"] == pytest.approx(0.5 * half["server"], abs=80)


def test_databases_with_one_rule_take_turns_and_others_are_each_for_their_own() -> None:
    found = arrived(around({"database_a": {}, "database_b": {}}))
    assert abs(found["database_a"] - found["database_b"]) <= 2
    assert found["database_a"] + found["database_b"] == found["server"]
    found = arrived(around({"database_a": {"classes": ["read"]}, "database_b": {"classes": ["write"]}}, {"read_ratio": 0.8}))
    assert found["database_a"] + found["database_b"] == found["server"]
    assert found["database_a"] == pytest.approx(0.8 * found["server"], rel=0.1)
    rules = {"database_a": {"classes": ["read"]}, "database_b": {"classes": ["read"]}, "database_w": {"when": "writes"}}
    found = arrived(around(rules, {"read_ratio": 0.8}))
    assert abs(found["database_a"] - found["database_b"]) <= 2
    assert found["database_a"] + found["database_b"] + found["database_w"] == found["server"]


def test_the_reads_of_a_database_with_its_own_rule_go_to_its_replicas() -> None:
    document = around({"database": {"share": 0.999}, "database_other": {"classes": ["upload"]}}, {"read_ratio": 0.5})
    document["components"]["replica"] = part("read_replica")
    document["links"]["database-replica"] = link("database", "replica")
    run = play(document)
    summary = run.summary()
    assert summary["requests"]["failed"] == 0
    assert summary["components"]["database"]["metrics"]["queries_per_s"] < 80.0  # the writes, and the checks
    assert summary["components"]["replica"]["done"] > 400  # the reads, and the writes that it applies


def set_rule(run: Run, target: str, **rule: Any) -> None:
    for name, value in rule.items():
        run.command({"action": "set", "link": f"server-{target}", "parameter": name, "value": value})


def test_a_rule_changes_under_traffic() -> None:
    run = Run(around({"service_a": {}, "service_b": {}}, {"read_ratio": 0.5}, 20.0))

    def calls(until_s: float) -> dict[str, int]:
        made = go(run, until_s)
        return {i: sum(frame["components"][i]["arrived"] for frame in made) for i in ("server", "service_a", "service_b")}

    calls(5.0)
    set_rule(run, "service_a", when="writes")
    found = calls(10.0)
    assert found["service_b"] == pytest.approx(found["server"], abs=2)
    assert found["service_a"] == pytest.approx(0.5 * found["server"], rel=0.2)
    set_rule(run, "service_a", when="auto", classes=["upload"])
    found = calls(15.0)
    assert found["service_a"] <= 2
    set_rule(run, "service_b", asynchronous=True)
    run.command({"action": "kill", "component": "service_b"})
    made = go(run)
    assert sum(frame["window"]["failed"] for frame in made) <= 2
    assert_conserved(run)


def test_a_link_that_is_drawn_under_traffic_is_called_and_one_that_is_removed_is_not() -> None:
    document = around({"service_a": {}, "database": {}}, {}, 15.0)
    run = Run(document)
    go(run, 5.0)
    more = around({"service_a": {}, "service_b": {}, "database": {}}, {}, 15.0)
    run.command({"action": "design", "design": more})
    made = go(run, 10.0)
    found = {i: sum(frame["components"][i]["arrived"] for frame in made) for i in ("server", "service_a", "service_b")}
    assert found["service_a"] == pytest.approx(found["server"], abs=2)
    assert found["service_b"] == pytest.approx(found["server"], abs=2)
    run.command({"action": "design", "design": document})
    made = go(run)
    assert sum(frame["window"]["failed"] for frame in made) <= 2
    assert sum(frame["components"]["service_a"]["arrived"] for frame in made) > 400
    assert_conserved(run)


@pytest.mark.parametrize("together", [False, True])
def test_of_those_who_miss_a_key_together_only_the_first_fetches_it(together: bool) -> None:
    """One key that is good for a second: with single flight the database is read once each time that it has expired."""
    parts = {
        "clients": part("clients", arrival_rate_per_s=500.0, keys=1, read_ratio=1.0, retries=0),
        "server": part("server", cores=16, service_ms=0.1, workers=1_000, single_flight=together),
        "cache": part("cache", ttl_s=1.0),
        "database": part("sql_database", cores=64, read_ms=50.0, service_distribution="constant"),
    }
    links = [link("clients", "server"), link("server", "cache"), link("server", "database")]
    run = play(design(parts, links, 6.0))
    reads = run.summary()["components"]["database"]["done"]
    assert reads in (5, 6) if together else reads > 5 * 500 * 0.05 * 0.7
    assert run.summary()["requests"]["failed"] == 0
    assert_conserved(run)
