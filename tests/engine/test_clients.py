"""Clients: page views, visits, classes of traffic, deadlines, retries with a budget, hedges, and their own way to the network."""

from statistics import fmean
from typing import Any

import pytest

from sim_engine import Run
from sim_engine.design.check import check
from sim_engine.design.rules import wiring_rules
from sim_engine.report import text_report
from tests.engine.support import Document, assert_conserved, design, go, kill, link, part, play, set_value

INSTANT = {"latency_ms": 0.0, "bandwidth_mbit_s": 0.0}
ONE_PAGE: Document = {
    "behaviour": "page_views", "model": "closed", "users": 1, "think_time_s": 1.0, "think_distribution": "constant", "retries": 0,
    "pages_per_visit": 1.0, "assets_per_page": 4.0, "calls_per_page": 2.0, "connections": 2,
    **{f"{name}_cost": 1.0 for name in ("static", "upload", "expensive", "background")},
}  # fmt: skip
PATIENT_SERVER: Document = {
    "cores": 1000, "workers": 1000, "service_ms": 10.0, "service_distribution": "constant", "network_mbit_s": 0.0, "memory_mb": 1e6,
    "serves_static": False,
}  # fmt: skip


def visitors(faults: list[Document] | None = None, duration_s: float = 20.0, server: Document | None = None, **clients: Any) -> Document:
    """Clients that view pages, and a server that takes ten milliseconds for everything."""
    parts = {"clients": part("clients", **(ONE_PAGE | clients)), "server": part("server", **(PATIENT_SERVER | (server or {})))}
    return design(parts, [link("clients", "server", **INSTANT)], duration_s, faults)


def single(duration_s: float = 20.0, faults: list[Document] | None = None, server: Document | None = None, **clients: Any) -> Document:
    return visitors(faults, duration_s, server, **({"behaviour": "single", "model": "open", "arrival_rate_per_s": 100.0} | clients))


def arrived(summary: Document) -> dict[str, int]:
    return {name: found["arrived"] for name, found in summary["classes"].items()}


def metric(summary: Document, name: str, component: str = "clients") -> float:
    return float(summary["components"][component]["metrics"][name])


# -- page views
def test_a_page_is_a_document_then_files_in_parallel_then_calls_in_turn() -> None:
    """Ten milliseconds for the document, twenty for two files at a time, twenty for the calls; then a second of thinking."""
    run = play(visitors(read_ratio=1.0))
    summary = run.summary()
    assert summary["pages"]["views"] == 19  # every 1.05 s
    assert arrived(summary) == {"page": 19, "static": 76, "read": 38}
    assert summary["pages"]["load_ms"]["p50"] == pytest.approx(50.0, rel=0.01)
    assert metric(summary, "page_load_ms") == pytest.approx(50.0)
    assert_conserved(run)


@pytest.mark.parametrize(("connections", "load_ms"), [(1, 70.0), (2, 50.0), (4, 40.0), (100, 40.0)])
def test_more_connections_load_a_page_sooner(connections: int, load_ms: float) -> None:
    assert metric(play(visitors(connections=connections)).summary(), "page_load_ms") == pytest.approx(load_ms)


def test_an_app_has_no_document_and_loads_its_images_last() -> None:
    summary = play(visitors(document=False)).summary()
    assert "page" not in summary["classes"]
    assert metric(summary, "page_load_ms") == pytest.approx(40.0)
    hidden = play(visitors([kill("server", 0.0)], document=False)).summary()  # the first call fails: no further one, but the images
    assert arrived(hidden)["static"] == 4 * (arrived(hidden)["read"] + arrived(hidden).get("write", 0))


def test_means_that_are_no_whole_numbers_hold_on_average() -> None:
    summary = play(visitors(users=200, assets_per_page=2.5, calls_per_page=0.25, duration_s=30.0)).summary()
    views = arrived(summary)["page"]
    assert arrived(summary)["static"] / views == pytest.approx(2.5, rel=0.02)
    assert (arrived(summary)["read"] + arrived(summary)["write"]) / views == pytest.approx(0.25, rel=0.1)


def test_without_its_document_a_page_asks_for_nothing_else() -> None:
    summary = play(visitors([kill("server", 0.0)])).summary()
    assert summary["pages"] == {"views": 0, "broken": 19, "load_ms": {"p50": None, "p95": None, "p99": None}}
    assert summary["requests"]["arrived"] == 19


def test_a_file_that_fails_breaks_the_page_but_stops_nothing_else() -> None:
    summary = play(visitors(static_deadline_ms=5.0, read_ratio=1.0)).summary()
    pages = arrived(summary)["page"]
    assert summary["pages"]["views"] == 0 and summary["pages"]["broken"] in (pages, pages - 1)
    assert arrived(summary) == {"page": pages, "static": 4 * pages, "read": 2 * pages}
    assert summary["classes"]["static"]["late"] == summary["classes"]["static"]["failed"] == 4 * pages


def test_visitors_leave_after_a_geometric_number_of_pages() -> None:
    open_visits = {"model": "open", "arrival_rate_per_s": 50.0, "pages_per_visit": 4.0, "reading_time_s": 0.5}
    run = play(visitors(duration_s=200.0, **open_visits, think_distribution="exponential"))
    summary = run.summary()
    source = run.world.memory.state.sources[run.world.instances["clients"].source]
    left = source["visits"] - source["present"]
    assert summary["pages"]["views"] / left == pytest.approx(4.0, rel=0.03)
    # as many are there as come in the time that a visit takes: four pages and three times reading
    assert source["present"] == pytest.approx(50.0 * (4 * 0.05 + 3 * 0.5), rel=0.3)
    assert_conserved(run)


def test_a_visit_comes_from_one_address() -> None:
    """One user, one visit that never ends, a balancer that hashes addresses: all requests meet the same server."""
    parts = {
        "clients": part("clients", **(ONE_PAGE | {"pages_per_visit": 10_000.0, "reading_time_s": 0.1})),
        "balancer": part("load_balancer", policy="ip_hash"),
        **{name: part("server", **PATIENT_SERVER) for name in ("one", "two", "three")},
    }
    links = [link("clients", "balancer", **INSTANT), *(link("balancer", name, **INSTANT) for name in ("one", "two", "three"))]
    document = design(parts, links, 20.0)
    alone = [play(document).summary()["components"][name]["done"] > 50 for name in ("one", "two", "three")]
    assert alone.count(True) == 1
    document["components"]["clients"]["parameters"] |= {"behaviour": "single", "think_time_s": 0.05}
    spread = [play(document).summary()["components"][name]["done"] > 50 for name in ("one", "two", "three")]
    assert spread.count(True) == 3


# -- who is there
def test_active_users_are_those_who_think_too() -> None:
    run = Run(visitors(users=40))
    frame = go(run, 10.0)[-1]
    assert frame["clients"]["active_users"] == 40
    assert frame["components"]["clients"]["metrics"]["active_users"] == 40


def test_users_who_shall_leave_do_and_others_come() -> None:
    run = Run(visitors(users=40, duration_s=60.0))
    go(run, 5.0)
    set_value(run, "clients", "users", 10)
    assert go(run, 10.0)[-1]["clients"]["active_users"] == 10
    set_value(run, "clients", "model", "open")
    set_value(run, "clients", "arrival_rate_per_s", 0.0)
    assert go(run, 20.0)[-1]["clients"]["active_users"] == 0
    set_value(run, "clients", "model", "closed")
    assert go(run, 30.0)[-1]["clients"]["active_users"] == 10


def test_an_open_visitor_does_not_leave_in_a_users_place() -> None:
    reading = {"model": "closed", "users": 30, "pages_per_visit": 50.0, "reading_time_s": 1.0}
    run = Run(visitors(duration_s=400.0, **reading))
    go(run, 5.0)
    set_value(run, "clients", "arrival_rate_per_s", 1.0)
    set_value(run, "clients", "model", "open")
    go(run, 200.0)
    assert run.world.memory.state.sources[run.world.instances["clients"].source]["users"] == 0


def test_closed_users_take_up_a_new_behaviour() -> None:
    run = Run(visitors(users=20, duration_s=60.0))
    go(run, 10.0)
    set_value(run, "clients", "behaviour", "single")
    go(run, 13.0)
    before = run.summary()["pages"]["views"]
    go(run, 30.0)
    summary = run.summary()
    assert summary["pages"]["views"] == before > 0
    assert summary["requests"]["arrived"] > 20 * 15


# -- classes
def test_classes_come_by_their_shares() -> None:
    shares = {"static_share": 0.3, "upload_share": 0.1, "expensive_share": 0.05, "background_share": 0.05, "page_share": 0.1}
    summary = play(single(100.0, read_ratio=0.75, **shares)).summary()
    found, total = arrived(summary), summary["requests"]["arrived"]
    expected = {"page": 0.1, "static": 0.3, "read": 0.3, "write": 0.1, "upload": 0.1, "expensive": 0.05, "background": 0.05}
    assert {name: count / total for name, count in found.items()} == pytest.approx(expected, abs=0.015)
    for name, counts in summary["classes"].items():
        assert counts["arrived"] == counts["done"] + counts["failed"] + counts["dropped"], name
        assert counts["latency_ms"]["p50"] > 9.0


def test_an_expensive_request_takes_longer() -> None:
    summary = play(single(expensive_share=0.5, expensive_cost=7.0)).summary()
    assert summary["classes"]["expensive"]["latency_ms"]["p50"] == pytest.approx(70.0, rel=0.01)
    assert summary["classes"]["read"]["latency_ms"]["p50"] == pytest.approx(10.0, rel=0.01)


def test_one_class_alone_is_not_told_apart() -> None:
    run = Run(single(read_ratio=1.0))
    assert "classes" not in go(run)[-1]["window"]
    assert "classes" not in run.summary() and "pages" not in run.summary()


def test_a_window_counts_its_own_requests() -> None:
    run = Run(single(expensive_share=0.5))
    frames = go(run)
    for name in ("read", "write", "expensive"):
        by_window = sum(frame["window"].get("classes", {}).get(name, {"done": 0})["done"] for frame in frames)
        assert by_window == run.summary()["classes"][name]["done"]


def test_page_views_draw_neither_pages_nor_files_by_chance() -> None:
    alone = play(visitors(read_ratio=1.0)).summary()
    assert arrived(play(visitors(read_ratio=1.0, page_share=0.5, static_share=0.5)).summary()) == arrived(alone)


def test_a_response_has_the_size_of_what_is_asked_for() -> None:
    """100 kB over 8 Mbit/s take 100 ms; a spread of sizes leaves the mean as it is."""
    slow = {"access_mbit_s": 8.0, "request_kb": 0.0, "keys": 50_000, "zipf_exponent": 0.0, "read_ratio": 1.0}
    equal = play(single(50.0, read_response_kb=100.0, **slow)).summary()
    assert equal["latency_ms"]["mean"] == pytest.approx(110.0, rel=1e-6)
    spread = play(single(100.0, read_response_kb=100.0, read_size_cv=1.0, arrival_rate_per_s=400.0, **slow)).summary()
    assert spread["latency_ms"]["mean"] == pytest.approx(110.0, rel=0.03)
    assert spread["latency_ms"]["p99"] > 3 * equal["latency_ms"]["p99"]


def test_an_upload_has_the_size_of_what_is_sent() -> None:
    slow = {"access_mbit_s": 8.0, "upload_share": 1.0, "upload_request_kb": 100.0, "keys": 50_000, "upload_zipf": 0.0}
    equal = play(single(50.0, upload_size_cv=0.0, server={"response_kb": 0.0}, **slow)).summary()
    assert equal["latency_ms"]["mean"] == pytest.approx(110.0, rel=1e-3)
    spread = play(single(100.0, upload_size_cv=1.0, arrival_rate_per_s=400.0, server={"response_kb": 0.0}, **slow)).summary()
    assert spread["latency_ms"]["mean"] == pytest.approx(110.0, rel=0.03)
    assert spread["latency_ms"]["p99"] > 3 * equal["latency_ms"]["p99"]


def test_each_seed_draws_sizes_of_its_own() -> None:
    """Else the mean over all seeds would be that of a few keys' luck, and not the parameter."""
    one_key = {"access_mbit_s": 8.0, "upload_share": 1.0, "upload_request_kb": 100.0, "upload_size_cv": 0.5, "keys": 1}
    document = single(5.0, server={"response_kb": 0.0}, **one_key)
    sent_ms = [play(document, seed=seed).summary()["latency_ms"]["mean"] - 10.0 for seed in range(60)]
    assert len({round(ms, 3) for ms in sent_ms}) == len(sent_ms)
    assert fmean(sent_ms) == pytest.approx(100.0, abs=4 * 50.0 / 60**0.5)


def test_shares_are_no_more_than_everything() -> None:
    problems = check(single(static_share=0.6, upload_share=0.6))
    assert [problem.code for problem in problems if problem.severity == "problem"] == ["shares_above_one"]
    assert not [problem for problem in check(visitors(static_share=0.6, upload_share=0.6)) if problem.severity == "problem"]


# -- their own way to the network
def test_the_access_adds_to_every_message() -> None:
    """Twice 35 ms; 1.5 kB there and 20 kB back at 12 Mbit/s."""
    summary = play(single(access_latency_ms=35.0, access_mbit_s=12.0, request_kb=1.5)).summary()
    assert summary["latency_ms"]["mean"] == pytest.approx(10.0 + 70.0 + 21.5 * 8 / 12, rel=1e-6)


def test_visitors_are_not_in_each_others_way() -> None:
    few, many = (play(single(access_mbit_s=1.0, arrival_rate_per_s=rate)).summary()["latency_ms"]["mean"] for rate in (5.0, 200.0))
    assert few == pytest.approx(many, rel=1e-6)


# -- deadlines
def overloaded(**clients: Any) -> Document:
    """200 requests a second at a server that does 100."""
    slow = {"cores": 1, "workers": 1, "queue_limit": 100_000}
    return single(30.0, server=slow, arrival_rate_per_s=200.0, read_deadline_ms=500.0, read_ratio=1.0, timeout_ms=60_000.0, **clients)


def test_who_gives_up_leaves_the_work_unless_the_deadline_goes_with_it() -> None:
    """Without it the server works off requests that nobody waits for; with it those are dropped. Who is next has waited long, even so."""
    wasteful, careful = (play(overloaded(propagate_deadline=goes)).summary() for goes in (False, True))
    assert wasteful["errors"]["deadline"] == wasteful["requests"]["failed"]
    assert wasteful["components"]["server"]["wasted"] > 2000
    assert wasteful["requests"]["done"] < 150
    assert careful["requests"]["done"] > 5 * wasteful["requests"]["done"]
    assert careful["components"]["server"]["wasted"] < 0.85 * wasteful["components"]["server"]["wasted"]
    assert careful["components"]["server"]["failed"] > 2500 and wasteful["components"]["server"]["failed"] == 0
    assert careful["components"]["server"]["queue_mean"] < 100 < 1000 < wasteful["components"]["server"]["queue_mean"]


def test_a_deadline_holds_for_all_attempts_together() -> None:
    """The machine is gone: attempts of 400 ms with waits of 100 ms in between, until 1 s is over."""
    giving_up = {"timeout_ms": 400.0, "retries": 20, "backoff_factor": 1.0, "backoff_jitter": False, "read_ratio": 1.0}
    summary = play(single(20.0, [kill("server", 0.0, "machine")], read_deadline_ms=1000.0, **giving_up)).summary()
    assert set(summary["errors"]) == {"deadline", "timeout"} - ({"timeout"} if "timeout" not in summary["errors"] else set())
    assert summary["components"]["clients"]["latency_ms"]["mean"] == pytest.approx(900.0, abs=101.0)


# -- retries and hedges
def test_a_budget_bounds_retries() -> None:
    dead = [kill("server", 0.0)]
    free = play(single(20.0, dead, retries=3)).summary()
    thrifty = play(single(20.0, dead, retries=3, retry_budget=0.1)).summary()
    assert free["retries"] / free["requests"]["arrived"] == pytest.approx(3.0, rel=0.05)
    assert thrifty["retries"] / thrifty["requests"]["arrived"] == pytest.approx(0.1, rel=0.05)
    assert metric(thrifty, "retries_per_s") * 20.0 == pytest.approx(thrifty["retries"])


def hedged(after_ms: float, **on_link: float) -> Document:
    document = single(60.0, server={"service_distribution": "exponential"}, hedge_after_ms=after_ms)
    document["links"]["clients-server"]["parameters"] |= on_link
    return document


def test_clients_hedge_over_all_their_links() -> None:
    """Of exponential times of 10 ms, 5 % are longer than 29.96 ms: so many second copies, and a 99th percentile of 38 ms for 46 ms."""
    plain, twice = play(hedged(0.0)).summary(), play(hedged(29.957)).summary()
    assert metric(plain, "hedges_per_s") == 0.0
    assert metric(twice, "hedges_per_s") / metric(twice, "sent_per_s") == pytest.approx(0.05, abs=0.01)
    assert plain["latency_ms"]["p99"] == pytest.approx(46.05, rel=0.08)
    assert twice["latency_ms"]["p99"] == pytest.approx(38.0, rel=0.08)


def test_the_sooner_of_both_hedges_counts() -> None:
    of_clients, of_link = play(hedged(10.0, hedge_after_ms=300.0)).summary(), play(hedged(300.0, hedge_after_ms=10.0)).summary()
    assert metric(of_clients, "hedges_per_s") == metric(of_link, "hedges_per_s") > 20.0
    assert of_clients["latency_ms"] == of_link["latency_ms"]


# -- where to
def two_ways(one: Document, two: Document, **clients: Any) -> Document:
    document = single(**({"static_share": 0.3, "read_ratio": 0.5} | clients))
    document["components"]["files"] = part("server", **PATIENT_SERVER)
    document["links"]["clients-server"]["parameters"] |= one
    document["links"]["clients-files"] = link("clients", "files", **(INSTANT | two))
    return document


def at(summary: Document, *names: str) -> list[int]:
    return [summary["components"][name]["arrived"] for name in names]


def test_links_without_a_rule_are_chosen_at_random() -> None:
    server, files = at(play(two_ways({}, {})).summary(), "server", "files")
    assert server / (server + files) == pytest.approx(0.5, abs=0.04)


def test_links_take_their_classes() -> None:
    summary = play(two_ways({"classes": ["read", "write"]}, {"classes": ["static"]})).summary()
    found = arrived(summary)
    assert at(summary, "server", "files") == [found["read"] + found["write"], found["static"]]
    summary = play(two_ways({"classes": ["read"]}, {"classes": ["static"]})).summary()
    assert summary["errors"] == {"no_route": arrived(summary)["write"]}


def test_a_share_goes_one_way_and_the_rest_the_other() -> None:
    server, files = at(play(two_ways({"priority": 2}, {"share": 0.1})).summary(), "server", "files")
    assert files / (server + files) == pytest.approx(0.1, abs=0.02)


def test_a_rule_may_change_under_traffic() -> None:
    run = Run(two_ways({}, {"priority": 2}))
    go(run, 10.0)
    assert at(run.summary(), "files") == [0]
    run.command({"action": "set", "link": "clients-files", "parameter": "priority", "value": 1})
    go(run)
    server, files = at(run.summary(), "server", "files")
    assert files / (server + files) == pytest.approx(0.25, abs=0.03)


# -- what links mean
def test_links_say_what_they_mean() -> None:
    def codes(document: Document) -> dict[str, str]:
        return {link_id: rule["code"] for link_id, rule in wiring_rules(document).items()}

    assert codes(single()) == {"clients-server": "rule_sends_all"}
    assert set(codes(two_ways({}, {})).values()) == {"rule_sends_some"}
    parts = {"clients": part("clients"), "dns": part("dns"), "server": part("server")}
    links = [link("clients", "dns"), link("clients", "server"), link("dns", "server")]
    found = codes(design(parts, links))
    assert (found["clients-dns"], found["clients-server"]) == ("rule_asks_name", "rule_sends_by_name")


# -- mobile
def test_a_mobile_app_is_slower_and_asks_for_no_documents() -> None:
    parts = {"app": part("mobile_clients"), "server": part("server", **PATIENT_SERVER)}
    summary = play(design(parts, [link("app", "server", **INSTANT)], 60.0)).summary()
    assert set(summary["classes"]) == {"static", "read", "write"}
    calls, round_trips = 4, 2  # eight images over six connections
    assert metric(summary, "page_load_ms", "app") > (calls * 10.0 + round_trips * 1.0) + (calls + round_trips) * 70.0


def test_the_report_has_a_line_for_each_class_and_one_for_pages() -> None:
    text = text_report(play(visitors(read_ratio=1.0)).summary())
    assert "Pages      views 19   broken 0   load p50 50" in text
    columns = next(line for line in text.splitlines() if line.startswith("static")).split()
    assert columns[1:6] == ["76", "76", "0", "0", "0"]


def test_no_formula_is_said_to_hold_for_visitors_or_for_several_classes() -> None:
    def formula(component: str, **clients: Any) -> Document:
        parts = {
            "clients": part("clients", read_ratio=1.0, keys=1000, **clients),
            "server": part("server", **PATIENT_SERVER),
            "cache": part("cache", capacity_keys=100, ttl_s=0.0),
            "database": part("sql_database", cores=64),
        }
        links = [link("clients", "server"), link("server", "cache"), link("server", "database")]
        found: Document = play(design(parts, links, 60.0)).summary()["components"][component]["theory"]
        return found

    def at_balancer(**clients: Any) -> Document:
        parts = {
            "clients": part("clients", **clients),
            "balancer": part("load_balancer", cores=1),
            "server": part("server", **PATIENT_SERVER),
        }
        links = [link("clients", "balancer"), link("balancer", "server")]
        found: Document = play(design(parts, links, 60.0)).summary()["components"]["balancer"]["theory"]
        return found

    assert "formula" in at_balancer()
    assert at_balancer(behaviour="page_views", arrival_rate_per_s=5.0)["none"] == "theory_not_poisson"
    assert formula("cache")["formula"] == "LRU, Che"
    assert formula("cache", static_share=0.3)["none"] == "theory_several_sources"
    assert formula("cache", behaviour="page_views", arrival_rate_per_s=5.0)["none"] == "theory_several_sources"
    assert formula("server", behaviour="page_views", arrival_rate_per_s=5.0)["none"] == "theory_mixed"
