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
    Cause("rate_limited", "dropped", _("Rate limited"), _("A rate limiter turned the request away: more came than it lets through.")),
    Cause("bulkhead_full", "dropped", _("Bulkhead full"),
          _("The caller already had as many calls under way over this link as its bulkhead allows.")),
    Cause("breaker_open", "dropped", _("Circuit breaker open"),
          _("The caller's circuit breaker was open after too many failures in a row: the call was not even tried.")),
    Cause("broker_full", "dropped", _("Message queue full"), _("The message queue already held as many messages as it may.")),
    Cause("refused", "refused", _("Connection refused"), _("Nothing was listening there: the process was down.")),
    Cause("no_target", "refused", _("No healthy target"), _("The load balancer had no target left in rotation.")),
    Cause("timeout", "timed_out", _("Timeout"), _("The caller stopped waiting. The work it asked for may still have been done.")),
    Cause("deadline", "timed_out", _("Deadline passed"), _("The request took longer than its class of traffic may take in all.")),
    Cause("crashed", "failed", _("Connection lost"), _("The component died while it worked on the request.")),
    Cause("out_of_memory", "failed", _("Out of memory"), _("One request needs more memory than the machine has.")),
    Cause("not_primary", "failed", _("Not the primary"), _("A write reached a replica, which only reads.")),
    Cause("replication_timeout", "timed_out", _("Replica did not confirm"),
          _("A synchronous replica did not confirm the write in time.")),
    Cause("no_route", "failed", _("Nowhere to go"), _("The component is linked to nothing that could answer.")),
    Cause("removed", "failed", _("Component removed"),
          _("The component was deleted, or this instance of it ended, while it worked on the request.")),
    Cause("no_quorum", "failed", _("No quorum"), _("Fewer replicas could be reached than must answer.")),
    Cause("disk_full", "failed", _("Disk full"), _("There was no room left on the disk to store what was written.")),
    Cause("error", "failed", _("Error"), _("The component worked on the request and answered with an error.")),
    Cause("unresolved", "failed", _("Name not resolved"), _("DNS gave no answer, so nobody could be called.")),
)  # fmt: skip

CODE: Final[dict[str, int]] = {cause.name: code for code, cause in enumerate(CAUSES)}
DROPPED_CODES: Final[frozenset[int]] = frozenset(c for c, cause in enumerate(CAUSES) if cause.category == "dropped")
