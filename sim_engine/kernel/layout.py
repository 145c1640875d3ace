"""The kernel's memory: flat arrays of records, one dtype for each thing it knows.

It knows tasks (one request at one place), nodes (one machine), pools (what is taken, served or sent through),
links, routes with members (whom a call may go to), timers, sources of requests, stores and code.
Times are seconds, sizes kB, bandwidths Mbit/s. Every index is an int32 into the array of that name; -1 is none.
Records instead of one array a field: an event touches one task, and its fields share cache lines. So what most events touch stands first.
"""

import numpy as np

TASK = np.dtype(
    [
        ("due", "i8"),  # the heap entry that may wake it; anything else is stale
        ("random_key", "u8"),
        ("started_s", "f8"),  # arrival at this node
        ("expires_s", "f8"),  # nobody wants the answer after that
        ("waited_s", "f8"),
        ("node", "i4"),
        ("pc", "i4"),
        ("state", "i4"),
        ("next", "i4"),  # free list and list of the ready
        ("serial", "i4"),  # grows with every call and every reuse of the slot
        ("parent_serial", "i4"),
        # these begin as -1, all at once
        ("link", "i4"),
        ("member", "i4"),
        ("parent", "i4"),
        ("timer", "i4"),
        ("waiter", "i4"),
        ("origin", "i4"),  # node that sent it
        ("source", "i4"),
        ("queue", "i4"),
        ("chosen", "i4"),  # member that a name was resolved to
        ("message", "i4"),  # that it carries
        ("dataset", "i4"),
        # these as 0
        ("version", "i4"),
        ("trace", "i4"),
        ("pending", "i4"),  # successes that it still waits for
        ("left", "i4"),  # what IF_NONE_LEFT counts down
        ("leads", "i4"),  # 1 + column of State.keyed where it stands as the one that others wait for; 0: none
        ("held", "i4"),
        ("flag", "i4"),  # what its program has to remember: bits
        ("kind", "i2"),  # its class
        ("tries", "i2"),  # retries of the call under way
        ("spare", "i2"),  # failures that the call under way can still bear
        ("cause", "i2"),
        ("attempt", "i2"),
        ("verb", "i2"),
        ("hit", "i1"),
        ("poison", "i1"),  # whoever works on its message fails
        ("quorum", "i1"),  # its call goes to several replicas: the newest version counts
        ("propagates", "i1"),  # its deadline goes with its calls
        ("given", "i1"),  # a cache that writes later has given the version: whoever commits it keeps that
        ("visitor", "i1"),  # it keeps its address from request to request
        ("locks", "i1"),  # what it leads is a lock
        ("dying", "i1"),
        ("parent_span", "i4"),
        ("sent_s", "f8"),
        ("deadline_s", "f8"),
        ("stamp_s", "f8"),  # commit time of a write on its way to a replica
        ("timer_next", "i4"),
        ("timer_previous", "i4"),
        ("key", "i4"),
        ("address", "i4"),
        ("acknowledged", "i4"),  # newest acknowledged version when the read began
        ("cost", "f4"),  # of its class, in service times
        ("object_kb", "f4"),  # size of what is asked for; 0: the answering component's own
        ("request_kb", "f4"),
        ("reply_kb", "f4"),
        ("span", "i4"),
        ("service_s", "f8"),
        ("ends_s", "f8"),  # of its service
        ("queued_s", "f8"),
        ("held_amount", "f8", (4,)),
        ("held_pool", "i4", (4,)),
        ("queue_next", "i4"),
        ("queue_previous", "i4"),  # sharing a processor: the first child in the heap, queue_next its sibling
        ("amount", "f8"),  # what it waits for
        ("page_s", "f8"),  # when the visitor's page view began; infinite: a part of it has failed
        ("needed", "i4"),  # member that SPAWN chose; or the mark of a closed user
        ("followers", "i4"),  # those who wait for it, in order
        ("last_follower", "i4"),
        ("called", "i4"),  # member that the call under way went to first
    ],
    align=True,
)

NODE = np.dtype(
    [
        ("in_flight", "i8"),
        ("arrived", "i8"),
        ("done", "i8"),
        ("most_in_flight", "i8"),
        ("area", "f8"),
        ("since_s", "f8"),
        ("sojourn_sum_s", "f8"),
        ("alive", "i4"),
        ("silent", "i4"),  # dead as a machine: answers nothing
        ("waited", "i8"),  # done requests that waited at all
        ("wait_sum_s", "f8"),
        ("error_ratio", "f8"),  # share of its requests that fail after the work
        ("primary", "i4"),
        ("store", "i4"),  # column of State.keyed
        ("dataset", "i4"),  # column of what is acknowledged by its database cluster
        ("issued", "i4"),  # column that counts the versions of keys that several may write
        ("failed", "i8"),
        ("dropped", "i8"),
        ("refused", "i8"),
        ("wasted", "i8"),
        ("commits", "i8"),
        ("applied", "i8"),
        ("repaired", "i8"),  # versions that it got because a read had found others newer
        ("lag_sum_s", "f8"),
        ("hits", "i8"),
        ("lookups", "i8"),
        ("evictions", "i8"),
        ("side_a", "u8"),  # partitions, one bit each: what is on side a of one does not reach side b
        ("side_b", "u8"),
        ("place", "i8"),  # row of State.distances; 0: nowhere in particular
        ("access_s", "f8"),  # of clients: what their own way to the network adds to a message, and to each kB of it
        ("access_s_per_kb", "f8"),
        ("stored_kb", "f8"),  # on its disk
        ("room_kb", "f8"),  # of its disk; infinite: nobody counts
        ("unstored", "i8"),  # what found no room there
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
        ("queued", "i8"),
        ("arrived", "i8"),
        ("served", "i8"),
        ("queue_limit", "i8"),  # -1: none
        ("head", "i4"),
        ("tail", "i4"),
        ("last_first", "i4"),  # the last of those who go first
        ("node", "i4"),
        ("discipline", "i2"),
        ("cause", "i2"),
        ("kind", "i2"),
        ("work_sum_s", "f8"),
        ("slowness", "f8"),  # factor of every service time here
        ("free_at_s", "f8"),
        ("wait_sum_s", "f8"),
        ("rejected", "i8"),
        ("waited", "i8"),
        ("virtual_s", "f8"),  # service that each who shares the processor has had so far
        ("sharing", "i8"),
    ],
    align=True,
)

LINK = np.dtype(
    [
        ("salts", "u8", (2,)),  # of messages there and back
        ("parameter", "i8"),  # sim_engine.kernel.links
        ("policy", "i8"),  # which of the rarer parameters matter at all: bits, same place
        ("timer", "i8"),
        ("ordered", "i8"),
        ("sent", "i8"),
        ("replies", "i8"),
        ("failed", "i8"),
        ("sent_kb", "f8", (2,)),  # requests, replies
        ("free_at_s", "f8", (2,)),
        ("last_s", "f8", (2,)),
        ("timeouts", "i8"),
        ("lost", "i8"),
        ("retried", "i8"),
        ("hedged", "i8"),
        ("turned_away", "i8"),  # by breaker or bulkhead
        ("retry_tokens", "f8"),
        ("crossings", "i8"),  # 1 + first row of State.crossings, by the places of caller and callee; 0: they are always the same
    ],
    align=True,
)
CROSSING = np.dtype([("sent", "i8"), ("sent_kb", "f8", (2,))], align=True)  # as of a link

ROUTE = np.dtype(
    [
        ("salt", "u8"),
        ("first", "i4"),  # offset into State.targets
        ("enabled", "i4"),
        ("policy", "i4"),
        ("turn", "i4"),
        ("cause", "i4"),  # of a call when nobody is enabled
        ("choices", "i4"),  # of the best of a few at random
        ("by_key", "i4"),  # hashes the key, not the address
        ("ring", "i4"),  # offset into State.ring; its length
        ("ring_places", "i4"),
        ("sticky", "i4"),  # offset into State.sticky; its length, 0: not sticky
        ("sticky_cells", "i4"),
        ("slow_start_s", "f8"),
        ("keys", "i8"),  # of data, for equal ranges
        ("down", "i8"),  # members that are known to be down and keep their places on the ring
        ("owners", "i8"),  # column of State.keyed: 1 + the member that has the key
        ("ejects_after", "i8"),  # failures in a row until a member is reported; 0: never
    ],
    align=True,
)
MEMBER = np.dtype(
    [
        ("node", "i4"),
        ("link", "i4"),
        ("in_flight", "i8"),
        ("sent", "i8"),
        ("watched", "i4"),  # whether outcomes matter: for its breaker, its ejection, its response time
        ("route", "i4"),
        ("enabled", "i4"),
        ("failures", "i4"),  # in a row
        ("weight", "f8"),
        ("credit", "f8"),
        ("response_s", "f8"),  # moving average
        ("since_s", "f8"),  # when it came into rotation
        ("breaker", "i4"),  # CLOSED, OPEN, HALF_OPEN
        ("probes", "i4"),  # under way while half open
        ("opened_s", "f8"),
        ("ejected", "i8"),
        ("down", "i8"),  # known to be so: calls to several copies leave it out
        ("promised", "i8"),  # messages on their way to it
        ("mark", "i8"),  # the last call to several that it was chosen for
    ],
    align=True,
)
RING = np.dtype([("hash", "u8"), ("member", "i8")], align=True)
ANSWER = np.dtype([("expires_s", "f8"), ("member", "i8")], align=True)  # a resolver's; member -1: none
LIMITER = np.dtype([("first", "i8"), ("cells", "i8"), ("refused", "i8")], align=True)
CELL = np.dtype([("at_s", "f8"), ("level", "f8"), ("before", "f8")], align=True)  # a limiter's, for one client or all
CLASS = np.dtype(
    [
        ("upto", "f8"),  # cumulative share among the classes other than reads and writes
        ("request_kb", "f8"),
        ("object_kb", "f8"),  # mean
        ("spread", "f8"),  # σ of the logarithm of an object's size
        ("cost", "f8"),
        ("deadline_s", "f8"),  # 0: none
        ("change_s", "f8"),  # time between two versions of a static object; 0: it never changes
        ("table", "i8"),  # offset of its popularity table
        ("guide", "i8"),
        ("guide_cells", "i8"),
        ("keys", "i8"),
        ("first_key", "i8"),
        ("key_factor", "i8"),  # key of a rank: (rank × factor + shift) mod keys
        ("key_shift", "i8"),
        ("salt", "u8"),  # of what the keys stand for: sizes, and when files change; one for all classes and clients
        ("arrived", "i8"),
        ("done", "i8"),
        ("failed", "i8"),
        ("dropped", "i8"),
        ("late", "i8"),
    ],
    align=True,
)
TIMER = np.dtype([("due", "i8"), ("due_s", "f8"), ("parameter", "i8"), ("head", "i4"), ("tail", "i4")], align=True)

SOURCE = np.dtype(
    [
        ("due", "i8"),
        ("salt", "u8"),
        ("issued", "u8"),
        ("drawn", "u8"),
        ("visits", "u8"),
        ("node", "i4"),
        ("closed", "i4"),
        ("dataset", "i4"),  # the only one that its requests can reach; -1: none or several
        ("first_class", "i4"),
        ("retire", "i8"),  # closed users that shall leave
        ("users", "i8"),
        ("rate_per_s", "f8"),
        ("slope_per_s2", "f8"),
        ("since_s", "f8"),
        ("left", "f8"),  # of the interval to the next arrival, which is drawn with mean 1
        ("parameter", "i8"),  # sim_engine.kernel.sources
        ("interval", "i8"),  # parameters of the intervals' distribution
        ("timeout_s", "f8"),
        ("hedge_s", "f8"),  # infinite: never
        ("retry_tokens", "f8"),
        ("trace_every", "i8"),
        ("present", "i8"),  # users and visitors who are there now, those who think too
        ("retried", "i8"),
        ("hedged", "i8"),
        ("pages", "i8"),
        ("pages_broken", "i8"),
        ("page_sum_s", "f8"),
    ],
    align=True,
)

CODE = np.dtype([("op", "i4"), ("a", "i4"), ("b", "i4"), ("c", "i4"), ("salt", "u8")], align=True)

CACHE = np.dtype(
    [
        ("base", "i8"),
        ("capacity", "i8"),  # slots
        ("size", "i8"),
        ("room_kb", "f8"),  # what the values may take together; 0: only slots count
        ("used_kb", "f8"),
        ("keeps_expired", "i8"),  # they may be served stale
        ("eviction", "i8"),  # who goes first
        ("slides", "i8"),  # a hit makes a value good for its whole life again
        ("salt", "u8"),
        ("draws", "u8"),
        ("first_bucket", "i8"),  # of as many as it has slots, for LFU
        ("spare_bucket", "i8"),
        ("column", "i8"),  # of State.keyed
        ("keys", "i8"),
        ("head", "i4"),
        ("tail", "i4"),
        ("spare", "i4"),
    ],
    align=True,
)
ENTRY = np.dtype(
    [
        ("expires_s", "f8"),
        ("life_s", "f8"),
        ("size_kb", "f8"),
        ("key", "i4"),
        ("version", "i4"),
        ("previous", "i4"),
        ("next", "i4"),
        ("bucket", "i4"),  # of those used as often, for LFU
    ],
    align=True,
)
# Entries of a cache that were used equally often stand together in its list; `first` is the one nearest the head.
BUCKET = np.dtype([("uses", "i8"), ("first", "i4"), ("entries", "i4"), ("next", "i4")], align=True)
MESSAGE = np.dtype(
    [
        ("published_s", "f8"),
        ("random_key", "u8"),
        ("cost", "f4"),
        ("size_kb", "f4"),
        ("key", "i4"),
        ("version", "i4"),
        ("address", "i4"),
        ("deliveries", "i4"),
        ("next", "i4"),
        ("previous", "i4"),
        ("kind", "i2"),
        ("urgent", "i2"),
        ("poison", "i2"),
        ("state", "i2"),  # SPARE, READY, DELIVERED, RESTING
        ("queue", "i4"),
        ("number", "i8"),  # grows with each use of the row
    ],
    align=True,
)
QUEUE = np.dtype(
    [
        ("head", "i4"),
        ("tail", "i4"),
        ("last_urgent", "i4"),
        ("node", "i4"),
        ("route", "i4"),  # who takes messages out of it
        ("assigned", "i4"),  # the only member that does; -1: any
        ("most_at_once", "i8"),  # messages of it under way to all together; 0: no limit
        ("prefetch", "i8"),  # messages under way to one member
        ("limit", "i8"),  # messages that it holds; 0: no limit
        ("drops_oldest", "i8"),  # when full, the oldest goes instead of the new one being refused
        ("dead_letters", "i4"),  # the queue for what cannot be done; -1: it is dropped
        ("paused", "i4"),
        ("visible_s", "f8"),  # a delivery that has not been acknowledged for so long is given up
        ("urgent", "i8"),  # classes whose messages go first: bits
        ("poison_ratio", "f8"),  # messages that nobody can work on
        ("on_disk", "i8"),  # its messages take room on the disk of its node as long as they are there
        ("ready", "i8"),
        ("under_way", "i8"),  # delivered or resting before another try
        ("since_s", "f8"),
        ("area", "f8"),  # integral of the ready
        ("published", "i8"),
        ("delivered", "i8"),
        ("acknowledged", "i8"),
        ("redelivered", "i8"),
        ("dead", "i8"),
        ("refused", "i8"),
        ("expired", "i8"),
        ("lost", "i8"),
        ("age_sum_s", "f8"),  # from publishing to acknowledgement
    ],
    align=True,
)
EVENT = np.dtype([("at_s", "f8"), ("entry", "i8"), ("next", "i8")], align=True)
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
WIDE, PAGES, HEDGES = 24, 25, 26  # WIDE: there are places, partitions, or clients with a way of their own
MESSAGES_SPARE, MESSAGES_FREE, MARKS = 27, 28, 29
NEAR_SIZE, FAR_SIZE, LISTED, DAY, SPARE_EVENT, MEASURED_SEQUENCE = 30, 31, 32, 33, 34, 35
PRESENT, LAST_PLACE = 36, 37  # LAST_PLACE: days of the calendar in use, a power of two, less one
COUNTS = 64
# … and into State.clock (float64 scalars)
NOW, LATENCY_SUM, LATENCY_MAX, IN_FLIGHT_AREA, IN_FLIGHT_SINCE, SOJOURN_SUM = 0, 1, 2, 3, 4, 5
DAYS_PER_S, MEASURED_S = 6, 7
CLOCKS = 16

MOST_DAYS = 4096  # of the calendar; a power of two
FIRST_DAYS_PER_S = 1000.0

# A heap entry packs (sequence, code): code is a task's index, or one of these offsets plus an index.
CODE_BITS = 25
TIMER_BASE = 1 << 24
SOURCE_BASE = TIMER_BASE + (1 << 23)
CODE_MASK = (1 << CODE_BITS) - 1

# Task states
FREE, ARRIVING, SERVING, DELAYED, RETURNING, WAITING_POOL, WAITING_CALL, SILENT, FOLLOWING = range(9)

# Histogram of durations: 64 bins an octave from 2^-30 s up, so a bin's middle is within 0.8 % of what is in it.
BINS_PER_OCTAVE_BITS = 6
LOWEST_EXPONENT = -30
OCTAVES = 54
BINS = (OCTAVES << BINS_PER_OCTAVE_BITS) + 1

MAX_HELD = 4
SPARE_MESSAGE, READY_MESSAGE, DELIVERED, RESTING = range(4)
CLOSED, OPEN, HALF_OPEN = range(3)  # a member's breaker
# Why a member's outcomes are watched
WATCH_BREAKER, WATCH_FAILURES, WATCH_RESPONSE = 1, 2, 4
# What a signal without a waiter says of a member: waiter = −1 − (member × 4 + what)
BREAKER_OPENED, BREAKER_CLOSED, MEMBER_FAILS = range(3)
# A check is waited for by CHECKS_FROM + a row of State.checks. Where a good answer is EXPECTED, it is noted there and nobody is told
CHECKS_FROM = 1 << 30
ANSWERED, AWAITED, EXPECTED = range(3)

# Everything that a run's kernel reads and writes: name -> (dtype, dimensions)
ARRAYS = {
    "tasks": (TASK, 1),
    "heap_time": (np.dtype(np.float64), 1),
    "heap_entry": (np.dtype(np.int64), 1),
    "far_time": (np.dtype(np.float64), 1),  # what comes after the days of the calendar
    "far_entry": (np.dtype(np.int64), 1),
    "days": (np.dtype(np.int32), 1),  # first in the list of each day, a row of "listed"
    "listed": (EVENT, 1),
    "nodes": (NODE, 1),
    "pools": (POOL, 1),
    "links": (LINK, 1),
    "routes": (ROUTE, 1),
    "members": (MEMBER, 1),
    "targets": (np.dtype(np.int32), 1),  # enabled members of each route, side by side
    "timers": (TIMER, 1),
    "sources": (SOURCE, 1),
    "classes": (CLASS, 1),
    "ring": (RING, 1),
    "sticky": (np.dtype(np.int32), 1),
    "answers": (ANSWER, 1),
    "limiters": (LIMITER, 1),
    "cells": (CELL, 1),
    "distances": (np.dtype(np.float64), 2),  # [place, place]: seconds one way
    "crossings": (CROSSING, 1),
    "code": (CODE, 1),
    "entries": (np.dtype(np.int32), 2),  # [node, verb] -> pc
    "parameters": (np.dtype(np.float64), 1),
    "caches": (CACHE, 1),
    "cache_entries": (ENTRY, 1),
    "buckets": (BUCKET, 1),
    "messages": (MESSAGE, 1),
    "queues": (QUEUE, 1),
    # [key, column]: a column for each database (version of the key there), for each dataset (newest acknowledged version) and
    # for each cache (slot of the key, -1 none), side by side since a request looks at all of them for one key
    "keyed": (np.dtype(np.int32), 2),
    "popularity": (np.dtype(np.float64), 1),  # cumulative, table after table
    "guide": (np.dtype(np.int32), 1),
    "histograms": (np.dtype(np.int64), 2),  # [row, bin]: row 0 the requests of all clients, row 1 + node its own
    "class_histograms": (np.dtype(np.int64), 2),  # [class, bin]: latencies of the done; row CLASSES: page views
    "errors": (np.dtype(np.int64), 1),  # [cause]: requests of clients by the cause that ended them
    "node_errors": (np.dtype(np.int64), 2),  # [node, cause]
    "waits": (np.dtype(np.int64), 2),  # [node, bin]: time that the requests done there waited there
    "spans": (SPAN, 1),
    "signals": (SIGNAL, 1),
    "checks": (np.dtype(np.int64), 1),  # of each who is checked: ANSWERED, AWAITED or EXPECTED
    "count": (np.dtype(np.int64), 1),
    "clock": (np.dtype(np.float64), 1),
}
