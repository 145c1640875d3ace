"""Regions and zones: how far it is from one to another, what that does to every message, and what a place shows."""

from itertools import combinations
from typing import Any

import numpy as np
import pytest

from sim_engine import Run
from sim_engine.catalogue.locations import LOCATIONS, PATH_FACTOR, fibre_s, great_circle_km
from sim_engine.components.region import Region
from sim_engine.kernel import layout
from sim_engine.world.places import apart_s
from tests.engine.support import Document, assert_conserved, design, go, inside, link, part, play, set_value, times_of

QUICK_SERVER: Document = {"service_ms": 0.0, "response_kb": 0.0, "network_mbit_s": 0.0}
NO_PIPE: Document = {"bandwidth_mbit_s": 0.0}


def region(location: str, **parameters: Any) -> Document:
    return part("region", location=location, **parameters)


def users(rate: float = 50.0, **parameters: Any) -> Document:
    return part("clients", arrival_rate_per_s=rate, retries=0, request_kb=0.0, **parameters)


def apart(*places: Document, users_in: str | None = None, server_in: str | None = None, seconds: float = 4.0) -> Document:
    """Users and a server that answers at once, over a link of 0.1 ms; places are called a, b, c …"""
    parts = dict(zip("abc", places, strict=False))
    parts["clients"] = users() if users_in is None else inside(users_in, users())
    server = part("server", **QUICK_SERVER)
    parts["server"] = server if server_in is None else inside(server_in, server)
    return design(parts, [link("clients", "server", **NO_PIPE)], seconds)


def round_trip_ms(document: Document) -> float:
    """Everything is constant, so that the mean is exact."""
    run = play(document)
    assert_conserved(run)
    found = run.summary()["latency_ms"]
    assert found["max"] == pytest.approx(found["mean"], abs=1e-3)
    return float(found["mean"]) - 0.2


def way_ms(one: str, other: str, factor: float = PATH_FACTOR) -> float:
    return 1000.0 * fibre_s(great_circle_km(LOCATIONS[one], LOCATIONS[other])) * factor


@pytest.mark.parametrize(
    ("one", "other", "km"), [("new_york", "london", 5570), ("san_francisco", "amsterdam", 8790), ("london", "sydney", 16990)]
)
def test_great_circles_are_those_of_the_atlas(one: str, other: str, km: float) -> None:
    assert great_circle_km(LOCATIONS[one], LOCATIONS[other]) == pytest.approx(km, rel=0.003)


def test_nothing_is_faster_than_light_in_fibre() -> None:
    """However the regions are set."""
    for one, other in combinations(LOCATIONS.values(), 2):
        values = Region.defaults() | {"path_factor": Region.parameter("path_factor").minimum}
        grounds = [Region.ground(values | {"location": location.name}) for location in (one, other)]
        km = great_circle_km(one, other)
        assert km > 0.0 and apart_s(grounds[0], grounds[1]) >= km * 1.468 / 299_792.458 * (1.0 - 1e-12)
        assert apart_s(grounds[0], grounds[1]) == apart_s(grounds[1], grounds[0])


def test_a_message_takes_the_distance_both_ways() -> None:
    assert round_trip_ms(apart(region("frankfurt"), region("virginia"), users_in="a", server_in="b")) == pytest.approx(
        2.0 * way_ms("frankfurt", "virginia"), rel=1e-4
    )


def test_between_two_regions_the_mean_of_their_factors_counts() -> None:
    document = apart(region("london", path_factor=1.0), region("tokyo", path_factor=2.0), users_in="a", server_in="b")
    assert round_trip_ms(document) == pytest.approx(2.0 * way_ms("london", "tokyo", 1.5), rel=1e-4)


def test_zones_of_a_region_are_as_far_as_it_says() -> None:
    times = {"between_zones_ms": 3.0, "within_zone_ms": 1.0}
    places = region("paris", **times), inside("a", part("zone")), inside("a", part("zone"))
    assert round_trip_ms(apart(*places, users_in="b", server_in="c")) == pytest.approx(6.0, abs=1e-3)
    assert round_trip_ms(apart(*places, users_in="b", server_in="b")) == pytest.approx(2.0, abs=1e-3)
    assert round_trip_ms(apart(*places, users_in="a", server_in="a")) == pytest.approx(2.0, abs=1e-3)
    assert round_trip_ms(apart(*places, users_in="a", server_in="b")) == pytest.approx(6.0, abs=1e-3)


def test_two_regions_in_the_same_city_are_as_far_as_two_zones() -> None:
    document = apart(region("paris", between_zones_ms=3.0), region("paris", between_zones_ms=2.0), users_in="a", server_in="b")
    assert round_trip_ms(document) == pytest.approx(6.0, abs=1e-3)


@pytest.mark.parametrize(("users_in", "server_in"), [(None, None), (None, "a"), ("a", None), ("c", "a"), ("c", "c")])
def test_what_is_in_no_region_is_as_near_as_its_links_say(users_in: str | None, server_in: str | None) -> None:
    """A zone by itself (c) is no place on earth."""
    document = apart(region("tokyo"), region("london"), part("zone"), users_in=users_in, server_in=server_in)
    assert round_trip_ms(document) == pytest.approx(0.0, abs=1e-3)


def test_the_kernel_looks_for_distances_only_where_there_are_any() -> None:
    assert not Run(apart(region("tokyo"))).world.memory.state.count[layout.WIDE]
    assert Run(apart(region("tokyo"), region("london"), users_in="a", server_in="b")).world.memory.state.count[layout.WIDE]


def test_each_hop_has_its_own_distance() -> None:
    """Users in Sofia, a server in Frankfurt, its database in Virginia: two legs that add up."""
    parts = {
        "home": region("sofia"), "near": region("frankfurt"), "far": region("virginia"),
        "clients": inside("home", users(read_ratio=1.0)),
        "server": inside("near", part("server", **QUICK_SERVER)),
        "db": inside("far", part("sql_database", read_ms=0.0, row_kb=0.0)),
    }  # fmt: skip
    document = design(parts, [link("clients", "server", **NO_PIPE), link("server", "db", **NO_PIPE)], 4.0)
    expected = 2.0 * (way_ms("sofia", "frankfurt") + way_ms("frankfurt", "virginia")) + 0.2
    assert round_trip_ms(document) == pytest.approx(expected, rel=1e-3)


def test_instances_that_come_later_stand_where_the_others_are() -> None:
    document = apart(region("london"), region("sydney"), users_in="a", server_in="b", seconds=30.0)
    document["components"]["server"]["parameters"]["boot_s"] = 0.0
    run = Run(document)
    go(run, 2.0)
    set_value(run, "server", "instances", 3)
    go(run, 4.0)
    places = {int(run.world.memory.state.nodes[me.node]["place"]) for me in run.world.groups["server"].members}
    assert len(run.world.groups["server"].members) == 3 and len(places) == 1
    go(run)
    assert run.summary()["latency_ms"]["p50"] == pytest.approx(2.0 * way_ms("london", "sydney") + 0.2, rel=0.01)


# -- changes under traffic
def window_ms(run: Run, until_s: float) -> float:
    return float(go(run, until_s)[-1]["window"]["latency_ms"]["mean"])


def started(document: Document) -> Run:
    run = Run(document)
    run.command({"action": "tick", "tick_s": 1.0})
    return run


def test_a_region_moves_to_another_city_under_traffic() -> None:
    run = started(apart(region("london"), region("paris"), users_in="a", server_in="b", seconds=10.0))
    assert window_ms(run, 3.0) == pytest.approx(2.0 * way_ms("london", "paris") + 0.2, rel=1e-3)
    set_value(run, "b", "location", "sydney")
    assert window_ms(run, 6.0) == pytest.approx(2.0 * way_ms("london", "sydney") + 0.2, rel=1e-3)
    go(run)
    assert_conserved(run)


def test_a_component_moves_into_another_place_under_traffic() -> None:
    document = apart(region("london"), region("sydney"), users_in="a", server_in="b", seconds=10.0)
    run = started(document)
    assert window_ms(run, 3.0) > 100.0
    document["components"]["server"]["inside"] = "a"
    run.command({"action": "design", "design": document})
    assert window_ms(run, 6.0) == pytest.approx(0.2, abs=1e-3)
    document["components"]["server"]["inside"] = None
    run.command({"action": "design", "design": document})
    assert window_ms(run, 8.0) == pytest.approx(0.2, abs=1e-3)
    assert times_of(run, "moved", "server") == [3.0] and times_of(run, "moved_out", "server") == [6.0]
    go(run)
    assert_conserved(run)


def test_places_come_and_go_under_traffic() -> None:
    with_places = apart(region("london"), region("sydney"), users_in="a", server_in="b", seconds=10.0)
    without = apart(seconds=10.0)
    run = started(without)
    assert window_ms(run, 2.0) == pytest.approx(0.2, abs=1e-3)
    run.command({"action": "design", "design": with_places})
    assert window_ms(run, 5.0) > 100.0
    run.command({"action": "design", "design": without})
    assert window_ms(run, 7.0) == pytest.approx(0.2, abs=1e-3)
    assert not run.world.memory.state.count[layout.WIDE]
    go(run)
    assert_conserved(run)


# -- what a place shows
def two_regions() -> Document:
    """Users of a ask a server in a, which asks one in a and, over the border, one in b."""
    parts = {
        "a": region("frankfurt"), "b": region("london"),
        "clients": inside("a", users(100.0)),
        "front": inside("a", part("server", **QUICK_SERVER)),
        "near": inside("a", part("server", **QUICK_SERVER)),
        "far": inside("b", part("server", **(QUICK_SERVER | {"response_kb": 10.0}))),
    }  # fmt: skip
    return design(parts, [link("clients", "front"), link("front", "near"), link("front", "far")], 20.0)


def test_a_place_counts_what_comes_in_goes_out_and_stays() -> None:
    run = play(two_regions())
    summary = run.summary()
    served = {name: summary["components"][name]["arrived"] / 20.0 for name in ("front", "near", "far")}
    here, there = (summary["components"][name]["metrics"] for name in "ab")
    assert here["users_requests_per_s"] == pytest.approx(served["front"], abs=1.0)
    assert here["requests_in_per_s"] == pytest.approx(served["front"], abs=0.5)
    assert here["requests_out_per_s"] == there["requests_in_per_s"] == pytest.approx(served["far"], abs=0.5)
    assert here["stays_inside"] == pytest.approx(0.5, abs=0.01)
    assert there["stays_inside"] is None and there["requests_out_per_s"] == 0.0
    assert there["traffic_mbit_s"] == pytest.approx(served["far"] * 0.01 * 8.0, rel=0.1)
    assert (here["parts"], here["parts_up"], there["parts"]) == (2.0, 2.0, 1.0)


def test_a_region_counts_what_its_zones_hold() -> None:
    document = apart(region("paris"), inside("a", part("zone")), users_in="b", server_in="b")
    metrics = play(document).summary()["components"]
    assert metrics["a"]["metrics"] == metrics["b"]["metrics"] and metrics["a"]["metrics"]["parts"] == 1.0


def test_the_same_seed_gives_the_same_frames() -> None:
    first, second = (go(Run(two_regions(), seed=3)) for _ in range(2))
    assert first == second


def test_distance_moves_nothing_but_time() -> None:
    """Common random numbers: the same requests arrive and are answered, only later."""
    near, far = (play(apart(region("london"), region(city), users_in="a", server_in="b")) for city in ("london", "sydney"))
    assert near.summary()["requests"]["arrived"] == far.summary()["requests"]["arrived"]
    keys = [np.asarray(run.world.memory.state.sources["issued"]).tolist() for run in (near, far)]
    assert keys[0] == keys[1]


# -- a place is lost, or cut off
def two_zones() -> Document:
    """A balancer in the region, with the users; a server in each of its two zones."""
    checks = {"health_check_interval_s": 0.5, "unhealthy_threshold": 2, "healthy_threshold": 1, "health_check_timeout_ms": 400.0}
    parts = {
        "region": region("frankfurt"), "one": inside("region", part("zone")), "two": inside("region", part("zone")),
        "clients": inside("region", users(100.0, timeout_ms=1_000.0)),
        "balancer": inside("region", part("load_balancer", **checks)),
        "first": inside("one", part("server", **QUICK_SERVER)), "second": inside("two", part("server", **QUICK_SERVER)),
    }  # fmt: skip
    return design(parts, [link("clients", "balancer"), link("balancer", "first"), link("balancer", "second")], 30.0)


def fault(run: Run, name: str, component: str, **arguments: Any) -> None:
    run.command({"action": "fault", "name": name, "component": component, "arguments": arguments})


def failed_until(run: Run, until_s: float) -> int:
    return sum(frame["window"]["failed"] for frame in go(run, until_s))


@pytest.mark.parametrize("mode", ["process", "machine"])
def test_the_other_zone_goes_on_when_one_is_lost(mode: str) -> None:
    run = started(two_zones())
    go(run, 5.0)
    fault(run, "kill", "one", mode=mode)
    assert failed_until(run, 8.0) > 20, "until the balancer has noticed"
    frames = go(run, 15.0)
    assert sum(frame["window"]["failed"] for frame in frames) == 0
    shown = frames[-1]["components"]
    assert shown["one"]["state"] == shown["first"]["state"] == "down" and shown["region"]["state"] == "up"
    assert shown["region"]["metrics"]["parts_up"] == 2.0 and shown["region"]["metrics"]["parts"] == 3.0
    run.command({"action": "restore", "component": "one"})
    shown = go(run, 20.0)[-1]["components"]
    assert shown["one"]["state"] == "up" and shown["first"]["done"] > 20
    lost = next(event for event in run.world.story.all if event["kind"] == "place_lost")
    assert lost["arguments"]["count"] == 1
    go(run)
    assert_conserved(run)


def test_users_outlive_their_region() -> None:
    run = started(two_zones())
    go(run, 5.0)
    fault(run, "kill", "region", mode="process")
    during = go(run, 15.0)
    assert sum(frame["window"]["done"] for frame in during[1:]) == 0
    assert sum(frame["window"]["arrived"] for frame in during) == pytest.approx(1000, rel=0.2)
    assert during[-1]["components"]["two"]["state"] == "down"
    lost = next(event for event in run.world.story.all if event["kind"] == "place_lost")
    assert lost["arguments"]["count"] == 3
    run.command({"action": "restore", "component": "region"})
    after = go(run, 25.0)
    assert after[-1]["components"]["two"]["state"] == "up" and after[-1]["window"]["done"] > 50
    go(run)
    assert_conserved(run)


def test_a_region_that_is_cut_off_works_for_those_inside() -> None:
    document = two_zones()
    document["components"] |= {"abroad": region("dublin"), "others": inside("abroad", users(100.0, timeout_ms=1_000.0))}
    document["links"]["others-balancer"] = link("others", "balancer")
    run = started(document)
    go(run, 5.0)
    before = {name: run.summary()["components"][name]["done"] for name in ("clients", "others")}
    fault(run, "isolate", "region")
    go(run, 15.0)
    done = {name: run.summary()["components"][name]["done"] - before[name] for name in before}
    assert done["clients"] > 800 and done["others"] < 20
    run.command({"action": "end_fault", "number": 1})
    assert failed_until(run, 30.0) < 150
    assert_conserved(run)
