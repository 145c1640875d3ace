"""Partitioned log: messages of one key stay in order in one partition; each consumer group reads all partitions.

Each partition is read by one member of the group. More consumers than partitions are idle. When a member comes or goes, the
partitions are dealt out anew.
Left out: reading again from the beginning, compaction, replicas of partitions.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from sim_engine.catalogue.component import Disk
from sim_engine.catalogue.parameter import integer
from sim_engine.catalogue.prices import price_per_hour, storage_prices
from sim_engine.catalogue.wire import Sentence, Wire
from sim_engine.components.broker import BROKER_PARAMETERS, HEALTH, Broker
from sim_engine.texts import _

if TYPE_CHECKING:
    from sim_engine.operations.program import Program
    from sim_engine.world.instance import Instance
    from sim_engine.world.world import World

MOST_QUEUES = 256


class EventLog(Broker):
    kind = "event_log"
    title = _("Partitioned log")
    order = 2
    icon = "rows-3"
    summary = _(
        "Keeps events in partitions, in order for each key. Each component linked to it is a consumer group that reads all of them."
    )
    left_out = _("Reading again from the beginning, compaction, replicas of partitions.")
    queue_rows = MOST_QUEUES
    disk = Disk("storage_gb", retention_s="retention_s")
    parameters = (
        *BROKER_PARAMETERS,
        integer("partitions", _("Partitions"), 8, "", 1, 64,
                _("Each key has one; within it messages stay in order, and only one consumer of a group reads it."), live=False,
                source=_("Apache Kafka's num.partitions is 1; topics with 6 to 12 are usual.")),
        integer("batch", _("Batch"), 1, "messages", 1, 10_000,
                _("Messages of one partition that a consumer works on at the same time. Above 1 they may end in another order."),
                section=HEALTH),
        price_per_hour(0.21, _("Amazon MSK 2025: $0.21 for a kafka.m5.large (2 processors, 8 GB).")),
        *storage_prices(100.0, 0.10, _("Amazon MSK 2025: $0.10 a GB and month.")),
    )  # fmt: skip

    @classmethod
    def rule(cls, wire: Wire) -> Sentence:
        return wire.says("rule_partitions")

    @classmethod
    def layout(cls, world: World, me: Instance) -> list[tuple[int, int]]:
        found = []
        partitions = int(me.values["partitions"])
        for link_id in me.links_of("consumers")[: MOST_QUEUES // partitions]:
            route = world.link_route(me, link_id)
            members = world.members_of(route)
            for partition in range(partitions):
                found.append((route, members[partition % len(members)] if members else -1))
        return found

    @classmethod
    def most_at_once(cls, me: Instance) -> int:
        return int(me.values["batch"])

    @classmethod
    def expired(cls, world: World, me: Instance, before_s: float) -> None:
        """Whether they have been read or not, what is older than the retention goes; how much that is was noted when it was new."""
        noted, gone_kb = me.memory.setdefault("noted", deque()), float(me.memory.get("gone_kb", 0.0))
        noted.append((world.env.now, gone_kb + world.disks.stored_kb(me)))
        upto_kb = gone_kb
        while noted and noted[0][0] <= before_s:
            upto_kb = noted.popleft()[1]
        world.disks.add(me, gone_kb - upto_kb)
        me.memory["gone_kb"] = upto_kb

    @classmethod
    def publishing(cls, on: Program, me: Instance) -> None:
        partitions = int(me.values["partitions"])
        for first in range(0, me.queue_count, partitions):
            on.publish(by_key=True, first=first, how_many=min(partitions, me.queue_count - first))
