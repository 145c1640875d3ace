"""The kernel's memory: flat arrays of records, one dtype for each thing it knows.

It knows tasks (one request at one place), nodes (one machine), pools (what is taken, served or sent through),
links, routes with members (whom a call may go to), timers, sources of requests, stores and code.
Times are seconds, sizes kB, bandwidths Mbit/s. Every index is an int32 into the array of that name; -1 is none.
Records instead of one array a field: an event touches one task, and its fields share cache lines.
"""

import numpy as np

TASK = np.dtype(
    [
        ("due", "i8"),  # the heap entry that may wake it; anything else is stale
        ("random_key", "u8"),
        ("started_s", "f8"),  # arrival at this node
        ("sent_s", "f8"),
        ("stamp_s", "f8"),  # commit time of a write on its way to a replica
        ("deadline_s", "f8"),
        ("waited_s", "f8"),
        ("queued_s", "f8"),
        ("service_s", "f8"),
        ("ends_s", "f8"),  # of its service
        ("amount", "f8"),  # what it waits for
        ("held_amount", "f8", (4,)),
        ("held_pool", "i4", (4,)),
        ("held", "i4"),
        ("pc", "i4"),
        ("node", "i4"),
        ("state", "i4"),
        ("parent", "i4"),
        ("parent_serial", "i4"),
        ("serial", "i4"),  # grows with every call and every reuse of the slot
        ("pending", "i4"),
        ("needed", "i4"),  # member that SPAWN chose; or the mark of a closed user
        ("link", "i4"),
        ("member", "i4"),
        ("queue", "i4"),
        ("queue_next", "i4"),
        ("queue_previous", "i4"),  # sharing a processor: the first child in the heap, queue_next its sibling
        ("timer", "i4"),
        ("timer_next", "i4"),
        ("timer_previous", "i4"),
        ("next", "i4"),  # free list and list of the ready
        ("waiter", "i4"),
        ("source", "i4"),
        ("key", "i4"),
        ("version", "i4"),
        ("dataset", "i4"),
        ("acknowledged", "i4"),  # newest acknowledged version when the read began
        ("address", "i4"),
        ("trace", "i4"),
        ("span", "i4"),
        ("parent_span", "i4"),
        ("request_kb", "f4"),
        ("reply_kb", "f4"),
        ("verb", "i2"),
        ("cause", "i2"),
        ("attempt", "i2"),
        ("hit", "i1"),
        ("flag", "i1"),
        ("dying", "i1"),
    ],
    align=True,
)

NODE = np.dtype(
    [
        ("alive", "i4"),
        ("silent", "i4"),  # dead as a machine: answers nothing
        ("primary", "i4"),
        ("store", "i4"),  # column of State.keyed
        ("dataset", "i4"),  # column of what is acknowledged by its database cluster
        ("in_flight", "i8"),
        ("arrived", "i8"),
        ("done", "i8"),
        ("failed", "i8"),
        ("dropped", "i8"),
        ("refused", "i8"),
        ("wasted", "i8"),
        ("commits", "i8"),
        ("applied", "i8"),
        ("lag_sum_s", "f8"),
        ("area", "f8"),
        ("since_s", "f8"),
        ("sojourn_sum_s", "f8"),
        ("hits", "i8"),
        ("lookups", "i8"),
        ("evictions", "i8"),
        ("waited", "i8"),  # done requests that waited at all
        ("wait_sum_s", "f8"),
        ("most_in_flight", "i8"),
    ],
    align=True,
)

POOL = np.dtype(
    [
        ("capacity", "f8"),
        ("used", "f8"),
        ("used_area", "f8"),
        ("queue_area", "f8"),
        ("since_s", "f8"),
        ("free_at_s", "f8"),
        ("work_sum_s", "f8"),
        ("wait_sum_s", "f8"),
        ("queue_limit", "i8"),  # -1: none
        ("queued", "i8"),
        ("arrived", "i8"),
        ("served", "i8"),
        ("rejected", "i8"),
        ("waited", "i8"),
        ("virtual_s", "f8"),  # service that each who shares the processor has had so far
        ("sharing", "i8"),
        ("head", "i4"),
        ("tail", "i4"),
        ("last_first", "i4"),  # the last of those who go first
        ("node", "i4"),
        ("discipline", "i2"),
        ("cause", "i2"),
        ("kind", "i2"),
    ],
    align=True,
)

LINK = np.dtype(
    [
        ("salt", "u8"),
        ("parameter", "i8"),  # of latency kind, mean, cv, bandwidth, loss, retransmit
        ("timer", "i8"),
        ("free_at_s", "f8", (2,)),
        ("last_s", "f8", (2,)),
        ("ordered", "i8"),
        ("sent", "i8"),
        ("replies", "i8"),
        ("failed", "i8"),
        ("timeouts", "i8"),
        ("lost", "i8"),
        ("sent_kb", "f8"),
    ],
    align=True,
)

ROUTE = np.dtype(
    [
        ("salt", "u8"),
        ("first", "i4"),  # offset into State.targets
        ("enabled", "i4"),
        ("policy", "i4"),
        ("turn", "i4"),
        ("cause", "i4"),  # of a call when nobody is enabled
    ],
    align=True,
)
MEMBER = np.dtype([("node", "i4"), ("link", "i4"), ("in_flight", "i8"), ("sent", "i8")], align=True)
TIMER = np.dtype([("due", "i8"), ("due_s", "f8"), ("parameter", "i8"), ("head", "i4"), ("tail", "i4")], align=True)

SOURCE = np.dtype(
    [
        ("due", "i8"),
        ("salt", "u8"),
        ("issued", "u8"),
        ("drawn", "u8"),
        ("node", "i4"),
        ("closed", "i4"),
        ("dataset", "i4"),  # the only one that its requests can reach; -1: none or several
        ("keys", "i4"),
        ("table", "i4"),  # offset of its popularity table
        ("guide", "i4"),
        ("guide_cells", "i4"),
        ("key_factor", "i8"),  # key of a rank: (rank × factor + shift) mod keys
        ("key_shift", "i8"),
        ("retire", "i8"),  # closed users that shall leave
        ("users", "i8"),
        ("rate_per_s", "f8"),
        ("slope_per_s2", "f8"),
        ("since_s", "f8"),
        ("hazard", "f8"),  # what is left of the unit exponential of the next arrival
        ("parameter", "i8"),
        ("trace_every", "i8"),
    ],
    align=True,
)

CODE = np.dtype([("op", "i4"), ("a", "i4"), ("b", "i4"), ("c", "i4"), ("salt", "u8")], align=True)

CACHE = np.dtype(
    [
        ("base", "i8"),
        ("capacity", "i8"),
        ("size", "i8"),
        ("column", "i8"),  # of State.keyed
        ("keys", "i8"),
        ("head", "i4"),
        ("tail", "i4"),
        ("spare", "i4"),
    ],
    align=True,
)
ENTRY = np.dtype([("expires_s", "f8"), ("key", "i4"), ("version", "i4"), ("previous", "i4"), ("next", "i4")], align=True)
SPAN = np.dtype(
    [
        ("trace", "i4"),
        ("span", "i4"),
        ("parent", "i4"),
        ("node", "i4"),
        ("link", "i4"),
        ("verb", "i2"),
        ("cause", "i2"),
        ("sent_s", "f8"),
        ("arrived_s", "f8"),
        ("ended_s", "f8"),
        ("waited_s", "f8"),
    ],
    align=True,
)
SIGNAL = np.dtype([("waiter", "i8"), ("cause", "i8"), ("at_s", "f8")], align=True)

# Indices into State.count (int64 scalars) …
HEAP_SIZE, SEQUENCE, FREE_HEAD, FREE_COUNT, READY_HEAD, READY_TAIL = 0, 1, 2, 3, 4, 5
SIGNALS, SPANS, OPERATIONS, EVENTS, SPAN_NUMBER, TRACES = 6, 7, 8, 9, 10, 11
ARRIVED, DONE, FAILED, DROPPED, IN_FLIGHT, STALE, READS, TASKS_PEAK = 12, 13, 14, 15, 16, 17, 18, 19
RETRIES, USERS, TASKS_USED, STALE_EVENTS = 20, 21, 22, 23
COUNTS = 32
# … and into State.clock (float64 scalars)
NOW, LATENCY_SUM, LATENCY_MAX, IN_FLIGHT_AREA, IN_FLIGHT_SINCE, SOJOURN_SUM = 0, 1, 2, 3, 4, 5
CLOCKS = 16

# A heap entry packs (sequence, code): code is a task's index, or one of these offsets plus an index.
CODE_BITS = 25
TIMER_BASE = 1 << 24
SOURCE_BASE = TIMER_BASE + (1 << 23)
CODE_MASK = (1 << CODE_BITS) - 1

# Task states
FREE, ARRIVING, SERVING, DELAYED, RETURNING, WAITING_POOL, WAITING_CALL, SILENT = range(8)

# Histogram of durations: 64 bins an octave from 2^-30 s up, so a bin's middle is within 0.8 % of what is in it.
BINS_PER_OCTAVE_BITS = 6
LOWEST_EXPONENT = -30
OCTAVES = 54
BINS = (OCTAVES << BINS_PER_OCTAVE_BITS) + 1

MAX_HELD = 4

# Everything that a run's kernel reads and writes: name -> (dtype, dimensions)
ARRAYS = {
    "tasks": (TASK, 1),
    "heap_time": (np.dtype(np.float64), 1),
    "heap_entry": (np.dtype(np.int64), 1),
    "nodes": (NODE, 1),
    "pools": (POOL, 1),
    "links": (LINK, 1),
    "routes": (ROUTE, 1),
    "members": (MEMBER, 1),
    "targets": (np.dtype(np.int32), 1),  # enabled members of each route, side by side
    "timers": (TIMER, 1),
    "sources": (SOURCE, 1),
    "code": (CODE, 1),
    "entries": (np.dtype(np.int32), 2),  # [node, verb] -> pc
    "parameters": (np.dtype(np.float64), 1),
    "caches": (CACHE, 1),
    "cache_entries": (ENTRY, 1),
    # [key, column]: a column for each database (version of the key there), for each dataset (newest acknowledged version) and
    # for each cache (slot of the key, -1 none), side by side since a request looks at all of them for one key
    "keyed": (np.dtype(np.int32), 2),
    "popularity": (np.dtype(np.float64), 1),  # cumulative, table after table
    "guide": (np.dtype(np.int32), 1),
    "histograms": (np.dtype(np.int64), 2),  # [row, bin]: row 0 the requests of all clients, row 1 + node its own
    "errors": (np.dtype(np.int64), 1),  # [cause]: requests of clients by the cause that ended them
    "node_errors": (np.dtype(np.int64), 2),  # [node, cause]
    "waits": (np.dtype(np.int64), 2),  # [node, bin]: time that the requests done there waited there
    "spans": (SPAN, 1),
    "signals": (SIGNAL, 1),
    "count": (np.dtype(np.int64), 1),
    "clock": (np.dtype(np.float64), 1),
}
