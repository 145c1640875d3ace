"""DNS: the name of your site, and to whom it leads. Clients ask once and remember the answer for its time to live.

Targets are checked by real requests over the links to them. Clients call whom they were told over that same link, so who still
remembers a dead target goes on calling it until the answer has expired: a failover takes detection and what is left of the time to live.
Left out: the steps of a resolution (root, top level, authoritative), resolvers that keep answers longer than they should.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import simpy

from sim_engine.catalogue.component import Component, Duration, Metric, Port, Station
from sim_engine.catalogue.parameter import When, boolean, choice, distribution_parameters, integer, number
from sim_engine.catalogue.prices import price_per_million_requests
from sim_engine.texts import _
from sim_engine.world.figures import Told
from sim_engine.world.health import HealthCheck, follow, watch

if TYPE_CHECKING:
    from sim_engine.catalogue.wire import Sentence, Wire
    from sim_engine.operations.program import Program
    from sim_engine.world.figures import Figures, Metrics
    from sim_engine.world.instance import Instance
    from sim_engine.world.measure import NodeWindow
    from sim_engine.world.world import World

CHECKS = _("Health checks")
CHECKED = When("health_checks", (True,))
ROUTE_53 = _("Amazon Route 53 checks every 30 s, or every 10 s for more money, and fails after 3.")


class Dns(Component):
    kind = "dns"
    title = _("DNS")
    group = "edge"
    order = -2
    icon = "signpost"
    summary = _("Tells clients whom to call; they remember it for a while.")
    left_out = _("The steps of a resolution, and resolvers that keep answers longer than they should.")
    provides = "dns"
    names = True
    ports = (Port("targets", _("Names"), ("http",), policy="policy", empty_cause="no_target", required=True),)
    parameters = (
        choice(
            "policy", _("Policy"), "simple",
            (("simple", _("Simple: any of them")), ("weighted_random", _("Weighted")), ("latency", _("Lowest latency")),
             ("geographic", _("Geographic: the nearest")), ("failover", _("Failover by priority"))),
            _("Whom an answer names. Weights and priorities are those of the links."),
        ),
        number("ttl_s", _("Time to live"), 60.0, "s", 0.0, 1_000_000.0, _("How long clients remember an answer; 0: they ask each time."),
               source=_("Amazon Route 53 advises 60 s or less where answers follow health checks.")),
        number("resolution_ms", _("Resolution time"), 40.0, "ms", 0.0, 60_000.0,
               _("Mean time that a resolution takes, besides the link to here."),
               source=_("Souders, High Performance Web Sites, 2007: 20 to 120 ms.")),
        *distribution_parameters("resolution", _("Resolution time distribution"), "lognormal"),
        integer("servers", _("Resolutions at once"), 10_000, "", 1, 1_000_000, _("What is beyond waits."), advanced=True),
        boolean("health_checks", _("Checks its targets"), True,
                _("Without, it names targets that are dead. When all have failed their checks, it answers as if none had."),
                section=CHECKS),
        number("health_check_interval_s", _("Health check interval"), 10.0, "s", 0.1, 3_600.0,
               _("Time from one check of a target to the next."), section=CHECKS, when=CHECKED, source=ROUTE_53),
        number("health_check_timeout_ms", _("Health check timeout"), 4_000.0, "ms", 1.0, 60_000.0,
               _("A check without an answer for so long has failed."), section=CHECKS, when=CHECKED,
               source=_("Amazon Route 53 waits 4 s for a connection.")),
        integer("unhealthy_threshold", _("Unhealthy after"), 3, "", 1, 20,
                _("Checks failed in a row until a target is named no more."), section=CHECKS, when=CHECKED, source=ROUTE_53),
        integer("healthy_threshold", _("Healthy after"), 3, "", 1, 20, _("Checks passed in a row until it is named again."),
                section=CHECKS, when=CHECKED, source=ROUTE_53),
        price_per_million_requests(0.4, _("Amazon Route 53 2025: $0.40 for a million queries.")),
    )  # fmt: skip
    pools = (Station("servers", "servers"),)
    durations = (Duration("resolution", "resolution_ms", "resolution_distribution", "resolution_cv"),)
    metrics = (
        Metric("queries_per_s", _("Queries"), "requests/s", "rate"),
        Metric("requests_per_s", _("Requests by its answers"), "requests/s", "rate", _("That clients sent to whom they were told.")),
        Metric("remembered", _("Answers remembered"), "ratio", "share", _("Of these requests, those that needed no query.")),
        Metric("utilisation", _("Resolutions in use"), "ratio", "level", _("Of those that it can do at once.")),
        Metric("queue", _("Queue"), "requests", "level"),
        Metric("targets_in_rotation", _("Targets in rotation"), "", "gauge"),
        Metric("latency_ms", _("Mean resolution time"), "ms", "level"),
    )
    headline = "queries_per_s"
    bar = "utilisation"
    queue = "queue"

    @classmethod
    def program(cls, on: Program, me: Instance) -> None:
        on.path("resolve")
        on.serve("servers", "resolution")
        on.answer("targets", "ttl_s")
        on.reply()

    @classmethod
    def rule(cls, wire: Wire) -> Sentence:
        if wire.alike == 1:
            return wire.says("rule_names_one")
        chosen = next(each.title for each in cls.parameter("policy").choices if each.value == wire.own["policy"])
        return wire.says("rule_names", policy=chosen, count=wire.alike)

    @classmethod
    def rotation(cls, world: World, me: Instance, behind: list[tuple[str, Instance]]) -> list[tuple[str, Instance]]:
        """When nobody is healthy, everybody is as good. By failover only those of the best priority get anything."""
        healthy = super().rotation(world, me, behind) or behind
        if me.values["policy"] != "failover":
            return healthy
        priorities = [world.links[link_id].parameters["priority"] for link_id, _target in healthy]
        return [target for target, priority in zip(healthy, priorities, strict=True) if priority == priorities[0]]

    @classmethod
    def life(cls, world: World, me: Instance) -> Iterator[Any]:
        for link_id in me.links_of("targets") if me.values["health_checks"] else ():
            yield follow(world, me, world.group_behind(link_id), partial(cls._watch_target, world, me, link_id))

    @classmethod
    def _watch_target(cls, world: World, me: Instance, link_id: str, target: Instance) -> Generator[simpy.Event, Any, None]:
        check = HealthCheck(me, f"check {link_id} {target.number}", target, lambda: link_id, lambda: me if me.alive else None)
        place = link_id, target.id

        def lost(since_s: float) -> None:
            me.out_of_rotation.add(place)
            world.refresh_route(me, "targets")
            world.tell(
                "target_unnamed", me, "warning", marker=True, by=me.label, target=target.label, seconds=since_s, ttl=me.values["ttl_s"]
            )
            world.losses.decided(target, "decided_ttl", me.group, ("ttl_s",), me, ttl=me.values["ttl_s"])

        def back() -> None:
            me.out_of_rotation.discard(place)
            world.refresh_route(me, "targets")
            world.tell("target_named", me, "good", marker=True, by=me.label, target=target.label)

        return watch(world, check, lost, back, healthy=place not in me.out_of_rotation)

    @classmethod
    def killed(cls, world: World, me: Instance) -> None:
        world.losses.decided(me, "decided_remembered", me.group, ("ttl_s",), ttl=me.values["ttl_s"])

    @classmethod
    def changed(cls, world: World, me: Instance, parameter: str) -> None:
        if parameter == "health_checks":
            me.out_of_rotation.clear()
            world.live_anew(me)
            world.refresh_route(me, "targets")
        elif parameter == "policy":
            world.refresh_route(me, "targets")

    @classmethod
    def measure(cls, window: Figures) -> Metrics:
        return {
            "queries_per_s": window.rate("arrived"),
            "requests_per_s": Told(_requests),
            "remembered": Told(_requests),
            "utilisation": window.pool("servers").utilisation,
            "queue": window.pool("servers").mean_queue,
            "targets_in_rotation": window.enabled("targets"),
            "latency_ms": window.mean_latency_ms,
        }


def _requests(window: NodeWindow) -> dict[str, float | None]:
    """Of clients to those whom it names, and how many of them asked nobody since they remembered the answer."""
    queries, requests = window.count("arrived"), window.sent_by("targets")
    return {
        "requests_per_s": requests / window.seconds,
        "remembered": max(0.0, 1.0 - queries / requests) if requests else None,
    }
