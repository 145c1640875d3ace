"""Small designs that several experiments share."""

from typing import Any

from sim_engine.experiments.drawing import Document, design, kill, link, part, shop


def pair(rate: float = 100.0, clients: Document | None = None, **server: Any) -> Document:
    """Clients and one server."""
    calling = part("clients", **({"arrival_rate_per_s": rate, "retries": 0} | (clients or {})))
    return design({"clients": calling, "server": part("server", **server)}, [link("clients", "server")], 5.0)


def several_services() -> Document:
    """A server that calls two others."""
    document = pair()
    for name in ("one", "two"):
        document["components"][name] = part("server", service_ms=10.0)
        document["links"][f"server-{name}"] = link("server", name)
    return document


def crowd(**clients: Any) -> Document:
    return pair(clients={"model": "closed", "users": 50, "think_time_s": 1.0} | clients)


def broken(mode: str = "process", **clients: Any) -> Document:
    """Clients that nobody answers."""
    document = pair(50.0, clients)
    document["scenarios"]["only"]["faults"] = [kill("server", 0.0, mode)]
    return document


def slow_link(document: Document, *ends: str) -> Document:
    for end in ends:
        document["links"][end]["parameters"]["bandwidth_mbit_s"] = 10.0
    return document


def balanced(clients: Document | None = None, faults: list[Document] | None = None, **balancer: Any) -> Document:
    parts = {
        "clients": part("clients", **({"arrival_rate_per_s": 100.0, "retries": 0} | (clients or {}))),
        "balancer": part("load_balancer", **balancer),
        "one": part("server"),
        "two": part("server"),
    }
    links = [link("clients", "balancer"), link("balancer", "one"), link("balancer", "two")]
    return design(parts, links, 25.0 if faults else 5.0, faults)


def cached(clients: Document | None = None, **cache: Any) -> Document:
    """Reads through a cache that holds a part of the keys."""
    parts = {
        "clients": part("clients", **({"arrival_rate_per_s": 400.0, "keys": 1000, "read_ratio": 1.0} | (clients or {}))),
        "server": part("server", cores=16, service_ms=0.1),
        "cache": part("cache", **({"capacity_keys": 200} | cache)),
        "database": part("sql_database", cores=64),
    }
    links = [link("clients", "server"), link("server", "cache"), link("server", "database")]
    return design(parts, links, 5.0)


def stored(read_ratio: float, replicas: int = 0, faults: list[Document] | None = None, rate: float = 200.0, **of: Document) -> Document:
    """Clients, two quick servers and a database, without a cache in between."""
    document = shop(30.0 if faults else 5.0, faults, replicas, **of)
    del document["components"]["cache"]
    document["links"] = {i: entry for i, entry in document["links"].items() if entry["to"] != "cache"}
    calling = {"arrival_rate_per_s": rate, "read_ratio": read_ratio, "retries": 0}
    document["components"]["clients"]["parameters"] = calling
    for server in ("server_1", "server_2"):
        document["components"][server]["parameters"] = {"cores": 32, "service_ms": 0.1, "workers": 1000}
    return document


def slow_balanced(**balancer: Any) -> Document:
    """Servers that take their time, so that the balancer holds requests."""
    document = balanced({"timeout_ms": 8_000.0, "arrival_rate_per_s": 10.0}, **balancer)
    for server in ("one", "two"):
        document["components"][server]["parameters"] = {"cores": 64, "service_ms": 4_000.0, "service_distribution": "constant"}
    return document


DEAD_MACHINE = [kill("one", 5.0, "machine")]
DEAD_FOR_TEN = [kill("one", 5.0, "process", 10.0)]
PRIMARY_DIES = [kill("database", 5.0)]
PRIMARY_DIES_SILENTLY = [kill("database", 5.0, "machine")]
PRIMARY_RETURNS = [kill("database", 5.0, for_s=15.0)]
REPLICA_RETURNS = [kill("replica_1", 2.0, for_s=10.0)]
LOADED: Document = {"cores": 1, "service_ms": 8.0}


def with_link(document: Document, **parameters: Any) -> Document:
    document["links"]["clients-server"]["parameters"] |= parameters
    return document
