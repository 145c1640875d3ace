"""Read replica: a copy of a database that answers reads and lags behind by its own work. It can be promoted.

Left out: replicas of replicas, delayed replicas.
"""

from sim_engine.catalogue.component import Port
from sim_engine.components.database_node import SQL_NODE_PARAMETERS, DatabaseNode
from sim_engine.texts import _


class ReadReplica(DatabaseNode):
    kind = "read_replica"
    title = _("Read replica")
    order = 1
    icon = "database-backup"
    summary = _("A copy of a database that answers reads. Link it from the database; it is promoted when the primary is lost.")
    left_out = _("Replicas of replicas, delayed replicas.")
    provides = "replica"
    is_replica = True
    parameters = SQL_NODE_PARAMETERS
    actions = (*DatabaseNode.actions, "free_disk")
    ports = (Port("replicas", _("Replicas"), (), style="replication", managed=True),)
