"""Region: a part of the world with data centres. What stands in it is near to each other and far from other regions.

The way between two regions is the great circle between their cities, longer by a factor since cables are not straight, at the speed
of light in fibre. Killing or cutting off a region does it to everything inside. Clients inside are users who live there.
Left out: congestion, routes that change, the last mile to the users.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sim_engine.catalogue.component import Component, Metric
from sim_engine.catalogue.locations import LOCATION_CHOICES, LOCATION_SOURCE, LOCATIONS, PATH_FACTOR, PATH_FACTOR_SOURCE
from sim_engine.catalogue.parameter import choice, number
from sim_engine.catalogue.prices import price_per_gb_to_others
from sim_engine.texts import _
from sim_engine.world.figures import Told
from sim_engine.world.places import Ground

if TYPE_CHECKING:
    from sim_engine.world.figures import Figures, Metrics
    from sim_engine.world.instance import Instance
    from sim_engine.world.measure import NodeWindow
    from sim_engine.world.world import World

PLACE_ACTIONS = ("kill", "restore", "slow", "errors", "partition", "isolate")
PLACE_METRICS = (
    Metric("requests_in_per_s", _("Requests coming in"), "requests/s", "rate",
           _("Over links from outside, and of users who live here to parts that are here.")),
    Metric("users_requests_per_s", _("Requests of users here"), "requests/s", "rate", _("Wherever they are answered.")),
    Metric("requests_out_per_s", _("Requests going out"), "requests/s", "rate",
           _("That parts inside send to parts outside; those of the users do not count.")),
    Metric("stays_inside", _("Calls that stay inside"), "ratio", "share", _("Of the calls that parts inside make.")),
    Metric("traffic_mbit_s", _("Traffic across the border"), "Mbit/s", "level", _("Both ways.")),
    Metric("parts_up", _("Parts that are up"), "", "gauge"),
    Metric("parts", _("Parts inside"), "", "gauge"),
)  # fmt: skip


class Place(Component):
    """What regions and zones have in common."""

    group = "places"
    actions = PLACE_ACTIONS
    metrics = PLACE_METRICS
    headline = "requests_in_per_s"

    @classmethod
    def wire(cls, world: World, me: Instance) -> None:
        me.memory["places"] = world.places

    @classmethod
    def changed(cls, world: World, me: Instance, parameter: str) -> None:
        world.places.measure()

    @classmethod
    def measure(cls, window: Figures) -> Metrics:
        return dict.fromkeys([metric.name for metric in cls.metrics], Told(_report))


def _report(window: NodeWindow) -> dict[str, float | None]:
    found: dict[str, float | None] = window.instance.memory["places"].report(window, window.group.id)
    return found


class Region(Place):
    kind = "region"
    title = _("Region")
    order = 0
    icon = "earth"
    summary = _("A part of the world with data centres: what is inside is near, what is outside is as far as it is on the map.")
    left_out = _("Congestion, routes that change, the last mile to the users: that is in the latency of their link.")
    place_rank = 2
    parameters = (
        choice("location", _("Location"), "frankfurt", LOCATION_CHOICES, _("Where on earth it is."), source=LOCATION_SOURCE),
        number("path_factor", _("Way of the cables"), PATH_FACTOR, "", 1.0, 10.0,
               _("How many times longer the way to another region is than the great circle. Between two regions their mean counts."),
               source=PATH_FACTOR_SOURCE),
        number("between_zones_ms", _("Between zones"), 0.5, "ms", 0.0, 100.0,
               _("One way, between two zones of this region; on top of the link's own latency."),
               source=_("Hamilton, AWS re:Invent 2014: zones are less than 2 ms apart, mostly less than 1 ms, there and back.")),
        number("within_zone_ms", _("Within a zone"), 0.0, "ms", 0.0, 100.0,
               _("One way, between two parts in the same zone; on top of the link's own latency."),
               source=_("The link's own latency is that of a data centre.")),
        price_per_gb_to_others(0.02, _("Paid by whoever sends a GB from here to another region. What goes to clients has its own price."),
                               _("AWS 2025: $0.02 a GB between most regions.")),
    )  # fmt: skip

    @classmethod
    def ground(cls, values: Mapping[str, Any]) -> Ground:
        within_s, between_s = values["within_zone_ms"] / 1000.0, values["between_zones_ms"] / 1000.0
        return Ground(LOCATIONS[values["location"]], values["path_factor"], within_s, between_s)
