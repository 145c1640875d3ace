"""What message queues, topics and logs have in common: messages that wait until a consumer has done its work.

A producer has its answer as soon as the broker has the message; whether a consumer is up makes no difference to it. A consumer is sent a
message when it has room for one, and acknowledges by answering. What it does not acknowledge in time is delivered again.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import simpy

from sim_engine.catalogue.component import Component, Disk, Duration, Metric, Pool, Port, Station
from sim_engine.catalogue.parameter import Parameter, When, choice, integer, number
from sim_engine.catalogue.storage import USED_DISK
from sim_engine.texts import _
from sim_engine.world.figures import Told
from sim_engine.world.health import HealthCheck, follow, watch

if TYPE_CHECKING:
    from sim_engine.operations.program import Program
    from sim_engine.world.figures import Figures, Metrics
    from sim_engine.world.instance import Instance
    from sim_engine.world.measure import NodeWindow
    from sim_engine.world.world import World

HEALTH = _("Consumers")
DURABILITY = _("Durability")
STORED_ON_DISK = When("storage", ("disk",))

BROKER_PARAMETERS: tuple[Parameter, ...] = (
    integer("cores", _("Cores"), 4, "cores", 1, 256, _("Messages that it handles at the same time.")),
    number("operation_ms", _("Operation time"), 0.05, "ms", 0.0, 1_000.0, _("CPU time to take in or to hand out one message."),
           source=_("RabbitMQ's published benchmarks: 20,000 to 50,000 messages a second for one classic queue.")),
    integer("max_connections", _("Connection limit"), 10_000, "connections", 1, 10_000_000,
            _("Producers served at the same time; what is beyond is dropped.")),
    integer("max_messages", _("Longest queue"), 1_000_000, "messages", 1, 4_000_000,
            _("Messages that one queue holds, those under way among them.")),
    choice("when_full", _("When it is full"), "refuse",
           (("refuse", _("Refuse the new message")), ("drop_oldest", _("Drop the oldest message"))),
           _("What happens to a message that finds no room.")),
    number("retention_s", _("Retention"), 345_600.0, "s", 0.0, 1_000_000.0,
           _("A message that nobody has taken for so long is deleted; 0: never."),
           source=_("Amazon SQS keeps messages for 4 days by default.")),
    integer("prefetch", _("Messages to one consumer"), 10, "messages", 1, 100_000,
            _("How many one consumer may have without having acknowledged them."), section=HEALTH),
    number("visibility_timeout_s", _("Visibility timeout"), 30.0, "s", 0.0, 100_000.0,
           _("A message that is not acknowledged for so long is delivered again, even if the first consumer still works on it. 0: never."),
           section=HEALTH, source=_("Amazon SQS: 30 s by default.")),
    integer("max_deliveries", _("Deliveries at most"), 5, "", 0, 1_000,
            _("After so many in vain a message goes to the dead letters; 0: it is tried for ever."), section=HEALTH,
            source=_("Not calibrated: 3 to 10 are usual for redrive policies.")),
    number("redelivery_delay_ms", _("Rest before another try"), 1_000.0, "ms", 0.0, 3_600_000.0,
           _("How long a message rests after a delivery has failed."), section=HEALTH),
    number("health_check_interval_s", _("Heartbeat interval"), 2.0, "s", 0.1, 3_600.0,
           _("Time from one sign of life of a consumer to the next."), section=HEALTH),
    number("health_check_timeout_ms", _("Heartbeat timeout"), 1_000.0, "ms", 1.0, 60_000.0,
           _("A heartbeat without an answer for so long has failed."), section=HEALTH),
    integer("unhealthy_threshold", _("Lost after"), 2, "", 1, 20, _("Heartbeats failed in a row until a consumer counts as lost."),
            section=HEALTH, source=_("RabbitMQ closes a connection after two missed heartbeats.")),
    integer("healthy_threshold", _("Back after"), 1, "", 1, 20,
            _("Heartbeats passed in a row until it gets messages again."), section=HEALTH),
    choice("storage", _("Messages are kept"), "disk", (("disk", _("On disk")), ("memory", _("In memory"))),
           _("What is only in memory is lost when the broker dies."), section=DURABILITY),
    number("flush_interval_ms", _("Flush interval"), 0.0, "ms", 0.0, 600_000.0,
           _("Messages reach the disk once in so long; what has not is lost when the broker dies. "
             "0: each before its producer has its answer."),
           section=DURABILITY, when=STORED_ON_DISK),
    number("store_ms", _("Time to store"), 0.5, "ms", 0.0, 10_000.0, _("Disk time to store one message."), section=DURABILITY,
           when=STORED_ON_DISK, source=_("A flush of a solid-state disk takes some 0.1 to 1 ms.")),
)  # fmt: skip

BROKER_METRICS: tuple[Metric, ...] = (
    Metric("waiting", _("Waiting"), "messages", "level", _("Messages that no consumer has yet.")),
    Metric("under_way", _("Under way"), "messages", "gauge", _("Delivered and not acknowledged, or resting before another try.")),
    Metric("published_per_s", _("Published"), "messages/s", "rate"),
    Metric("acknowledged_per_s", _("Acknowledged"), "messages/s", "rate"),
    Metric("oldest_s", _("Age of the oldest"), "s", "gauge", _("How long the oldest message that waits has been there.")),
    Metric("age_ms", _("Time to be done"), "ms", "level", _("From publishing to acknowledgement, of those done in the window.")),
    Metric("redelivered_per_s", _("Delivered again"), "messages/s", "rate"),
    Metric("dead_letters", _("Dead letters"), "messages", "count"),
    Metric("messages_lost", _("Messages lost"), "messages", "count"),
    Metric("utilisation", _("Scarcest resource"), "ratio", "level"),
    USED_DISK,
)
QUEUE_DISK = number("disk_gb", _("Disk size"), 100.0, "GB", 0.0, 1_000_000.0,
                    _("Room for the messages that are there. When it is full, no more are taken in. 0: as large as need be."),
                    section=DURABILITY, when=STORED_ON_DISK)  # fmt: skip


class Broker(Component):
    """Base of the kinds that keep messages; not a kind itself."""

    group = "messaging"
    provides = "queue"
    ports = (Port("consumers", _("Consumers"), ("consumer",), style="message", required=True),)
    parameters = BROKER_PARAMETERS
    pools = (
        Pool("connections", "max_connections", never_waits=True, full="connection_limit"),
        Station("cpu", "cores"),
        Station("disk", "", servers_value=1.0),
    )
    durations = (
        Duration("operation", "operation_ms"),
        Duration("store", "store_ms"),
        Duration("check", "", mean_s=0.0001),
    )
    metrics: ClassVar[tuple[Metric, ...]] = BROKER_METRICS
    headline = "waiting"
    bar = "utilisation"
    queue = "waiting"
    disk: ClassVar[Disk | None] = Disk("disk_gb", gives_back=True)
    actions = ("kill", "restore", "slow", "errors", "stop_consumers", "poison", "disk_full")

    # -- what the kinds differ in
    @classmethod
    def layout(cls, world: World, me: Instance) -> list[tuple[int, int]]:
        """(route, assigned member or -1) of each queue in use, in order; there is always one."""
        raise NotImplementedError

    @classmethod
    def publishing(cls, on: Program, me: Instance) -> None:
        on.publish()

    @classmethod
    def most_at_once(cls, me: Instance) -> int:
        """Messages of one queue under way at a time; 0: no limit."""
        return 0

    @classmethod
    def stores(cls, values: Mapping[str, Any]) -> bool:
        return bool(values["storage"] == "disk")

    @classmethod
    def gives_back(cls) -> bool:
        """Whether a message takes room only as long as it is in a queue; else until its retention is over."""
        return cls.disk is not None and cls.disk.gives_back

    # -- path of a message
    @classmethod
    def program(cls, on: Program, me: Instance) -> None:
        on.path("publish")
        on.take("connections")
        on.serve("cpu", "operation")
        if stores_each(me.values):
            on.serve("disk", "store")
        if cls.stores(me.values):
            on.store(keeps=not cls.gives_back())
        cls.publishing(on, me)
        on.reply()

        on.path("deliver")
        on.serve("cpu", "operation")
        on.call_chosen("consumers", "work")
        on.acknowledge("max_deliveries", "redelivery_delay_ms")
        on.reply()

        on.path("check")
        on.serve("cpu", "check", steady=True)
        on.reply()

    # -- its life
    @classmethod
    def wire(cls, world: World, me: Instance) -> None:
        me.queue_count = max(1, len(cls.layout(world, me)))

    @classmethod
    def wired(cls, world: World, me: Instance) -> None:
        cls.arrange(world, me)

    @classmethod
    def rotated(cls, world: World, me: Instance, port: str) -> None:
        if me.queue_count:
            cls.arrange(world, me)

    @classmethod
    def arrange(cls, world: World, me: Instance) -> None:
        """Brings the kernel's queues up to date with the parameters and with who is there."""
        values = me.values
        rows = cls.layout(world, me) or [(-1, -1)]
        for place, (route, assigned) in enumerate(rows[: cls.queue_rows]):
            world.queues.set(
                me, place, route=route, assigned=assigned, limit=values["max_messages"], prefetch=values["prefetch"],
                visible_s=values["visibility_timeout_s"], drops_oldest=values["when_full"] == "drop_oldest",
                most_at_once=cls.most_at_once(me), urgent=cls.urgent(values), on_disk=cls.gives_back(),
            )  # fmt: skip

    @classmethod
    def urgent(cls, values: Mapping[str, Any]) -> int:
        """Classes whose messages go first, as bits."""
        return 0

    @classmethod
    def life(cls, world: World, me: Instance) -> Iterator[Any]:
        yield cls._retain(world, me)
        for link_id in me.links_of("consumers"):
            yield follow(world, me, world.group_behind(link_id), partial(cls._watch_consumer, world, me, link_id))

    @classmethod
    def _retain(cls, world: World, me: Instance) -> Generator[simpy.Event, Any, None]:
        while True:
            retention_s = float(me.values["retention_s"])
            yield world.env.timeout(max(1.0, min(60.0, retention_s / 20.0)) if retention_s > 0.0 else 60.0)
            if me.alive and retention_s > 0.0:
                world.queues.expire(me, world.env.now - retention_s)
                cls.expired(world, me, world.env.now - retention_s)

    @classmethod
    def expired(cls, world: World, me: Instance, before_s: float) -> None:
        """What was published before then is no longer kept."""

    @classmethod
    def _watch_consumer(cls, world: World, me: Instance, link_id: str, target: Instance) -> Generator[simpy.Event, Any, None]:
        check = HealthCheck(me, f"heartbeat {link_id} {target.number}", target, lambda: link_id, lambda: me if me.alive else None)
        place = link_id, target.id

        def lost(since_s: float) -> None:
            me.out_of_rotation.add(place)
            world.refresh_route(me, "consumers")
            world.tell("consumer_lost", me, "warning", marker=True, by=me.label, target=target.label, seconds=since_s)

        def back() -> None:
            me.out_of_rotation.discard(place)
            world.refresh_route(me, "consumers")
            world.tell("consumer_back", me, "good", marker=True, by=me.label, target=target.label)

        return watch(world, check, lost, back, healthy=place not in me.out_of_rotation)

    @classmethod
    def killed(cls, world: World, me: Instance) -> None:
        """What had not reached the disk is gone; what was with consumers waits again."""
        flush_s = float(me.values["flush_interval_ms"]) / 1000.0
        since_s = math.inf
        if me.values["storage"] == "memory":
            since_s = -math.inf
        elif flush_s > 0.0:
            since_s = math.floor(world.env.now / flush_s) * flush_s
        lost = world.queues.lose(me, since_s)
        world.losses.lose_messages(me, lost)
        if me.values["storage"] == "memory":
            world.losses.decided(me, "decided_in_memory", me.group, ("storage",), count=lost)
        elif flush_s > 0.0:
            world.losses.decided(me, "decided_flush", me.group, ("flush_interval_ms",), count=lost, seconds=flush_s)
        else:
            world.losses.decided(me, "decided_stored", me.group, ("storage", "flush_interval_ms"))
        if lost:
            world.tell("messages_lost", me, "error", marker=True, count=lost)

    @classmethod
    def restored(cls, world: World, me: Instance) -> None:
        world.queues.refill(me)

    @classmethod
    def changed(cls, world: World, me: Instance, parameter: str) -> None:
        if parameter in ("storage", "flush_interval_ms"):
            world.rewrite([me])
        cls.arrange(world, me)

    @classmethod
    def act(cls, world: World, me: Instance, name: str, arguments: Mapping[str, Any], begins: bool) -> None:
        if name == "stop_consumers":
            world.queues.pause(me, begins)
        elif name == "poison":
            world.queues.poison(me, float(arguments["ratio"]) if begins else 0.0)

    @classmethod
    def measure(cls, window: Figures) -> Metrics:
        cpu, disk, connections = window.pool("cpu"), window.pool("disk"), window.pool("connections")
        done = window.queues("acknowledged")
        return {
            "waiting": window.queues("area") / window.seconds,
            "under_way": window.queues_now("under_way"),
            "published_per_s": window.queues("published") / window.seconds,
            "acknowledged_per_s": done / window.seconds,
            "oldest_s": Told(_oldest),
            "age_ms": 1000.0 * window.queues("age_sum_s") / done,
            "redelivered_per_s": window.queues("redelivered") / window.seconds,
            "dead_letters": window.queues_now("dead"),
            "messages_lost": window.queues_now("lost") + window.queues_now("expired"),
            "utilisation": window.highest(cpu.utilisation, disk.utilisation, connections.utilisation),
            "disk_used_gb": window.disk_used_gb if cls.stores(window.instance.values) else None,
            "bottleneck": window.scarcest("cpu", "disk", "connections"),
        }


def stores_each(values: Mapping[str, Any]) -> bool:
    """Whether a message is on disk before its producer has its answer."""
    return bool(values["storage"] == "disk" and values["flush_interval_ms"] <= 0.0)


def _oldest(window: NodeWindow) -> dict[str, float | None]:
    return {"oldest_s": window.oldest_message_s}
