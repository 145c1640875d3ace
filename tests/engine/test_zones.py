"""Instances of one component that are spread over the zones of its region."""

from collections import Counter
from typing import Any

import pytest

from sim_engine import Run, check
from sim_engine.catalogue.prices import MONTH_S
from tests.engine.support import Document, assert_conserved, design, go, link, part, play, set_value, time_of


def inside(place: str, component: Document) -> Document:
    return {**component, "inside": place}


def spread(faults: Any = (), scaler: bool = False, between_zones_ms: float = 0.0, **server: Any) -> Document:
    """Clients far from a balancer in a region with three zones, over which its servers are spread."""
    machine = {"instances": 6, "spread_over_zones": True, "boot_s": 1.0, "drain_s": 0.5} | server
    parts = {
        "home": part("region", between_zones_ms=between_zones_ms),
        **{name: inside("home", part("zone")) for name in ("zone-a", "zone-b", "zone-c")},
        "clients": part("clients", arrival_rate_per_s=60.0, retries=0),
        "balancer": inside("zone-a", part("load_balancer", health_check_interval_s=0.2, unhealthy_threshold=1)),
        "server": inside("home", part("server", **machine)),
    }
    links = [link("clients", "balancer"), link("balancer", "server")]
    if scaler:
        parts["scaler"] = part("autoscaler", minimum=6, maximum=6, evaluation_s=1.0)
        links.append(link("scaler", "server"))
    return design(parts, links, 12.0, list(faults))


def zones(run: Run, alive: bool = False) -> Counter[str | None]:
    return Counter(run.world.places.zone_of(me) for me in run.world.groups["server"].members if me.alive or not alive)


def lost(zone: str, at_s: float = 3.0, for_s: float | None = None) -> Document:
    return {"at_s": at_s, "component": zone, "action": "kill", "for_s": for_s}


def test_each_zone_has_its_share() -> None:
    assert zones(Run(spread())) == {"zone-a": 2, "zone-b": 2, "zone-c": 2}
    assert sorted(zones(Run(spread(instances=4))).values()) == [1, 1, 2]
    assert zones(Run(spread(spread_over_zones=False))) == {None: 6}


def test_what_is_drawn_into_a_zone_stays_there() -> None:
    document = spread()
    document["components"]["server"]["inside"] = "zone-b"
    run = Run(document)
    assert zones(run) == {None: 6} and run.world.places.holds("zone-b", "server")


def test_a_lost_zone_takes_its_share_with_it() -> None:
    run = Run(spread([lost("zone-b", for_s=4.0)]))
    go(run, 4.0)
    assert zones(run, alive=True) == {"zone-a": 2, "zone-c": 2}
    frame = run.advance()
    assert (frame["components"]["zone-b"]["metrics"]["parts"], frame["components"]["zone-b"]["metrics"]["parts_up"]) == (2.0, 0.0)
    assert {each["number"]: (each["zone"], each["state"]) for each in frame["components"]["server"]["instances"]}[2] == ("zone-b", "down")
    go(run, 8.0)
    assert zones(run, alive=True) == {"zone-a": 2, "zone-b": 2, "zone-c": 2}
    go(run)
    assert_conserved(run)


def test_whoever_replaces_the_dead_starts_them_where_there_is_power() -> None:
    run = Run(spread([lost("zone-b")], scaler=True))
    go(run, 8.0)
    assert zones(run, alive=True) == {"zone-a": 3, "zone-c": 3}


def test_who_comes_fills_the_emptiest_zone() -> None:
    run = Run(spread(instances=3))
    go(run, 1.0)
    set_value(run, "server", "instances", 5)
    go(run, 3.0)
    assert sorted(zones(run).values()) == [1, 2, 2]


def test_it_can_be_spread_and_gathered_under_traffic() -> None:
    run = Run(spread([lost("zone-a", 2.0)], spread_over_zones=False))
    go(run, 1.0)
    set_value(run, "server", "spread_over_zones", True)
    assert zones(run) == {"zone-a": 2, "zone-b": 2, "zone-c": 2}
    go(run, 3.0)
    assert zones(run, alive=True) == {"zone-b": 2, "zone-c": 2}
    set_value(run, "server", "spread_over_zones", False)
    assert zones(run, alive=True) == {None: 6}


def test_the_way_to_another_zone_is_longer() -> None:
    """Of three zones two are 10 ms away from the balancer, there and back."""
    near, far = (
        run.world.places.distance_s(run.world.instances["balancer"], run.world.instances[name])
        for run in [Run(spread(between_zones_ms=5.0))]
        for name in ("server", "server#2")
    )
    assert (near, far) == (0.0, 0.005)


def test_several_in_a_region_with_zones_and_in_none_of_them_get_a_hint() -> None:
    found = [problem for problem in check(spread(spread_over_zones=False)) if problem.code == "in_no_zone"]
    assert [problem.component for problem in found] == ["server"]
    mend = found[0].mend
    assert mend is not None and mend.edit == {"components": {"server": {"parameters": {"spread_over_zones": True}}}}
    assert not [problem for problem in check(spread()) if problem.code == "in_no_zone"]


@pytest.mark.parametrize("zone", ["zone-a", "zone-c"])
def test_a_zone_that_is_cut_off_is_noticed(zone: str) -> None:
    """The balancer is in zone a: cut off with it are those of the other zones, else those of the zone itself."""
    cut = {"at_s": 2.0, "component": zone, "action": "isolate"}
    document = spread([cut])
    document["components"]["clients"]["inside"] = "zone-a"
    run = Run(document)
    go(run, 5.0)
    out = {target for _link, target in run.world.instances["balancer"].out_of_rotation}
    gone = {me.id for me in run.world.groups["server"].members if (run.world.places.zone_of(me) == "zone-a") != (zone == "zone-a")}
    assert out == (gone if zone == "zone-a" else {"server#3", "server#6"})
    assert time_of(run, "isolation_begins") == 2.0


# -- borders
def answered(run: Run, zone: str) -> int:
    """Requests that instances in a zone have ended, health checks too."""
    nodes = [me.node for me in run.world.groups["server"].members if run.world.places.zone_of(me) == zone]
    return int(run.world.memory.state.nodes[nodes]["done"].sum())


def metrics(run: Run, place: str) -> dict[str, float]:
    found: dict[str, float] = run.summary()["components"][place]["metrics"]
    return found


def test_instances_count_at_the_borders_of_their_zones() -> None:
    """The balancer is in zone a: what it sends to instances of other zones leaves it, what those of zone a get stays inside."""
    run = play(spread())
    there = {zone: answered(run, zone) / 12.0 for zone in ("zone-a", "zone-b", "zone-c")}
    away = there["zone-b"] + there["zone-c"]
    assert min(there.values()) > 15.0
    assert metrics(run, "zone-a")["requests_out_per_s"] == pytest.approx(away, rel=0.01)
    assert metrics(run, "zone-a")["stays_inside"] == pytest.approx(there["zone-a"] / (there["zone-a"] + away), abs=0.005)
    assert metrics(run, "zone-b")["requests_in_per_s"] == pytest.approx(there["zone-b"], rel=0.01)
    assert metrics(run, "zone-b")["requests_out_per_s"] == 0.0
    assert metrics(run, "home")["requests_out_per_s"] == 0.0
    assert metrics(run, "home")["stays_inside"] == 1.0


def dollars(run: Run, component: str) -> float:
    """A month of traffic at the price of the run so far."""
    return float(run.world.bills.document()["components"].get(component, {"traffic": 0.0})["traffic"])


def test_what_crosses_zones_is_paid_for_by_who_sends_it() -> None:
    document = spread(response_kb=100.0, price_per_gb_out=0.0)
    document["components"]["balancer"]["parameters"] |= {"price_per_gb_out": 0.0, "health_check_interval_s": 600.0}
    for zone, price in (("zone-a", 0.5), ("zone-b", 0.3), ("zone-c", 0.7)):
        document["components"][zone]["parameters"]["price_per_gb_out"] = price
    run = play(document)
    kb = {zone: 100.0 * answered(run, zone) for zone in ("zone-b", "zone-c")}
    assert dollars(run, "server") == pytest.approx((0.3 * kb["zone-b"] + 0.7 * kb["zone-c"]) / 1e6 * MONTH_S / 12.0, rel=1e-3)
    asked_kb = run.design.components["clients"].parameters["request_kb"] * (answered(run, "zone-b") + answered(run, "zone-c"))
    assert dollars(run, "balancer") == pytest.approx(0.5 * asked_kb / 1e6 * MONTH_S / 12.0, rel=0.01)
    gathered = spread(response_kb=100.0, price_per_gb_out=0.0, spread_over_zones=False)
    assert dollars(play(gathered), "server") == 0.0, "who stands in no zone leaves none"


def test_bills_and_borders_survive_a_zone_that_is_added() -> None:
    """With one zone more there are more pairs of zones; what was counted before stays counted."""
    document = spread(response_kb=100.0, price_per_gb_out=0.0)
    document["components"]["balancer"]["parameters"]["price_per_gb_out"] = 0.0
    plain, grown = Run(document), Run(document)
    go(plain)
    go(grown, 6.0)
    before = dollars(grown, "server") * 6.0
    more = {**document, "components": {**document["components"], "zone-d": inside("home", part("zone"))}}
    grown.command({"action": "design", "design": more})
    assert dollars(grown, "server") * 6.0 == pytest.approx(before)
    go(grown, 8.0)
    set_value(grown, "server", "instances", 8)
    go(grown)
    assert zones(grown)["zone-d"] == 2
    assert dollars(grown, "server") == pytest.approx(dollars(plain, "server"), rel=0.1)
    assert_conserved(grown)
