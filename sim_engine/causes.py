"""Why a request did not succeed: the closed list, in the order of the kernel's codes.

Categories keep apart what people confuse: *dropped* had no room, *refused* met nobody, *timed_out* waited in vain,
*failed* broke while it was worked on.
"""

from dataclasses import dataclass
from typing import Final

from sim_engine.texts import _


@dataclass(frozen=True, slots=True)
class Cause:
    name: str
    category: str
    title: str
    help: str


CAUSES: Final[tuple[Cause, ...]] = (
    Cause("ok", "done", _("Done"), _("The request succeeded.")),
    Cause("queue_full", "dropped", _("Queue full"), _("Every worker was busy and the queue had reached its limit.")),
    Cause("pool_exhausted", "dropped", _("Connection pool exhausted"),
          _("Every database connection was in use and as many as allowed already waited for one.")),
    Cause("connection_limit", "dropped", _("Connection limit"), _("The component already had as many connections as it may have.")),
    Cause("refused", "refused", _("Connection refused"), _("Nothing was listening there: the process was down.")),
    Cause("no_target", "refused", _("No healthy target"), _("The load balancer had no target left in rotation.")),
    Cause("timeout", "timed_out", _("Timeout"), _("The caller stopped waiting. The work it asked for may still have been done.")),
    Cause("crashed", "failed", _("Connection lost"), _("The component died while it worked on the request.")),
    Cause("out_of_memory", "failed", _("Out of memory"), _("One request needs more memory than the machine has.")),
    Cause("not_primary", "failed", _("Not the primary"), _("A write reached a replica, which only reads.")),
    Cause("replication_timeout", "timed_out", _("Replica did not confirm"),
          _("A synchronous replica did not confirm the write in time.")),
    Cause("no_route", "failed", _("Nowhere to go"), _("The component is linked to nothing that could answer.")),
    Cause("removed", "failed", _("Component removed"), _("The component was deleted from the design while it worked on the request.")),
)  # fmt: skip

CODE: Final[dict[str, int]] = {cause.name: code for code, cause in enumerate(CAUSES)}
DROPPED_CODES: Final[frozenset[int]] = frozenset(c for c, cause in enumerate(CAUSES) if cause.category == "dropped")
