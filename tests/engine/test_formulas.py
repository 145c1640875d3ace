"""Formulas beside measurements: their values against published ones, and where they are shown."""

from typing import Any

import pytest

from sim_engine.theory import formulas
from tests.engine.support import Document, design, link, part, play
from tests.engine.theory.table import Row, rows

BARE_SERVER: Document = {"cores": 1, "service_ms": 10.0, "service_distribution": "exponential", "network_mbit_s": 0.0}


def published(id_: str, name: str, quantity: str) -> list[Row]:
    return [row for row in rows() if row.id == id_ and row.name.startswith(name) and row.quantity.startswith(quantity)]


@pytest.mark.parametrize("row", published("Q14", "closed clients", "throughput"), ids=lambda row: row.params)
def test_throughput_of_users_who_wait(row: Row) -> None:
    n = row.numbers
    number, busy = formulas.users_at_station(int(n["N"]), n["Z"], n["S"], 1)
    assert busy / n["S"] == pytest.approx(row.value, rel=1e-7)
    assert number == pytest.approx(n["N"] - row.value * n["Z"], rel=1e-6)  # the others think


@pytest.mark.parametrize("row", published("Q14", "operational", "N*"), ids=lambda row: row.params)
def test_knee(row: Row) -> None:
    assert formulas.knee(row.numbers["Z"], row.numbers["S"], 1) == pytest.approx(row.value)


def test_with_a_server_for_each_user_nobody_waits() -> None:
    number, busy = formulas.users_at_station(12, 3.0, 1.0, 12)
    assert number == pytest.approx(busy) == pytest.approx(3.0)


@pytest.mark.parametrize("row", published("Q28", "LRU", "") + published("Q28", "FIFO", ""), ids=lambda row: f"{row.name} {row.params}")
def test_hit_ratios(row: Row) -> None:
    n = row.numbers
    formula = formulas.lru_hit_ratio if row.name.startswith("LRU") else formulas.fifo_hit_ratio
    assert formula(int(n["N"]), n["alpha"], int(n["C"])) == pytest.approx(row.value, abs=2e-6)


# -- where they are shown
def closed(users: int = 20, **server: Any) -> Document:
    clients = part("clients", model="closed", users=users, think_time_s=0.2, retries=0, timeout_ms=1e6)
    return design({"clients": clients, "server": part("server", **(BARE_SERVER | server))}, [link("clients", "server")], 300.0)


def theory(document: Document, component: str = "server") -> Document:
    found: Document = play(document, tick_s=2.0).summary()["components"][component]["theory"]
    return found


@pytest.mark.parametrize("server", [{}, {"cores": 2}, {"discipline": "sharing", "service_distribution": "constant"}])
def test_users_who_wait_at_one_station(server: Document) -> None:
    """N* = (0.2 s and 0.5 ms on the way, + 10 ms) / 10 ms for each core."""
    found = theory(closed(**server))
    cores = server.get("cores", 1)
    assert found["formula"].startswith(f"M/M/{cores}//20, N* = ")
    assert float(found["formula"].split(" = ")[1]) == pytest.approx(21.05 * cores, rel=0.03)
    assert found["measured"] == pytest.approx(found["expected"], abs=3 * found["half_width"] + 0.01)
    assert found["expected"] > 0.01


def test_no_formula_for_users_whose_server_calls_a_database() -> None:
    document = closed()
    document["components"]["database"] = part("sql_database")
    document["links"]["server-database"] = link("server", "database")
    assert theory(document)["none"] == "theory_closed"
    assert theory(closed(service_distribution="constant"))["none"] == "theory_general"


def test_no_formula_for_users_of_a_server_that_takes_no_time_or_fails_them() -> None:
    assert theory(closed(service_ms=0.0))["none"] == "theory_closed"
    assert theory(closed(queue_limit=0, workers=1))["none"] == "theory_limited"


def reading(**cache: Any) -> Document:
    parts = {
        "clients": part("clients", arrival_rate_per_s=300.0, read_ratio=1.0, keys=1_000),
        "server": part("server", service_ms=0.1),
        "cache": part("cache", **({"capacity_keys": 100, "ttl_s": 0.0} | cache)),
        "database": part("sql_database", cores=64),
    }
    return design(parts, [link("clients", "server"), link("server", "cache"), link("server", "database")], 120.0)


@pytest.mark.parametrize(("eviction", "formula"), [("lru", "LRU, Che"), ("fifo", "FIFO, random"), ("random", "FIFO, random")])
def test_each_eviction_has_its_formula(eviction: str, formula: str) -> None:
    found = theory(reading(eviction=eviction), "cache")
    assert found["formula"] == formula
    assert found["measured"] == pytest.approx(found["expected"], abs=0.015)


def test_no_formula_for_caches_that_it_does_not_cover() -> None:
    assert theory(reading(eviction="lfu"), "cache")["none"] == "theory_frequently"
    assert theory(reading(instances=2), "cache")["none"] == "theory_several_nodes"
