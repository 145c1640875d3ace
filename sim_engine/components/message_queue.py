"""Message queue: producers put jobs in, any of the workers linked to it takes one out. Neither needs to know whether the other is up.

Left out: transactions over several messages, delayed messages, several brokers that keep the same queue.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sim_engine.catalogue.classes import CLASS_NAMES, CLASSES
from sim_engine.catalogue.parameter import boolean, several
from sim_engine.catalogue.prices import price_per_million_requests
from sim_engine.components.broker import BROKER_PARAMETERS, HEALTH, QUEUE_DISK, Broker
from sim_engine.operations.program import class_mask
from sim_engine.texts import _

if TYPE_CHECKING:
    from sim_engine.world.instance import Instance
    from sim_engine.world.world import World


class MessageQueue(Broker):
    kind = "message_queue"
    title = _("Message queue")
    order = 0
    icon = "list-ordered"
    summary = _("Keeps jobs until a worker has done them. Each message goes to one of the workers linked to it.")
    left_out = _("Transactions over several messages, delayed messages, several brokers that keep the same queue.")
    queue_rows = 1
    parameters = (
        *BROKER_PARAMETERS,
        QUEUE_DISK,
        several("urgent_classes", _("Urgent"), (), tuple((known.name, known.title) for known in CLASSES),
                _("Messages of these classes of traffic go before all others.")),
        boolean("in_order", _("Strictly in order"), False,
                _("Only one message is under way at a time, so that nothing overtakes; workers in parallel then gain nothing."),
                section=HEALTH),
        price_per_million_requests(1.2, _("Amazon SQS 2025: $0.40 a million requests; a message takes three: send, receive, delete.")),
    )  # fmt: skip

    @classmethod
    def layout(cls, world: World, me: Instance) -> list[tuple[int, int]]:
        return [(me.routes["consumers", None], -1)]

    @classmethod
    def most_at_once(cls, me: Instance) -> int:
        return 1 if me.values["in_order"] else 0

    @classmethod
    def urgent(cls, values: Mapping[str, Any]) -> int:
        return class_mask(name for name in CLASS_NAMES if name in values["urgent_classes"])
