"""Flavours of SQL databases: their defaults count in a run, and what was set by hand stays."""

from typing import Any

import pytest

from sim_engine import Run
from sim_engine.components import KINDS
from sim_engine.components.flavours import DEFAULTS, FLAVOURS
from sim_engine.experiments.designs import stored
from tests.engine.support import go, set_value, summary

# manuals: PostgreSQL max_connections, MySQL and MariaDB max_connections
CONNECTIONS = {"generic": 100, "postgresql": 100, "mysql": 151, "mariadb": 151}


def connections(run: Run) -> float:
    me = run.world.instances["database"]
    return float(run.world.memory.state.pools[me.pools["connections"]]["capacity"])


def rows_in_memory(**database: Any) -> int:
    """Of 1,000 rows, after as many different ones as fit have been read."""
    document = stored(1.0, rate=2_000.0, database={"disk_read_ms": 0.0, "read_ms": 0.01, "data_gb": 32.0} | database)
    document["components"]["clients"]["parameters"] |= {"keys": 1_000, "zipf_exponent": 0.0}
    run = Run(document)
    go(run, 4.0)
    me = run.world.instances["database"]
    return int(run.world.memory.state.caches[me.cache]["size"])


@pytest.mark.parametrize("flavour", CONNECTIONS)
def test_it_brings_its_connections(flavour: str) -> None:
    assert connections(Run(stored(1.0, database={"flavour": flavour}))) == CONNECTIONS[flavour]
    assert connections(Run(stored(1.0, database={"flavour": flavour, "max_connections": 300}))) == 300


def test_it_changes_under_traffic() -> None:
    run = Run(stored(1.0))
    go(run, 1.0)
    set_value(run, "database", "flavour", "mariadb")
    assert connections(run) == 151
    set_value(run, "database", "max_connections", 20)
    assert connections(run) == 20


@pytest.mark.parametrize(
    ("database", "gb"),
    [
        ({}, 16.0), ({"flavour": "postgresql"}, 8.0 - 100 * 4.0 / 1_024), ({"flavour": "mysql"}, 24.0 - 151 * 1.9 / 1_024),
        ({"flavour": "mysql", "buffer_gb": 4.0}, 4.0 - 151 * 1.9 / 1_024),
        ({"connection_memory_mb": 16.0, "max_connections": 512}, 8.0),
    ],
)  # fmt: skip
def test_connections_take_their_memory_off_the_buffers(database: dict[str, Any], gb: float) -> None:
    assert rows_in_memory(**database) == pytest.approx(1_000 * gb / 32.0, abs=1.0)


def test_connections_that_take_all_memory_leave_room_for_one_row() -> None:
    assert rows_in_memory(connection_memory_mb=10_000.0) == 1


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_real_ones_lock_rows(flavour: str) -> None:
    """Writes of two rows, on many cores: with locks they wait for each other."""
    times = []
    for chosen in ("generic", flavour):
        document = stored(0.0, database={"flavour": chosen, "cores": 64})
        document["components"]["clients"]["parameters"]["keys"] = 2
        times.append(summary(document)["latency_ms"]["mean"])
    assert times[1] > 1.3 * times[0]


def test_the_generic_defaults_are_those_that_are_declared() -> None:
    for kind in KINDS.values():
        declared = {parameter.name: parameter.default for parameter in kind.parameters}
        if "flavour" in declared:
            assert {name: declared[name] for name in DEFAULTS if name in declared} == {n: v for n, v in DEFAULTS.items() if n in declared}
    assert all(brought.keys() <= DEFAULTS.keys() for brought in FLAVOURS.values())
