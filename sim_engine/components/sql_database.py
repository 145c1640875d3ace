"""SQL database: the primary that takes the writes, with the replicas that are linked from it.

What is linked to it talks to the cluster: writes go to whoever is primary, reads to the replicas.
Left out: transactions over several keys, deadlocks, checkpoints.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim_engine.catalogue.parameter import When, boolean, choice, integer, number
from sim_engine.components.database_node import NODE_METRICS, SQL_NODE_PARAMETERS, STORAGE
from sim_engine.components.database_owner import WRITES_LOST, DatabaseOwner
from sim_engine.texts import _

if TYPE_CHECKING:
    from sim_engine.world.instance import Instance
    from sim_engine.world.world import World

AUTOMATIC = When("automatic_failover", (True,))


class SqlDatabase(DatabaseOwner):
    kind = "sql_database"
    title = _("SQL database")
    icon = "database"
    summary = _("Keeps the data. Takes the writes, and the reads too unless replicas are linked from it.")
    left_out = _("Transactions over several rows, deadlocks, checkpoints.")
    provides = "sql"
    parameters = (
        *SQL_NODE_PARAMETERS,
        choice("reads_from", _("Reads from"), "replicas", (("replicas", _("Replicas")), ("primary", _("Primary"))),
               _("Where reads go while there are replicas.")),
        choice("replication", _("Replication"), "asynchronous",
               (("asynchronous", _("Asynchronous")), ("synchronous", _("Synchronous")), ("semi_synchronous", _("Semi-synchronous"))),
               _("Synchronous waits until every replica has the write, semi-synchronous until some have it; "
                 "asynchronous answers at once and may lose it.")),
        integer("semi_synchronous_replicas", _("Replicas that must have it"), 1, "", 1, 100,
                _("A semi-synchronous write waits for so many replicas."), when=When("replication", ("semi_synchronous",)),
                source=_("MySQL: rpl_semi_sync_source_wait_for_replica_count = 1.")),
        boolean("lock_rows", _("Row locks"), False,
                _("A write holds the lock of its row until it is done: writes of a popular row wait for each other."), section=STORAGE),
        number("replication_batch_ms", _("Replication batch"), 50.0, "ms", 0.0, 60_000.0,
               _("Writes are shipped to the replicas once in so long. What is not shipped when the primary dies is lost."),
               when=When("replication", ("asynchronous",)),
               source=_("PostgreSQL's wal_writer_delay is 200 ms; streaming usually lags some tens of milliseconds.")),
        boolean("automatic_failover", _("Automatic failover"), True, _("Promotes a replica when the primary is lost.")),
        number("promotion_s", _("Promotion time"), 3.0, "s", 0.0, 600.0,
               _("From the decision until the new primary takes writes."), when=AUTOMATIC,
               source=_("Managed databases state 30 to 120 s for a whole failover, Patroni about 10 s after its 30 s lease.")),
        boolean("promotion_needs_majority", _("Promotion needs a majority"), False,
                _("A replica is promoted only when most of the members, primary included, can be reached from it. With two members that is "
                  "never so after one is lost."), when=AUTOMATIC,
                source=_("PostgreSQL and MySQL leave it to other software; Patroni, InnoDB Cluster and MongoDB ask for a majority.")),
        boolean("stops_without_majority", _("Stops without a majority"), False,
                _("A primary that can reach too few of the other members takes no more writes (it fences itself). Otherwise it goes on, "
                  "even when another one has been promoted."),
                source=_("PostgreSQL's documentation leaves fencing the old primary to other software; "
                         "Patroni's and MongoDB's primaries step down.")),
        number("health_check_interval_s", _("Health check interval"), 2.0, "s", 0.1, 3_600.0,
               _("Time from one check of a member to the next.")),
        number("health_check_timeout_ms", _("Health check timeout"), 1_000.0, "ms", 1.0, 60_000.0,
               _("A check without an answer for so long has failed.")),
        integer("unhealthy_threshold", _("Lost after"), 3, "", 1, 20, _("Checks failed in a row until a member counts as lost.")),
        integer("healthy_threshold", _("Healthy after"), 2, "", 1, 20, _("Checks passed in a row until a member counts as healthy again.")),
    )  # fmt: skip
    actions = (*DatabaseOwner.actions, "free_disk")
    metrics = (*NODE_METRICS, WRITES_LOST)

    @classmethod
    def changed(cls, world: World, me: Instance, parameter: str) -> None:
        super().changed(world, me, parameter)
        if parameter in ("reads_from", "replication", "lock_rows", "flavour"):
            world.rewrite(cls.cluster(world, me).members)
            cls.cluster(world, me).refresh(world)
