"""Key-value store: everything in memory, quick and simple (Redis-like), with replicas that are linked from it and promoted by a sentinel.

Replicas are asynchronous. Keys that find no room are refused, or push out those that were used least recently.
Left out: data structures other than values, transactions, scripts, keys that expire, a cluster that shards by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sim_engine.catalogue.parameter import When, boolean, choice, integer, number
from sim_engine.components.database_owner import WRITES_LOST, DatabaseOwner
from sim_engine.components.key_value_node import KEY_VALUE_METRICS, KEY_VALUE_PARAMETERS, MEMORY, KeyValueNode, fits
from sim_engine.texts import _

if TYPE_CHECKING:
    from sim_engine.world.instance import Instance
    from sim_engine.world.world import World

AUTOMATIC = When("automatic_failover", (True,))
FAILOVER = _("Replicas and failover")


class KeyValue(DatabaseOwner, KeyValueNode):
    kind = "key_value"
    title = _("Key-value store")
    order = 6
    icon = "key-round"
    summary = _("Keeps all data in memory: very quick, as long as it fits. What survives a crash is up to what it keeps on disk.")
    left_out = _("Structures other than values, transactions, scripts, keys that expire, a cluster that shards by itself.")
    provides = "sql"
    parameters = (
        *KEY_VALUE_PARAMETERS,
        choice("when_full", _("When memory is full"), "refuse",
               (("refuse", _("Refuse writes of new keys")), ("evict", _("Drop the keys used least recently"))),
               _("What a write of a key does that finds no room. What has been dropped is found no more."), section=MEMORY,
               source=_("Redis: maxmemory-policy noeviction, allkeys-lru.")),
        choice("reads_from", _("Reads from"), "primary", (("replicas", _("Replicas")), ("primary", _("Primary"))),
               _("Where reads go while there are replicas."), section=FAILOVER,
               source=_("Redis clients read from the primary unless they are told otherwise.")),
        boolean("automatic_failover", _("Automatic failover"), True, _("Promotes a replica when the primary is lost."), section=FAILOVER,
                source=_("Redis Sentinel.")),
        number("promotion_s", _("Promotion time"), 1.0, "s", 0.0, 600.0, _("From the decision until the new primary takes writes."),
               when=AUTOMATIC, section=FAILOVER, source=_("Not calibrated: Sentinel's election takes about a second.")),
        number("health_check_interval_s", _("Health check interval"), 1.0, "s", 0.1, 3_600.0,
               _("Time from one check of a member to the next."), section=FAILOVER, source=_("Redis Sentinel pings every second.")),
        number("health_check_timeout_ms", _("Health check timeout"), 1_000.0, "ms", 1.0, 60_000.0,
               _("A check without an answer for so long has failed."), section=FAILOVER),
        integer("unhealthy_threshold", _("Lost after"), 10, "", 1, 100, _("Checks failed in a row until a member counts as lost."),
                section=FAILOVER, source=_("Redis Sentinel: down-after-milliseconds, 30 s by default; its examples have 5 to 60 s.")),
        integer("healthy_threshold", _("Healthy after"), 2, "", 1, 20, _("Checks passed in a row until a member counts as healthy again."),
                section=FAILOVER),
    )  # fmt: skip
    metrics = (*KEY_VALUE_METRICS, WRITES_LOST)

    @classmethod
    def changed(cls, world: World, me: Instance, parameter: str) -> None:
        super().changed(world, me, parameter)
        if parameter in ("reads_from", "when_full"):
            world.rewrite(cls.cluster(world, me).members)
            cls.cluster(world, me).refresh(world)

    @classmethod
    def hints(cls, parameters: dict[str, Any]) -> list[tuple[str, str]]:
        return [("data_gb", "data_does_not_fit")] if fits(parameters) < 1.0 else []
