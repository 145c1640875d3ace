"""Every limit of the web half, each with its unit and the reason for it, in one table.

`LIMIT_<NAME>` in the environment replaces a value (LIMIT_RUNS_PER_VISITOR=5). The engine's own limits (components,
links, requests in flight …) are in `sim_engine.limits`. `GET /api/limits/` shows both.
"""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Limit:
    name: str
    value: float
    unit: str
    reason: str


def limit(name: str, default: float, unit: str, reason: str) -> Limit:
    given = os.environ.get(f"LIMIT_{name.upper()}", "")
    return Limit(name, type(default)(given) if given else default, unit, reason)


TABLE = [
    # designs
    limit("design_bytes", 256 * 1024, "bytes", "500 components with every parameter written out fit in it"),
    limit("json_depth", 20, "levels", "a design is 6 deep; deep nesting only serves to break parsers"),
    limit("request_bytes", 300 * 1024, "bytes", "a design and its envelope"),
    limit("revisions_kept", 500, "revisions", "an autosave every few seconds for an hour; the oldest are dropped"),
    limit("links_per_design", 50, "links", "a class of viewers, each with a link of its own"),
    limit("designs_per_visitor", 200, "designs", "anonymous visitors have no other bound"),
    limit("new_designs_per_minute", 20, "a minute and address", "a person makes one or two"),
    limit("saves_per_minute", 60, "a minute and address", "one a second is faster than anybody edits"),
    limit("checks_per_minute", 240, "a minute and address", "one after each edit"),
    limit("wrong_links_per_minute", 60, "a minute and address", "makes guessing 192-bit secrets even more hopeless"),
    # runs
    limit("runs_per_visitor", 2, "runs at once", "one to look at and one to compare"),
    limit("runs_at_once", 12, "runs", "what two cores pace at real time with the first page's design"),
    limit("runs_started_per_minute", 40, "a minute and address", "restarting over and over is still possible"),
    limit("viewers_per_run", 200, "sockets", "a lecture hall"),
    limit("commands_kept", 500, "commands", "a replay applies them all again"),
    limit("commands_bytes_kept", 4 * 1024 * 1024, "bytes", "structural edits carry a whole design each"),
    limit("ring_frames", 1500, "frames", "two and a half minutes at ten a second, what a laptop may sleep through"),
    limit("ring_bytes", 8 * 1024 * 1024, "bytes", "the same, when frames are big"),
    limit("idle_after_s", 60, "s", "a run that nobody watches pauses after this"),
    limit("retire_after_s", 600, "s", "an idle or finished run leaves its worker; it is replayed on return"),
    limit("forget_after_s", 24 * 3600, "s", "a run that nobody came back to is forgotten"),
    limit("run_cpu_s", 900, "s of CPU", "no run may own a core for longer"),
    limit("advance_wall_s", 30, "s", "the engine ends a tick after 20 s; one that goes on is stuck, its worker is killed"),
    limit("worker_silent_s", 10, "s", "a worker that does not answer for so long is taken for dead"),
    limit("worker_memory_mb", 1024, "MB", "a worker above it is ended and its runs are replayed elsewhere"),
    limit("recoveries", 4, "times without progress", "a run that kills every worker is the run's own fault"),
    limit("replay_wall_s", 60, "s", "a replay that takes longer is given up, and says so"),
    # sockets
    limit("message_bytes", 64 * 1024, "bytes", "a command is 200 bytes; a structural edit may be as large as a design"),
    limit("messages_per_second", 20, "a second", "acknowledgements, pings and a person's commands"),
    limit("messages_burst", 60, "messages", "what piles up in a tab that was asleep"),
    limit("sockets_per_address", 250, "sockets", "a lecture hall behind one address"),
    limit("hello_within_s", 10, "s", "a socket that says nothing is closed"),
    limit("window_batches", 8, "batches", "unacknowledged batches for one viewer"),
    limit("batch_bytes", 128 * 1024, "bytes", "eight of them stay near 1 MB for a viewer that stalls"),
    limit("backlog_frames", 30, "frames", "a viewer further behind gets the newest frame instead"),
    limit("ack_within_s", 20, "s", "a viewer with a full window that says nothing is dead"),
    limit("pending_commands", 8, "commands", "unanswered commands of one viewer"),
]

LIMITS = {entry.name: entry for entry in TABLE}


def of(name: str) -> int:
    """The limit's value as a whole number."""
    return int(LIMITS[name].value)
