"""Where everything is: which place holds what, and how long a message takes from one place to another because of the distance.

A component stands in the place that it was drawn into, or in none. What is in no place is as near to everything as its links say.
Distances come on top of the links' own latency and are the same both ways: through fibre, which is never straight, between
regions; what the region says within it.
Left out: routes that change, congestion, the last mile to the users (it is in their link's latency).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from sim_engine.catalogue.growth import SPREAD
from sim_engine.catalogue.locations import LOCATIONS, PATH_FACTOR, Location, fibre_s, great_circle_km
from sim_engine.world.instance import DRAINING

if TYPE_CHECKING:
    from sim_engine.design.document import ComponentSpec
    from sim_engine.world.group import Group
    from sim_engine.world.instance import Instance
    from sim_engine.world.measure import NodeWindow
    from sim_engine.world.world import World

NOWHERE: Final = ""
SITE: Final = "@"  # before the name of a location that is no place of the design


@dataclass(frozen=True, slots=True)
class Ground:
    """The piece of the earth that a place stands on. Times are seconds one way."""

    location: Location
    path_factor: float | None = None  # how much longer its cables are than the great circle; None: like those of the other end
    within_s: float = 0.0  # between two parts in the same zone
    between_s: float = 0.0  # between two zones


def apart_s(one: Ground, other: Ground) -> float:
    """How long a message takes between two different regions. Never less than light takes through fibre."""
    factors = [ground.path_factor for ground in (one, other) if ground.path_factor is not None]
    factor = sum(factors) / len(factors) if factors else PATH_FACTOR
    over_land_s = fibre_s(great_circle_km(one.location, other.location)) * factor
    return max(over_land_s, one.between_s, other.between_s)


class Counter(NamedTuple):
    """Where messages are counted: all of a link, or (crossing) those of it that go from one place to another."""

    crossing: bool
    row: int


@dataclass(frozen=True, slots=True)
class Border:
    """What counts the messages into a place, out of it, and within it."""

    coming: list[Counter]
    going: list[Counter]
    staying: list[Counter]


class Places:
    def __init__(self, world: World) -> None:
        self._world = world
        self._inside: dict[str, str | None] = {}  # component -> place
        self._rows: dict[str, int] = {NOWHERE: 0}  # place, or SITE and location -> row of State.distances
        self._zones: dict[Instance, str] = {}  # where the instances of what is spread over zones stand
        self._counted_places = 0  # for so many State.crossings has rows now
        self._borders: dict[str, Border] = {}
        self._links: object = None  # those that the borders were found for

    # -- what is where
    def follow(self, components: Mapping[str, ComponentSpec], tell: bool) -> None:
        """Puts everything where the design has it now."""
        before, self._inside = self._inside, {i: spec.inside for i, spec in components.items()}
        self._borders.clear()
        self.measure()
        for identifier in sorted(before.keys() & self._inside.keys()) if tell else ():
            if before[identifier] != self._inside[identifier]:
                self._tell_move(self._world.groups[identifier])

    def _tell_move(self, group: Group) -> None:
        place = self._inside[group.id]
        if place is None:
            self._world.tell("moved_out", group, "info", marker=True)
        else:
            self._world.tell("moved", group, "info", marker=True, place=self._world.groups[place].label)

    def around_key(self, key: str) -> Iterator[str]:
        """The places that are around whatever stands on a row of the distances."""
        return self.around(key) if key in self._world.groups else iter(())

    def around(self, identifier: str) -> Iterator[str]:
        """The places that a component is in, from the smallest to the largest; itself first when it is a place."""
        component = self._world.groups[identifier].component
        if component.everywhere:
            return
        here = identifier if component.place_rank else self._inside[identifier]
        while here is not None:
            yield here
            here = self._inside[here]

    def holds(self, place: str, identifier: str) -> bool:
        """Whether a component is inside a place, or is it."""
        return place in self.around(identifier)

    def within(self, place: str) -> list[Group]:
        """Everything that a place holds, the smaller places and itself too."""
        return [group for group in self._world.groups.values() if self.holds(place, group.id)]

    # -- how far it is
    def _key(self, me: Instance) -> str:
        site = me.component.site(me)
        return SITE + site if site is not None else self.zone_of(me) or next(self.around(me.component_id), NOWHERE)

    # -- instances that are spread over the zones of their region
    def zone_of(self, me: Instance) -> str | None:
        """Where an instance stands by itself, when its component stands in none of the zones that it is spread over."""
        return self._zones.get(me)

    def _settle(self, me: Instance) -> None:
        """It stays where it is, as long as that is one of the zones; else the living zone with the fewest gets it."""
        zones = self._zones_of(me.group)
        now = self._zones.pop(me, None)
        if not zones:
            return
        there = [self._zones.get(other) for other in me.group.members if other.stage != DRAINING]
        lost = self._world.faults.is_lost
        self._zones[me] = now if now in zones else min(zones, key=lambda zone: (lost(zone), there.count(zone)))

    def _zones_of(self, group: Group) -> list[str]:
        """What a component is spread over, if it is."""
        here = self._inside.get(group.id)
        if here is None or not group.values.get(SPREAD):
            return []
        return [i for i, place in self._inside.items() if place == here and self._world.groups[i].component.place_rank]

    def _ground(self, key: str) -> tuple[str, Ground | None]:
        """What a row stands on, and by which place."""
        if key.startswith(SITE):
            return key, Ground(LOCATIONS[key.removeprefix(SITE)])
        for place in self.around_key(key):
            found = self._world.groups[place].component.ground(self._world.groups[place].values)
            if found is not None:
                return place, found
        return NOWHERE, None

    def _seconds(self, one: str, other: str) -> float:
        """One way, between two rows."""
        (place, ground), (other_place, other_ground) = self._ground(one), self._ground(other)
        if ground is None or other_ground is None:
            return 0.0
        if place != other_place:
            return apart_s(ground, other_ground)
        return ground.within_s if one == other else ground.between_s

    def measure(self) -> None:
        """Works out all distances anew and says to the kernel where everybody is."""
        for me in self._world.instances.values():
            self._settle(me)
        keys = {me.node: self._key(me) for me in self._world.instances.values()}
        zones = [zone for group in self._world.groups.values() for zone in self._zones_of(group)]  # somebody may come to any
        for key in (*keys.values(), *zones):
            self._rows.setdefault(key, len(self._rows))
        state = self._world.memory.state
        distances = np.zeros((len(self._rows), len(self._rows)))
        for one, row in self._rows.items():
            for other, column in self._rows.items():
                distances[row, column] = self._seconds(one, other)
        state.replace(distances=distances)
        for node, key in keys.items():
            state.nodes[node]["place"] = self._rows[key]
        self._world.memory.look_at_ways()
        self._borders.clear()

    # -- what crosses borders
    def crossings(self, link_id: str) -> Iterator[tuple[Counter, str, str]]:
        """What counts the messages of a link, with the rows of the distances that the caller and the callee stand on.

        Instances that are spread over zones stand on several, and are told apart.
        """
        link = self._world.links[link_id]
        ends = self._world.groups[link.source], self._world.groups[link.target]
        if not any(self._zones_of(group) for group in ends):
            one, other = (next(self.around(group.id), NOWHERE) for group in ends)
            yield Counter(False, self._world.link_row(link_id)), one, other
            return
        first = self._first_crossing(link_id)
        for one in self._callers_stand_on(ends[0]):
            for other in self._stands_on(ends[1]):
                yield Counter(True, first + self._rows[one] * len(self._rows) + self._rows[other]), one, other

    def _callers_stand_on(self, group: Group) -> list[str]:
        """Over the links of a DNS anybody may call."""
        return list(self._rows) if group.component.names else self._stands_on(group)

    def _stands_on(self, group: Group) -> list[str]:
        return self._zones_of(group) or sorted({self._key(me) for me in group.everyone})

    def _first_crossing(self, link_id: str) -> int:
        """The first of the link's rows of State.crossings; makes them when it has none."""
        memory, row = self._world.memory, self._world.link_row(link_id)
        if self._counted_places != len(self._rows):
            self._count_more_places()
        if memory.state.links[row]["crossings"] == 0:
            memory.state.links[row]["crossings"] = 1 + memory.add("crossings", len(self._rows) ** 2)
        return int(memory.state.links[row]["crossings"]) - 1

    def _count_more_places(self) -> None:
        """Rows for all pairs of places anew, with what was counted so far."""
        memory, before, now = self._world.memory, self._counted_places, len(self._rows)
        for row in memory.state.links["crossings"].nonzero()[0]:
            old = int(memory.state.links[row]["crossings"]) - 1
            new = memory.add("crossings", now**2)
            counted = memory.state.crossings[old : old + before**2].reshape(before, before)
            memory.state.crossings[new : new + now**2].reshape(now, now)[:before, :before] = counted
            memory.state.links[row]["crossings"] = 1 + new
        self._counted_places = now

    def put(self, me: Instance) -> None:
        """Somebody new stands where its component does, or in one of the zones that this is spread over."""
        self._zones.pop(me, None)
        self._settle(me)
        row = self._rows.get(self._key(me)) if me.component_id in self._inside else 0
        if row is None:
            self.measure()
        else:
            self._world.memory.state.nodes[me.node]["place"] = row

    def distance_s(self, one: Instance, other: Instance) -> float:
        """Seconds one way that the distance adds to a message."""
        state = self._world.memory.state
        return float(state.distances[state.nodes[one.node]["place"], state.nodes[other.node]["place"]])

    # -- what a place shows
    def _border(self, place: str) -> Border:
        """Users who are in a place are no part of it: what they ask for comes in."""
        if self._links is not self._world.links:
            self._links = self._world.links
            self._borders.clear()
        if place not in self._borders:
            found = Border([], [], [])
            counters = {(False, True): found.coming, (True, False): found.going, (True, True): found.staying}
            for link_id, link in self._world.links.items():
                asking = self._world.groups[link.source].component
                for counter, one, other in self.crossings(link_id):
                    sends = place in self.around_key(one) and not asking.is_source and not asking.names
                    counters.get((sends, place in self.around_key(other)), []).append(counter)
            self._borders[place] = found
        return self._borders[place]

    def report(self, window: NodeWindow, place: str) -> dict[str, float | None]:
        """What crossed the border of a place in a window, and what stayed inside."""
        border, tables = self._border(place), (window.whole.links, window.whole.crossings)

        def sent(counters: list[Counter]) -> float:
            return float(sum([tables[crossing]["sent"][row] for crossing, row in counters]))

        stayed, left = sent(border.staying), sent(border.going)
        crossed_kb = sum([sum(tables[crossing]["sent_kb"][row]) for crossing, row in (*border.coming, *border.going)])
        inside = [group for group in self.within(place) if not group.component.place_rank]
        machines = [me for group in inside if not group.component.is_source for me in group.members]
        machines += [me for me, zone in self._zones.items() if zone == place and me in me.group.members]
        users = [me.node for group in inside if group.component.is_source for me in group.everyone]
        return {
            "requests_in_per_s": sent(border.coming) / window.seconds,
            "users_requests_per_s": sum([window.whole.nodes["arrived"][node] for node in users]) / window.seconds,
            "requests_out_per_s": left / window.seconds,
            "stays_inside": stayed / (stayed + left) if stayed + left else None,
            "traffic_mbit_s": 0.008 * crossed_kb / window.seconds,
            "parts_up": float(sum([me.alive for me in machines])),
            "parts": float(len(machines)),
        }
