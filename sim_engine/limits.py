"""All limits of the engine, in one table: each with its unit and why it is there."""

from dataclasses import dataclass
from typing import Final

from sim_engine.texts import _


@dataclass(frozen=True, slots=True)
class Limit:
    value: int
    unit: str
    reason: str


LIMITS: Final[dict[str, Limit]] = {
    "components": Limit(500, "components", _("A canvas and a frame stay readable and quick.")),
    "instances": Limit(1_000, "instances", _("Of all components together: each has statistics of its own in memory.")),
    "links": Limit(2_000, "links", _("A frame stays small.")),
    "scenarios": Limit(50, "scenarios", _("A picker stays readable.")),
    "scenario_points": Limit(200, "points", _("Traffic over time and faults of one scenario.")),
    "faults": Limit(200, "faults", _("On at the same time.")),
    "identifier_characters": Limit(64, "characters", _("Ids stand in every frame.")),
    "label_characters": Limit(80, "characters", _("Labels stand on cards.")),
    "text_characters": Limit(2_000, "characters", _("Notes and descriptions.")),
    "simulated_seconds": Limit(1_000_000, "s", _("Twelve days of simulated time for one run.")),
    "keys": Limit(1_000_000, "keys", _("Versions are kept for each key at each database.")),
    "store_cells": Limit(60_000_000, "cells", _("Keys times databases and caches: memory of a run.")),
    "tasks": Limit(2_000_000, "requests", _("Requests in flight at all places together: memory of a run.")),
    "messages": Limit(4_000_000, "messages", _("Messages in all queues together: memory of a run.")),
    "users": Limit(1_000_000, "users", _("Closed users hold a slot each.")),
    "stalled_events": Limit(3_000_000, "events", _("Events without time passing: a cycle with no delay.")),
    "tick_wall_seconds": Limit(20, "s", _("Real time that one frame may take.")),
    "events_kept": Limit(2_000, "events", _("The event log that a run keeps for its summary.")),
    "incidents": Limit(100, "incidents", _("Losses that a run follows to their end; those that come later are told, not followed.")),
    "spans_kept": Limit(5_000, "spans", _("Hops of sampled requests that a run keeps.")),
    "commands": Limit(10_000, "commands", _("Commands that a run records.")),
}


def limit(name: str) -> int:
    return LIMITS[name].value


class LimitReached(Exception):
    """A run met a limit; `name` is a key of LIMITS."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name
