"""Load balancer: one public address that spreads requests over targets and stops sending to those that fail their checks.

Each target is checked on its own, by a real request over the same link and through the same queue as the traffic.
Left out: TLS, sticky sessions, draining.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import simpy

from sim_engine.catalogue.component import Component, Duration, Metric, Pool, Port, Station
from sim_engine.catalogue.parameter import choice, integer, number
from sim_engine.texts import _
from sim_engine.theory.regimes import station_expectation
from sim_engine.world.health import HealthCheck, watch

if TYPE_CHECKING:
    from sim_engine.operations.program import Program
    from sim_engine.statistics.record import Steady
    from sim_engine.theory.regimes import Expectation
    from sim_engine.world.instance import Instance
    from sim_engine.world.measure import NodeWindow
    from sim_engine.world.world import World

HAPROXY = _("HAProxy checks every 2 s, fails after 3 and recovers after 2 by default.")


class LoadBalancer(Component):
    kind = "load_balancer"
    title = _("Load balancer")
    group = "edge"
    icon = "split"
    summary = _("Spreads requests over targets and takes those out that fail their health checks.")
    left_out = _("TLS, sticky sessions, connection draining and slow start.")
    provides = "http"
    ports = (Port("targets", _("Targets"), ("http",), policy="policy", empty_cause="no_target", required=True),)
    parameters = (
        choice(
            "policy", _("Policy"), "round_robin",
            (("round_robin", _("Round robin")), ("random", _("Random")), ("least_connections", _("Least connections")),
             ("power_of_two", _("Power of two choices")), ("ip_hash", _("IP hash"))),
            _("How the target of a request is chosen."),
        ),
        integer("cores", _("Cores"), 4, "cores", 1, 256, _("Requests that it handles at the same time.")),
        number("processing_ms", _("Processing time"), 0.05, "ms", 0.0, 1_000.0, _("CPU time for each request."),
               source=_("HAProxy forwards tens of thousands of requests a second on one core.")),
        integer("max_connections", _("Connection limit"), 20_000, "connections", 1, 10_000_000,
                _("Requests under way at the same time; what is beyond is dropped.")),
        number("health_check_interval_s", _("Health check interval"), 2.0, "s", 0.1, 3_600.0,
               _("Time from one check of a target to the next."), source=HAPROXY),
        number("health_check_timeout_ms", _("Health check timeout"), 1_000.0, "ms", 1.0, 60_000.0,
               _("A check without an answer for so long has failed.")),
        integer("unhealthy_threshold", _("Unhealthy after"), 3, "", 1, 20,
                _("Checks failed in a row until a target is taken out."), source=HAPROXY),
        integer("healthy_threshold", _("Healthy after"), 2, "", 1, 20, _("Checks passed in a row until it is put back."), source=HAPROXY),
    )  # fmt: skip
    pools = (
        Pool("connections", "max_connections", never_waits=True, full="connection_limit"),
        Station("cpu", "cores"),
    )
    durations = (Duration("processing", "processing_ms"), Duration("check", "processing_ms"))
    metrics = (
        Metric("forwarded_per_s", _("Forwarded"), "requests/s", "rate"),
        Metric("targets_in_rotation", _("Targets in rotation"), "", "gauge"),
        Metric("utilisation", _("CPU"), "ratio", "level"),
        Metric("in_flight", _("Connections"), "connections", "level"),
        Metric("queue", _("Queue"), "requests", "level"),
    )
    passes_on = "policy"
    headline = "forwarded_per_s"
    bar = "utilisation"
    queue = "queue"

    @classmethod
    def program(cls, on: Program, me: Instance) -> None:
        on.path("read", "write")
        on.take("connections")
        on.serve("cpu", "processing")
        on.call("targets", size="own")
        on.reply()

        on.path("check")
        on.serve("cpu", "check")
        on.reply()

    @classmethod
    def life(cls, world: World, me: Instance) -> Iterator[Any]:
        for link_id in me.links_of("targets"):
            yield cls._watch_target(world, me, link_id)

    @classmethod
    def _watch_target(cls, world: World, me: Instance, link_id: str) -> Iterator[simpy.Event]:
        target = world.target_of(link_id)
        check = HealthCheck(me, f"check {link_id}", target, lambda: link_id, lambda: me if me.alive else None)

        def lost(since_s: float) -> None:
            me.out_of_rotation.add(link_id)
            world.refresh_route(me, "targets")
            world.tell("target_out", me, "warning", marker=True, target=target.label, seconds=since_s)

        def back() -> None:
            me.out_of_rotation.discard(link_id)
            world.refresh_route(me, "targets")
            world.tell("target_back", me, "good", marker=True, target=target.label)

        return watch(world, check, lost, back, healthy=link_id not in me.out_of_rotation)

    @classmethod
    def expectation(cls, world: World, me: Instance, steady: Steady | None) -> Expectation | str:
        return station_expectation(world, me, steady, "cpu", "processing")

    @classmethod
    def measure(cls, window: NodeWindow) -> dict[str, float | str | None]:
        cpu = window.pool("cpu")
        return {
            "forwarded_per_s": window.rate("done") + window.rate("failed"),
            "targets_in_rotation": float(window.enabled("targets")),
            "utilisation": max(cpu.utilisation, window.pool("connections").utilisation),
            "in_flight": window.mean_in_flight,
            "queue": cpu.mean_queue,
            "bottleneck": window.scarcest("cpu", "connections"),
        }
