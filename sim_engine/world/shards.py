"""Which database has which key, and how keys move when databases come and go."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim_engine.kernel.random import GOLDEN
from sim_engine.kernel.state import State
from sim_engine.operations import codes
from sim_engine.world.builder import POLICIES
from sim_engine.world.ring import mixed

if TYPE_CHECKING:
    from sim_engine.world.instance import Instance
    from sim_engine.world.world import World


@dataclass(slots=True)
class Plan:
    """Where keys are and where they shall be. Rows of members; wanted: of every key."""

    wanted: NDArray[np.int64]
    keys: int
    moved: int = 0
    left: int = 0


@dataclass(slots=True)
class Batch:
    """Keys that go from one database to another, and the links over which they do."""

    keys: NDArray[np.int64]
    to: int
    giver: Instance
    taker: Instance
    giving_link: str
    taking_link: str


@dataclass(slots=True)
class Shards:
    """Of one router: the column of State.keyed with 1 + the member that has a key."""

    column: int
    plan: Plan = field(default_factory=lambda: Plan(np.zeros(0, np.int64), 0))


def wanted_members(state: State, route: Any, policy: int, members: list[int], keys: int, values: int = 0) -> NDArray[np.int64]:
    """Row of the member that each key belongs to by a policy. route: a record of ROUTE. values: of the shard key, 0: one for each key."""
    different = min(values, keys) if values else keys
    numbers = np.arange(keys, dtype=np.uint64) * np.uint64(different) // np.uint64(max(1, keys))
    rows = np.array(members, np.int64)
    if policy == codes.RANGE:
        return rows[np.minimum(len(rows) - 1, numbers.astype(np.int64) * len(rows) // max(1, different))]
    with np.errstate(over="ignore"):
        hashes = mixed(np.uint64(route["salt"]) + GOLDEN * numbers)
    if policy == codes.MODULO:
        return rows[(hashes % np.uint64(len(rows))).astype(np.int64)]
    ring = state.ring[int(route["ring"]) : int(route["ring"]) + int(route["ring_places"])]
    return np.asarray(ring["member"][np.searchsorted(ring["hash"], hashes, side="left") % max(1, len(ring))], np.int64)


class Resharding:
    """Which database of a router has which key, and the keys that move."""

    def __init__(self, world: World) -> None:
        self._world = world

    def plan(self, me: Instance, port: str) -> int:
        """Works out which database each key shall be in; keys without one go there at once. Returns how many must move."""
        if me.shards is None:
            me.shards = Shards(self._world.builder.column(me, "owners"))
        route = me.routes[port, None]
        self._world.builder.write_route(me, me.port(port))
        members = self._world.builder.members_of(route)
        if not members:
            return 0
        keys = self._world.builder.keys.data_keys
        policy = POLICIES[str(me.values[str(me.port(port).policy)])]
        values = int(me.values["shard_key_values"])
        wanted = wanted_members(self._world.memory.state, self._world.memory.state.routes[route], policy, members, keys, values)
        owners = self._world.memory.state.keyed[:keys, me.shards.column]
        lost = ~np.isin(owners - 1, members)
        first = bool((owners == 0).all())
        if not first and lost.any():
            self._copy_keys(me, np.flatnonzero(lost), wanted)
        owners[lost] = wanted[lost] + 1
        left = int((owners - 1 != wanted).sum())
        moved = 0 if first else int(lost.sum())
        me.shards.plan = Plan(wanted, keys, moved, left)
        me.memory["plan"] = me.shards.plan
        return left

    def follow(self, me: Instance, port: str) -> None:
        """Lets the keys of each shard be with whoever answers for it now."""
        assert me.shards is not None
        now = {self._world.builder.member_of[row][1]: row for row in self._world.builder.members_of(me.routes[port, None])}
        owners = self._world.memory.state.keyed[:, me.shards.column]
        wanted = me.shards.plan.wanted
        for row in set(np.unique(owners).tolist()) | {row + 1 for row in np.unique(wanted).tolist()}:
            answering = now.get(self._world.builder.member_of[row - 1][1]) if row > 0 else None
            if answering is not None and answering != row - 1:
                owners[owners == row] = answering + 1
                wanted[wanted == row - 1] = answering

    def next_batch(self, me: Instance, most: int) -> Batch | None:
        """The next keys that go the same way; None when all are where they shall be."""
        assert me.shards is not None
        plan = me.shards.plan
        owners = self._world.memory.state.keyed[: plan.keys, me.shards.column] - 1
        places = np.flatnonzero(owners != plan.wanted)
        if not len(places):
            return None
        source, target = int(owners[places[0]]), int(plan.wanted[places[0]])
        same = places[(owners[places] == source) & (plan.wanted[places] == target)][:most]
        _me, giving, giver = self._world.builder.member_of[source]
        _me, taking, taker = self._world.builder.member_of[target]
        return Batch(same, target, giver, taker, giving, taking)

    def move(self, me: Instance, batch: Batch) -> None:
        """The keys of a batch are in their new database from now on."""
        assert me.shards is not None
        self._world.settle()
        plan = me.shards.plan
        column = self._world.memory.state.keyed[:, me.shards.column]
        self._copy_keys(me, batch.keys, plan.wanted)
        for member in _together(batch.giver):
            member.component.keys_moved(self._world, member, batch.keys, False)
        column[batch.keys] = batch.to + 1
        plan.moved += len(batch.keys)
        plan.left = max(0, plan.left - len(batch.keys))

    def _copy_keys(self, me: Instance, keys: NDArray[np.int64], wanted: NDArray[np.int64]) -> None:
        """Brings the versions of keys to all members of the databases that shall have them."""
        assert me.shards is not None
        state = self._world.memory.state
        newest = state.keyed[keys, me.dataset].copy()
        for link_id in me.links_of("shards"):
            owner = self._world.target_of(link_id)
            for member in _together(owner):
                newest = np.maximum(newest, state.keyed[keys, member.store])
        for row in np.unique(wanted[keys]):
            _me, link_id, _target = self._world.builder.member_of[int(row)]
            owner = self._world.target_of(link_id)
            mine = keys[wanted[keys] == row]
            for member in _together(owner):
                state.keyed[mine, member.store] = newest[wanted[keys] == row]
                member.component.keys_moved(self._world, member, mine, True)


def _together(owner: Instance) -> list[Instance]:
    """A database with all that hold the same data."""
    return list(getattr(owner.memory.get("cluster"), "members", [owner]))
