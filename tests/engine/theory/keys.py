"""Rows about popular keys: how large a share the hottest has, and what it does to the shard that it falls on."""

from typing import TYPE_CHECKING

from tests.engine.oracle.designs import design, link, part
from tests.engine.theory.observe import Experiment, Seen
from tests.engine.theory.rules import Rule
from tests.engine.theory.table import Row

if TYPE_CHECKING:
    from sim_engine import Run

RATE_PER_S = 1000.0
SHARDS = 16
PLACEMENTS = 20  # five seeds make the hundred that the row asks for
REQUESTS_OF_A_PLACEMENT = 20_000


def most_written(run: "Run") -> int:
    """How often the key was written that was written most: each write makes the next version of its key."""
    database = run.world.instances["db"]
    return int(run.world.memory.state.keyed[:, database.store].max())


def only_writes(row: Row) -> Experiment:
    clients = part("clients", arrival_rate_per_s=RATE_PER_S, read_ratio=0.0, keys=int(row.numbers["N"]), zipf_exponent=row.numbers["alpha"])
    parts = {"clients": clients, "server": part("server", service_ms=0.0), "db": part("sql_database", write_ms=0.0)}
    links = [link("clients", "server"), link("server", "db")]
    return Experiment(design(parts, links, row.requests / RATE_PER_S), look=most_written)


def share_of_the_hottest(_: Row, seen: list[Seen]) -> float:
    return float(seen[0].looked) / seen[0].part("db", "commits")


def sharded(row: Row) -> Experiment:
    """Another seed is another placement of the keys."""
    clients = part("clients", arrival_rate_per_s=RATE_PER_S, keys=int(row.numbers["N"]), zipf_exponent=row.numbers["alpha"])
    shards = [f"db-{place}" for place in range(SHARDS)]
    parts = {
        "clients": clients,
        "server": part("server", service_ms=0.0),
        "router": part("shard_router", sharding="modulo"),
        **{shard: part("sql_database", read_ms=0.0) for shard in shards},
    }
    links = [link("clients", "server"), link("server", "router"), *(link("router", shard) for shard in shards)]
    return Experiment(design(parts, links, REQUESTS_OF_A_PLACEMENT / RATE_PER_S))


def hottest_over_mean(_: Row, seen: list[Seen]) -> float:
    loads = [seen[0].part(f"db-{place}", "arrived") for place in range(SHARDS)]
    return max(loads) * SHARDS / sum(loads)


RULES = [
    Rule("Q34", "hot key", "", only_writes, share_of_the_hottest),
    Rule("Q34", "hot shard", "", sharded, hottest_over_mean, runs=PLACEMENTS, quick=False, exact_law=False),
]
