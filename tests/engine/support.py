"""What the engine's own tests share: designs in a line, runs to the end, and counts read off a run.

Designs are written with the catalogue's defaults, except that links are quick and certain unless a test says otherwise.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from sim_engine import Run
from sim_engine.experiments.drawing import QUICK, Document, design, inside, kill, link, part, shop

__all__ = ["QUICK", "Document", "design", "inside", "kill", "link", "part", "shop"]

Frame = dict[str, Any]


def frames(run: Run, until_s: float | None = None) -> Iterator[Frame]:
    """Frames up to `until_s`, or to the end."""
    while not run.finished and (until_s is None or run.t < until_s - 1e-9):
        yield run.advance()


def go(run: Run, until_s: float | None = None) -> list[Frame]:
    return list(frames(run, until_s))


def play(document: Document, seed: int | None = None, tick_s: float = 0.5, commands: Sequence[tuple[float, Document]] = ()) -> Run:
    """The run of a design, at its end. commands: with their times, in order."""
    run = Run(document, seed=seed)
    run.command({"action": "tick", "tick_s": tick_s})
    for at_s, command in commands:
        go(run, at_s)
        run.command(command)
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
