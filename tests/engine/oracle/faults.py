"""Faults that begin and end. What something is like follows from all that are on."""

import math
from typing import TYPE_CHECKING, Any

from tests.engine.oracle.basics import Part, Steps
from tests.engine.oracle.clients import Clients
from tests.engine.oracle.cluster import Member
from tests.engine.oracle.messages import Broker

if TYPE_CHECKING:
    from tests.engine.oracle.world import World

Fault = dict[str, Any]


class Faults:
    def __init__(self, world: "World") -> None:
        self.world = world
        self.on: list[Fault] = []

    def carry_out(self, fault: Fault) -> Steps[None]:
        yield self.world.env.timeout(fault["at_s"])
        if fault["action"] in ("purge", "restore"):
            for part in self._parts(fault):
                (part.purge if fault["action"] == "purge" else part.restore)()
            return
        self.on.append(fault)
        self._act(fault, True)
        if fault.get("for_s") is not None:
            yield self.world.env.timeout(fault["for_s"])
            self.on.remove(fault)
            self._act(fault, False)

    def _parts(self, fault: Fault) -> list[Part]:
        parts = self.world.parts.get(fault.get("component") or "", [])
        instance = fault.get("arguments", {}).get("instance")
        return [parts[instance - 1]] if instance else parts

    def _act(self, fault: Fault, begins: bool) -> None:
        """What the fault's parts are like from now on. Cuts and partitions are looked up by each message."""
        for part in self._parts(fault):
            match fault["action"]:
                case "kill" if begins:
                    part.kill(fault.get("mode", "process"))
                case "kill":
                    part.restore()
                case "disk_full":
                    part.fill_disk(bool(self._ratios(fault)))
                case "pool_exhausted":
                    part.leak(math.prod(1 - ratio for ratio in self._ratios(fault)))
                case "hot_key":
                    assert isinstance(part, Clients)
                    part.mix.hot = 1 - math.prod(1 - ratio for ratio in self._ratios(fault))
                case "stop_replication":
                    assert isinstance(part, Member)
                    part.cluster.stop_replication(bool(self._ratios(fault)))
                case "stop_consumers":
                    assert isinstance(part, Broker)
                    part.stop(bool(self._ratios(fault)))
                case "poison":
                    assert isinstance(part, Broker)
                    part.poison_ratio = (self._ratios(fault) or [0.0])[-1]

    def _ratios(self, fault: Fault) -> list[float]:
        """Of all that do the same to the same component, in the order of their beginning."""
        same = [other for other in self.on if (other["action"], other.get("component")) == (fault["action"], fault.get("component"))]
        return [other.get("arguments", {}).get("ratio", 1.0) for other in same]

    def _within(self, part: Part, place: str) -> bool:
        here: str | None = part.name
        while here is not None and here != place:
            here = self.world.inside[here]
        return here == place

    def apart(self, one: Part, other: Part) -> bool:
        """Whether a partition stands between two."""
        for fault in self.on:
            if fault["action"] == "partition":
                ends = fault["component"], fault["arguments"]["other"]
                if any(self._within(one, a) and self._within(other, b) for a, b in (ends, ends[::-1])):
                    return True
        return False

    def is_cut(self, link: str, way: str | None = None) -> bool:
        """way: `there` for requests, `back` for answers; None: either."""
        for fault in self.on:
            if fault["action"] == "cut" and fault["link"] == link:
                direction = fault.get("arguments", {}).get("direction", "both")
                if way is None or direction in ("both", way):
                    return True
        return False
