"""Topic (publish and subscribe): every subscriber gets its own copy of every message, and its own queue of what it has not done yet.

Left out: filters of subscriptions, subscribers that join for a short time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim_engine.catalogue.prices import price_per_million_requests
from sim_engine.catalogue.wire import Sentence, Wire
from sim_engine.components.broker import BROKER_PARAMETERS, QUEUE_DISK, Broker
from sim_engine.texts import _

if TYPE_CHECKING:
    from sim_engine.world.instance import Instance
    from sim_engine.world.world import World

MOST_SUBSCRIBERS = 64


class Topic(Broker):
    kind = "topic"
    title = _("Topic")
    order = 1
    icon = "radio"
    summary = _("Publish and subscribe: each component linked to it gets its own copy of every message.")
    left_out = _("Filters of subscriptions, subscribers that join for a short time.")
    queue_rows = MOST_SUBSCRIBERS
    parameters = (
        *BROKER_PARAMETERS,
        QUEUE_DISK,
        price_per_million_requests(0.5, _("Amazon SNS 2025: $0.50 a million messages published.")),
    )

    @classmethod
    def rule(cls, wire: Wire) -> Sentence:
        return wire.says("rule_copies")

    @classmethod
    def layout(cls, world: World, me: Instance) -> list[tuple[int, int]]:
        return [(world.link_route(me, link_id), -1) for link_id in me.links_of("consumers")[:MOST_SUBSCRIBERS]]
