"""Scenarios: traffic over time and timed faults."""

from collections.abc import Generator
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sim_engine.design.document import Fault, Scenario

if TYPE_CHECKING:
    import simpy

    from sim_engine.world.world import World


@dataclass(frozen=True, slots=True)
class Segment:
    """From `at_s` on the multiplier is `level` and grows by `slope` a second."""

    at_s: float
    level: float
    slope: float


def segments(scenario: Scenario) -> list[Segment]:
    """The scenario's traffic as straight pieces, the first at 0; points at the same time make a step."""
    points = scenario.traffic
    if not points:
        return [Segment(0.0, 1.0, 0.0)]
    pieces = [Segment(0.0, points[0].multiplier, 0.0)]
    for one, other in pairwise(points):
        length = other.at_s - one.at_s
        if length > 0.0:
            pieces.append(Segment(one.at_s, one.multiplier, (other.multiplier - one.multiplier) / length))
    pieces.append(Segment(points[-1].at_s, points[-1].multiplier, 0.0))
    return pieces


def drive_traffic(world: "World", scenario: Scenario) -> Generator["simpy.Event", Any, None]:
    for segment in segments(scenario):
        if segment.at_s > world.env.now:
            yield world.env.timeout(segment.at_s - world.env.now)
        world.traffic.begin(segment)


def drive_fault(world: "World", fault: Fault) -> Generator["simpy.Event", Any, None]:
    yield world.env.timeout(fault.at_s)
    world.faults.carry_out(fault)
