"""Load balancer: one public address in front of targets with private ones. It spreads requests and stops sending to who fails.

Targets are watched in two ways: by checks of its own (active), and by the requests that fail (passive). What is taken out gets
nothing new and finishes what it has. Each instance has an address; when one dies, the others take its address over after a while.
Left out: TLS, sessions by cookie (a client is known by its address), checks at more than one depth.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from sim_engine.catalogue.component import Component, Duration, Metric, Pool, Port, Station
from sim_engine.catalogue.growth import growth_parameters
from sim_engine.catalogue.parameter import When, boolean, choice, integer, number
from sim_engine.catalogue.prices import price_per_gb_out, price_per_hour, price_per_million_requests
from sim_engine.components.checked_targets import CHECK_PARAMETERS, watch_targets
from sim_engine.components.client_parameters import in_section
from sim_engine.texts import _
from sim_engine.theory.regimes import station_expectation

if TYPE_CHECKING:
    import simpy

    from sim_engine.operations.program import Program
    from sim_engine.statistics.record import Steady
    from sim_engine.theory.regimes import Expectation
    from sim_engine.world.figures import Figures, Metrics
    from sim_engine.world.instance import Instance
    from sim_engine.world.world import World

CHECKS, DEATH = _("Health checks"), _("Its own death")
SOME, RING = When("policy", ("power_of_two",)), When("policy", ("consistent_hash",))
HEIR_LOOKED_FOR_EVERY_S: Final = 0.1  # while all instances are dead
POLICIES: Final = (
    ("round_robin", _("Round robin")), ("weighted", _("Weighted round robin")), ("random", _("Random")),
    ("least_connections", _("Least connections")), ("least_response_time", _("Least response time")),
    ("power_of_two", _("Best of a few at random")), ("ip_hash", _("IP hash")), ("consistent_hash", _("Consistent hashing")),
)  # fmt: skip


class LoadBalancer(Component):
    kind = "load_balancer"
    title = _("Load balancer")
    group = "edge"
    icon = "split"
    summary = _("One public address in front of targets with private ones. Spreads requests over them, and takes out those that fail.")
    left_out = _("TLS, sessions by cookie, checks at more than one depth.")
    provides = "http"
    ports = (
        Port("targets", _("Targets"), ("http",), policy="policy", empty_cause="no_target", required=True, sticky="sticky",
             settings=(("choices", "choices"), ("by_key", "hash_key"), ("slow_start_s", "slow_start_s"), ("ejects_after", "ejects_after"))),
    )  # fmt: skip
    decides: ClassVar = {"policy": ("hash_key",)}
    parameters = (
        choice("policy", _("Policy"), "round_robin", POLICIES,
               _("How the target of a request is chosen. Weights stand on the links. Connections and response times are those that this "
                 "balancer itself has seen.")),
        integer("choices", _("Choices"), 2, "", 2, 20, _("How many targets are drawn at random; the one with the fewest requests gets it."),
                when=SOME, source=_("Mitzenmacher, IEEE TPDS 12(10), 2001: two are much better than one, three little better than two.")),
        boolean("hash_key", _("Hash what is asked for"), False,
                _("The same thing is always asked of the same target, as for caches, instead of the same client."), when=RING),
        boolean("sticky", _("Sticky sessions"), False,
                _("A client stays with its target as long as that is in rotation, whatever the policy would say.")),
        number("slow_start_s", _("Slow start"), 0.0, "s", 0.0, 3_600.0,
               _("A target that comes into rotation gets its full part of the requests only after so long; the policies by hash take no "
                 "notice."), source=_("nginx: slow_start; AWS: 30 to 900 s.")),
        integer("cores", _("Cores"), 4, "cores", 1, 256, _("Requests that it handles at the same time.")),
        number("processing_ms", _("Processing time"), 0.05, "ms", 0.0, 1_000.0, _("CPU time for each request."),
               source=_("HAProxy forwards tens of thousands of requests a second on one core.")),
        integer("max_connections", _("Connection limit"), 20_000, "connections", 1, 10_000_000,
                _("Requests under way at the same time; what is beyond is dropped.")),
        *in_section(
            CHECKS,
            *CHECK_PARAMETERS,
            integer("ejects_after", _("Ejects after"), 0, "", 0, 10_000,
                    _("Requests that fail in a row until a target is taken out without waiting for its checks; never the last. 0: never."),
                    source=_("Envoy: consecutive_5xx = 5.")),
            number("ejection_s", _("Ejection time"), 30.0, "s", 0.0, 86_400.0, _("How long an ejected target stays out."),
                   source=_("Envoy: base_ejection_time = 30 s.")),
        ),
        number("takeover_s", _("Takeover time"), 4.0, "s", 0.0, 3_600.0,
               _("When an instance dies, another takes over its address after so long; until then who calls that address fails. A single "
                 "balancer has nobody to take over."), section=DEATH,
               source=_("keepalived (VRRP): three advertisements missed, one a second, and a little.")),
        *growth_parameters(10.0, _("Not calibrated: a virtual machine with a small program.")),
        price_per_hour(0.0225, _("AWS Application Load Balancer 2025: $0.0225.")),
        price_per_million_requests(0.09, _("AWS Application Load Balancer 2025: $0.008 an hour for 25 new connections a second.")),
        price_per_gb_out(),
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
    grows = True
    headline = "forwarded_per_s"
    bar = "utilisation"
    queue = "queue"

    @classmethod
    def actual(cls, values: Mapping[str, Any], name: str) -> Any:
        return False if name == "hash_key" and values["policy"] != "consistent_hash" else values[name]

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
        yield from watch_targets(world, me, "targets")
        for link_id, target in _ejected(me):
            yield cls._readmit(world, me, link_id, target)

    # -- targets that fail requests
    @classmethod
    def rotation(cls, world: World, me: Instance, behind: list[tuple[str, Instance]]) -> list[tuple[str, Instance]]:
        return [place for place in super().rotation(world, me, behind) if place not in _ejected(me)]

    @classmethod
    def member_fails(cls, world: World, me: Instance, link_id: str, target: Instance) -> None:
        if len(world.in_rotation(me, "targets")) <= 1:
            world.forgive(me, "targets", link_id, target)
            return
        seconds = float(me.values["ejection_s"])
        _ejected(me)[link_id, target] = world.env.now + seconds
        world.refresh_route(me, "targets")
        world.tell("target_ejected", me, "warning", marker=True, target=target.label, count=me.values["ejects_after"], seconds=seconds)
        world.losses.noticed(target, me)
        world.losses.decided(target, "decided_ejection", me.group, ("ejects_after",), me, count=me.values["ejects_after"])
        world.start(me, cls._readmit(world, me, link_id, target))

    @classmethod
    def _readmit(cls, world: World, me: Instance, link_id: str, target: Instance) -> Generator[simpy.Event, Any, None]:
        yield world.env.timeout(max(0.0, _ejected(me)[link_id, target] - world.env.now))
        del _ejected(me)[link_id, target]
        world.refresh_route(me, "targets")
        world.tell("target_readmitted", me, "info", marker=True, target=target.label)

    # -- its own death
    @classmethod
    def answers(cls, me: Instance, verb: str) -> list[Instance]:
        """Whoever has an address; that of a dead one has moved to others after a while."""
        return [member for member in me.group.in_service if not member.memory.get("address taken")]

    @classmethod
    def killed(cls, world: World, me: Instance) -> None:
        me.memory["deaths"] = me.memory.get("deaths", 0) + 1
        world.env.process(cls._lose_address(world, me, me.memory["deaths"]))

    @classmethod
    def _lose_address(cls, world: World, me: Instance, death: int) -> Generator[simpy.Event, Any, None]:
        died_s = world.env.now
        yield world.env.timeout(float(me.values["takeover_s"]))
        while not me.alive and me in me.group.members and me.memory["deaths"] == death:
            heir = next((other for other in me.group.in_service if other.alive), None)
            if heir is not None:
                me.memory["address taken"] = True
                world.refresh_callers(me.group)
                world.tell("address_taken", me, "warning", marker=True, target=heir.label, seconds=world.env.now - died_s)
                world.losses.noticed(me, heir)
                world.losses.decided(me, "decided_takeover", me.group, ("takeover_s",), seconds=me.values["takeover_s"])
                return
            yield world.env.timeout(HEIR_LOOKED_FOR_EVERY_S)

    @classmethod
    def started(cls, world: World, me: Instance, anew: bool) -> None:
        if me.memory.pop("address taken", False):
            world.refresh_callers(me.group)

    @classmethod
    def expectation(cls, world: World, me: Instance, steady: Steady | None) -> Expectation | str:
        return station_expectation(world, me, steady, "cpu", "processing")

    @classmethod
    def measure(cls, window: Figures) -> Metrics:
        cpu = window.pool("cpu")
        return {
            "forwarded_per_s": window.rate("done") + window.rate("failed"),
            "targets_in_rotation": window.enabled("targets"),
            "utilisation": window.highest(cpu.utilisation, window.pool("connections").utilisation),
            "in_flight": window.mean_in_flight,
            "queue": cpu.mean_queue,
            "bottleneck": window.scarcest("cpu", "connections"),
        }


def _ejected(me: Instance) -> dict[tuple[str, Instance], float]:
    """Targets that failed too many requests in a row, by link and instance, and until when each stays out."""
    found: dict[tuple[str, Instance], float] = me.memory.setdefault("ejected", {})
    return found
