"""Experiments for databases that share the keys."""

from typing import Any

from sim_engine.experiments.drawing import Document, design, link, part
from sim_engine.experiments.experiment import DOWN, UP, Experiment, rows
from sim_engine.experiments.figures import cost, dropped, fewest, mean_ms, of, p99_ms, stale


def sharded(read_ratio: float = 0.8, seconds: float = 5.0, **router: Any) -> Document:
    """Two databases behind a router."""
    parts = {
        "clients": part("clients", arrival_rate_per_s=300.0, keys=2_000, read_ratio=read_ratio, zipf_exponent=0.9, retries=0),
        "server": part("server", cores=32, service_ms=0.1, workers=1_000),
        "router": part("shard_router", **router),
        "one": part("sql_database"),
        "two": part("sql_database"),
    }
    links = [link("clients", "server"), link("server", "router"), link("router", "one"), link("router", "two")]
    return design(parts, links, seconds)


def moving(name: str, one: Any, other: Any) -> Experiment:
    """The rule that says where a key is changes after two seconds."""
    command = {"action": "set", "component": "router", "parameter": "sharding", "value": "modulo"}
    figure = of("router", "left_to_move")
    direction = DOWN if one < other and name == "move_batch" else UP
    return Experiment("shard_router", name, one, other, figure, direction, sharded(seconds=4.0), "router", ((2.0, command),))


def replicated() -> Document:
    """Shards with a replica each, that are some way away."""
    document = sharded(0.5)
    for shard in ("one", "two"):
        document["components"][f"{shard}_too"] = part("read_replica")
        document["links"][f"{shard}-{shard}_too"] = link(shard, f"{shard}_too", latency_ms=50.0)
    return document


EXPERIMENTS = [
    *rows(
        "shard_router", "router",
        ("sharding", "consistent_hash", "range", fewest("one", "two"), UP, sharded()),
        ("shard_key_values", 1, 0, fewest("one", "two"), UP, sharded()),
        ("reads_from", "primary", "replicas", stale, UP, replicated()),
        ("scatter_ratio", 0.0, 0.5, of("one", "arrived"), UP, sharded()),
        ("cores", 1, 8, mean_ms, DOWN, sharded(processing_ms=2.5)),
        ("processing_ms", 0.1, 2.0, p99_ms, UP, sharded()),
        ("max_connections", 1, 1_000, dropped, DOWN, sharded()),
        ("price_per_hour", 0.1, 0.2, cost("router", "instances"), UP, sharded()),
    ),
    moving("move_batch", 10, 500),
    moving("move_pause_ms", 50.0, 1_000.0),
]  # fmt: skip
