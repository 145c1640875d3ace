"""What a run costs: prices times what was really used, from the beginning to now, as a month of it would be."""

from typing import Any

import pytest

from sim_engine import Run
from sim_engine.catalogue.prices import HOUR_S, MONTH_S
from sim_engine.components import KINDS
from tests.engine.support import Document, design, go, kill, link, part, play, set_value

HOURS = 730.0


def pair(duration_s: float = 10.0, **server: Any) -> Document:
    parts = {
        "clients": part("clients", arrival_rate_per_s=100.0, retries=0),
        "server": part("server", service_ms=1.0, response_kb=50.0, **server),
    }
    return design(parts, [link("clients", "server")], duration_s)


def bill(run: Run, component: str = "server") -> dict[str, float]:
    return run.summary()["cost"]["components"][component]


def test_a_month_has_730_hours() -> None:
    assert MONTH_S == HOURS * 3600.0


def test_instances_are_paid_for_by_the_hour() -> None:
    # 3 × 0.20 $ × 730 h
    run = play(pair(instances=3, price_per_hour=0.2, price_per_gb_out=0.0))
    assert bill(run) == {"per_month": 438.0, "instances": 438.0, "requests": 0.0, "storage": 0.0, "traffic": 0.0}


def test_those_that_come_and_go_are_paid_for_while_they_are_there() -> None:
    """One machine for 10 s; two more from 2 s on, of which one from 6 s on drains at once."""
    run = Run(pair(price_per_hour=1.0, price_per_gb_out=0.0, boot_s=3.0, drain_s=0.0))
    go(run, 2.0)
    set_value(run, "server", "instances", 3)
    go(run, 6.0)
    set_value(run, "server", "instances", 2)
    frame = go(run)[-1]
    instance_s = 10.0 + 8.0 + 4.0
    assert bill(run)["instances"] == pytest.approx(instance_s / 10.0 * HOURS, abs=1e-3), "starting ones are paid for too"
    assert frame["components"]["server"]["cost"]["per_month"] == pytest.approx(instance_s / 10.0 * HOURS, abs=0.01)


def test_the_dead_are_paid_for() -> None:
    document = pair(price_per_hour=1.0, price_per_gb_out=0.0)
    document["scenarios"]["only"]["faults"] = [kill("server", 3.0, "machine")]
    assert bill(play(document))["instances"] == pytest.approx(HOURS)


def test_traffic_out_is_what_clients_are_answered() -> None:
    run = play(pair(price_per_hour=0.0, price_per_gb_out=0.1))
    replies = run.summary()["components"]["server"]["done"]
    gb = replies * 50.0 / 1e6
    assert bill(run)["traffic"] == pytest.approx(0.1 * gb * MONTH_S / 10.0, rel=1e-3)
    assert bill(run)["per_month"] == bill(run)["traffic"]


def test_inside_nothing_is_paid_for_traffic() -> None:
    """A server behind a balancer answers the balancer; only the balancer answers clients."""
    parts = {"clients": part("clients"), "balancer": part("load_balancer"), "server": part("server", price_per_gb_out=5.0)}
    run = play(design(parts, [link("clients", "balancer"), link("balancer", "server")], 5.0))
    assert bill(run, "server")["traffic"] == 0.0
    assert bill(run, "balancer")["traffic"] > 0.0


@pytest.mark.parametrize(
    ("places", "paid_by", "price"),
    [
        (("one", "two"), {"server", "balancer"}, 0.3),  # zones of one region
        (("one", "far"), {"server", "balancer"}, 0.7),  # another region
        (("one", "one"), set(), 0.0),
        (("one", None), set(), 0.0),  # nobody knows where that is
    ],
)
def test_what_leaves_a_place_for_another_is_paid_for(places: tuple[str, str | None], paid_by: set[str], price: float) -> None:
    def within(place: str | None, what: Document) -> Document:
        room = {"width": 900, "height": 600} if what["kind"] in ("region", "zone") else {}
        return {**what, **room, "inside": place}

    parts = {
        "home": within(None, part("region", price_per_gb_out=0.7)), "far": within(None, part("region", price_per_gb_out=0.7)),
        "one": within("home", part("zone", price_per_gb_out=0.3)), "two": within("home", part("zone", price_per_gb_out=0.3)),
        "clients": part("clients", arrival_rate_per_s=200.0),
        "balancer": within(places[0], part("load_balancer", price_per_gb_out=0.0)),
        "server": within(places[1], part("server", response_kb=100.0)),
    }  # fmt: skip
    run = play(design(parts, [link("clients", "balancer"), link("balancer", "server")], 5.0))
    found = run.summary()["cost"]["components"]
    assert {i for i in ("server", "balancer") if found[i]["traffic"] > 0.0} == paid_by
    done = run.summary()["components"]["server"]["done"]
    assert found["server"]["traffic"] == pytest.approx(price * done * 100.0 / 1e6 * MONTH_S / 5.0, rel=0.01, abs=1e-9)


def test_requests_are_paid_for_as_they_arrive() -> None:
    parts = {"clients": part("clients", arrival_rate_per_s=500.0), "balancer": part("load_balancer"), "server": part("server")}
    parts["balancer"]["parameters"] |= {"price_per_million_requests": 2.0, "price_per_hour": 0.0, "price_per_gb_out": 0.0}
    run = play(design(parts, [link("clients", "balancer"), link("balancer", "server")], 10.0))
    arrived = run.summary()["components"]["balancer"]["arrived"]
    assert bill(run, "balancer")["requests"] == pytest.approx(2.0 * arrived / 1e6 * MONTH_S / 10.0, rel=1e-6)


def test_storage_is_rented_by_the_month() -> None:
    database = part("sql_database", storage_gb=200.0, price_per_gb_stored=0.5, price_per_hour=0.0)
    parts = {"clients": part("clients"), "server": part("server"), "database": database}
    run = play(design(parts, [link("clients", "server"), link("server", "database")], 5.0))
    assert bill(run, "database") == {"per_month": 100.0, "instances": 0.0, "requests": 0.0, "storage": 100.0, "traffic": 0.0}


def test_a_price_that_changes_holds_from_then_on() -> None:
    run = Run(pair(price_per_hour=1.0, price_per_gb_out=0.0))
    go(run, 4.0)
    set_value(run, "server", "price_per_hour", 3.0)
    go(run)
    assert bill(run)["instances"] == pytest.approx((0.4 * 1.0 + 0.6 * 3.0) * HOURS)


def test_what_was_removed_is_in_the_total() -> None:
    document = pair(price_per_hour=1.0, price_per_gb_out=0.0)
    document["components"]["other"] = part("server", price_per_hour=2.0)
    document["links"]["clients-other"] = link("clients", "other")
    run = Run(document)
    go(run, 5.0)
    owed = run.summary()["cost"]["components"]["other"]["per_month"]
    without = {**document, "components": {i: c for i, c in document["components"].items() if i != "other"}}
    without["links"] = {i: e for i, e in document["links"].items() if e["to"] != "other"}
    run.command({"action": "design", "design": without})
    frame = go(run)[-1]
    assert "other" not in run.summary()["cost"]["components"]
    assert run.summary()["cost"]["per_month"] == pytest.approx(bill(run)["per_month"] + owed / 2.0)
    assert frame["cost"]["per_month"] == pytest.approx(run.summary()["cost"]["per_month"], abs=0.01)


def test_the_whole_is_the_sum_of_its_parts() -> None:
    found = play(pair(instances=2)).summary()["cost"]
    assert found["per_month"] == pytest.approx(sum(part["per_month"] for part in found["components"].values()))
    for of in found["components"].values():
        assert of["per_month"] == pytest.approx(of["instances"] + of["requests"] + of["storage"] + of["traffic"], abs=1e-3)


def test_frames_say_what_a_month_costs() -> None:
    frames = go(Run(pair()))
    assert all("cost" not in frame["components"]["clients"] for frame in frames), "they cost nothing"
    last = frames[-1]
    assert last["cost"]["per_month"] == last["components"]["server"]["cost"]["per_month"] > 0.0
    assert last["summary"]["cost"]["per_month"] == pytest.approx(last["cost"]["per_month"], abs=0.01)


def test_length_does_not_matter() -> None:
    """A month of the same costs the same, however long one looks."""
    document = pair(price_per_gb_out=0.0)
    short, long = play(document), Run({**document, "scenarios": {"only": {"duration_s": 40.0}}})
    go(long)
    assert bill(short)["instances"] == pytest.approx(bill(long)["instances"]) == pytest.approx(0.17 * HOURS)


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if kind.runs], ids=lambda kind: kind.kind)
def test_prices_have_sources(kind: Any) -> None:
    for parameter in kind.parameters:
        if parameter.unit.startswith("USD"):
            assert "$" in parameter.source and "20" in parameter.source, "what was paid where, and when"
            assert parameter.section == "Price"


def test_prices_of_instances_are_for_an_hour() -> None:
    assert KINDS["server"].prices({"price_per_hour": 0.5}).instance_hour == 0.5
    assert HOUR_S == 3600.0


def test_jobs_of_a_scheduler_are_inside() -> None:
    parts = {
        "scheduler": part("scheduler", interval_s=1.0, jobs=20),
        "server": part("server", price_per_gb_out=5.0),
        "clients": part("clients"),
    }
    parts["other"] = part("server")
    run = play(design(parts, [link("scheduler", "server"), link("clients", "other")], 10.0))
    assert run.summary()["components"]["server"]["done"] > 50
    assert bill(run, "server")["traffic"] == 0.0 < bill(run, "other")["traffic"]
