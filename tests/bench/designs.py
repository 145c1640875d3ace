"""The designs that are measured: the examples, and ones made to a size."""

import json
import math
from pathlib import Path
from typing import Any

from tests.engine.oracle.designs import design, link, part

Document = dict[str, Any]
EXAMPLES = Path(__file__).parents[2] / "examples"
FIRST_PAGE = "three-tier"


def example(name: str) -> Document:
    """An example with every missing parameter filled in from the catalogue and the scenario `steady` made long."""
    return completed(json.loads((EXAMPLES / f"{name}.json").read_text(encoding="utf-8")))


def example_names() -> list[str]:
    return sorted(path.stem for path in EXAMPLES.glob("*.json"))


def completed(document: Document) -> Document:
    from sim_engine import catalogue_document

    catalogue = catalogue_document()
    defaults = {k["kind"]: {p["name"]: p["default"] for p in k["parameters"]} for k in catalogue["kinds"]}
    of_links = {p["name"]: p["default"] for p in catalogue["link"]["parameters"]}
    components = {
        name: component | {"parameters": defaults[component["kind"]] | component.get("parameters", {})}
        for name, component in document["components"].items()
    }
    links = {name: entry | {"parameters": of_links | entry.get("parameters", {})} for name, entry in document["links"].items()}
    steady = {"bench": {"title": "Bench", "duration_s": 900_000, "traffic": [], "faults": []}}
    return document | {"components": components, "links": links, "scenarios": steady, "scenario": "bench"}


def tandem(stages: int, rate_per_s: float = 800.0, timeout_ms: float = 600_000.0) -> Document:
    """So many M/M/1 stations in a row, each 80 % busy. timeout_ms: of each call."""
    names = [f"stage-{i:02d}" for i in range(stages)]
    parts = {"clients": part("clients", arrival_rate_per_s=rate_per_s)}
    parts |= {name: part("server", service_ms=800.0 / rate_per_s) for name in names}
    path = ["clients", *names]
    links = [link(source, target, timeout_ms=timeout_ms) for source, target in zip(path, names, strict=False)]
    return completed(design(parts, links, 3600.0))


def at_scale(rate_per_s: float, servers: int = 8, databases: int = 3) -> Document:
    """A load balancer, servers, a cache and databases with the catalogue's times, as large as this traffic needs."""
    each = rate_per_s / servers
    server = {
        "cores": size(each * 0.005 / 0.7),
        "workers": 1_000_000,
        "memory_mb": 1e6,
        "network_mbit_s": each * 20 * 8 / 1000 / 0.5,
    }
    database = {"cores": size(0.5 * rate_per_s / databases * 0.004 / 0.6), "max_connections": 1_000_000}
    traffic = {"arrival_rate_per_s": rate_per_s, "read_ratio": 0.95, "keys": 100_000, "zipf_exponent": 0.99}
    names, stores = [f"server-{i:03d}" for i in range(servers)], [f"db-{i}" for i in range(databases)]
    parts = {
        "clients": like_catalogue("clients", **traffic),
        "lb": like_catalogue("load_balancer", cores=size(rate_per_s * 0.00005 / 0.5), max_connections=1_000_000),
        "cache": like_catalogue("cache", threads=size(2 * rate_per_s * 0.00002 / 0.5), max_connections=1_000_000),
        **{name: like_catalogue("server", **server) for name in names},
        **{name: like_catalogue("sql_database", **database) for name in stores},
    }
    pairs = [("clients", "lb"), *(("lb", name) for name in names), *((name, "cache") for name in names)]
    pairs += [(name, stores[i % databases]) for i, name in enumerate(names)]
    links = [{"from": source, "to": target, "parameters": {"bandwidth_mbit_s": 0.0}} for source, target in pairs]
    return completed(design(parts, links, 3600.0))


def size(needed: float) -> int:
    return max(1, min(1024, math.ceil(needed)))


def like_catalogue(kind: str, **parameters: Any) -> Document:
    return {"kind": kind, "label": kind, "x": 0, "y": 0, "parameters": parameters}
