"""Document database: a replica set that keeps whole documents and elects its primary by itself, as MongoDB does.

Its members decide by majority: a primary that has lost it steps down, and without it nobody is elected. A write may wait until a
majority has it. A document is read and written as a whole, and changes at once; writes of one do not wait for each other's locks.
Left out: transactions over several documents, arbiters, priorities of members, read concern, its own sharding (a shard router does that).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sim_engine.catalogue.parameter import When, choice, number
from sim_engine.catalogue.wire import Sentence, Wire
from sim_engine.components.client_parameters import with_defaults
from sim_engine.components.database_node import NODE_METRICS, NODE_PARAMETERS
from sim_engine.components.database_owner import WRITES_LOST, DatabaseOwner
from sim_engine.texts import _

if TYPE_CHECKING:
    from sim_engine.world.instance import Instance
    from sim_engine.world.world import World

MAJORITY = "majority"
MEMBER_PARAMETERS = with_defaults(
    tuple(parameter for parameter in NODE_PARAMETERS if parameter.name != "row_kb"),
    max_connections={"default": 51_200,
                     "source": _("MongoDB: 80 % of the open files that a process may have, for which it recommends 64,000.")},
    buffer_gb={"default": 15.5, "source": _("MongoDB's WiredTiger: half of the memory above 1 GB, here of 32 GB.")},
    price_per_hour={"default": 0.40, "source": _("AWS 2025: about $0.40 for an m7i.2xlarge (8 processors, 32 GB).")},
    price_per_gb_stored={"default": 0.08, "source": _("AWS 2025: $0.08 for a GB and month of a general purpose disk.")},
)  # fmt: skip


class DocumentDatabase(DatabaseOwner):
    kind = "document_database"
    title = _("Document database")
    order = 3
    icon = "braces"
    summary = _(
        "Keeps whole documents. With read replicas linked from it, its members elect the primary by majority, so that there are never two."
    )
    left_out = _("Transactions over several documents, arbiters, priorities of members, read concern, its own sharding.")
    provides = "sql"
    record_size = "document_kb"
    consensus = True
    parameters = (
        *MEMBER_PARAMETERS,
        number("document_kb", _("Document size"), 4.0, "kB", 0.0, 16_384.0,
               _("Size of the answer to a read: always the whole document."),
               source=_("Not calibrated: MongoDB's largest document has 16 MB.")),
        choice("write_concern", _("Write concern"), MAJORITY, ((MAJORITY, _("Majority")), ("one", _("Primary only"))),
               _("Whether a write waits until a majority of the members has it, or is done at the primary and may be lost with it."),
               source=_("MongoDB since 5.0: majority.")),
        choice("read_preference", _("Read preference"), "primary", (("primary", _("Primary")), ("secondary", _("Replicas"))),
               _("Where reads go while there are replicas. Replicas may answer with what is old."),
               source=_("MongoDB: the primary.")),
        number("replication_batch_ms", _("Replication batch"), 10.0, "ms", 0.0, 60_000.0,
               _("Writes are shipped to the replicas once in so long. What is not shipped when the primary dies is lost."),
               when=When("write_concern", ("one",))),
        number("health_check_interval_s", _("Heartbeat interval"), 2.0, "s", 0.1, 3_600.0,
               _("Time from one heartbeat of a member to the next."), source=_("MongoDB: a heartbeat every 2 s.")),
        number("health_check_timeout_ms", _("Heartbeat timeout"), 10_000.0, "ms", 1.0, 60_000.0,
               _("A heartbeat without an answer for so long has failed."), source=_("MongoDB: heartbeatTimeoutSecs is 10.")),
        number("election_timeout_s", _("Election timeout"), 10.0, "s", 0.1, 3_600.0,
               _("A member without a heartbeat for so long is lost; when it is the primary, an election begins."),
               source=_("MongoDB: electionTimeoutMillis is 10,000.")),
        number("promotion_s", _("Election time"), 2.0, "s", 0.0, 600.0,
               _("From the call of an election until the new primary takes writes."),
               source=_("MongoDB: a new primary usually within 12 s, of which the election timeout is 10.")),
    )  # fmt: skip
    actions = (*DatabaseOwner.actions, "free_disk")
    metrics = (*NODE_METRICS, WRITES_LOST)

    @classmethod
    def rule(cls, wire: Wire) -> Sentence:
        return wire.says("rule_replicates_to_most" if wire.own.get("write_concern") == MAJORITY else "rule_replicates_later")

    @classmethod
    def wire(cls, world: World, me: Instance) -> None:
        super().wire(world, me)
        world.builder.set_number(me, MAJORITY, float(cls.needed(me.values, len(cls.cluster(world, me).members))))

    @classmethod
    def changed(cls, world: World, me: Instance, parameter: str) -> None:
        super().changed(world, me, parameter)
        if parameter in ("write_concern", "read_preference"):
            world.rewrite(cls.cluster(world, me).members)
            cls.cluster(world, me).refresh(world)

    @classmethod
    def reads_replicas(cls, values: Mapping[str, Any]) -> bool:
        return bool(values["read_preference"] == "secondary")

    @classmethod
    def waits(cls, values: Mapping[str, Any]) -> bool:
        return bool(values["write_concern"] == MAJORITY)

    @classmethod
    def enough(cls, values: Mapping[str, Any]) -> str:
        """With the primary's own copy, the half of all makes a majority."""
        return MAJORITY

    @classmethod
    def needed(cls, values: Mapping[str, Any], members: int) -> int:
        return members // 2

    @classmethod
    def loses(cls, values: Mapping[str, Any], failures: int, since_s: float) -> bool:
        """The last heartbeat that was answered was one interval before the first that was not."""
        return since_s + float(values["health_check_interval_s"]) >= float(values["election_timeout_s"]) - 1e-9
