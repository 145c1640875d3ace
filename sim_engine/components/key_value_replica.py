"""Key-value replica: a copy of a key-value store that answers reads and lags behind by its own work. It can be promoted.

A replica with less memory than its primary forgets the keys that were used least recently.
Left out: replicas of replicas, keys that expire.
"""

from sim_engine.catalogue.component import Port
from sim_engine.components.key_value_node import KeyValueNode
from sim_engine.texts import _


class KeyValueReplica(KeyValueNode):
    kind = "key_value_replica"
    title = _("Key-value replica")
    order = 7
    icon = "copy"
    summary = _("A copy of a key-value store. Link it from the store; it is promoted when the primary is lost.")
    left_out = _("Replicas of replicas, and time to live of keys.")
    provides = "key_value_replica"
    is_replica = True
    ports = (Port("replicas", _("Replicas"), (), style="replication", managed=True),)
