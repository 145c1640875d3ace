"""What the engine's own tests share: designs in a line, runs to the end, and counts read off a run.

Designs are written with the catalogue's defaults, except that links are quick and certain unless a test says otherwise.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from sim_engine import Run

Document = dict[str, Any]
Frame = dict[str, Any]

QUICK: Document = {"latency_ms": 0.1, "latency_distribution": "constant"}


def part(kind: str, **parameters: Any) -> Document:
    return {"kind": kind, "parameters": parameters}


def link(source: str, target: str, **parameters: Any) -> Document:
    return {"from": source, "to": target, "parameters": QUICK | parameters}


def kill(component: str, at_s: float, mode: str = "process", for_s: float | None = None) -> Document:
    return {"at_s": at_s, "component": component, "action": "kill", "mode": mode, "for_s": for_s}


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
        "format": "architecture-playground", "version": 1, "name": "Test", "seed": seed,
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


def frames(run: Run, until_s: float | None = None) -> Iterator[Frame]:
    """Frames up to `until_s`, or to the end."""
    while not run.finished and (until_s is None or run.t < until_s - 1e-9):
        yield run.advance()


def go(run: Run, until_s: float | None = None) -> list[Frame]:
    return list(frames(run, until_s))


def play(document: Document, seed: int | None = None, tick_s: float = 0.5) -> Run:
    """The run of a design, at its end."""
    run = Run(document, seed=seed)
    run.command({"action": "tick", "tick_s": tick_s})
    go(run)
    return run


def summary(document: Document, seed: int | None = None) -> dict[str, Any]:
    return play(document, seed).summary()


def times_of(run: Run, kind: str, component: str | None = None) -> list[float]:
    """When events of a kind happened."""
    return [e["t"] for e in run.world.story.all if e["kind"] == kind and component in (None, e["component"])]


def time_of(run: Run, kind: str, component: str | None = None) -> float:
    """When an event happened that must have happened once."""
    found = times_of(run, kind, component)
    assert len(found) == 1, f"{kind}: {found}"
    return found[0]


def set_value(run: Run, component: str, parameter: str, value: Any) -> None:
    run.command({"action": "set", "component": component, "parameter": parameter, "value": value})


def broken_laws(run: Run) -> list[dict[str, Any]]:
    return [event for event in run.world.story.all if event["kind"] == "law_broken"]


def assert_conserved(run: Run) -> None:
    """Flow conservation for clients and at every component, and the integral laws at the end."""
    from sim_engine.world.laws import check_flow, check_integrals

    world = run.world
    assert check_flow(world.memory, world.instances) == []
    assert check_integrals(world.memory, world.instances) == []
    assert broken_laws(run) == []
