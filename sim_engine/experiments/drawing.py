"""Small designs in a line or two, as experiments and tests draw them.

They have the catalogue's defaults, except that links are quick and certain unless it is said otherwise.
"""

from collections.abc import Mapping
from typing import Any, Final

from sim_engine.design.document import FORMAT
from sim_engine.design.upgrade import NEWEST

Document = dict[str, Any]

QUICK: Final[Document] = {"latency_ms": 0.1, "latency_distribution": "constant"}


def part(kind: str, **parameters: Any) -> Document:
    return {"kind": kind, "parameters": parameters}


def inside(place: str, component: Document) -> Document:
    """The component, drawn into a place."""
    return component | {"inside": place}


def link(source: str, target: str, **parameters: Any) -> Document:
    return {"from": source, "to": target, "parameters": QUICK | parameters}


def kill(component: str, at_s: float, mode: str = "process", for_s: float | None = None) -> Document:
    return {"at_s": at_s, "component": component, "action": "kill", "arguments": {"mode": mode}, "for_s": for_s}


def design(
    parts: Mapping[str, Document],
    links: list[Document],
    duration_s: float = 10.0,
    faults: list[Document] | None = None,
    traffic: list[tuple[float, float]] | None = None,
    seed: int = 1,
) -> Document:
    """links: their ids are `source-target`. traffic: (at_s, multiplier)."""
    points = [{"at_s": at_s, "multiplier": multiplier} for at_s, multiplier in traffic or []]
    return {
        "format": FORMAT, "version": NEWEST, "name": "Test", "seed": seed,
        "components": dict(parts),
        "links": {f"{entry['from']}-{entry['to']}": entry for entry in links},
        "scenarios": {"only": {"title": "Only", "duration_s": duration_s, "traffic": points, "faults": faults or []}},
        "scenario": "only",
    }  # fmt: skip


def shop(duration_s: float = 10.0, faults: list[Document] | None = None, replicas: int = 2, **of: Document) -> Document:
    """Clients, a balancer, two servers, a cache and a database with replicas. of: parameters by component id."""
    parts = {
        "clients": part("clients", **of.get("clients", {})),
        "balancer": part("load_balancer", **of.get("balancer", {})),
        "server_1": part("server", **of.get("server", {})),
        "server_2": part("server", **of.get("server", {})),
        "cache": part("cache", **of.get("cache", {})),
        "database": part("sql_database", **of.get("database", {})),
    }
    links = [link("clients", "balancer"), link("balancer", "server_1"), link("balancer", "server_2")]
    for server in ("server_1", "server_2"):
        links += [link(server, "cache", timeout_ms=500.0), link(server, "database", timeout_ms=1000.0)]
    for number in range(1, replicas + 1):
        parts[f"replica_{number}"] = part("read_replica", **of.get("replica", {}))
        links.append(link("database", f"replica_{number}", timeout_ms=1000.0))
    return design(parts, links, duration_s, faults)
