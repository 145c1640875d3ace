"""Shard router: spreads keys over several databases of the same schema, so that each holds and serves a part of them.

Which database has a key follows from the key. When databases are added or removed under traffic, the keys that must move do so in batches,
which both databases pay for; until a key has moved, its old database serves it.
Left out: transactions over several shards.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import simpy

from sim_engine.catalogue.component import Component, Duration, Metric, Pool, Port, Station
from sim_engine.catalogue.parameter import choice, integer, number
from sim_engine.catalogue.prices import price_per_hour
from sim_engine.catalogue.wire import Sentence, Wire
from sim_engine.causes import CODE
from sim_engine.texts import _
from sim_engine.world.figures import Told

if TYPE_CHECKING:
    from sim_engine.operations.program import Program
    from sim_engine.world.figures import Figures, Metrics
    from sim_engine.world.instance import Instance
    from sim_engine.world.measure import NodeWindow
    from sim_engine.world.world import World

OK = CODE["ok"]
SHORTEST_REST_S = 0.05  # before a batch is tried again that a dead database, say, did not give or take
MOVING = _("Adding and removing shards")


class ShardRouter(Component):
    kind = "shard_router"
    title = _("Shard router")
    group = "data"
    order = 4
    icon = "shapes"
    summary = _("Spreads the keys over several databases; each is a shard with its own replicas.")
    left_out = _("Transactions over several shards.")
    provides = "sql"
    ports = (Port("shards", _("Shards"), ("sql",), policy="sharding", by_key=True, asks="write", empty_cause="no_route", required=True),)
    parameters = (
        choice("sharding", _("Where a key is"), "consistent_hash",
               (("consistent_hash", _("Consistent hashing with virtual nodes")), ("modulo", _("Hash of the key modulo the shards")),
                ("range", _("Ranges of keys"))),
               _("How the shard of a key is found. Adding one to n shards moves 1/(n+1) of the keys with consistent hashing, "
                 "n/(n+1) with modulo."),
               source=_("Karger et al., STOC 1997.")),
        integer("shard_key_values", _("Values of the shard key"), 0, "", 0, 10_000_000,
                _("What the data is split by: 0 is the key itself (an id). Of a country or a month there are only so many, whatever has "
                  "the same stays together, and what many ask for makes a hot shard."),
                source=_("MongoDB's documentation: the cardinality of the shard key is the most shards that can be of use.")),
        choice("reads_from", _("Reads from"), "primary", (("replicas", _("Replicas")), ("primary", _("Primary"))),
               _("Where the reads of a key go while its shard has replicas that are read from. They may be behind."),
               source=_("MongoDB: read preference primary.")),
        number("scatter_ratio", _("Queries to every shard"), 0.0, "ratio", 0.0, 1.0,
               _("Share of the reads that do not name a key: they ask every shard and are as slow as the slowest.")),
        integer("cores", _("Cores"), 8, "cores", 1, 256, _("Requests that it handles at the same time.")),
        number("processing_ms", _("Processing time"), 0.1, "ms", 0.0, 1_000.0, _("CPU time for each request.")),
        integer("max_connections", _("Connection limit"), 2_000, "connections", 1, 10_000_000,
                _("Requests under way at the same time; what is beyond is dropped.")),
        integer("move_batch", _("Keys in one batch"), 500, "keys", 1, 100_000, _("So many keys move at once."), section=MOVING),
        number("move_pause_ms", _("Pause between batches"), 100.0, "ms", 0.0, 60_000.0,
               _("Rest between two batches, so that the requests are not held up too much."), section=MOVING),
        price_per_hour(0.20, _("AWS 2025: about $0.20 for an m7i.xlarge (4 processors, 16 GB).")),
    )  # fmt: skip
    pools = (Pool("connections", "max_connections", never_waits=True, full="connection_limit"), Station("cpu", "cores"))
    durations = (Duration("processing", "processing_ms"),)
    metrics = (
        Metric("queries_per_s", _("Queries"), "requests/s", "rate"),
        Metric("utilisation", _("Scarcest resource"), "ratio", "level"),
        Metric("moved_ratio", _("Keys moved"), "ratio", "gauge", _("Share of all keys that the last change of shards has moved so far.")),
        Metric("left_to_move", _("Keys left to move"), "keys", "gauge"),
    )
    headline = "queries_per_s"
    bar = "utilisation"

    @classmethod
    def program(cls, on: Program, me: Instance) -> None:
        on.path("read")
        on.take("connections")
        on.serve("cpu", "processing")
        one, end = on.label(), on.label()
        with on.if_chance("scatter_ratio"):
            on.call_all("shards", "read")
            on.jump(end)
        on.place(one)
        if me.values["reads_from"] == "replicas" and me.links_of("shards"):
            on.call_links("shards", tuple(me.links_of("shards")), "read", "own", "read")
        else:
            on.call("shards", "read", size="own")
        on.place(end)
        on.reply()

        on.path("write")
        on.take("connections")
        on.serve("cpu", "processing")
        on.call("shards", "write", size="own")
        on.reply()

        on.path("check")
        on.serve("cpu", "processing", steady=True)
        on.reply()

    @classmethod
    def rule(cls, wire: Wire) -> Sentence:
        return wire.says("rule_shard", count=wire.alike)

    @classmethod
    def wire(cls, world: World, me: Instance) -> None:
        for link_id in me.links_of("shards"):
            shard = world.target_of(link_id)
            world.data.share_dataset(shard, me)
            for member in getattr(shard.memory.get("cluster"), "members", ()):
                world.data.share_dataset(member, me)

    @classmethod
    def wired(cls, world: World, me: Instance) -> None:
        cls.plan(world, me)

    @classmethod
    def life(cls, world: World, me: Instance) -> Iterator[Any]:
        if me.shards is not None and me.shards.plan.left:
            yield cls._move(world, me)

    @classmethod
    def rotated(cls, world: World, me: Instance, port: str) -> None:
        """When a replica has been promoted, its shard's keys are there."""
        if me.shards is not None:
            world.shards.follow(me, port)

    @classmethod
    def changed(cls, world: World, me: Instance, parameter: str) -> None:
        if parameter == "reads_from":
            world.rewrite([me])
        if parameter in ("sharding", "shard_key_values") and cls.plan(world, me) and not any(process.is_alive for process in me.processes):
            world.start(me, cls._move(world, me))

    @classmethod
    def plan(cls, world: World, me: Instance) -> int:
        """Works out where every key shall be now; returns how many must move."""
        moves = world.shards.plan(me, "shards")
        if moves:
            world.tell("resharding", me, "info", marker=True, keys=moves)
        return moves

    @classmethod
    def _move(cls, world: World, me: Instance) -> Generator[simpy.Event, Any, None]:
        while True:
            batch = world.shards.next_batch(me, int(me.values["move_batch"]))
            if batch is None:
                world.tell("resharded", me, "good", marker=True)
                return
            giver, taker = batch.giver, batch.taker
            shard = taker.settings_from or taker
            cost, kb = float(len(batch.keys)), len(batch.keys) * float(shard.values[shard.component.record_size])
            pause_s = float(me.values["move_pause_ms"]) / 1000.0
            if (
                (yield world.send_work(me, batch.giving_link, giver, "get", kb, cost)) == OK
                and (yield world.send_work(me, batch.taking_link, taker, "put", kb, cost)) == OK
            ):  # fmt: skip
                world.shards.move(me, batch)
            else:
                pause_s = max(pause_s, SHORTEST_REST_S)
            yield world.env.timeout(pause_s)

    @classmethod
    def measure(cls, window: Figures) -> Metrics:
        cpu, connections = window.pool("cpu"), window.pool("connections")
        return {
            "queries_per_s": window.rate("done"),
            "utilisation": window.highest(cpu.utilisation, connections.utilisation),
            "moved_ratio": Told(_progress),
            "left_to_move": Told(_progress),
            "bottleneck": window.scarcest("cpu", "connections"),
        }


def _progress(window: NodeWindow) -> dict[str, float | None]:
    """Of keys that move to other shards."""
    plan = window.instance.memory.get("plan")
    if plan is None:
        return {"moved_ratio": 0.0, "left_to_move": 0.0}
    return {"moved_ratio": plan.moved / max(1, plan.keys), "left_to_move": float(plan.left)}
