"""CDN: which point a client is led to, what is kept there and for how long, what reaches the origin, and what happens when it fails."""

from typing import Any

import numpy as np
import pytest

from sim_engine import Run
from sim_engine.catalogue.locations import LOCATIONS, PATH_FACTOR, fibre_s, great_circle_km
from sim_engine.design.check import check
from sim_engine.world.instance import Instance
from tests.engine.support import Document, assert_conserved, design, go, inside, kill, link, part, play, set_value, times_of

QUICK_SERVER: Document = {"service_ms": 0.0, "network_mbit_s": 0.0, "workers": 100_000, "memory_mb": 1e6}
ONE_POINT: Document = {"locations": ["london"]}


def users(rate: float = 100.0, **parameters: Any) -> Document:
    """Clients that ask for nothing but files, all of the same size."""
    given = {
        "arrival_rate_per_s": rate, "retries": 0, "request_kb": 0.0, "timeout_ms": 2_000.0, "static_share": 1.0, "static_objects": 50,
        "static_zipf": 0.0, "static_response_kb": 10.0, "static_size_cv": 0.0,
    }  # fmt: skip
    return part("clients", **(given | parameters))


def delivered(seconds: float = 10.0, clients: Document | None = None, faults: list[Document] | None = None, **cdn: Any) -> Document:
    """Users 5 ms away from the CDN, and its origin 50 ms away from that. Nobody is in a place."""
    parts = {
        "clients": clients or users(), "cdn": part("cdn", **({"processing_ms": 0.0} | ONE_POINT | cdn)),
        "server": part("server", **QUICK_SERVER),
    }  # fmt: skip
    near = link("clients", "cdn", latency_ms=5.0, bandwidth_mbit_s=0.0)
    return design(parts, [near, link("cdn", "server", latency_ms=50.0, bandwidth_mbit_s=0.0)], seconds, faults)


def worldwide(seconds: float = 10.0, faults: list[Document] | None = None, clients: Document | None = None, **cdn: Any) -> Document:
    """Users in London and in Sydney, the origin in London."""
    parts = {
        "west": part("region", location="london"), "east": part("region", location="sydney"),
        "users_west": inside("west", clients or users()), "users_east": inside("east", clients or users()),
        "cdn": part("cdn", **({"locations": ["london", "sydney"], "processing_ms": 0.0} | cdn)),
        "server": inside("west", part("server", **QUICK_SERVER)),
    }  # fmt: skip
    links = [link(f"users_{side}", "cdn", bandwidth_mbit_s=0.0) for side in ("west", "east")]
    return design(parts, [*links, link("cdn", "server", bandwidth_mbit_s=0.0)], seconds, faults)


def ticking(document: Document, tick_s: float = 0.5) -> Run:
    run = Run(document)
    run.command({"action": "tick", "tick_s": tick_s})
    return run


def point(run: Run, title: str) -> Instance:
    return next(me for me in run.world.groups["cdn"].members if me.component.instance_title(me) == title)


def at(run: Run, title: str, field: str = "arrived") -> int:
    """A counter of a point, so far."""
    return int(run.world.memory.state.nodes[point(run, title).node][field])


def origin_requests(run: Run, name: str = "server") -> int:
    return int(run.summary()["components"][name]["arrived"])


def metrics(run: Run) -> dict[str, float]:
    found: dict[str, float] = run.summary()["components"]["cdn"]["metrics"]
    return found


def errors(run: Run, until_s: float) -> dict[str, int]:
    found: dict[str, int] = {}
    for frame in go(run, until_s):
        for cause, count in frame["window"]["errors"].items():
            found[cause] = found.get(cause, 0) + count
    return found


def way_ms(one: str, other: str) -> float:
    return 1000.0 * fibre_s(great_circle_km(LOCATIONS[one], LOCATIONS[other])) * PATH_FACTOR


# -- hits and misses
def test_a_hit_goes_to_the_point_and_a_miss_to_the_origin_as_well() -> None:
    run = play(delivered(20.0, users(100.0, static_objects=50), ttl_s=0.0))
    latency = run.summary()["latency_ms"]
    assert latency["p50"] == pytest.approx(10.0, rel=0.01) and latency["max"] == pytest.approx(110.0, rel=0.01)
    assert origin_requests(run) == 50, "each file is fetched once"
    hits = metrics(run)["hit_ratio"]
    asked = run.summary()["components"]["cdn"]["arrived"]
    assert hits == pytest.approx(1.0 - 50 / asked, abs=0.03), "those who wait for somebody else's fetch are no hits"
    assert_conserved(run)


def test_what_is_no_file_goes_through() -> None:
    clients = users(100.0, static_share=0.0, read_ratio=0.5)
    run = play(delivered(10.0, clients))
    assert origin_requests(run) >= run.summary()["requests"]["done"]
    assert metrics(run)["hit_ratio"] is None and metrics(run)["offload"] == pytest.approx(0.0, abs=0.01)
    assert run.summary()["latency_ms"]["p50"] == pytest.approx(110.0, rel=0.01)
    assert_conserved(run)


def test_files_and_the_rest_take_their_own_ways() -> None:
    """Clients with a link to the CDN and one to the server send only files to the CDN."""
    document = delivered(20.0, users(100.0, static_share=0.4), ttl_s=0.0)
    document["links"]["clients-server"] = link("clients", "server")
    run = play(document)
    total = run.summary()["requests"]["arrived"]
    assert run.summary()["components"]["cdn"]["arrived"] == pytest.approx(0.4 * total, rel=0.06)
    assert origin_requests(run) == pytest.approx(0.6 * total + 50, rel=0.06)
    assert_conserved(run)


def test_an_object_storage_is_an_origin() -> None:
    document = delivered(10.0, ttl_s=0.0)
    document["components"]["store"] = part("object_storage")
    document["links"] = {"clients-cdn": document["links"]["clients-cdn"], "cdn-store": link("cdn", "store")}
    del document["components"]["server"]
    run = play(document)
    assert origin_requests(run, "store") == 50 and run.summary()["requests"]["failed"] == 0
    assert_conserved(run)


# -- theory: what a point keeps
def test_the_hit_ratio_of_a_point_is_that_of_the_characteristic_time() -> None:
    """Che, Tung and Wang 2002: LRU of C files keeps what was asked for within t, with the sum of (1 - exp(-p t)) = C."""
    objects, room, exponent, rate = 1_000, 150, 0.8, 2_000.0
    clients = users(rate, static_objects=objects, static_zipf=exponent)
    document = delivered(40.0, clients, capacity_gb=room * 10.0 / 1e6, ttl_s=0.0)
    document["links"]["cdn-server"]["parameters"]["latency_ms"] = 0.0
    run = play(document)
    share = np.arange(1, objects + 1) ** -exponent
    share /= share.sum()
    low, high = 0.0, 1e9
    for _ in range(200):
        t = 0.5 * (low + high)
        low, high = (t, high) if (1.0 - np.exp(-share * t)).sum() < room else (low, t)
    expected = float((share * (1.0 - np.exp(-share * t))).sum())
    assert metrics(run)["hit_ratio"] == pytest.approx(expected, abs=0.01)
    assert metrics(run)["held_gb"] == pytest.approx(room * 10.0 / 1e6)
    assert_conserved(run)


def test_files_of_different_sizes_share_the_room() -> None:
    clients = users(500.0, static_objects=500, static_size_cv=1.5)
    run = play(delivered(20.0, clients, capacity_gb=0.001, ttl_s=0.0))
    cache = run.world.memory.state.caches[point(run, "London").cache]
    assert 900.0 < cache["used_kb"] <= 1_000.0 and metrics(run)["evictions_per_s"] > 10.0
    assert cache["size"] != 100


@pytest.mark.parametrize("ttl_s", [0.5, 2.0])
def test_a_time_to_live_makes_a_hit_of_what_comes_within_it(ttl_s: float) -> None:
    """Fixed expiry from the fill: λT/(1+λT)."""
    clients = users(200.0, static_objects=100)
    document = delivered(100.0, clients, ttl_s=ttl_s)
    document["links"]["cdn-server"]["parameters"]["latency_ms"] = 0.0
    per_file = 2.0
    assert metrics(play(document))["hit_ratio"] == pytest.approx(per_file * ttl_s / (1.0 + per_file * ttl_s), abs=0.015)


@pytest.mark.parametrize(("collapse", "expected"), [(True, 1.0), (False, 1.0 + 200.0 * 0.5)])
def test_one_fetch_for_all_who_want_the_same(collapse: bool, expected: float) -> None:
    """One file that takes half a second to fetch: without it each request that comes meanwhile is a fetch of its own."""
    clients = users(200.0, static_objects=1)
    document = delivered(60.0, clients, ttl_s=2.0, collapse=collapse)
    document["links"]["cdn-server"]["parameters"]["latency_ms"] = 250.0
    run = play(document)
    expiries = 60.0 / (2.0 + (0.5 if collapse else 1.0))  # the last fetch that begins before the first has come fills it last
    assert origin_requests(run) / expiries == pytest.approx(expected, rel=0.1)
    assert_conserved(run)


# -- points of presence
def test_everybody_is_led_to_the_nearest_point() -> None:
    document = worldwide(30.0, ttl_s=0.0, locations=["virginia", "paris", "tokyo", "sydney"])
    run = play(document)
    counts = {title: at(run, title) for title in ("Northern Virginia", "Paris", "Tokyo", "Sydney")}
    assert counts["Northern Virginia"] == counts["Tokyo"] == 0
    assert counts["Paris"] == run.summary()["components"]["users_west"]["arrived"]
    assert counts["Sydney"] == pytest.approx(run.summary()["components"]["users_east"]["arrived"], abs=2)
    near = run.summary()["components"]["users_east"]["latency_ms"]["p50"]
    assert near == pytest.approx(0.2 + 2.0 * 0.5, rel=0.02), "in the same city, but not in the same building"
    assert_conserved(run)


def test_each_point_fetches_for_itself_unless_there_is_a_shield() -> None:
    alone, shielded = (play(worldwide(30.0, ttl_s=0.0, shield=shield, shield_location="london")) for shield in (False, True))
    assert origin_requests(alone) == 100 and origin_requests(shielded) == 50
    assert at(shielded, "Shield") == 100 and at(shielded, "Shield", "hits") >= 40
    assert metrics(shielded)["requests_per_s"] == metrics(alone)["requests_per_s"], "what the points ask the shield is none of the users'"
    assert metrics(shielded)["hit_ratio"] == pytest.approx(metrics(alone)["hit_ratio"], abs=0.02)
    assert metrics(shielded)["offload"] > metrics(alone)["offload"]
    for run in (alone, shielded):
        assert_conserved(run)


def test_a_miss_goes_by_way_of_the_shield() -> None:
    """London asks the shield in Frankfurt, which asks the origin in London."""
    clients = users(20.0, static_objects=100_000)
    document = worldwide(10.0, clients=clients, shield=True, shield_location="frankfurt")
    del document["components"]["users_east"], document["links"]["users_east-cdn"]
    latency = play(document).summary()["latency_ms"]["p50"]
    inner_ms = 0.25  # links that nobody has drawn are like those of the catalogue
    expected = (0.2 + 2.0 * 0.5) + 2.0 * (inner_ms + way_ms("london", "frankfurt")) + (0.2 + 2.0 * way_ms("frankfurt", "london"))
    assert latency == pytest.approx(expected, rel=0.03)


def test_the_saved_distance_is_that_to_the_origin() -> None:
    run = play(worldwide(60.0, ttl_s=0.0, clients=users(200.0, static_objects=10)))
    west, east = 2.0 * (0.0 - 0.5), 2.0 * (way_ms("london", "sydney") - 0.5)
    assert metrics(run)["saved_ms"] == pytest.approx((west + east) / 2.0, rel=0.02)
    assert metrics(play(delivered()))["saved_ms"] is None


def test_points_and_origin_of_nobody_in_particular() -> None:
    """With several origins the nearest is asked, or each in turn."""

    def shares(policy: str) -> tuple[int, int]:
        document = worldwide(10.0, clients=users(100.0, static_objects=100_000), origin_policy=policy)
        document["components"]["far"] = inside("east", part("server", **QUICK_SERVER))
        document["links"]["cdn-far"] = link("cdn", "far")
        del document["components"]["users_east"], document["links"]["users_east-cdn"]
        run = play(document)
        assert_conserved(run)
        return origin_requests(run), origin_requests(run, "far")

    near, far = shares("latency")
    assert far == 0 and near > 900
    near, far = shares("round_robin")
    assert near == pytest.approx(far, rel=0.03)


# -- content that changes
def with_store(document: Document) -> Document:
    """An origin that knows which version of a file is the newest."""
    document["components"]["server"] = part("object_storage")
    return document


def stale_share(run: Run) -> float:
    summary = run.summary()
    return float(summary["stale_reads"] / summary["reads_checked"])


@pytest.mark.parametrize(("ttl_s", "change_s"), [(2.0, 10.0), (5.0, 10.0)])
def test_half_a_time_to_live_is_stale_after_each_change(ttl_s: float, change_s: float) -> None:
    """A copy is fetched every T seconds; of its life of T, what comes after a change is stale: T/2 on average, once in C seconds."""
    clients = users(400.0, static_objects=20, static_change_s=change_s)
    document = with_store(delivered(200.0, clients, ttl_s=ttl_s))
    document["links"]["cdn-server"]["parameters"]["latency_ms"] = 0.0
    run = play(document)
    assert stale_share(run) == pytest.approx(ttl_s / (2.0 * change_s), rel=0.12)
    assert_conserved(run)


def test_purging_brings_the_newest() -> None:
    clients = users(400.0, static_objects=20, static_change_s=30.0)
    run = ticking(with_store(worldwide(60.0, clients=clients, ttl_s=0.0)))
    go(run, 25.0)
    before = go(run, 29.0)[-1]["window"]
    assert before["stale_reads"] > 0.5 * before["done"]
    fetched = origin_requests(run)
    run.command({"action": "fault", "name": "purge", "component": "cdn", "arguments": {}})
    go(run, 29.5)
    assert origin_requests(run) == fetched + 2 * 20
    go(run, 30.5)
    after = [frame["window"] for frame in go(run, 31.5)]
    assert sum(window["stale_reads"] for window in after) < 0.2 * sum(window["done"] for window in after)
    assert times_of(run, "asked", "cdn") == [29.0]
    go(run)
    assert_conserved(run)


# -- the origin fails
@pytest.mark.parametrize("stale_if_error", [False, True])
def test_old_files_are_better_than_none_when_it_says_so(stale_if_error: bool) -> None:
    clients = users(200.0, static_objects=20)
    faults = [kill("server", 10.0, for_s=10.0)]
    run = ticking(delivered(30.0, clients, faults, ttl_s=2.0, stale_if_error=stale_if_error))
    assert errors(run, 10.0) == {}
    go(run, 13.0)
    failing = errors(run, 20.0)
    assert failing == ({} if stale_if_error else {"refused": pytest.approx(1400, rel=0.15)})
    go(run, 20.5)
    assert errors(run, 30.0) == {}
    assert_conserved(run)


def test_a_file_that_was_never_there_is_no_help() -> None:
    run = ticking(delivered(10.0, users(200.0, static_objects=100_000), [kill("server", 5.0)], stale_if_error=True))
    go(run, 5.5)
    assert errors(run, 10.0)["refused"] == pytest.approx(900, rel=0.15)
    assert_conserved(run)


def test_files_outlive_the_region_of_their_origin() -> None:
    clients = users(200.0, static_objects=20, static_share=0.5)
    run = ticking(worldwide(30.0, [kill("west", 10.0, "machine")], clients, ttl_s=0.0))
    go(run, 13.0)
    during = go(run, 30.0)
    by_class = [frame["window"]["classes"] for frame in during]
    assert sum(classes["static"]["failed"] for classes in by_class) == 0
    assert sum(classes["read"]["done"] for classes in by_class) == 0 < sum(classes["read"]["failed"] for classes in by_class)
    assert_conserved(run)


# -- points fail
@pytest.mark.parametrize(("mode", "cause"), [("process", "refused"), ("machine", "timeout")])
def test_a_dead_point_is_routed_around_after_a_while(mode: str, cause: str) -> None:
    document = worldwide(60.0, clients=users(100.0, timeout_ms=500.0), ttl_s=0.0, reroute_s=5.0, locations=["london", "tokyo", "sydney"])
    run = ticking(document)
    go(run, 10.0)
    number = point(run, "Sydney").number
    run.command({"action": "fault", "name": "kill", "component": "cdn", "arguments": {"mode": mode, "instance": number}})
    assert at(run, "Tokyo") == 0
    failing = errors(run, 15.0)
    assert failing == {cause: pytest.approx(500 - (50 if mode == "machine" else 0), rel=0.15)}
    go(run, 16.0)
    assert errors(run, 25.0) == {} and at(run, "Tokyo") == pytest.approx(1000, rel=0.15)
    run.command({"action": "restore", "component": "cdn"})
    before = at(run, "Sydney")
    go(run, 29.9)
    assert at(run, "Sydney") == before
    go(run, 40.0)
    assert at(run, "Sydney") - before == pytest.approx(1000, rel=0.15)
    assert origin_requests(run) == 150, "what it had is still there"
    assert times_of(run, "point_out") == [15.0] and times_of(run, "point_back") == [30.0]
    go(run)
    assert_conserved(run)


def test_a_dead_cdn_serves_nobody_and_comes_back() -> None:
    run = ticking(worldwide(40.0, [kill("cdn", 10.0, for_s=15.0)], ttl_s=0.0, reroute_s=2.0))
    assert errors(run, 10.0) == {}
    assert errors(run, 25.0) == {"refused": pytest.approx(3000, rel=0.1)}
    go(run, 28.0)
    assert errors(run, 40.0) == {}
    assert times_of(run, "point_out") == times_of(run, "point_back") == [], "there is no way around"
    assert_conserved(run)


def test_points_ask_the_origin_when_the_shield_is_dead() -> None:
    clients = users(100.0, static_objects=100_000)
    document = worldwide(30.0, clients=clients, shield=True, shield_location="london", reroute_s=4.0)
    run = ticking(document)
    go(run, 10.0)
    number = point(run, "Shield").number
    run.command({"action": "fault", "name": "kill", "component": "cdn", "arguments": {"mode": "process", "instance": number}})
    assert errors(run, 14.0)["refused"] == pytest.approx(800, rel=0.15)
    go(run, 15.0)
    assert errors(run, 20.0) == {}
    run.command({"action": "restore", "component": "cdn"})
    before = at(run, "Shield")
    go(run, 30.0)
    assert at(run, "Shield") - before == pytest.approx(6 * 200, rel=0.15)
    assert_conserved(run)


# -- changes under traffic
def test_points_come_and_go_under_traffic() -> None:
    run = ticking(worldwide(40.0, ttl_s=0.0, locations=["london"]))
    go(run, 10.0)
    assert len(run.world.groups["cdn"].members) == 1
    set_value(run, "cdn", "locations", ["london", "sydney"])
    assert errors(run, 20.0) == {}
    assert at(run, "Sydney") == pytest.approx(1000, rel=0.15) and origin_requests(run) == 100
    set_value(run, "cdn", "locations", ["london"])
    assert errors(run, 25.0) == {}
    assert len(run.world.groups["cdn"].members) == 1
    set_value(run, "cdn", "locations", ["london", "tokyo"])
    assert errors(run, 35.0) == {}
    assert at(run, "Tokyo", "hits") > 500 and origin_requests(run) == 150, "a new point is cold"
    go(run)
    assert_conserved(run)


def test_a_shield_comes_and_goes_under_traffic() -> None:
    clients = users(100.0, static_objects=100_000)
    run = ticking(worldwide(30.0, clients=clients, shield_location="london"))
    go(run, 5.0)
    set_value(run, "cdn", "shield", True)
    assert errors(run, 10.0) == {} and at(run, "Shield") == pytest.approx(1000, rel=0.15)
    before = origin_requests(run)
    set_value(run, "cdn", "shield_location", "sydney")
    window = go(run, 15.0)[-1]["window"]
    assert window["latency_ms"]["p50"] > 2.0 * way_ms("london", "sydney")
    set_value(run, "cdn", "shield", False)
    assert errors(run, 20.0) == {} and len(run.world.groups["cdn"].members) == 2
    assert origin_requests(run) - before == pytest.approx(2000, rel=0.15)
    go(run)
    assert_conserved(run)


def test_less_room_means_fewer_files() -> None:
    run = ticking(delivered(20.0, users(500.0), ttl_s=0.0))
    go(run, 10.0)
    set_value(run, "cdn", "capacity_gb", 0.000_1)
    cache = run.world.memory.state.caches[point(run, "London").cache]
    assert cache["size"] == 10 and cache["used_kb"] <= 100.0
    go(run, 20.0)
    assert metrics(run)["held_gb"] == pytest.approx(0.000_1)
    assert_conserved(run)


def test_where_it_is_drawn_does_not_matter() -> None:
    """It stands at its points: a region that is lost or cut off does not take it along."""
    outside, within = worldwide(20.0, ttl_s=0.0), worldwide(20.0, ttl_s=0.0)
    within["components"]["cdn"]["inside"] = "west"
    assert play(outside).summary()["latency_ms"] == play(within).summary()["latency_ms"]
    run = ticking(within)
    go(run, 5.0)
    run.command({"action": "fault", "name": "kill", "component": "west", "arguments": {}})
    assert all(me.alive for me in run.world.groups["cdn"].members)


# -- money, problems, sameness
def test_traffic_and_requests_are_billed() -> None:
    run = play(worldwide(20.0, ttl_s=0.0))
    cost, months = run.summary()["cost"]["components"]["cdn"], 730 * 3600 / 20.0
    done = run.summary()["requests"]["done"]
    assert cost["traffic"] == pytest.approx(done * 10.0 / 1e6 * 0.085 * months, rel=0.01)
    assert cost["requests"] == pytest.approx(done * 1.0 / 1e6 * months, rel=0.01)
    assert metrics(run)["traffic_out_mbit_s"] == pytest.approx(done * 0.08 / 20.0, rel=0.01)
    assert metrics(run)["origin_mbit_s"] == pytest.approx(100 * 0.08 / 20.0, rel=0.01)


def test_a_cdn_without_points_is_a_problem() -> None:
    problems = [problem.code for problem in check(worldwide(locations=[])) if problem.severity == "problem"]
    assert problems == ["no_points"]


def test_the_same_seed_gives_the_same_frames() -> None:
    document = worldwide(10.0, [kill("cdn", 4.0, for_s=2.0)], users(static_share=0.7, static_size_cv=1.0), shield=True, reroute_s=1.0)
    first, second = (go(Run(document, seed=5)) for _ in range(2))
    assert first == second
