"""Disks that fill by themselves: how much room each has, who notices that one is full, and what ends it.

The kernel counts what is stored and turns away what finds no room, at the moment when it comes. Here the disks are looked at once a second,
so that people hear of it.
Left out: the room that logs, indexes and temporary files take, and how much slower a disk is that is almost full.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sim_engine.catalogue.prices import KB_PER_GB
from sim_engine.world.instance import Instance

if TYPE_CHECKING:
    import simpy

    from sim_engine.world.faults import Fault
    from sim_engine.world.world import World

LOOK_S: Final = 1.0
PACE_LOOKS: Final = 10  # over which the pace of filling is measured
NO_ROOM_KB: Final = -1.0  # not even for what carries nothing


@dataclass(slots=True, eq=False)
class _Seen:
    """What is known of one disk."""

    unstored: int = 0
    full: Fault | None = None  # since when, as a loss that has befallen it
    stored_kb: float = 0.0  # when it was full, and how much room there was
    room_kb: float = 0.0
    foretold: bool = False
    pace: deque[float] = field(default_factory=lambda: deque(maxlen=PACE_LOOKS + 1))


class Disks:
    def __init__(self, world: World, ends_s: float) -> None:
        """ends_s: when the run is over."""
        self._world = world
        self._ends_s = ends_s
        self._seen: dict[Instance, _Seen] = {}

    # -- how much there is
    def put(self, me: Instance) -> None:
        """A disk with what is on it when the instance comes."""
        row = self._row(me)
        row["stored_kb"] = self._held_kb(me)
        self.write(me)
        if me.component.disk is not None:
            if not self._seen:
                self._world.env.process(self._follow())
            self._seen[me] = _Seen()

    def write(self, me: Instance) -> None:
        """Brings the room up to date with the parameters and with the fault that fills it."""
        disk = me.component.disk
        size_gb = 0.0 if disk is None or disk.size is None or not me.component.stores(me.values) else float(me.actual(disk.size))
        self._row(me)["room_kb"] = NO_ROOM_KB if me.disk_full else size_gb * KB_PER_GB if size_gb > 0.0 else math.inf

    def changed(self, me: Instance, parameter: str, before: Any) -> None:
        """A parameter has been set: the disk may be larger, and what was there from the beginning more."""
        disk = me.component.disk
        if disk is not None and parameter == disk.holds:
            self._row(me)["stored_kb"] += (float(me.values[parameter]) - float(before)) * KB_PER_GB
        self.write(me)

    def copy(self, me: Instance, source: Instance) -> None:
        """It has copied everything: as much is on its disk now."""
        self._row(me)["stored_kb"] = float(self._row(source)["stored_kb"])

    def add(self, me: Instance, size_kb: float) -> None:
        self._row(me)["stored_kb"] += size_kb

    def clear(self, me: Instance) -> None:
        """A new machine has nothing on its disk."""
        self._row(me)["stored_kb"] = self._held_kb(me)

    def free(self, me: Instance, share: float) -> None:
        """Old data are deleted."""
        self._world.settle()
        self._row(me)["stored_kb"] *= 1.0 - share

    def stored_kb(self, me: Instance) -> float:
        return float(self._row(me)["stored_kb"])

    def _held_kb(self, me: Instance) -> float:
        disk = me.component.disk
        return 0.0 if disk is None or disk.holds is None else float(me.values[disk.holds]) * KB_PER_GB

    def _row(self, me: Instance) -> Any:
        return self._world.memory.state.nodes[me.node]

    # -- who notices
    def _follow(self) -> Generator[simpy.Event, Any, None]:
        while True:
            yield self._world.env.timeout(LOOK_S)
            for me, seen in list(self._seen.items()):
                if me.id not in self._world.instances:
                    del self._seen[me]
                else:
                    self._look(me, seen)

    def _look(self, me: Instance, seen: _Seen) -> None:
        row = self._row(me)
        unstored, stored_kb, room_kb = int(row["unstored"]), float(row["stored_kb"]), float(row["room_kb"])
        turned_away, seen.unstored = unstored > seen.unstored, unstored
        if me.disk_full:
            return  # somebody has filled it
        if seen.full is None and turned_away:
            self._begin(me, seen, stored_kb, room_kb)
        elif seen.full is not None and (stored_kb < seen.stored_kb or room_kb > seen.room_kb):
            self._end(me, seen)
        seen.pace.append(stored_kb)
        self._foretell(me, seen, stored_kb, room_kb)

    def _begin(self, me: Instance, seen: _Seen, stored_kb: float, room_kb: float) -> None:
        seen.full = self._world.faults.befalls("disk_full", me)
        seen.stored_kb, seen.room_kb = stored_kb, room_kb
        self._world.losses.begins(seen.full, "disk_full_begins", me.label, None)
        self._world.tell("disk_full_begins", me, "error", marker=True)

    def _end(self, me: Instance, seen: _Seen) -> None:
        assert seen.full is not None
        self._world.tell("disk_has_room", me, "good", marker=True, seconds=self._world.env.now - seen.full.since_s)
        self._world.losses.fault_over(seen.full.number)
        seen.full, seen.foretold = None, False
        seen.pace.clear()
        me.component.disk_freed(self._world, me)

    def _foretell(self, me: Instance, seen: _Seen, stored_kb: float, room_kb: float) -> None:
        """Says once that at the pace of the last seconds it will be full before the run is over."""
        if seen.foretold or seen.full is not None or len(seen.pace) <= PACE_LOOKS or not math.isfinite(room_kb):
            return
        kb_per_s = (seen.pace[-1] - seen.pace[0]) / (PACE_LOOKS * LOOK_S)
        left_s = (room_kb - stored_kb) / kb_per_s if kb_per_s > 0.0 else math.inf
        if self._world.env.now + left_s < self._ends_s:
            seen.foretold = True
            self._world.tell("disk_fills", me, "warning", percent=100.0 * stored_kb / room_kb, seconds=left_s)
