"""Versions of keys: who holds the same data, who is behind, what is lost, and what caches and memories forget."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim_engine.kernel import control
from sim_engine.operations.codes import APPLY_WRITE
from sim_engine.world.ring import kept_by

if TYPE_CHECKING:
    from sim_engine.world.instance import Instance
    from sim_engine.world.world import World


class Data:
    def __init__(self, world: World) -> None:
        self._world = world

    def share_dataset(self, me: Instance, owner: Instance) -> None:
        """Says that two nodes hold the same data."""
        if owner.dataset < 0:
            owner.dataset = self._world.builder.keys.add_column()
        me.dataset = owner.dataset
        self._world.memory.state.nodes[me.node]["dataset"] = owner.dataset

    def share_issued_versions(self, me: Instance, owner: Instance) -> None:
        """Says that a component gives the writes of `owner`'s data their versions, ahead of the database."""
        self.share_dataset(me, owner)
        self._world.memory.state.nodes[me.node]["issued"] = self._world.builder.column(me, "issued")

    def _gaps(self, me: Instance, port: str, copies: int) -> NDArray[np.int32]:
        """Of every key that a node keeps, how many versions it is behind those who live; 0 for the others."""
        state = self._world.memory.state
        asking = next((member for member in me.group.in_service if member.alive and member is not me), me)
        route = asking.routes[port, None]
        row = next((index for index in self._world.builder.members_of(route) if state.members[index]["node"] == me.node), -1)
        kept = kept_by(state, state.routes[route], copies, row)
        stores = [me.store, *(member.store for member in me.group.in_service if member.alive)]
        return np.where(kept, state.keyed[:, stores].max(axis=1) - state.keyed[:, me.store], 0)

    def behind_issued(self, me: Instance, port: str, copies: int) -> int:
        """Writes that a node has missed, of the keys that it keeps."""
        return int(self._gaps(me, port, copies).sum())

    def take_issued(self, me: Instance, port: str, copies: int) -> None:
        """Gives a node all that it has missed."""
        self._world.memory.state.keyed[:, me.store] += self._gaps(me, port, copies)

    def forget_unwritten(self, me: Instance) -> int:
        """Of each key, the versions that a cache has given and nobody behind it has: counted, and expected no more."""
        keyed = self._world.memory.state.keyed
        stores = [other.store for other in self._world.instances.values() if other.dataset == me.dataset and other.store >= 0]
        stored, issued = keyed[:, stores].max(axis=1), keyed[:, self._world.builder.column(me, "issued")]
        gone = issued > stored
        lost = int((issued[gone] - stored[gone]).sum())
        issued[gone] = stored[gone]
        keyed[gone, me.dataset] = np.minimum(keyed[gone, me.dataset], stored[gone])
        return lost

    def share_versions(self, me: Instance, together: list[Instance]) -> None:
        """Says that several nodes write the same keys, each into data of its own: versions are counted for all of them together."""
        owner = next((other for other in together if other.dataset >= 0), me)
        self.share_dataset(me, owner)
        me.columns["issued"] = self._world.builder.column(owner, "issued")
        self._world.memory.state.nodes[me.node]["issued"] = me.columns["issued"]

    def forget_data(self, me: Instance) -> None:
        """A new machine has nothing on its disk."""
        self._world.memory.state.keyed[:, me.store] = 0

    def set_primary(self, me: Instance, primary: bool) -> None:
        self._world.memory.state.nodes[me.node]["primary"] = int(primary)

    def version_gap(self, newer: Instance, older: Instance) -> int:
        return int(control.max_version_gap(self._world.memory.state, newer.store, older.store))

    def versions_total(self, me: Instance) -> int:
        return int(self._world.memory.state.keyed[:, me.store].sum(dtype=np.int64))

    def copy_versions(self, source: Instance, target: Instance) -> None:
        control.copy_versions(self._world.memory.state, source.store, target.store)

    def received_not_applied(self, me: Instance) -> int:
        return int(control.received_not_applied(self._world.memory.state, me.node, APPLY_WRITE))

    def forget_lost_writes(self, me: Instance) -> int:
        keeps = self._keys_of(me)
        if keeps is None:
            return int(control.forget_lost_writes(self._world.memory.state, me.dataset, me.store))
        known = self._world.memory.state.keyed[keeps, me.dataset]
        gaps = np.maximum(0, known - self._world.memory.state.keyed[keeps, me.store])
        self._world.memory.state.keyed[keeps, me.dataset] = known - gaps
        return int(gaps.sum())

    def _keys_of(self, me: Instance) -> NDArray[np.int64] | None:
        """The keys that a database holds as a shard; None when it holds all."""
        cluster = me.memory.get("cluster")
        owner = cluster.owner if cluster is not None else me
        for link_id in self._world.links_to(owner.component_id):
            router = self._world.groups[self._world.links[link_id].source].first
            if router.shards is not None:
                owners = self._world.memory.state.keyed[:, router.shards.column] - 1
                rows = [row for row, (_me, link, _target) in self._world.builder.member_of.items() if link == link_id]
                return np.flatnonzero(np.isin(owners, rows))
        return None

    # -- what is in a memory that must hold everything, and on its disk
    def keys_of(self, me: Instance) -> NDArray[np.bool_]:
        """Of every key, whether a database is to hold it: all, or those of its shard."""
        mine = np.zeros(self._world.builder.keys.data_keys, np.bool_)
        keys = self._keys_of(me)
        mine[slice(None) if keys is None else keys[keys < len(mine)]] = True
        return mine

    def keys_held(self, me: Instance) -> NDArray[np.bool_]:
        """Of every key, whether it is in memory."""
        state = self._world.memory.state
        held: NDArray[np.bool_] = state.keyed[: self._world.builder.keys.data_keys, state.caches[me.cache]["column"]] >= 0
        return held

    def hold_keys(self, me: Instance, keys: NDArray[np.bool_]) -> None:
        """Puts these keys into memory, as many as find room, and no others."""
        column = self._world.builder.column(me, "wanted")
        self._world.memory.state.keyed[: len(keys), column] = keys
        control.set_keys(self._world.memory.state, me.cache, column)

    def keys_kept(self, me: Instance) -> NDArray[np.bool_]:
        """Of every key, whether it is on the disk."""
        column = self._world.builder.column(me, "kept keys")
        kept: NDArray[np.bool_] = self._world.memory.state.keyed[: self._world.builder.keys.data_keys, column] != 0
        return kept

    def keep(self, me: Instance) -> None:
        """Lets what is on the disk be what is in memory."""
        keys, versions = (self._world.builder.column(me, name) for name in ("kept keys", "kept versions"))
        held = self.keys_held(me)
        keyed = self._world.memory.state.keyed
        keyed[: len(held), keys] = held
        keyed[:, versions] = keyed[:, me.store]

    def take_kept_versions(self, me: Instance) -> None:
        """What was written since is gone."""
        column = self._world.builder.column(me, "kept versions")
        keyed = self._world.memory.state.keyed
        keyed[:, me.store] = keyed[:, column]

    def forget_memory(self, me: Instance) -> None:
        """What a dead process had in memory is gone."""
        if "cache_room" in me.memory:
            control.empty_cache(self._world.memory.state, me.cache)

    def empty_cache(self, me: Instance, tell: bool = True) -> None:
        keys = int(self._world.memory.state.caches[me.cache]["size"])
        control.empty_cache(self._world.memory.state, me.cache)
        if tell:
            self._world.tell("cache_emptied", me, "warning", keys=keys)
